package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/upstreamtest"
	"tributary/publisher"
	"tributary/publisher/site"
)

const (
	// changes is how many stories are followed from upstream to reader.
	changes = 100
	// lookEvery is how often the renditions are looked at, and so how exactly
	// the times are known.
	lookEvery = 100 * time.Microsecond
	// patience is when a story that doesn't come is given up.
	patience = 10 * time.Second
)

// publish follows single new stories through a running aggregator and
// a running publisher: from the moment a source is due to its request, and from
// the last byte of its answer to the moment when all three formats of the feed,
// compressed by gzip, can be served. One of 200 sources changes, the feed shows
// the newest 50 stories of all. Each change comes when all is quiet: brotli,
// which is made in the background, is done.
func publish(b *testing.B, open func() store) *report {
	const quiet = 199
	up := upstreamtest.NewFast(b)
	sources := []news.Source{source("busy", up.URL(ordinary(0).path()), "@every 1h")}
	up.Set(ordinary(0).path(), ordinary(0).document(0))
	for i := range quiet {
		blog := ordinary(1 + i)
		url := up.Feed(blog.path(), blog.document(0))
		sources = append(sources, source(fmt.Sprintf("quiet-%d", i), url, "@yearly"))
	}
	clock := new(offset)
	ours := newRiver(b, open, sources, clock.now)
	ours.refresh()
	ours.want(tally{ok: 1 + quiet, added: (1 + quiet) * ordinary(0).stories})
	readers := newPublisher(b, ours)
	stop := runBoth(b.Context(), ours, readers)
	defer stop()

	f := follower{b: b, up: up, clock: clock, ours: ours, readers: readers}
	for b.Loop() {
		for range changes {
			f.change()
		}
	}
	r := newReport(b, fmt.Sprintf("one of %d sources brings a story, %d times", 1+quiet, len(f.visible)), "p50", "p95", "most")
	r.latency(b, "due → request sent, ms", "due", f.requested)
	r.latency(b, "last byte → served compressed, ms", "served", f.visible)
	b.ReportMetric(0, "ns/op")
	return r
}

// latency adds a row of times, and their quantiles to the benchmark's metrics.
func (r *report) latency(b *testing.B, name, metric string, times []float64) {
	sorted := slices.Sorted(slices.Values(times))
	p50, p95, most := quantile(sorted, 0.5), quantile(sorted, 0.95), sorted[len(sorted)-1]
	r.row(name, fmt.Sprintf("%.2f", p50), fmt.Sprintf("%.2f", p95), fmt.Sprintf("%.2f", most))
	r.note(b, metric+"-p50-ms", spread{median: p50, least: sorted[0], most: most})
	r.note(b, metric+"-p95-ms", spread{median: p95, least: sorted[0], most: most})
}

// newPublisher publishes what the river brings, pages included.
func newPublisher(b *testing.B, r *river) *publisher.Publisher {
	b.Helper()
	pages, err := site.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	return publisher.New(publisher.Options{Store: r.store, Config: publisher.Config{
		Site:  news.Site{Title: "Bench", URL: "https://example.org", Language: "en", Location: time.UTC},
		Feeds: []news.Feed{latest}, Pages: pages,
	}})
}

// runBoth runs the aggregator and the publisher until stop is called.
func runBoth(ctx context.Context, r *river, p *publisher.Publisher) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() {
		if err := r.aggregator.Run(ctx); err != nil {
			r.tb.Error(err)
		}
	})
	both.Go(func() { p.Run(ctx) })
	return func() { cancel(); both.Wait() }
}

// offset is a clock that goes with the real one and can be put forward.
type offset struct{ ahead atomic.Int64 }

func (o *offset) now() time.Time          { return time.Now().Add(time.Duration(o.ahead.Load())) }
func (o *offset) forward(d time.Duration) { o.ahead.Add(int64(d)) }

// follower makes changes and measures how long they take to be seen.
type follower struct {
	b                  *testing.B
	up                 *upstreamtest.Server
	clock              *offset
	ours               *river
	readers            *publisher.Publisher
	version            int
	requested, visible []float64 // milliseconds
}

// change lets the busy source have a story and be due, and waits for it.
func (f *follower) change() {
	f.b.Helper()
	f.await("brotli of every format", func(r *publisher.Rendition) bool { return r.Brotli != nil })
	f.version++
	blog := ordinary(0)
	asked, sent := make(chan time.Time, 1), make(chan time.Time, 1)
	f.up.Set(blog.path(), blog.document(f.version))
	f.up.Script(blog.path(), func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		asked <- time.Now()
		serve(w, r)
		sent <- time.Now() // all but the last few KB, which follow at once, are on the wire
	}, upstreamtest.Status(http.StatusInternalServerError)) // nobody asks twice
	f.clock.forward(time.Hour)
	due := time.Now()
	f.ours.aggregator.Wake()

	title := []byte(blog.story(f.version+blog.stories).Title + "<")
	titleJSON := []byte(blog.story(f.version+blog.stories).Title + `"`)
	f.await("the new story", func(r *publisher.Rendition) bool {
		return r.Gzip != nil && (bytes.Contains(r.Body, title) || bytes.Contains(r.Body, titleJSON))
	})
	seen := time.Now()
	f.requested = append(f.requested, milliseconds((<-asked).Sub(due)))
	f.visible = append(f.visible, milliseconds(seen.Sub(<-sent)))
}

// await returns once all formats of the feed are as they should be.
func (f *follower) await(what string, as func(*publisher.Rendition) bool) {
	f.b.Helper()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	deadline := time.Now().Add(patience)
	for _, format := range []string{".rss", ".atom", ".json"} {
		var last *publisher.Rendition // never looked into twice: that costs what is measured
		for {
			r := f.readers.Lookup("/" + latest.Name + format)
			if r != last && as(r) {
				break
			}
			last = r
			if now := <-ticker.C; now.After(deadline) {
				f.b.Fatalf("%s: %s has not come within %v", format, what, patience)
			}
		}
	}
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
