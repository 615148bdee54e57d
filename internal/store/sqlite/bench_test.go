package sqlite_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// BenchmarkLease claims and finishes 10,000 due sources that brought nothing.
func BenchmarkLease(b *testing.B) {
	for _, limit := range []int{64, 256} {
		b.Run(fmt.Sprintf("batch=%d", limit), func(b *testing.B) {
			db := open(b, filepath.Join(b.TempDir(), "bench.db"))
			const sources = 10_000
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			if _, err := db.SyncSources(b.Context(), manySources(sources), now); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before, done := cpu(), 0
			for b.Loop() {
				now = now.Add(time.Hour)
				for {
					n := leaseRound(b, db, limit, now)
					if done += n; n == 0 {
						break
					}
				}
			}
			b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(done), "cpu-ns/source")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBusyHost claims one source past thousands that wait for one host.
func BenchmarkBusyHost(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "bench.db"))
	const waiting = 2_000
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sources := manySources(waiting + 1)
	for i := range waiting {
		sources[i].URL = fmt.Sprintf("https://busy.example/%d", i)
	}
	if _, err := db.SyncSources(b.Context(), sources, now); err != nil {
		b.Fatal(err)
	}
	lease := 1000 * time.Hour
	b.ReportAllocs()
	for b.Loop() {
		claimed, err := db.Claim(b.Context(), news.ClaimRequest{Now: now, Limit: 64, Lease: lease})
		if err != nil || !claimed.Waiting {
			b.Fatalf("claimed %+v, %v", claimed, err)
		}
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

func leaseRound(b *testing.B, db *sqlite.DB, limit int, now time.Time) int {
	claimed, err := db.Claim(b.Context(), news.ClaimRequest{Now: now, Limit: limit, Lease: time.Minute})
	if err != nil {
		b.Fatal(err)
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
	if _, err := db.Record(b.Context(), results, nil); err != nil {
		b.Fatal(err)
	}
	return len(results)
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
