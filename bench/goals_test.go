package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
)

// measurement is one comparison and what is wanted of it.
type measurement struct {
	name  string
	needs []string // commands
	run   func(b *testing.B) *report
	goals []goal
}

// goal is a bound for one figure of a measurement.
type goal struct {
	what   string
	floor  string // that the figure is a ratio to; empty where it is one by itself
	figure string
	bound  float64
	least  bool   // it must reach the bound; else it must not exceed it
	unit   string // of a figure without a floor
}

// measurements are the goals of the design, in its order. What the figures are
// made of stands in the comments of the functions.
var measurements = []measurement{
	{name: "unchanged", run: on(onSQLite, unchanged), goals: []goal{
		{what: "10,000 unchanged sources, visits a second", floor: "net/http", figure: "×rate", bound: 0.90, least: true},
		{what: "10,000 unchanged sources, CPU", floor: "net/http", figure: "×cpu", bound: 1.25},
	}},
	{name: "unchanged-postgres", run: on(onPostgres, unchanged), goals: []goal{
		{what: "10,000 unchanged sources on PostgreSQL, visits a second", floor: "net/http", figure: "×rate", bound: 0.80, least: true},
		{what: "10,000 unchanged sources on PostgreSQL, CPU of ours alone", floor: "net/http", figure: "×cpu", bound: 1.25},
	}},
	{name: "same-bytes", run: sameBytes, goals: []goal{
		{what: "200 with the same bytes, CPU", floor: "net/http", figure: "×cpu", bound: 1.1},
	}},
	{name: "changed", run: changed, goals: []goal{
		{what: "changed source with one new story, CPU", floor: "net/http + gofeed", figure: "×cpu", bound: 1},
	}},
	{name: "renditions", run: renditions, goals: []goal{
		{what: "three formats of 50 stories, one of them new, CPU", floor: "gorilla/feeds", figure: "one-new-ratio", bound: 1.2},
		{what: "three formats of 50 stories, all of them new, CPU", floor: "gorilla/feeds", figure: "first-ratio", bound: 1.2},
		{what: "three formats of 50 stories, none of them new, CPU", floor: "gorilla/feeds", figure: "none-ratio", bound: 0.05},
	}},
	{name: "served", needs: []string{"nginx", "wrk"}, run: served, goals: []goal{
		{what: "GET of a feed by gzip, answers a second", floor: "nginx", figure: "200-by-gzip-answers-a-second-ratio", bound: 0.65, least: true},
		{what: "GET of a feed, 304, answers a second", floor: "nginx", figure: "304-answers-a-second-ratio", bound: 0.75, least: true},
	}},
	{name: "publish", run: on(onSQLite, publish), goals: []goal{
		{what: "due → request out, p95", figure: "due-p95-ms", bound: 5, unit: "ms"},
		{what: "last byte → served compressed, p50", figure: "served-p50-ms", bound: 10, unit: "ms"},
		{what: "last byte → served compressed, p95", figure: "served-p95-ms", bound: 50, unit: "ms"},
	}},
	{name: "publish-postgres", run: on(onPostgres, publish), goals: []goal{
		{what: "due → request out on PostgreSQL, p95", figure: "due-p95-ms", bound: 20, unit: "ms"},
	}},
	{name: "round", needs: []string{"go"}, run: round, goals: []goal{
		{what: "refresh of 1,000 feeds, all new, CPU a feed", figure: "cold-ms", bound: 2.5, unit: "ms"},
		{what: "refresh of 1,000 feeds, unchanged, CPU a feed", figure: "unchanged-ms", bound: 0.10, unit: "ms"},
		{what: "refresh of 1,000 feeds, 10 % changed, CPU a feed", figure: "changed-ms", bound: 0.30, unit: "ms"},
	}},
	{name: "sources", needs: []string{"go"}, run: manySources, goals: []goal{
		{what: "start → first 200, 10,000 sources", figure: "start-ms", bound: 100, unit: "ms"},
		{what: "memory, refreshing 10,000 sources while serving", figure: "rss-mb", bound: 40, unit: "MB"},
	}},
	{name: "stories", needs: []string{"go"}, run: manyStories, goals: []goal{
		{what: "start → first 200, many stories", figure: "start-ms", bound: 100, unit: "ms"},
		{what: "memory with many stories", figure: "rss-mb", bound: 128, unit: "MB"},
		{what: "disk a story beside its content", figure: "disk-kb", bound: 1.1, unit: "KB"},
	}},
	{name: "killed", needs: []string{"go"}, run: killed, goals: []goal{
		{what: "node killed → the last of its sources asked for again", figure: "again-most-s", bound: 61, unit: "s"},
		{what: "node killed, stories doubled", figure: "doubled", bound: 0, unit: "stories"},
	}},
}

// on gives a measurement on one engine.
func on(engine func(testing.TB) func() store, run func(*testing.B, func() store) *report) func(*testing.B) *report {
	return func(b *testing.B) *report { return run(b, engine(b)) }
}

// BenchmarkGoals measures what the design wants of the program, and prints one
// table of it. -bench Goals/served and the like measure a part.
func BenchmarkGoals(b *testing.B) {
	var board strings.Builder
	table := tabwriter.NewWriter(&board, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\tagainst\tgoal\tmedian\tleast–most\t")
	for _, m := range measurements {
		var r *report
		asked, missing := false, ""
		b.Run(m.name, func(b *testing.B) {
			asked = true
			if missing = m.lacks(); missing != "" {
				b.Skip("needs " + missing)
			}
			defer func() {
				if b.Skipped() {
					missing = "what is said above"
				}
			}()
			r = m.run(b)
			r.done(b)
		})
		for _, g := range m.goals {
			if asked {
				fmt.Fprintln(table, g.row(r, missing))
			}
		}
	}
	if err := table.Flush(); err != nil {
		b.Fatal(err)
	}
	text := fmt.Sprintf("Goals: medians over rounds in which we and the floor take turns\n%s %s/%s, %d processors, load %s\n\n%s",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), loadNow(), board.String())
	fmt.Print("\n", text) // a log would be cut after some lines
	keep(b, "goals", text)
}

// lacks names the first command that isn't there.
func (m *measurement) lacks() string {
	for _, command := range m.needs {
		if _, err := exec.LookPath(command); err != nil {
			return command
		}
	}
	return ""
}

// row tells how a goal stands after its measurement, which may have failed.
func (g *goal) row(r *report, missing string) string {
	sign := "≤"
	if g.least {
		sign = "≥"
	}
	row := fmt.Sprintf("%s\t%s\t%s %s", g.what, dash(g.floor), sign, g.value(g.bound))
	if missing != "" {
		return row + "\t–\t–\tnot measured: needs " + missing
	}
	if r == nil {
		return row + "\t–\t–\tnot measured: failed"
	}
	s, ok := r.figures[g.figure]
	if !ok {
		return row + "\t–\t–\tnot measured: no figure " + g.figure
	}
	verdict := "missed"
	if g.met(s.median) {
		verdict = "met"
	}
	return fmt.Sprintf("%s\t%s\t%s–%s\t%s", row, g.value(s.median), g.digits(s.least), g.digits(s.most), verdict)
}

func (g *goal) met(value float64) bool {
	if g.least {
		return value >= g.bound
	}
	return value <= g.bound
}

// value writes a figure with its unit.
func (g *goal) value(v float64) string { return strings.TrimSpace(g.digits(v) + " " + g.unit) }

// digits writes a figure with as many digits as tell something.
func (g *goal) digits(v float64) string {
	if g.unit != "" && v >= 20 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// loadNow is what else the machine does: proc(5), loadavg.
func loadNow() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
