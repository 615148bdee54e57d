package simulate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"tributary/aggregator"
	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

var (
	sourcesFlag = flag.Int("sources", smallDay, "how many `sources` there are")
	nodesFlag   = flag.Int("nodes", 4, "how many `nodes` pull them")
	loseFlag    = flag.Int("lose", 2, "how many `nodes` are lost for good; 0 for none")
	atFlag      = flag.Duration("at", 12*time.Hour, "`when` they are lost")
	awayAtFlag  = flag.Duration("away-at", 18*time.Hour, "`when` all others are lost, too")
	awayFlag    = flag.Duration("away", 20*time.Minute, "after `how long` as many as before come back; 0 for no such time")
	lengthFlag  = flag.Duration("length", day, "`how long` the day is")
	resultsDir  = flag.String("results", "", "write the tables as text into this `folder` too")
)

// TestDay runs a day; see the package's comment for what it asserts.
func TestDay(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, filepath.Join(dir, "day.db"))
		s.run(t)
		s.ledger.check(t, *lengthFlag, *awayFlag)
		s.look(t)
		s.report(t)
	})
}

// simulation is one run.
type simulation struct {
	world    *world
	ledger   *ledger
	database *database
	settings aggregator.Settings
	path     string
	begin    time.Duration // by the clock on the wall
	took     taken
	drained  struct{ own, shared time.Duration } // after the nodes came back; 0: not by the end
}

// taken is what was measured beside the day: processor time, memory and disk.
type taken struct {
	create, sync, list, day time.Duration
	node, file              uint64 // bytes
}

func newSimulation(t *testing.T, path string) *simulation {
	t.Helper()
	s := &simulation{path: path, begin: clock(unix.CLOCK_MONOTONIC)}
	s.world = newWorld(*sourcesFlag, time.Now())
	s.ledger = newLedger(s.world)
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.database = &database{Store: store, ledger: s.ledger, writing: make(chan struct{}, 1)}
	s.took.create = s.settle(t)
	s.settings = aggregator.Settings{Concurrency: concurrency, Member: func(*news.Story, *news.Source) []news.Verdict { return nil }}
	for i := range s.world.origins {
		s.settings.Sources = append(s.settings.Sources, s.world.source(i))
	}
	s.tell("settled")
	return s
}

// tell shows how far a long run is.
func (s *simulation) tell(what string) (own, shared int) {
	own, shared = s.ledger.waiting()
	claim, record := &s.database.claim, &s.database.record
	fmt.Fprintf(os.Stderr, "%8s %s: %d + %d late by over a second; %d claims (%v), %d recorded (%v)\n",
		(clock(unix.CLOCK_MONOTONIC) - s.begin).Round(time.Second), what, own, shared,
		claim.calls.Load(), time.Duration(claim.cpu.Load()).Round(time.Millisecond),
		record.sources.Load(), time.Duration(record.cpu.Load()).Round(time.Millisecond))
	return own, shared
}

// run lets the day pass.
func (s *simulation) run(t *testing.T) {
	before := heap()
	var all nodes
	for i := range *nodesFlag {
		all = append(all, startNode(t, s.database, i, s.settings))
		if i == 0 {
			s.took.node = heap() - before
		}
	}
	s.ledger.enter("before")
	s.took.day = clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	if *loseFlag > 0 {
		all = s.loseSome(t, all)
	}
	if *awayFlag > 0 {
		s.stayAway(t, all)
	}
	s.pass(*lengthFlag)
	s.took.day = clock(unix.CLOCK_PROCESS_CPUTIME_ID) - s.took.day
	all.each(func(n *node) { n.stop(t) })
}

// loseSome loses nodes for good, and gives the others.
func (s *simulation) loseSome(t *testing.T, all nodes) nodes {
	t.Helper()
	lost := all[:*loseFlag]
	s.pass(*atFlag)
	s.lose(t, lost)
	s.ledger.orphan(lost)
	s.ledger.enter("the first lease after the loss")
	s.pass(s.ledger.now() + leaseTime + time.Second)
	s.ledger.enter("with what is left")
	return all[*loseFlag:]
}

// stayAway loses all nodes, and starts as many in their place later on.
func (s *simulation) stayAway(t *testing.T, all nodes) {
	t.Helper()
	s.pass(*awayAtFlag)
	s.lose(t, all)
	s.pass(*awayAtFlag + *awayFlag)
	for i := range all {
		all[i] = startNode(t, s.database, *nodesFlag+i, s.settings)
	}
	s.ledger.enter("back, until nothing is late")
	s.drain()
	s.ledger.enter("after that")
}

// lose makes nodes vanish at the next moment at which they hold leases.
func (s *simulation) lose(t *testing.T, lost nodes) {
	t.Helper()
	for s.ledger.held(lost) == 0 {
		time.Sleep(100 * time.Millisecond)
	}
	lost.each(func(n *node) { n.lose(t) })
}

// drain waits until sources with a host of their own are on time again, and
// notes when the others are, if they are by the end.
func (s *simulation) drain() {
	back := s.ledger.now()
	for {
		s.pass(min(s.ledger.now()+5*time.Second, *lengthFlag))
		own, shared := s.ledger.waiting()
		if own == 0 && s.drained.own == 0 {
			s.drained.own = s.ledger.now() - back
		}
		if shared <= s.world.usual() && s.drained.shared == 0 {
			s.drained.shared = s.ledger.now() - back
		}
		if s.drained.own > 0 && s.drained.shared > 0 || s.ledger.now() >= min(back+time.Hour, *lengthFlag) {
			return
		}
	}
}

// usual is how many sources of shared hosts may wait for others at any time:
// one in 10,000, and ten.
func (w *world) usual() int { return len(w.origins)/10_000 + 10 }

// pass lets time pass until so long after the start.
func (s *simulation) pass(until time.Duration) {
	for now := s.ledger.now(); now < until; now = s.ledger.now() {
		next := (now + time.Hour).Truncate(time.Hour)
		time.Sleep(min(until, next) - now)
		if now = s.ledger.now(); now >= next {
			h := s.ledger.hour(next - 1)
			h.waitingOwn, h.waitingShared = s.tell(next.String())
		}
	}
}

// look measures what a node does when it starts with these sources, and what is
// on the disk.
func (s *simulation) look(t *testing.T) {
	t.Helper()
	before := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	if _, err := s.database.Store.SyncSources(t.Context(), s.settings.Sources, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.took.sync = clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before
	before = clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	if _, err := s.database.Sources(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.took.list = clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before
	file, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.took.file = uint64(file.Size())
}
