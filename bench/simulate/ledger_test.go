package simulate

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tributary/internal/news"
)

// track is what a source has been through.
type track struct {
	until    time.Duration // of its lease; 0: not leased
	due      time.Duration // that the last result or lease set
	claimed  time.Duration // the due time that it was claimed for last
	node     int16
	orphaned bool // its lease is that of a node that was lost
	visits   int32
}

// traffic is what a host has been through.
type traffic struct {
	inFlight, most int
	pauses         []time.Duration // ends of the pauses of its slots
	free           time.Duration   // after a 429
	minute         int
	inMinute       int
	mostInMinute   int
	visits         int
	late           lateness
}

// hour is what happened in one hour of the day.
type hour struct {
	own, shared    lateness // on hosts with one feed, with several
	changed        int
	failed, limits int
	mostInFlight   int
	waitingOwn     int // at its end
	waitingShared  int
}

// phase is a part of the day with something to itself.
type phase struct {
	name        string
	from        time.Duration
	own, shared lateness
}

// ledger writes down what all nodes do, and what they must not do. Times are
// since the start. Its methods never wait for anything but each other.
type ledger struct {
	world *world

	mu       sync.Mutex
	tracks   []track
	hosts    []traffic
	hours    [25]hour
	phases   []*phase // the last one is now
	inFlight int
	again    struct{ own, shared lateness } // orphans: end of lease → claimed
	orphans  int
	stale    int
	wrong    []string
	wrongs   int
}

func newLedger(w *world) *ledger {
	return &ledger{world: w, tracks: make([]track, len(w.origins)), hosts: make([]traffic, len(w.hosts))}
}

// since is the time of the simulation, in the store's unit.
func (l *ledger) since(t time.Time) time.Duration {
	return t.Sub(l.world.start).Truncate(time.Millisecond)
}

func (l *ledger) now() time.Duration { return l.since(time.Now()) }

func (l *ledger) hour(now time.Duration) *hour { return &l.hours[min(int(now/time.Hour), 24)] }

func (l *ledger) complain(format string, args ...any) {
	if l.wrongs++; l.wrongs <= 20 {
		l.wrong = append(l.wrong, fmt.Sprintf("%s: ", l.now())+fmt.Sprintf(format, args...))
	}
}

// slack is what times may differ by: the store cuts them to milliseconds.
const slack = 2 * time.Millisecond

// leased notes the leases of a claim that has just returned. asked is when it
// looked for what was due.
func (l *ledger) leased(node int, asked time.Duration, leases []news.Lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.world.start)
	for i := range leases {
		lease := &leases[i]
		index := number(lease.Source.Name)
		t, due := &l.tracks[index], l.since(lease.Source.Due)
		switch {
		case t.until > asked:
			l.complain("source %d is leased to node %d until %s and was leased to node %d", index, t.node, t.until, node)
		case t.claimed == due && due != 0:
			l.complain("source %d was leased twice for %s", index, due)
		case due != t.due:
			l.complain("source %d is due at %s, the store says %s", index, t.due, due)
		case asked < due:
			l.complain("source %d was leased before it was due at %s", index, due)
		}
		l.lateBy(index, t, due, now)
		t.until = l.since(lease.Until)
		t.due, t.claimed, t.node = t.until, due, int16(node)
	}
}

// lateBy notes how late a source is claimed.
func (l *ledger) lateBy(index int, t *track, due, now time.Duration) {
	late := now - due
	host := l.world.origins[index].host
	alone := l.world.hosts[host].feeds == 1
	if t.orphaned {
		t.orphaned = false
		l.orphans--
		if alone {
			l.again.own.add(late)
		} else {
			l.again.shared.add(late)
		}
		return
	}
	h, p := l.hour(now), l.phases[len(l.phases)-1]
	if alone {
		h.own.add(late)
		p.own.add(late)
	} else {
		h.shared.add(late)
		p.shared.add(late)
	}
	if l.world.hosts[host].feeds > 5 {
		l.hosts[host].late.add(late)
	}
}

// asked notes the start of a request.
func (l *ledger) asked(index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	host := l.world.origins[index].host
	settings, t := &l.world.hosts[host], &l.hosts[host]
	busy := t.inFlight
	kept := t.pauses[:0]
	for _, end := range t.pauses {
		if end > now+slack {
			busy++
			kept = append(kept, end)
		}
	}
	t.pauses = kept
	if busy >= settings.concurrency {
		l.complain("%s has %d requests or pauses, and got another request", settings.name, busy)
	}
	if now+slack < t.free {
		l.complain("%s was asked before %s, until when it wanted to be left alone", settings.name, t.free)
	}
	t.inFlight++
	t.most = max(t.most, t.inFlight)
	if minute := int(now / time.Minute); minute != t.minute {
		t.minute, t.inMinute = minute, 0
	}
	t.inMinute++
	t.mostInMinute = max(t.mostInMinute, t.inMinute)
	t.visits++
	l.inFlight++
	h := l.hour(now)
	h.mostInFlight = max(h.mostInFlight, l.inFlight)
}

// answered notes the end of a request.
func (l *ledger) answered(index int, hostFree time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	host := l.world.origins[index].host
	t := &l.hosts[host]
	t.inFlight--
	t.pauses = append(t.pauses, now+l.world.hosts[host].delay)
	l.inFlight--
	if hostFree > 0 {
		t.free = max(t.free, now+hostFree)
	}
}

// recorded notes results that were stored.
func (l *ledger) recorded(results []news.Result, recorded []news.Recorded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range results {
		result := &results[i]
		index := number(result.Lease.Source.Name)
		if recorded[i].Stale {
			l.stale++
			l.complain("the result of source %d was refused", index)
			continue
		}
		t := &l.tracks[index]
		t.until, t.due = 0, l.since(result.Due)
		t.visits++
		l.outcome(index, result)
	}
}

// outcome counts what a visit brought, and holds its next due time against what
// the origin's pace asks for.
func (l *ledger) outcome(index int, result *news.Result) {
	h := l.hour(l.now())
	switch {
	case result.Visit.Cause == news.CauseRateLimited:
		h.limits++
	case result.Visit.Failed():
		h.failed++
	case result.Batch != nil:
		h.changed++
	}
	if result.Visit.Failed() {
		return
	}
	ended := result.Visit.At.Add(result.Visit.Duration)
	if is, want := result.Due.Sub(ended), l.world.origins[index].interval(); is != want {
		l.complain("source %d is due again after %s, not %s", index, is, want)
	}
}

// orphan notes that what these nodes had leased is for others to lease again.
func (l *ledger) orphan(lost nodes) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i := range l.tracks {
		if t := &l.tracks[i]; t.until > now && lost.has(int(t.node)) {
			t.orphaned = true
			l.orphans++
		}
	}
}

// enter begins a phase of the day.
func (l *ledger) enter(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phases = append(l.phases, &phase{name: name, from: l.now()})
}

// held counts the sources that these nodes have leased.
func (l *ledger) held(all nodes) (held int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i := range l.tracks {
		if t := &l.tracks[i]; t.until > now && all.has(int(t.node)) {
			held++
		}
	}
	return held
}

// waiting counts the sources that are due and not leased.
func (l *ledger) waiting() (own, shared int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i := range l.tracks {
		if t := &l.tracks[i]; t.due+time.Second > now || t.until > now {
			continue
		}
		if l.world.hosts[l.world.origins[i].host].feeds == 1 {
			own++
		} else {
			shared++
		}
	}
	return own, shared
}

// check fails the test for all that must not be. away is how long no node was
// there.
func (l *ledger) check(t *testing.T, length, away time.Duration) {
	t.Helper()
	for _, wrong := range l.wrong {
		t.Error(wrong)
	}
	if l.wrongs > len(l.wrong) {
		t.Errorf("… and %d more", l.wrongs-len(l.wrong))
	}
	if most := l.again.own.most(); most > time.Second {
		t.Errorf("a lost node's source was leased again %s after its lease, want 1s at most", most)
	}
	if l.orphans > 0 {
		t.Errorf("%d sources of lost nodes were never leased again", l.orphans)
	}
	checked := 0
	for i := range l.tracks {
		o := &l.world.origins[i]
		if !o.healthy() || l.world.hosts[o.host].feeds > 1 {
			continue
		}
		checked++
		// Visits of a source are an interval and an answer apart; it may have been
		// due anywhere in its first interval, and lost nodes cost it a lease.
		most := int32(length/o.interval()) + 1
		least := int32((length-away-2*leaseTime)/(o.interval()+o.latency+time.Second)) - 1
		if is := l.tracks[i].visits; is < least || is > most {
			t.Errorf("source %d with an interval of %s was visited %d times, want %d to %d", i, o.interval(), is, least, most)
		}
	}
	if checked < len(l.tracks)/2 {
		t.Errorf("the visits of %d sources only could be counted", checked)
	}
}
