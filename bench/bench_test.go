package bench

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRounds keeps the benchmarks runnable: a few sources take the way that
// the benchmarks measure, and each round has to be what it is taken for.
func TestRounds(t *testing.T) {
	t.Parallel()
	const sources = 5
	up := startUpstream(t)
	urls := make([]string, sources)
	for i := range urls {
		urls[i] = up.set(ordinary(i).path(), ordinary(i).document(0))
	}
	bare := newFloor(t, urls)
	bare.learn()
	bare.round(http.StatusNotModified, drain)
	ours := newRiver(t, onSQLite(t), sourcesAt(urls), nil)
	ours.refresh()
	ours.want(tally{ok: sources, added: sources * ordinary(0).stories})
	ours.refresh()
	ours.want(tally{notModified: sources})

	up.set(ordinary(0).path(), ordinary(0).document(1))
	ours.refresh()
	ours.want(tally{ok: 1, notModified: sources - 1, added: 1})
	for i := range urls {
		up.set(ordinary(i).path(), ordinary(i).document(2))
	}
	bare.round(http.StatusOK, parseBare)
}

func TestBlogMovesOn(t *testing.T) {
	t.Parallel()
	b := blog{number: 7, stories: 3, paragraphs: 2}
	before, after := b.document(4), b.document(5)
	for _, tc := range []struct {
		title  string
		before bool
		after  bool
	}{
		{"Story 8 of blog 7", false, true},
		{"Story 7 of blog 7", true, true},
		{"Story 6 of blog 7", true, true},
		{"Story 5 of blog 7", true, false},
	} {
		if got := strings.Contains(before, tc.title); got != tc.before {
			t.Errorf("%s: in the first document: %t", tc.title, got)
		}
		if got := strings.Contains(after, tc.title); got != tc.after {
			t.Errorf("%s: in the second document: %t", tc.title, got)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		values []float64
		want   spread
		reason string
	}{
		{[]float64{5}, spread{5, 5, 5}, "a single value"},
		{[]float64{9, 1, 3}, spread{3, 1, 9}, "the middle one"},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9}, "between the middle ones"},
	} {
		if got := spreadOf(tc.values); got != tc.want {
			t.Errorf("%v: %+v, want %+v: %s", tc.values, got, tc.want, tc.reason)
		}
	}
	if got := quantile([]float64{0, 10, 20, 30, 40}, 0.95); got != 38 {
		t.Errorf("95 %% quantile %v, want 38", got)
	}
}

func TestDuelTakesTurns(t *testing.T) {
	t.Parallel()
	var d duel
	var order strings.Builder
	d.fight(func() { order.WriteByte('|') }, func() { order.WriteByte('o') }, func() { order.WriteByte('f') })
	if diff := cmp.Diff("|of|fo|of|fo|of|fo|of", order.String()); diff != "" {
		t.Error(diff)
	}
	d.ours[0], d.floor[0] = sample{wall: time.Second}, sample{wall: 4 * time.Second}
	for i := range d.ours[1:] {
		d.ours[i+1], d.floor[i+1] = sample{wall: time.Second}, sample{wall: 2 * time.Second}
	}
	got := d.over(func(ours, floor sample) float64 { return rate(10, ours) / rate(10, floor) })
	if want := (spread{median: 2, least: 2, most: 4}); got != want {
		t.Errorf("ratio %+v, want %+v", got, want)
	}
}

func TestGoalRow(t *testing.T) {
	t.Parallel()
	rate := goal{what: "rate", floor: "nginx", figure: "rate", bound: 0.65, least: true}
	start := goal{what: "start", figure: "start", bound: 100, unit: "ms"}
	measured := &report{figures: map[string]spread{"rate": {0.7, 0.6, 0.9}, "start": {101, 5, 300}}}
	for _, tc := range []struct {
		goal    goal
		report  *report
		missing string
		want    string
		reason  string
	}{
		{rate, measured, "", "rate\tnginx\t≥ 0.65\t0.70\t0.60–0.90\tmet", "a rate must reach the bound"},
		{start, measured, "", "start\t–\t≤ 100 ms\t101 ms\t5.00–300\tmissed", "a time must not exceed it"},
		{rate, nil, "wrk", "rate\tnginx\t≥ 0.65\t–\t–\tnot measured: needs wrk", "a tool that isn't there"},
		{rate, nil, "", "rate\tnginx\t≥ 0.65\t–\t–\tnot measured: failed", "a measurement that failed"},
	} {
		if got := tc.goal.row(tc.report, tc.missing); got != tc.want {
			t.Errorf("%q, want %q: %s", got, tc.want, tc.reason)
		}
	}
}

// TestGoalsDiffer keeps the table readable: no two goals look alike.
func TestGoalsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range measurements {
		for _, g := range m.goals {
			if seen[g.what] || (g.floor == "") == (g.unit == "") {
				t.Errorf("%s/%s: named twice, or neither a ratio nor a figure with a unit", m.name, g.what)
			}
			seen[g.what] = true
		}
	}
}
