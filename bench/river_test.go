package bench

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/rule"
	"tributary/internal/safehttp"
	"tributary/internal/store/postgres"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
	"tributary/publisher"
)

// concurrency is how many visits run at once, ours and the floor's.
const concurrency = 64

// latest is the feed that all sources flow into.
var latest = news.Feed{Name: "latest", Title: "Latest", Limit: 50}

// river is the aggregator as the program wires it, around a database of its
// own.
type river struct {
	tb         testing.TB
	open       func() store // the database once more, as another process would
	store      store
	aggregator *aggregator.Aggregator
	tally      tally // of the last round
}

// tally counts the visits of a round by what they brought.
type tally struct {
	ok, notModified, other int // by status: 200, 304, anything else
	added, changed, stale  int
}

// store is what both halves need of an engine.
type store interface {
	aggregator.Store
	publisher.Store
	io.Closer
}

// onSQLite gives how to open a new database.
func onSQLite(tb testing.TB) func() store {
	path := filepath.Join(tb.TempDir(), "bench.db")
	return opens(tb, func() (store, error) { return sqlite.Open(tb.Context(), path, sqlite.Options{}) })
}

// onPostgres does the same on a cluster of our own, which doesn't wait for the
// disk; without PostgreSQL it skips.
func onPostgres(tb testing.TB) func() store {
	url := postgrestest.URL(tb)
	return opens(tb, func() (store, error) { return postgres.Open(tb.Context(), url, postgres.Options{}) })
}

// opens makes of a way to open a database one that closes it with the test.
func opens(tb testing.TB, open func() (store, error)) func() store {
	return func() store {
		tb.Helper()
		store, err := open()
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := store.Close(); err != nil {
				tb.Error(err)
			}
		})
		return store
	}
}

// newRiver starts one with sources configured and not pulled yet, on the
// database that open opens. now is its clock; nil is the real one.
func newRiver(tb testing.TB, open func() store, sources []news.Source, now func() time.Time) *river {
	tb.Helper()
	client := safehttp.New(safehttp.Options{MaxIdlePerHost: concurrency})
	r := &river{tb: tb, open: open, store: open()}
	tb.Cleanup(client.CloseIdle)
	r.aggregator = aggregator.New(aggregator.Options{
		Store: r.store, Now: now, Observe: r.observe,
		Fetcher: fetch.New(fetch.Options{Client: client, Version: "0", SiteURL: "https://example.org"}),
	})
	if err := r.aggregator.Configure(tb.Context(), settings(tb, sources)); err != nil {
		tb.Fatal(err)
	}
	return r
}

func settings(tb testing.TB, sources []news.Source) aggregator.Settings {
	tb.Helper()
	member, err := rule.NewMembership([]news.Feed{latest}, sources)
	if err != nil {
		tb.Fatal(err)
	}
	drawn := make([]*news.Source, len(sources))
	for i := range sources {
		drawn[i] = &sources[i]
	}
	return aggregator.Settings{
		Sources: sources, Member: member, Concurrency: concurrency,
		Fingerprints: map[string]string{latest.Name: rule.Fingerprint(&latest, drawn)},
	}
}

// source is one as the config would give it: on loopback, hence unpaced.
func source(name, url, schedule string) news.Source {
	return news.Source{
		Name: name, URL: url, Schedule: schedule,
		Content: news.ContentFull, Images: news.ImagesKeep, Identity: news.IdentityID,
		Fetch: news.FetchSettings{
			Timeout: 30 * time.Second, HostConcurrency: 1, Unpaced: true, AllowNetworks: upstreamtest.Loopback,
		},
	}
}

// sourcesAt are sources with these addresses.
func sourcesAt(urls []string) []news.Source {
	sources := make([]news.Source, len(urls))
	for i, url := range urls {
		sources[i] = source(fmt.Sprintf("source-%d", i), url, "@every 30m")
	}
	return sources
}

// refresh pulls every source once; the tally is that round's.
func (r *river) refresh() {
	r.tb.Helper()
	r.tally = tally{}
	if err := r.aggregator.Refresh(r.tb.Context(), aggregator.Round{All: true}); err != nil {
		r.tb.Fatal(err)
	}
}

// observe is called from one goroutine, which has ended when Refresh returns.
func (r *river) observe(v aggregator.Visited) {
	switch v.Visit.Status {
	case http.StatusOK:
		r.tally.ok++
	case http.StatusNotModified:
		r.tally.notModified++
	default:
		r.tally.other++
	}
	r.tally.added += v.Visit.New
	r.tally.changed += v.Visit.Changed
	if v.Recorded.Stale {
		r.tally.stale++
	}
}

// want fails the benchmark when the last round was another one than claimed.
func (r *river) want(expected tally) {
	r.tb.Helper()
	if r.tally != expected {
		r.tb.Fatalf("the round brought %+v, want %+v", r.tally, expected)
	}
}
