package aggregator_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/goleak"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

// hostileJob is what a child process is to pull.
type hostileJob struct {
	Dir       string // for the database
	Sources   []news.Source
	Rounds    int                 // of pulling all sources
	Measured  int                 // the round whose CPU and memory count, from 0
	Authority []byte              // trusted for TLS, as PEM
	Hosts     map[string][]string // addresses of made-up hosts, one a round
}

// hostileReport is what came of it.
type hostileReport struct {
	Rounds  []map[string]hostileVisit // by source
	Stories []news.StoredStory
	Feed    []string // titles
	States  map[string]news.SourceState
	CPU     time.Duration // of the measured round
	Memory  int64         // by how many bytes the resident set peaked over what it was; 0 when unknown
	Leak    string        // goroutines that were left
}

// hostileVisit is a visit with when it was stored.
type hostileVisit struct {
	news.Visit
	Order  int           // among those of its round
	Stored time.Duration // after the round began
}

// beHostileChild does the job that it reads. A process of its own is what
// shows that it survives, and what CPU and memory can be read of.
func beHostileChild(in io.Reader, out io.Writer) (exit int) {
	var job hostileJob
	err := json.NewDecoder(in).Decode(&job)
	if err == nil {
		var report *hostileReport
		if report, err = job.run(context.Background()); err == nil {
			err = json.NewEncoder(out).Encode(report)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func (job *hostileJob) run(ctx context.Context) (*hostileReport, error) {
	store, err := sqlite.Open(ctx, filepath.Join(job.Dir, "t.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	var round atomic.Int32
	client := safehttp.New(job.clientOptions(&round))
	var watch hostileWatch
	a := aggregator.New(aggregator.Options{
		Store:   store,
		Fetcher: fetch.New(fetch.Options{Client: client, Version: "test"}),
		Observe: watch.observe,
	})
	if err := a.Configure(ctx, settings(job.Sources...)); err != nil {
		return nil, err
	}
	var report hostileReport
	for i := range job.Rounds {
		round.Store(int32(i))
		before := measure()
		watch.begin()
		if err := a.Refresh(ctx, aggregator.Round{All: true}); err != nil {
			return nil, err
		}
		if i == job.Measured {
			report.CPU, report.Memory = before.since()
		}
		report.Rounds = append(report.Rounds, watch.visits)
		client.CloseIdle() // so that names are resolved anew
	}
	return &report, errors.Join(report.read(ctx, store), store.Close(), report.findLeak())
}

func (job *hostileJob) clientOptions(round *atomic.Int32) safehttp.Options {
	options := safehttp.Options{RootCAs: x509.NewCertPool(), Resolver: job.resolver(round)}
	options.RootCAs.AppendCertsFromPEM(job.Authority)
	return options
}

func (job *hostileJob) resolver(round *atomic.Int32) *net.Resolver {
	return upstreamtest.Resolver(func(host string) []string {
		addresses := job.Hosts[host]
		if len(addresses) == 0 {
			return nil
		}
		return addresses[min(int(round.Load()), len(addresses)-1):][:1]
	})
}

// read fills in how the store is at the end.
func (r *hostileReport) read(ctx context.Context, store *sqlite.DB) error {
	r.States = make(map[string]news.SourceState)
	states, err := store.Sources(ctx)
	if err != nil {
		return err
	}
	for _, state := range states {
		r.States[state.Name] = state
	}
	items, err := store.Newest(ctx, "all", news.Cursor{}, 10_000, nil)
	if err != nil {
		return err
	}
	for i := range items {
		r.Feed = append(r.Feed, items[i].Title)
	}
	r.Stories, err = store.Stories(ctx, 0, 10_000)
	return err
}

func (r *hostileReport) findLeak() error {
	if err := goleak.Find(); err != nil {
		r.Leak = err.Error()
	}
	return nil
}

// hostileWatch collects the visits of a round.
type hostileWatch struct {
	mu     sync.Mutex
	start  time.Time
	visits map[string]hostileVisit
}

func (w *hostileWatch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start, w.visits = time.Now(), make(map[string]hostileVisit)
}

func (w *hostileWatch) observe(v aggregator.Visited) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits[v.Source] = hostileVisit{v.Visit, len(w.visits), time.Since(w.start)}
}

// usage is what the process had used at one moment.
type usage struct {
	cpu      time.Duration
	resident int64
}

// measure gives memory back to the system and begins to watch the peak of the
// resident set: that of getrusage can't be reset, and a child inherits it.
func measure() usage {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // proc(5): resets VmHWM; where there is none, nothing is measured
	return usage{cpuTime(), status("VmRSS:")}
}

// since gives CPU time and the growth of the resident set at its peak.
func (u usage) since() (cpu time.Duration, memory int64) {
	return cpuTime() - u.cpu, max(status("VmHWM:")-u.resident, 0)
}

// cpuTime is user and system time of the process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// status reads a size from /proc/self/status, in bytes; 0 where there is none.
func status(name string) int64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(text, []byte(name))
	if fields := bytes.Fields(rest); len(fields) > 0 {
		kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		return kib << 10
	}
	return 0
}
