package simulate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

const (
	timeout = 30 * time.Second
	// leaseTime is what the aggregator makes of it.
	leaseTime   = timeout + 30*time.Second
	concurrency = 64 // the program's default
)

// cost is what one kind of call took, over all nodes.
type cost struct {
	calls, empty, sources, cpu atomic.Int64 // cpu in nanoseconds
}

// database is the store that all nodes share. One call that writes passes at a
// time, and takes as long in virtual time as it took of a processor.
type database struct {
	aggregator.Store
	ledger        *ledger
	writing       chan struct{}
	keys          map[string]news.SourceKey // once the first node has synced
	claim, record cost
}

// Release gives nothing back: nodes that are lost can't.
func (d *database) Release(context.Context, []news.Lease, time.Time) error { return nil }

// spend runs a call that writes when it is its turn, and notes what it did
// before the next one has its own.
func (d *database) spend(c *cost, call func() (sources int, err error), note func()) error {
	d.writing <- struct{}{}
	defer func() { <-d.writing }()
	before := cpuOfThread()
	sources, err := call()
	took := cpuOfThread() - before
	runtime.UnlockOSThread()
	runtime.UnlockOSThread()
	c.calls.Add(1)
	c.sources.Add(int64(sources))
	c.cpu.Add(int64(took))
	if sources == 0 {
		c.empty.Add(1)
	}
	time.Sleep(took)
	if err == nil {
		note()
	}
	return err
}

// cpuOfThread is the processor time of the thread that the caller stays on
// until it calls runtime.UnlockOSThread.
func cpuOfThread() time.Duration {
	runtime.LockOSThread()
	return clock(unix.CLOCK_THREAD_CPUTIME_ID)
}

// clock reads a clock that is not virtual.
func clock(id int32) time.Duration {
	var at unix.Timespec
	if err := unix.ClockGettime(id, &at); err != nil {
		panic(err)
	}
	return time.Duration(at.Nano())
}

var errLost = errors.New("the node is lost")

// node is one process with its aggregator. It sees the store and the upstreams
// until it is lost, from one moment to the next, as kill -9 would have it.
type node struct {
	*database
	number int
	lost   atomic.Bool
	cancel context.CancelFunc
	done   chan error
}

// startNode starts a node that pulls until it is lost or stopped.
func startNode(t *testing.T, d *database, number int, settings aggregator.Settings) *node {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	n := &node{database: d, number: number, cancel: cancel, done: make(chan error, 1)}
	a := aggregator.New(aggregator.Options{Store: n, Fetcher: n})
	if err := a.Configure(ctx, settings); err != nil {
		t.Fatal(err)
	}
	go func() { n.done <- a.Run(ctx) }()
	return n
}

// lose makes a node vanish.
func (n *node) lose(t *testing.T) {
	t.Helper()
	n.lost.Store(true)
	n.stop(t)
}

func (n *node) stop(t *testing.T) {
	t.Helper()
	n.cancel()
	if err := <-n.done; err != nil {
		t.Errorf("node %d: %v", n.number, err)
	}
}

// SyncSources is done once: the sources are those of the first node.
func (n *node) SyncSources(ctx context.Context, sources []news.Source, now time.Time) (map[string]news.SourceKey, error) {
	if n.keys != nil {
		return n.keys, nil
	}
	keys, err := n.Store.SyncSources(ctx, sources, now)
	n.keys = keys
	return keys, err
}

func (n *node) Claim(ctx context.Context, request news.ClaimRequest) (claimed news.Claimed, err error) {
	err = n.spend(&n.claim, func() (int, error) {
		if n.lost.Load() {
			return 0, errLost
		}
		claimed, err = n.Store.Claim(ctx, request)
		return len(claimed.Leases), err
	}, func() { n.ledger.leased(n.number, n.ledger.since(request.Now), claimed.Leases) })
	return claimed, err
}

func (n *node) Record(ctx context.Context, results []news.Result, decide news.Decide) (recorded []news.Recorded, err error) {
	err = n.spend(&n.record, func() (int, error) {
		if n.lost.Load() {
			return 0, errLost
		}
		recorded, err = n.Store.Record(ctx, results, decide)
		return len(results), err
	}, func() { n.ledger.recorded(results, recorded) })
	return recorded, err
}

// ClaimChore gives none: chores are no part of the scheduling, and that of
// pruning reads all sources each hour.
func (n *node) ClaimChore(context.Context, news.ChoreRequest) (news.ClaimedChore, error) {
	return news.ClaimedChore{Next: n.ledger.world.start.Add(1000 * day)}, nil
}

// Fetch asks the virtual upstream.
func (n *node) Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error) {
	i := number(request.Source.Name)
	n.ledger.asked(i)
	response, err := n.ledger.world.answer(ctx, i, request.Validators)
	var free time.Duration
	if failure, ok := errors.AsType[*fetch.Error](err); ok && failure.HostWide {
		free = failure.RetryAfter
	}
	n.ledger.answered(i, free)
	return response, err
}

// number is that of a source, by its name.
func number(name string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "s-"))
	if err != nil {
		panic(fmt.Sprintf("source %q is none of ours", name))
	}
	return n
}

// settle gives every source the state that it has after some weeks: its
// validators and its pace are known, those that fail have failed before, and it
// is due somewhere within its interval. The hosts' limits come later, else a
// platform would take days of it. It returns the processor time that storing
// new sources took.
func (s *simulation) settle(t *testing.T) time.Duration {
	t.Helper()
	sources := make([]news.Source, len(s.world.origins))
	for i := range sources {
		sources[i] = s.world.source(i)
		sources[i].Fetch.Unpaced = true
	}
	before := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	keys, err := s.database.SyncSources(t.Context(), sources, s.world.start)
	if err != nil {
		t.Fatal(err)
	}
	took := clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before
	all := make([]news.SourceKey, len(sources))
	for i := range sources {
		all[i] = keys[sources[i].Name]
	}
	for group := range slices.Chunk(all, 256) {
		s.settleGroup(t, group)
	}
	return took
}

func (s *simulation) settleGroup(t *testing.T, group []news.SourceKey) {
	t.Helper()
	claimed, err := s.database.Claim(t.Context(), news.ClaimRequest{Now: s.world.start, Only: group, Limit: len(group), Lease: leaseTime})
	if err != nil || len(claimed.Leases) != len(group) {
		t.Fatalf("%d of %d sources settled: %v", len(claimed.Leases), len(group), err)
	}
	results := make([]news.Result, len(claimed.Leases))
	for i := range claimed.Leases {
		results[i] = s.world.settled(claimed.Leases[i])
		index := number(claimed.Leases[i].Source.Name)
		s.ledger.tracks[index].due = s.ledger.since(results[i].Due)
	}
	if _, err := s.database.Record(t.Context(), results, nil); err != nil {
		t.Fatal(err)
	}
}

// settled is the result of a source's last visit before the start.
func (w *world) settled(lease news.Lease) news.Result {
	i := number(lease.Source.Name)
	o := &w.origins[i]
	r := news.Result{Lease: lease, Gap: o.gap, Health: news.HealthOK}
	pause := o.interval()
	if o.trait > flaky && o.trait != gone {
		pause = day
		r.Health, r.Failures = news.HealthFailing, 8
		r.Visit.Outcome, r.Visit.Cause = news.OutcomeFailed, news.CauseTimeout
	} else {
		r.Visit.Outcome, r.Visit.Status = news.OutcomeUnchanged, 304
	}
	r.Due = w.start.Add(time.Duration(chance(i, 7) * float64(pause))).Truncate(time.Millisecond)
	r.Visit.At, r.Visit.Duration = r.Due.Add(-pause-o.latency), o.latency
	validators := w.validators(i, w.published(o, r.Visit.At))
	r.Validators = &validators
	return r
}

// nodes starts and stops them at once.
type nodes []*node

func (all nodes) each(do func(*node)) {
	var group sync.WaitGroup
	for _, n := range all {
		group.Go(func() { do(n) })
	}
	group.Wait()
}

func (all nodes) has(number int) bool {
	return slices.ContainsFunc(all, func(n *node) bool { return n.number == number })
}
