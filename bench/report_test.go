package bench

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

// report is the table of one benchmark.
type report struct {
	out     strings.Builder
	table   *tabwriter.Writer
	figures map[string]spread // by name of the metric
}

// newReport starts a table with what has to be known to read it.
func newReport(b *testing.B, title string, columns ...string) *report {
	r := &report{figures: map[string]spread{}}
	fmt.Fprintf(&r.out, "%s: %s\n%s %s/%s, %d processors\n\n", b.Name(), title,
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	r.table = tabwriter.NewWriter(&r.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	r.row("", columns...)
	return r
}

func (r *report) row(name string, cells ...string) {
	fmt.Fprintf(r.table, "%s\t%s\t\n", name, strings.Join(cells, "\t"))
}

// note makes a figure known to the goals and a metric of the benchmark.
func (r *report) note(b *testing.B, metric string, s spread) {
	r.figures[metric] = s
	b.ReportMetric(s.median, metric)
}

// duel adds the rows of a comparison over rounds of so many visits, and makes
// the ratios metrics of the benchmark.
func (r *report) duel(b *testing.B, visits int, d *duel) {
	compare := func(name, metric, format string, value func(sample) float64) {
		ours := d.over(func(ours, _ sample) float64 { return value(ours) })
		floor := d.over(func(_, floor sample) float64 { return value(floor) })
		ratio := d.over(func(ours, floor sample) float64 { return value(ours) / value(floor) })
		r.row(name, fmt.Sprintf(format, ours.median), fmt.Sprintf(format, floor.median),
			fmt.Sprintf("%.2f", ratio.median), fmt.Sprintf("%.2f–%.2f", ratio.least, ratio.most))
		r.note(b, metric, ratio)
	}
	compare("visits a second", "×rate", "%.0f", func(s sample) float64 { return rate(visits, s) })
	compare("CPU µs a visit", "×cpu", "%.1f", func(s sample) float64 { return cost(visits, s) })
	b.ReportMetric(d.over(func(ours, _ sample) float64 { return rate(visits, ours) }).median, "visits/s")
	b.ReportMetric(d.over(func(ours, _ sample) float64 { return cost(visits, ours) }).median, "µs-cpu/visit")
	b.ReportMetric(0, "ns/op") // of all rounds together: says nothing
}

// done logs the table, and writes it where -results says.
func (r *report) done(b *testing.B) {
	if err := r.table.Flush(); err != nil {
		b.Fatal(err)
	}
	b.Log("\n" + r.out.String())
	_, name, _ := strings.Cut(b.Name(), "/")
	keep(b, name, r.out.String())
}

// keep writes a table where -results says.
func keep(b *testing.B, name, text string) {
	if *resultsDir == "" {
		return
	}
	if err := os.MkdirAll(*resultsDir, 0o755); err != nil {
		b.Fatal(err)
	}
	text = time.Now().UTC().Format(time.DateOnly) + " " + text
	if err := os.WriteFile(filepath.Join(*resultsDir, name+".txt"), []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}
