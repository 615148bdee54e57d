package publisher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"tributary/internal/news"
	"tributary/publisher/site"
)

// run runs a publisher inside a bubble until the test ends, and waits until it
// has nothing to do.
func run(t *testing.T, p *Publisher) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	synctest.Wait()
}

func holds(p *Publisher, path, text string) bool {
	r := p.Lookup(path)
	return r != nil && bytes.Contains(r.Body, []byte(text))
}

func TestRunFollowsTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, store, _ := fixture(t)
		run(t, p)
		if !holds(p, "/latest.rss", "one") {
			t.Fatal("nothing was published at the start")
		}
		started := time.Now()
		store.put("latest", stories("three"))
		synctest.Wait()
		if !holds(p, "/latest.rss", "three") || !holds(p, "/", "three") {
			t.Error("a change of the store is not served")
		}
		if took := time.Since(started); took > 0 {
			t.Errorf("a change had to wait %v", took)
		}
	})
}

func TestRunMakesBrotli(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, store, _ := fixture(t)
		run(t, p)
		for path, r := range p.Renditions() {
			if r.Gzip != nil && r.Brotli == nil || r.untried {
				t.Errorf("%s has no brotli", path)
			}
		}
		before := p.Lookup("/latest.rss")
		store.touch("latest")
		synctest.Wait()
		if p.Lookup("/latest.rss") != before {
			t.Error("the same bytes lost their brotli variant")
		}
	})
}

// A rendition that was replaced while its brotli was made must not come back.
func TestBrotliOfAReplacedRendition(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	old := p.withoutBrotli()
	store.put("latest", stories("three"))
	publish(t, p)
	p.addBrotli(t.Context(), old)
	if !holds(p, "/latest.rss", "three") {
		t.Error("an old rendition came back")
	}
	if p.Lookup("/go.rss").Brotli == nil {
		t.Error("a rendition that is still there got no brotli")
	}
}

// A round that finds the same bytes must not undo the brotli that came while
// it was on.
func TestBrotliDuringARound(t *testing.T) {
	t.Parallel()
	p, _, _ := fixture(t)
	publish(t, p)
	r := p.Lookup("/latest.rss")
	c := change{gone: []string{r.Path}, made: []made{p.make(r.Draft)}}
	p.addBrotli(t.Context(), []*Rendition{r})
	p.install(&c)
	if p.Lookup("/latest.rss").Brotli == nil {
		t.Error("the brotli variant is gone")
	}
}

// slowPages takes a second for each article.
type slowPages struct{ Pages }

func (s slowPages) Article(page site.ArticlePage) ([]byte, error) {
	time.Sleep(time.Second)
	return s.Pages.Article(page)
}

// Pages of articles that take long must not keep feeds from being followed.
func TestRunRestsFromArticles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, store, config := fixture(t)
		config.Pages = slowPages{config.Pages}
		p.Reconfigure(config)
		run(t, p)
		time.Sleep(time.Second + mostRest)
		for i := range 5 {
			name := fmt.Sprint("story-", i)
			store.put("latest", stories(name))
			synctest.Wait()
			if !holds(p, "/latest.rss", name) || holds(p, "/articles/hello", name) {
				t.Fatalf("%s: the feed must follow at once, the article rest", name)
			}
		}
		time.Sleep(articlesRest*time.Second + time.Second)
		synctest.Wait()
		if !holds(p, "/articles/hello", "story-4") {
			t.Error("the article was not made again after its rest")
		}
		store.put("latest", stories("for a build"))
		synctest.Wait() // a goroutine that waits for a mutex would stop the bubble's clock
		publish(t, p)
		if !holds(p, "/articles/hello", "for a build") {
			t.Error("Publish left something for later")
		}
	})
}

func TestRunExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		list := stories("young", "old")
		list[0].Date, list[1].Date = time.Now().Add(-time.Minute), time.Now().Add(-50*time.Minute)
		store.put("latest", list)
		feed := feedNamed("latest")
		feed.MaxAge = time.Hour
		p := New(Options{
			Config: Config{Site: testSite, Feeds: []news.Feed{feed}}, Store: store, Log: slog.New(slog.DiscardHandler),
		})
		run(t, p)
		time.Sleep(10*time.Minute - time.Millisecond)
		synctest.Wait()
		if !holds(p, "/latest.rss", "<title>old</title>") {
			t.Error("a story left before its time")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if holds(p, "/latest.rss", "<title>old</title>") || !holds(p, "/latest.rss", "young") {
			t.Error("a story that is too old stayed")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if holds(p, "/latest.rss", "young") {
			t.Error("the last story stayed")
		}
		if n := store.count("latest"); n != 3 {
			t.Errorf("the feed was read %d times, want once and at each expiry", n)
		}
	})
}

func TestRunRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, store, _ := fixture(t)
		run(t, p)
		store.fail(errors.New("disk I/O error"))
		tries := store.count("revisions")
		store.put("latest", stories("three"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := store.count("revisions") - tries; n < 100 || n > 140 {
			t.Errorf("%d tries within an hour, want one every 30 s and some at first", n)
		}
		if !holds(p, "/latest.rss", "one") {
			t.Error("the renditions are gone")
		}
		if len(p.Troubles()) != 1 {
			t.Errorf("troubles %+v, want the store's", p.Troubles())
		}
		store.fail(nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		if !holds(p, "/latest.rss", "three") {
			t.Error("the change was not published once the store worked again")
		}
		wantNoTroubles(t, p)
	})
}

func TestRunReconfigure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _, config := fixture(t)
		run(t, p)
		config.Site.Title = "Renamed"
		p.Reconfigure(config)
		synctest.Wait()
		if !holds(p, "/", "Renamed") || !holds(p, "/articles/hello", "Renamed") || !holds(p, NotFoundPath, "Renamed") {
			t.Error("the new configuration is not served")
		}
	})
}

func TestRunLooksForFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _, config := fixture(t)
		files := fstest.MapFS{}
		config.Files = files
		p.Reconfigure(config)
		run(t, p)
		p.publishing.Lock() // a round reads the map
		files["a.txt"] = &fstest.MapFile{Data: []byte("text")}
		p.publishing.Unlock()
		time.Sleep(filesEvery)
		synctest.Wait()
		if !holds(p, "/articles/a.txt", "text") {
			t.Error("a new file is not served")
		}
	})
}

// Readers, a storm of changes and a reconfiguration at once: every rendition
// that a reader sees is whole. The race detector watches.
func TestPublishUnderFire(t *testing.T) {
	t.Parallel()
	p, store, config := fixture(t)
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() { p.Run(ctx) })
	publish(t, p)
	for range 2 {
		busy.Go(func() {
			for ctx.Err() == nil {
				if r := p.Lookup("/latest.json"); r == nil || !strings.HasSuffix(strings.TrimSpace(string(r.Body)), "}") {
					t.Error("a reader saw a rendition that is not whole")
					return
				}
				p.Troubles()
			}
		})
	}
	for i := range 30 {
		store.put("latest", stories(fmt.Sprint("story-", i)))
		if i%10 == 0 {
			p.Reconfigure(config)
		}
		publish(t, p)
	}
	stop()
	busy.Wait()
	if !holds(p, "/latest.json", "story-29") {
		t.Error("the last change is not served")
	}
}

// BenchmarkPublish is a change of one feed of 50 stories among 100 feeds: from
// the revision to the rendition being served.
func BenchmarkPublish(b *testing.B) {
	b.ReportAllocs()
	store := newMemory()
	config := Config{Site: testSite, Pages: newPages(b)}
	for i := range 100 {
		name := fmt.Sprint("feed-", i)
		config.Feeds = append(config.Feeds, feedNamed(name))
		store.put(name, stories("one", "two"))
	}
	p := New(Options{Config: config, Store: store, Log: slog.New(slog.DiscardHandler)})
	publish(b, p)
	titles := make([]string, 50)
	n := 0
	for b.Loop() {
		b.StopTimer()
		for i := range titles {
			titles[i] = fmt.Sprint("story-", n+i)
		}
		n++
		list := stories(titles...)
		b.StartTimer()
		store.put("feed-50", list)
		publish(b, p)
	}
}
