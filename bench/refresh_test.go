package bench

import (
	"fmt"
	"net/http"
	"testing"
)

// unchanged pulls sources of which nothing has changed, the case that
// an aggregator spends its life with: claim, conditional request, 304, record.
// The floor makes the same requests and keeps nothing.
//
// The first round, which stores all stories, comes before that and is reported
// without a floor.
func unchanged(b *testing.B, open func() store) *report {
	const sources = 10_000
	blogOf := func(number int) blog { return blog{number: number, stories: 2, paragraphs: 1} }
	up := startUpstream(b)
	urls := make([]string, sources)
	for i := range urls {
		blog := blogOf(i)
		urls[i] = up.set(blog.path(), blog.document(0))
	}
	bare := newFloor(b, urls)
	bare.learn()
	ours := newRiver(b, open, sourcesAt(urls), nil)
	cold := measure(ours.refresh)
	ours.want(tally{ok: sources, added: sources * blogOf(0).stories})

	var d duel
	for b.Loop() {
		d.fight(func() {},
			func() { ours.refresh(); ours.want(tally{notModified: sources}) },
			func() { bare.round(http.StatusNotModified, drain) })
	}
	r := newReport(b, fmt.Sprintf("%d unchanged sources, %d at once, %d rounds", sources, concurrency, len(d.ours)),
		"ours", "bare net/http", "ratio", "least–most")
	r.duel(b, sources, &d)
	r.row(fmt.Sprintf("first round of %d stories a source, CPU µs a visit", blogOf(0).stories),
		fmt.Sprintf("%.0f", cost(sources, cold)), "–", "–", "–")
	return r
}
