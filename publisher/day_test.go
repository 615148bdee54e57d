package publisher

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// renderings counts how often each document was rendered.
type renderings struct {
	mu     sync.Mutex
	counts map[string]int // by path
}

func (r *renderings) taken() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.counts)
}

// countRenderings lets a publisher's formats be counted.
func countRenderings(p *Publisher) *renderings {
	r := &renderings{counts: map[string]int{}}
	for i, f := range p.formats {
		p.formats[i].render = func(edition *news.Edition, options render.Options) (render.Rendered, error) {
			r.mu.Lock()
			r.counts["/"+edition.Feed.Name+f.extension]++
			r.mu.Unlock()
			return f.render(edition, options)
		}
	}
	return r
}

// day is eight sources and five feeds that draw from some of them, over a day.
type day struct {
	store   *memory
	stories map[string][]news.Item // by source
	draws   map[string][]string    // feed → sources
	random  *rand.Rand
}

func newDay() *day {
	d := &day{
		store: newMemory(), stories: map[string][]news.Item{}, random: rand.New(rand.NewPCG(5, 6)),
		draws: map[string][]string{
			"all": {"a", "b", "c", "d", "e", "f", "g", "h"}, "two": {"a", "b"}, "one": {"c"}, "rest": {"d", "e", "f"}, "aged": {"g"},
		},
	}
	for _, source := range d.draws["all"] {
		for n := range 12 {
			d.bring(source, time.Duration(n-15)*time.Hour)
		}
	}
	for feed := range d.draws {
		d.show(feed)
	}
	return d
}

// bring gives a source a story of now or before.
func (d *day) bring(source string, at time.Duration) {
	n := len(d.stories[source]) + 1
	it := stories(fmt.Sprintf("%s%d", source, n))[0]
	it.Key = news.StoryKey(n*100) + news.StoryKey(source[0])
	it.Content = "<p>Short.</p>"
	it.ID, it.Source, it.From.Key = it.Title, news.SourceKey(source[0]), news.SourceKey(source[0])
	it.Date = now().Truncate(time.Second).Add(at)
	it.Changed = it.Date
	d.stories[source] = append([]news.Item{it}, d.stories[source]...)
}

// edit changes a story of a source.
func (d *day) edit(source string) {
	it := &d.stories[source][d.random.IntN(5)]
	it.Title += ", mended"
	it.Changed = now().Truncate(time.Second)
}

// show puts what its sources have into a feed.
func (d *day) show(feed string) {
	var lists [][]news.Item
	for _, source := range d.draws[feed] {
		lists = append(lists, d.stories[source])
	}
	d.store.put(feed, merged(lists...))
}

// TestADayOfChanges lets sources change over a day: a feed is rendered when one
// of its own changed or a story of it became too old, and at no other time.
func TestADayOfChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDay()
		config := Config{Site: testSite}
		for _, name := range []string{"all", "two", "one", "rest", "aged"} {
			config.Feeds = append(config.Feeds, feedNamed(name))
			config.Feeds[len(config.Feeds)-1].Limit = 20
		}
		config.Feeds[4].MaxAge = 20 * time.Hour
		p, _ := process(t, d.store, newDrawer(), config)
		counted := countRenderings(p)
		run(t, p)
		before, shown := counted.taken(), p.Renditions()
		rendered, changes := 0, 0
		for ended := time.Now().Add(24 * time.Hour); time.Now().Before(ended); {
			time.Sleep(time.Duration(1+d.random.IntN(40)) * time.Minute)
			synctest.Wait()
			source := d.draws["all"][d.random.IntN(8)]
			fresh := d.random.IntN(3) > 0
			if fresh {
				d.bring(source, 0)
			} else {
				d.edit(source)
			}
			changes++
			touched := map[string]bool{}
			for feed, draws := range d.draws {
				for _, from := range draws {
					touched[feed] = touched[feed] || from == source
				}
				if touched[feed] {
					d.show(feed)
				}
			}
			synctest.Wait()
			after, shows := counted.taken(), p.Renditions()
			for path, n := range after {
				feed, _, _ := strings.Cut(path[1:], ".")
				times := n - before[path]
				rendered += times
				different := shows[path].Plain.ETag != shown[path].Plain.ETag
				if times > 0 && !touched[feed] && !(feed == "aged" && different) {
					t.Errorf("%s was rendered %d times when source %s changed", path, times, source)
				}
				if fresh && touched[feed] && !different {
					t.Errorf("%s does not have the new story of source %s", path, source)
				}
				if !different && shows[path].Plain != shown[path].Plain && !touched[feed] {
					t.Errorf("%s was made anew with the same bytes", path)
				}
			}
			before, shown = after, shows
		}
		t.Logf("%d changes, %d documents rendered; each time everything would be %d", changes, rendered, changes*len(before))
		if rendered == 0 || rendered > changes*len(before)/2 {
			t.Errorf("%d documents rendered after %d changes", rendered, changes)
		}
	})
}
