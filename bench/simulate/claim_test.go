package simulate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// BenchmarkClaim shows what a claim and the record of what it leased cost by
// what grows with the number of sources: all of them, those of one host, and
// those that wait for one host.
func BenchmarkClaim(b *testing.B) {
	r := new(report)
	fmt.Fprintf(r, "%s: processor time\n%s %s/%s, %d processors\n", b.Name(), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	r.begin("A claim of one source and its record", "µs")
	for _, c := range []struct {
		name    string
		measure func(*claims, int) time.Duration
		size    int
	}{
		{"sources with hosts of their own", (*claims).alone, 1_000},
		{"sources with hosts of their own", (*claims).alone, 100_000},
		{"feeds on the host of the source", (*claims).platform, 100},
		{"feeds on the host of the source", (*claims).platform, 1_000},
		{"feeds on the host of the source", (*claims).platform, 10_000},
		{"feeds on the host of the source", (*claims).platform, 50_000},
		{"due before it, waiting for a host", (*claims).queue, 100},
		{"due before it, waiting for a host", (*claims).queue, 1_000},
		{"due before it, waiting for a host", (*claims).queue, 10_000},
		{"due before it, waiting for a host", (*claims).queue, 50_000},
	} {
		s := newClaims(b)
		took := c.measure(s, c.size) / claimRounds
		r.row(fmt.Sprintf("%d %s", c.size, c.name), fmt.Sprintf("%.0f", float64(took.Nanoseconds())/1000))
		s.close()
	}
	r.end()
	b.Log("\n" + r.String())
	b.ReportMetric(0, "ns/op") // of all together: says nothing
	if *resultsDir != "" {
		text := time.Now().UTC().Format(time.DateOnly) + " " + r.String()
		if err := os.WriteFile(filepath.Join(*resultsDir, "claim.txt"), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// claims is a database to claim from.
type claims struct {
	*sqlite.DB
	b   *testing.B
	now time.Time
}

const claimRounds = 200

func newClaims(b *testing.B) *claims {
	b.Helper()
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "claims.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return &claims{DB: db, b: b, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (c *claims) close() {
	if err := c.Close(); err != nil {
		c.b.Fatal(err)
	}
}

// alone leases sources that are due, each on a host of its own.
func (c *claims) alone(size int) time.Duration {
	c.sync(size, func(i int) string { return fmt.Sprintf("http://own-%d.test/", i) })
	return c.rounds(func(int) news.ClaimRequest { return news.ClaimRequest{Limit: 1} })
}

// platform leases sources of one host, one after the other.
func (c *claims) platform(size int) time.Duration {
	keys := c.sync(size, func(i int) string { return fmt.Sprintf("http://platform.test/%d", i) })
	return c.rounds(func(round int) news.ClaimRequest {
		return news.ClaimRequest{Only: keys[round%size : round%size+1], Limit: 1}
	})
}

// queue leases sources with hosts of their own behind others that wait for a
// host.
func (c *claims) queue(size int) time.Duration {
	keys := c.sync(size+claimRounds, func(i int) string {
		if i < size {
			return fmt.Sprintf("http://platform.test/%d", i)
		}
		return fmt.Sprintf("http://own-%d.test/", i)
	})
	if held := c.claim(news.ClaimRequest{Only: keys[:1], Limit: 1, Lease: 1000 * time.Hour}); len(held) != 1 {
		c.b.Fatal("the host is not held")
	}
	return c.rounds(func(int) news.ClaimRequest { return news.ClaimRequest{Limit: 1} })
}

// sync stores sources, all of them due.
func (c *claims) sync(size int, url func(int) string) []news.SourceKey {
	c.b.Helper()
	sources := make([]news.Source, size)
	for i := range sources {
		sources[i] = news.Source{
			Name: fmt.Sprintf("s-%d", i), URL: url(i), Schedule: "adaptive",
			Fetch: news.FetchSettings{Timeout: timeout, HostConcurrency: 1, HostDelay: 2 * time.Second},
		}
	}
	byName, err := c.SyncSources(c.b.Context(), sources, c.now)
	if err != nil {
		c.b.Fatal(err)
	}
	keys := make([]news.SourceKey, size)
	for i := range sources {
		keys[i] = byName[sources[i].Name]
	}
	return keys
}

func (c *claims) claim(request news.ClaimRequest) []news.Lease {
	c.b.Helper()
	request.Now = c.now
	if request.Lease == 0 {
		request.Lease = leaseTime
	}
	claimed, err := c.Claim(c.b.Context(), request)
	if err != nil {
		c.b.Fatal(err)
	}
	return claimed.Leases
}

// rounds claims and records one source each time, and tells what that took.
func (c *claims) rounds(request func(round int) news.ClaimRequest) time.Duration {
	c.b.Helper()
	runtime.GC()
	before := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	for round := range claimRounds {
		c.now = c.now.Add(5 * time.Second)
		leases := c.claim(request(round))
		if len(leases) != 1 {
			c.b.Fatalf("round %d: %d leases", round, len(leases))
		}
		result := news.Result{
			Lease: leases[0], Due: c.now.Add(day), Health: news.HealthOK,
			Visit: news.Visit{At: c.now, Duration: time.Second, Outcome: news.OutcomeUnchanged, Status: 304},
		}
		recorded, err := c.Record(context.Background(), []news.Result{result}, nil)
		if err != nil || recorded[0].Stale {
			c.b.Fatalf("round %d: %+v, %v", round, recorded, err)
		}
	}
	return clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before
}
