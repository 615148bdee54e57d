package postgres_test

import (
	"strings"
	"testing"
	"time"

	"tributary/internal/postgrestest"
	"tributary/internal/store/postgres"
)

// TestPlans pins how the queries are run whose time must not grow with the
// number of stories or sources: keys first, from an index in the right order,
// and then only what these are the keys of. It must not matter whether the
// planner has looked at the tables yet.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := open(t, postgrestest.URL(t))
	fill(t, db)
	check := func(when string) {
		for name, want := range plans {
			plan, err := db.Plan(t.Context(), postgres.Query(name))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, step := range want {
				step, unwanted := strings.CutPrefix(step, "no ")
				if strings.Contains(plan, step) == unwanted {
					t.Errorf("%s, %s: want %v:\n%s", name, when, want, plan)
					break
				}
			}
			if strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s, %s: reads a whole table:\n%s", name, when, plan)
			}
		}
	}
	check("before the planner has looked at the tables")
	if err := db.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	check("afterwards")
}

// plans are words of the plans of queries, by name.
var plans = map[string][]string{
	"due":            {"LockRows", "Index Scan using schedule_due", "no Sort"},
	"rest":           {"LockRows", "Index Scan using schedule_due", "no Sort"},
	"next":           {"schedule_due", "Limit", "no Sort"},
	"slots":          {"hosts_pkey", "schedule_shared", "hold_until > $2"},
	"lease":          {"schedule_pkey"},
	"candidates":     {"sources_pkey", "schedule_pkey", "visits_pkey", "hosts_pkey", "no Hash", "no Merge"},
	"newest":         {"feed_story_newest", "stories_pkey", "no stories_newest"},
	"newest stamps":  {"feed_story_newest", "stories_pkey", "no stories_newest"},
	"again":          {"stories_pkey"},
	"run":            {"feed_story_entered", "stories_pkey"},
	"spread sources": {"feed_sources_newest", "no Sort"},
	"spread stories": {"feed_story_source", "no Sort"},
	"spread items":   {"feed_story_pkey", "stories_pkey"},
	"pages":          {"full_texts_due", "stories_pkey", "no Sort"},
	"any copy":       {"feed_story_", "(feed = $1) AND (hidden = 1)"},
	"copies":         {"stories_canonical", "feed_story_pkey", "source_infos_pkey"},
}

// fill makes a feed of many stories of many sources, a tenth of which are hidden
// copies.
func fill(t testing.TB, db *postgres.DB) {
	t.Helper()
	if _, err := db.SyncSources(t.Context(), manySources(300), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SyncFeeds(t.Context(), map[string]string{"x": "v1"}); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`
		INSERT INTO stories (source, id, public_id, canonical, date, first_seen, updates, hash, raw_hash, original, local, dated, slug,
			language, words, title, link, comments, image, rights, excerpt, summary, content)
		SELECT s.key, 'id-' || i, 'urn:' || s.key || ':' || i, 'https://x.example/' || i || CASE WHEN s.key % 10 = 0 THEN '' ELSE s.name END, 1600000000000 + i * 60000 + s.key,
			0, 0, 0, 0, 1, 0, 'published', '', '', 200, 'Story ' || i, 'https://x.example/' || i, '', '', '', 'Excerpt', 'Summary',
			repeat('x', 500)
		FROM sources AS s, generate_series(1, 100) AS i`, `
		INSERT INTO feed_story (feed, hidden, date, story, entered, source)
		SELECT f.key, CASE WHEN st.key % 10 = 0 THEN 1 ELSE 0 END, st.date, st.key, st.key, st.source
		FROM stories AS st, feeds AS f
		WHERE f.name = 'x'`,
	} {
		if err := db.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
}
