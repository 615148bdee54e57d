package bench

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/mmcdole/gofeed"
)

// changed pulls sources that have one new story among twenty: fetch,
// parse, normalize, merge, store. The floor fetches the same documents and
// parses them with gofeed, one parser a document as its users do, and keeps
// nothing.
func changed(b *testing.B) *report {
	const sources = 200
	up := startUpstream(b)
	version := 0
	urls := make([]string, sources)
	publish := func() {
		for i := range urls {
			blog := ordinary(i)
			urls[i] = up.set(blog.path(), blog.document(version))
		}
		version++
	}
	publish()
	bare := newFloor(b, urls)
	ours := newRiver(b, onSQLite(b), sourcesAt(urls), nil)
	ours.refresh()
	ours.want(tally{ok: sources, added: sources * ordinary(0).stories})

	var d duel
	for b.Loop() {
		d.fight(publish,
			func() { ours.refresh(); ours.want(tally{ok: sources, added: sources}) },
			func() { bare.round(http.StatusOK, parseBare) })
	}
	r := newReport(b, fmt.Sprintf("%d sources of %d KB with one new story, %d at once, %d rounds",
		sources, len(ordinary(0).document(0))>>10, concurrency, len(d.ours)),
		"ours", "bare net/http + gofeed", "ratio", "least–most")
	r.duel(b, sources, &d)
	return r
}

func parseBare(_ int, body io.Reader, _ http.Header) error {
	feed, err := gofeed.NewParser().Parse(body)
	if err == nil && len(feed.Items) != ordinary(0).stories {
		err = fmt.Errorf("gofeed found %d stories", len(feed.Items))
	}
	return err
}
