package simulate

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// report is the text of a run: some tables.
type report struct {
	strings.Builder
	table *tabwriter.Writer
}

func (r *report) begin(title string, columns ...string) {
	fmt.Fprintf(r, "\n%s\n\n", title)
	r.table = tabwriter.NewWriter(r, 0, 0, 3, ' ', tabwriter.AlignRight)
	r.row("", columns...)
}

func (r *report) row(name string, cells ...string) {
	fmt.Fprintf(r.table, "%s\t%s\t\n", name, strings.Join(cells, "\t"))
}

func (r *report) end() { r.table.Flush() }

// quantiles are the cells of how late sources were.
func quantiles(l *lateness) []string {
	if l.count() == 0 {
		return []string{"–", "–", "–", "–"}
	}
	return []string{short(l.at(0.5)), short(l.at(0.95)), short(l.at(0.99)), short(l.most())}
}

// short writes a time with some three digits.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	if d = d.Round(time.Minute); d%time.Hour == 0 {
		return fmt.Sprintf("%.0fh", d.Hours())
	}
	return strings.TrimSuffix(d.String(), "0s")
}

func count(n int) string { return fmt.Sprint(n) }

// report logs the tables, and writes them where -results says.
func (s *simulation) report(t *testing.T) {
	t.Helper()
	r := new(report)
	fmt.Fprintf(r, "TestDay: %d sources, %d nodes with %d visits at once, a day in virtual time\n",
		len(s.world.origins), *nodesFlag, concurrency)
	fmt.Fprintf(r, "%d nodes are lost after %s, all others after %s; as many come back %s later\n",
		*loseFlag, short(*atFlag), short(*awayAtFlag), short(*awayFlag))
	fmt.Fprintf(r, "%s %s/%s, %d processors\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	s.reportHours(r)
	s.reportPhases(r)
	s.reportHosts(r)
	s.reportCost(r)
	t.Log("\n" + r.String())
	if *resultsDir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*resultsDir, "simulation.txt"), []byte(r.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *simulation) reportHours(r *report) {
	r.begin("Due → claimed, sources with a host of their own, then those that share one",
		"visits/s", "p50", "p95", "p99", "most", "late at the end", "p50", "p95", "p99", "most", "late at the end",
		"changed", "failed", "429", "most in flight")
	for i := range int(*lengthFlag / time.Hour) {
		h := &s.ledger.hours[i]
		cells := []string{fmt.Sprintf("%.1f", float64(h.own.count()+h.shared.count())/3600)}
		cells = append(append(cells, quantiles(&h.own)...), count(h.waitingOwn))
		cells = append(append(cells, quantiles(&h.shared)...), count(h.waitingShared))
		r.row(fmt.Sprintf("hour %d", i), append(cells, count(h.changed), count(h.failed), count(h.limits), count(h.mostInFlight))...)
	}
	r.end()
}

func (s *simulation) reportPhases(r *report) {
	r.begin("The same by phase", "visits", "p50", "p95", "p99", "most", "p50", "p95", "p99", "most", "from")
	for _, p := range s.ledger.phases {
		cells := append([]string{count(p.own.count() + p.shared.count())}, quantiles(&p.own)...)
		r.row(p.name, append(append(cells, quantiles(&p.shared)...), p.from.Round(time.Second).String())...)
	}
	r.end()
	s.reportLosses(r)
}

func (s *simulation) reportLosses(r *report) {
	again := &s.ledger.again
	fmt.Fprintf(r, "\nSources that lost nodes had leased: %d; end of lease → leased again\n", again.own.count()+again.shared.count())
	fmt.Fprintf(r, "  host of their own: %d, p50 %s, most %s\n", again.own.count(), short(again.own.at(0.5)), short(again.own.most()))
	fmt.Fprintf(r, "  shared host: %d, p50 %s, most %s\n", again.shared.count(), short(again.shared.at(0.5)), short(again.shared.most()))
	fmt.Fprintf(r, "On time again after the nodes came back: own hosts %s, shared ones %s (0: not within the hour)\n",
		s.drained.own, s.drained.shared)
}

func (s *simulation) reportHosts(r *report) {
	r.begin("Load of hosts", "feeds", "at once", "pause", "visits", "most at once", "most in a minute", "p50", "p95", "p99", "most late")
	for i := range s.world.hosts {
		if h, t := &s.world.hosts[i], &s.ledger.hosts[i]; i < 12 || i == 28 {
			cells := []string{count(h.feeds), count(h.concurrency), h.delay.String(), count(t.visits), count(t.most), count(t.mostInMinute)}
			r.row(h.name, append(cells, quantiles(&t.late)...)...)
		}
	}
	r.end()
	var most traffic
	for i := range s.ledger.hosts {
		if s.world.hosts[i].delay == 2*time.Second {
			most.most = max(most.most, s.ledger.hosts[i].most)
			most.mostInMinute = max(most.mostInMinute, s.ledger.hosts[i].mostInMinute)
		}
	}
	fmt.Fprintf(r, "\nMost of any of %d hosts with the default limits: %d at once, %d in a minute\n", len(s.world.hosts)-7, most.most, most.mostInMinute)
}

func (s *simulation) reportCost(r *report) {
	claim, record := &s.database.claim, &s.database.record
	visits := record.sources.Load()
	each := func(total time.Duration, n int64) string {
		return fmt.Sprintf("%.1f", float64(total.Microseconds())/float64(max(n, 1)))
	}
	r.begin("Cost, processor time in µs", "calls", "a call", "calls a visit", "a visit")
	for _, c := range []struct {
		name string
		cost *cost
	}{{"Claim", claim}, {"Record", record}} {
		took := time.Duration(c.cost.cpu.Load())
		r.row(c.name, fmt.Sprint(c.cost.calls.Load()), each(took, c.cost.calls.Load()),
			fmt.Sprintf("%.2f", float64(c.cost.calls.Load())/float64(visits)), each(took, visits))
	}
	r.end()
	fmt.Fprintf(r, "\n%d visits; %d of the claims found nothing; all of the process, origins and bookkeeping included: %s µs a visit\n",
		visits, claim.empty.Load(), each(s.took.day, visits))
	fmt.Fprintf(r, "The sources: stored anew %.1f s, synced unchanged %.1f s, listed %.1f s of processor time\n",
		s.took.create.Seconds(), s.took.sync.Seconds(), s.took.list.Seconds())
	fmt.Fprintf(r, "Heap of one more node: %d MB; database file after the day: %d MB\n", s.took.node>>20, s.took.file>>20)
}

// heap is what lies on the heap.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
