package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// flooded is a database with a feed of which one source has the newest 200,000
// stories, and many others ten older ones each.
func flooded(b *testing.B, sources int) *sqlite.DB {
	b.Helper()
	db := open(b, filepath.Join(b.TempDir(), "flood.db"))
	if _, err := db.SyncSources(b.Context(), manySources(sources), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		b.Fatal(err)
	}
	if _, err := db.SyncFeeds(b.Context(), map[string]string{"x": "v1"}); err != nil {
		b.Fatal(err)
	}
	const stories = `
		WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
		INSERT INTO stories (source, id, public_id, date, first_seen, updates, hash, raw_hash, original, local, dated, slug,
			language, words, title, link, comments, image, rights, excerpt, summary, content)
		SELECT s.key, 'id-' || i, 'urn:' || s.key || ':' || i, ?2 + i * 60000 + s.key, 0, 0, 0, 0, 1, 0, 'published', '',
			'', 200, 'Story ' || i, 'https://x.example/' || i, '', '', '', 'Excerpt', 'Summary', printf('%.*c', 1500, 'x')
		FROM sources AS s, n
		WHERE s.name = 'source-0' AND ?3 OR s.name <> 'source-0' AND NOT ?3`
	for _, step := range []struct {
		query string
		args  []any
	}{
		{stories, []any{200_000, 1_600_000_000_000, true}},
		{stories, []any{10, 1_500_000_000_000, false}},
		{`INSERT INTO feed_story (feed, hidden, date, story, entered, source)
			SELECT f.key, 0, st.date, st.key, st.key, st.source FROM stories AS st, feeds AS f WHERE f.name = 'x'`, nil},
	} {
		if err := db.Exec(b.Context(), step.query, step.args...); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// BenchmarkFlood reads what an edition of 50 needs, a third of one source at
// most. Newest alone is the floor: what a feed costs that nobody floods.
func BenchmarkFlood(b *testing.B) {
	for _, sources := range []int{100, 10_000} {
		db := flooded(b, sources)
		b.Run(fmt.Sprintf("newest/sources=%d", sources), func(b *testing.B) {
			for b.Loop() {
				items, err := db.Newest(b.Context(), "x", news.Cursor{}, 50, nil)
				if err != nil || len(items) != 50 {
					b.Fatal(len(items), err)
				}
			}
		})
		b.Run(fmt.Sprintf("spread/sources=%d", sources), func(b *testing.B) {
			for b.Loop() {
				items, err := db.Spread(b.Context(), "x", 17, 50, nil)
				if err != nil || len(items) != 50 || items[16].From.Name != "source-0" || items[17].From.Name == "source-0" {
					b.Fatal(len(items), err)
				}
			}
		})
	}
}
