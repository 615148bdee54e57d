package publisher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/news"
)

// drawer keeps renditions in memory, as a store would for several processes.
type drawer struct {
	mu        sync.Mutex
	rows      map[string]news.KeptRendition
	revisions map[string]int64
	editions  map[string]news.LastEdition
	noted     int      // editions written
	wrote     []string // paths, in order
	err       error
}

func newDrawer() *drawer {
	return &drawer{rows: map[string]news.KeptRendition{}, revisions: map[string]int64{}, editions: map[string]news.LastEdition{}}
}

func (d *drawer) Kept(context.Context) (news.Kept, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := news.Kept{Revisions: maps.Clone(d.revisions), Editions: maps.Clone(d.editions)}
	for _, path := range slices.Sorted(maps.Keys(d.rows)) {
		kept.Renditions = append(kept.Renditions, d.rows[path])
	}
	return kept, d.err
}

func (d *drawer) Keep(_ context.Context, put news.Kept, gone []string) (map[string]time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	modified := map[string]time.Time{}
	for _, r := range put.Renditions {
		if has, ok := d.rows[r.Path]; ok && has.Tag == r.Tag && !has.LastModified.Equal(r.LastModified) {
			r.LastModified = has.LastModified
			modified[r.Path] = has.LastModified
		}
		d.rows[r.Path] = r
		d.wrote = append(d.wrote, r.Path)
	}
	maps.Copy(d.revisions, put.Revisions)
	for feed, last := range put.Editions {
		if last.Revision >= d.editions[feed].Revision {
			d.editions[feed] = last
			d.noted++
		}
	}
	for _, path := range gone {
		delete(d.rows, path)
	}
	return modified, nil
}

func (d *drawer) LastEdition(_ context.Context, feed string) (news.LastEdition, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, ok := d.editions[feed]
	return last, ok, d.err
}

// force does what a store does when an operator lets a feed through.
func (d *drawer) force(store *memory, feed string) {
	store.touch(feed)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.editions[feed] = news.LastEdition{Revision: store.revisions[feed]}
}

// take gives what was written since the last call.
func (d *drawer) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	wrote := d.wrote
	d.wrote = nil
	return wrote
}

func (d *drawer) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// process is a publisher on shared stores, as a start of the program has one.
func process(t *testing.T, store *memory, d *drawer, config Config) (p *Publisher, current bool) {
	t.Helper()
	p = New(Options{Config: config, Store: store, Renditions: d, Log: slog.New(slog.DiscardHandler)})
	current, err := p.Restore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p, current
}

func TestRestoreServesWhatWasPublished(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	first, current := process(t, store, d, config)
	if current {
		t.Error("nothing was published, and it is said to be current")
	}
	publish(t, first)
	first.addBrotli(t.Context(), first.withoutBrotli())
	publish(t, first)

	second, current := process(t, store, d, config)
	if !current {
		t.Error("nothing has changed, and it is not said to be current")
	}
	for _, path := range []string{"/", "/latest", "/latest.rss", "/go.json", "/robots.txt", "/sitemap.xml"} {
		was, is := first.Lookup(path), second.Lookup(path)
		if is == nil || is.Plain.ETag != was.Plain.ETag || is.Modified != was.Modified || is.untried ||
			!slices.Equal(is.Gzip.body(), was.Gzip.body()) || !slices.Equal(is.Brotli.body(), was.Brotli.body()) {
			t.Errorf("%s did not come back as it was", path)
		}
	}
	for _, asset := range config.Pages.Assets() {
		if second.Lookup(asset.Path) == nil {
			t.Errorf("pages without their %s", asset.Path)
		}
	}
	d.take()
	restored := second.Lookup("/latest.rss")
	publish(t, second)
	if second.Lookup("/latest.rss") != restored {
		t.Error("the same stories made another rendition")
	}
	if wrote := d.take(); len(wrote) != 0 {
		t.Errorf("written again: %q", wrote)
	}

	store.put("latest", stories("three"))
	if _, current = process(t, store, d, config); current {
		t.Error("what is older than the stories is said to be current")
	}
}

// Whoever asks by date alone: a story whose own date is old changes the bytes,
// so it must change the date, over a restart too.
func TestDatesFollowTheBytes(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	first, _ := process(t, store, d, config)
	publish(t, first)
	before := first.Lookup("/latest.rss")

	second, _ := process(t, store, d, config)
	old := stories("two", "one", "ancient")
	old[2].Date, old[2].Changed = noon.AddDate(-1, 0, 0), noon.AddDate(-1, 0, 0)
	store.put("latest", old)
	publish(t, second)
	after := second.Lookup("/latest.rss")
	if after.Plain.ETag == before.Plain.ETag {
		t.Fatal("the story is not there")
	}
	if !after.LastModified.After(before.LastModified) && !after.DateShared {
		t.Errorf("other bytes under the date %v", after.LastModified)
	}
}

func TestProcessesAgreeOnDates(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	first, _ := process(t, store, d, config)
	second, _ := process(t, store, d, config)
	publish(t, first)
	early := first.Lookup("/latest.rss").redated(noon)
	row := early.toKeep()
	d.rows[row.Path] = row // as if the first had published it long ago
	publish(t, second)
	if got := second.Lookup("/latest.rss"); !got.LastModified.Equal(noon) || got.Modified != early.Modified {
		t.Errorf("the second process says %s, the first %s", got.Modified, early.Modified)
	}
}

func TestRestoreForgetsWhatIsConfiguredNoMore(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	first, _ := process(t, store, d, config)
	publish(t, first)

	config.Feeds = config.Feeds[:1]
	second, _ := process(t, store, d, config)
	locked := errors.New("database is locked")
	store.fail(locked)
	if err := second.Publish(t.Context()); !errors.Is(err, locked) {
		t.Fatal(err)
	}
	if second.Lookup("/go.rss") == nil {
		t.Error("something went while the store could not be read")
	}
	store.fail(nil)
	publish(t, second)
	if second.Lookup("/go.rss") != nil || second.Lookup("/latest.rss") == nil {
		t.Error("the addresses are not those of the config")
	}
	if _, kept := d.rows["/go.rss"]; kept {
		t.Error("the feed is still kept")
	}
}

// Keeping is no condition for serving, and is made up for later.
func TestKeepingFails(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	p, _ := process(t, store, d, config)
	d.fail(errors.New("disk full"))
	publish(t, p)
	wantNoTroubles(t, p)
	if p.Lookup("/latest.rss") == nil {
		t.Fatal("not served")
	}
	d.fail(nil)
	publish(t, p)
	if _, kept := d.rows["/latest.rss"]; !kept {
		t.Error("not kept once that was possible")
	}
}

// A feed that changes all the time goes to the disk now and then, and once more
// when the program stops.
func TestKeepingRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, store, config := fixture(t)
		d := newDrawer()
		p, _ := process(t, store, d, config)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() { p.Run(ctx); close(stopped) }()
		time.Sleep(time.Minute)
		d.take()
		for i := range 30 {
			store.put("latest", stories(fmt.Sprint("story ", i)))
			time.Sleep(time.Second)
		}
		writes := 0
		for _, path := range d.take() {
			if path == "/latest.rss" {
				writes++
			}
		}
		if writes < 3 || writes > 8 {
			t.Errorf("written %d times in 30 s", writes)
		}
		store.put("latest", stories("last words"))
		time.Sleep(time.Second)
		cancel()
		<-stopped
		if _, current := process(t, store, d, config); !current {
			t.Error("what was published last is not kept")
		}
	})
}
