package bench

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"tributary/internal/upstreamtest"
)

// manySources starts the server on a site of 10,000 sources and lets it pull
// them all once while it is asked for its feed.
func manySources(b *testing.B) *report {
	const sources = 10_000
	up := upstreamtest.NewFast(b)
	urls := up.Feeds(sources, "/blog-", func(i int) string {
		return blog{number: i, stories: 2, paragraphs: 1}.document(0)
	})
	in := install(b, urls, "@every 1m")
	_, got := in.refresh()
	in.want(got, tally{ok: sources, added: sources * 2})

	r := newReport(b, fmt.Sprintf("%d sources, %d starts", sources, rounds), "median", "least–most")
	for b.Loop() {
		r.single(b, "start → first 200, ms", "start-ms", in.starts())
		s := in.serve()
		before := up.Total()
		r.single(b, "memory, MB", "rss-mb", s.watchMemory(func() bool { return up.Total()-before >= sources }))
		s.stop()
	}
	b.ReportMetric(0, "ns/op")
	return r
}

// manyStories does the same with 1,000 sources and as many stories as -stories
// tells, brought by 50 a visit, and looks at what they take on the disk.
func manyStories(b *testing.B) *report {
	const sources, each = 1000, 50
	up := upstreamtest.NewFast(b)
	blogOf := func(i int) blog { return blog{number: i, stories: each, paragraphs: 2} }
	urls := up.Feeds(sources, "/blog-", func(i int) string { return blogOf(i).document(0) })
	in := install(b, urls, "@every 1m")
	visits := max(1, *storiesWanted/(sources*each))
	for visit := range visits {
		for i, url := range urls {
			up.Set(url[len(up.URL("")):], blogOf(i).document(visit*each))
		}
		_, got := in.refresh()
		in.want(got, tally{ok: sources, added: sources * each})
	}

	r := newReport(b, fmt.Sprintf("%d sources, %d stories, %d starts", sources, visits*sources*each, rounds), "median", "least–most")
	for b.Loop() {
		r.single(b, "start → first 200, ms", "start-ms", in.starts())
		s := in.serve()
		before := up.Total()
		r.single(b, "memory, MB", "rss-mb", s.watchMemory(func() bool { return up.Total()-before >= sources }))
		s.stop()
		r.single(b, "disk a story beside its content, KB", "disk-kb", []float64{in.overhead(visits * sources * each)})
	}
	b.ReportMetric(0, "ns/op")
	return r
}

// overhead is how many KB the database takes for a story beside its title,
// summary and content as they are stored. Sources, visits and indexes count.
func (in *installation) overhead(stories int) float64 {
	in.b.Helper()
	db, err := sql.Open("sqlite", in.database())
	if err != nil {
		in.b.Fatal(err)
	}
	defer db.Close()
	var count, content int
	err = db.QueryRowContext(in.b.Context(), `
		SELECT COUNT(*), SUM(OCTET_LENGTH(title) + OCTET_LENGTH(summary) + OCTET_LENGTH(content))
		FROM stories`).Scan(&count, &content)
	if err != nil || count != stories {
		in.b.Fatalf("%d stories, want %d: %v", count, stories, err)
	}
	info, err := os.Stat(in.database())
	if err != nil {
		in.b.Fatal(err)
	}
	return float64(info.Size()-int64(content)) / 1024 / float64(count)
}
