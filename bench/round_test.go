package bench

import (
	"fmt"
	"testing"

	"tributary/internal/upstreamtest"
)

// round is the processor time of "tributary refresh" as a process, start,
// storing, publishing and end included, for 1,000 feeds of 20 stories: into an
// empty database, when nothing has changed, and when every tenth feed has a new
// story. There is no floor. Measured in the same way, by feed, other programs
// took (cold / unchanged / 10 % changed, in ms): rss-combine, which keeps
// nothing, 2.65 / 2.64 / 2.81; yarr 15.2 / 0.55 / 1.15; Rogue Planet
// 8.2 / 0.77 / 1.33; miniflux 81 / 5.6 / 14.6; FreshRSS 35 / 5.8 / 7.8; Venus
// 215 / 14 / 36.
func round(b *testing.B) *report {
	const sources = 1000
	up := upstreamtest.NewFast(b)
	urls := up.Feeds(sources, "/blog-", func(i int) string { return ordinary(i).document(0) })
	in := install(b, urls, "@every 30m")

	var cold, same, some []float64
	version := 0
	for b.Loop() {
		for range rounds {
			in.forget()
			spent, got := in.refresh()
			in.want(got, tally{ok: sources, added: sources * ordinary(0).stories})
			cold = append(cold, cost(sources, spent)/1e3)
		}
		for range rounds {
			spent, got := in.refresh()
			in.want(got, tally{notModified: sources})
			same = append(same, cost(sources, spent)/1e3)

			version++
			for i := 0; i < sources; i += 10 {
				up.Set(urls[i][len(up.URL("")):], ordinary(i).document(version))
			}
			spent, got = in.refresh()
			in.want(got, tally{ok: sources / 10, notModified: sources - sources/10, added: sources / 10})
			some = append(some, cost(sources, spent)/1e3)
		}
	}
	r := newReport(b, fmt.Sprintf("one process, %d feeds of %d KB", sources, len(ordinary(0).document(0))>>10), "CPU ms a feed", "least–most")
	r.single(b, "all new", "cold-ms", cold)
	r.single(b, "unchanged", "unchanged-ms", same)
	r.single(b, "10 % changed", "changed-ms", some)
	b.ReportMetric(0, "ns/op")
	return r
}

// single adds a row of a figure that has no floor.
func (r *report) single(b *testing.B, name, metric string, values []float64) {
	s := spreadOf(values)
	r.row(name, fmt.Sprintf("%.3g", s.median), fmt.Sprintf("%.3g–%.3g", s.least, s.most))
	r.note(b, metric, s)
}
