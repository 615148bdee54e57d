package bench

import (
	"fmt"
	"net/http"
	"testing"
)

// sameBytes pulls sources whose upstream knows no validators: each visit brings
// the whole document, which is the one of last time. The floor reads the same
// documents and keeps nothing.
func sameBytes(b *testing.B) *report {
	const sources = 500
	up := startUpstream(b)
	urls := make([]string, sources)
	for i := range urls {
		blog := ordinary(i)
		urls[i] = up.setStubborn(blog.path(), blog.document(0))
	}
	bare := newFloor(b, urls)
	ours := newRiver(b, onSQLite(b), sourcesAt(urls), nil)
	ours.refresh()
	ours.want(tally{ok: sources, added: sources * ordinary(0).stories})

	var d duel
	for b.Loop() {
		d.fight(func() {},
			func() { ours.refresh(); ours.want(tally{ok: sources}) },
			func() { bare.round(http.StatusOK, drain) })
	}
	r := newReport(b, fmt.Sprintf("%d sources of %d KB, the same bytes again, %d at once, %d rounds",
		sources, len(ordinary(0).document(0))>>10, concurrency, len(d.ours)),
		"ours", "bare net/http", "ratio", "least–most")
	r.duel(b, sources, &d)
	return r
}
