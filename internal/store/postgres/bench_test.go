package postgres_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/store/postgres"
)

// BenchmarkLease claims and finishes 10,000 due sources that brought nothing, by
// several nodes at once.
func BenchmarkLease(b *testing.B) {
	for _, nodes := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			url := postgrestest.URL(b)
			stores := make([]*postgres.DB, nodes)
			for i := range stores {
				stores[i] = open(b, url)
			}
			const sources = 10_000
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			if _, err := stores[0].SyncSources(b.Context(), manySources(sources), now); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var done atomic.Int64
			for b.Loop() {
				now = now.Add(time.Hour)
				var running sync.WaitGroup
				for _, store := range stores {
					running.Go(func() { leaseAll(b, store, now, &done) })
				}
				running.Wait()
			}
			if done.Load() != int64(b.N)*sources {
				b.Errorf("%d visits in %d rounds of %d sources", done.Load(), b.N, sources)
			}
			b.ReportMetric(float64(done.Load())/b.Elapsed().Seconds(), "sources/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func manySources(n int) []news.Source {
	sources := make([]news.Source, n)
	for i := range sources {
		sources[i] = news.Source{
			Name: fmt.Sprintf("source-%d", i), URL: fmt.Sprintf("https://host%d.example/feed", i),
			Fetch: news.FetchSettings{HostConcurrency: 1, HostDelay: 2 * time.Second},
		}
	}
	return sources
}

// leaseAll claims until nothing is due.
func leaseAll(b *testing.B, store *postgres.DB, now time.Time, done *atomic.Int64) {
	for {
		claimed, err := store.Claim(b.Context(), news.ClaimRequest{Now: now, Limit: 64, Lease: time.Minute})
		if err != nil {
			b.Error(err)
			return
		}
		if len(claimed.Leases) == 0 && !claimed.Waiting {
			return
		}
		results := make([]news.Result, len(claimed.Leases))
		for i, lease := range claimed.Leases {
			results[i] = news.Result{
				Lease:  lease,
				Visit:  news.Visit{At: now, Duration: time.Millisecond, Outcome: news.OutcomeUnchanged, Status: 304},
				Due:    now.Add(30 * time.Minute),
				Health: news.HealthOK,
			}
		}
		if _, err := store.Record(b.Context(), results, nil); err != nil {
			b.Error(err)
			return
		}
		done.Add(int64(len(results)))
	}
}
