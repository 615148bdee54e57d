package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"tributary/internal/store/sqlite"
)

// TestPlans pins how the queries are run whose time must not grow with the
// number of stories or sources.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	tests := []struct {
		reason, query string
		want          []string // beginnings of its steps, in this order
	}{
		{"sources that are due, in order, without sorting", "due", []string{
			"SEARCH schedule USING COVERING INDEX schedule_due (due<?)",
		}},
		{"the same without some hosts", "rest", []string{
			"SEARCH schedule USING COVERING INDEX schedule_due (due>? AND due<?)",
			"LIST SUBQUERY", "SCAN json_each VIRTUAL TABLE", "CREATE BLOOM FILTER",
		}},
		{"only the rows that hold one host", "slots", []string{
			"SEARCH h USING INTEGER PRIMARY KEY",
			"SEARCH d USING COVERING INDEX schedule_shared (shared=? AND hold_until>?)",
		}},
		{"only the picked rows", "lease", []string{"SEARCH schedule USING INTEGER PRIMARY KEY"}},
		{"one look at the index", "next", []string{"SEARCH schedule USING COVERING INDEX schedule_due (due>?)"}},
		{"stories of a page in order, without sorting", "newest", []string{
			"SEARCH p USING PRIMARY KEY (feed=? AND hidden=? AND (date,story)",
			"SEARCH st USING INTEGER PRIMARY KEY",
		}},
		{"the same where its stories are known", "newest stamps", []string{
			"SEARCH p USING PRIMARY KEY (feed=? AND hidden=? AND (date,story)",
			"SEARCH st USING INTEGER PRIMARY KEY",
		}},
		{"those that are not known after all", "again", []string{"SEARCH st USING INTEGER PRIMARY KEY"}},
		{"sources by their newest story, without sorting", "spread sources", []string{
			"SEARCH feed_sources USING COVERING INDEX feed_sources_newest (feed=? AND newest<?)",
		}},
		{"the newest stories of a source, without sorting", "spread stories", []string{
			"SEARCH feed_story USING COVERING INDEX feed_story_source (feed=? AND source=?)",
		}},
		{"the items of some stories", "spread items", []string{
			"SEARCH p USING INDEX feed_story_story (story=? AND feed=? AND hidden=?)",
			"SEARCH st USING INTEGER PRIMARY KEY",
		}},
		{"pages that are due, in order, without sorting", "pages", []string{
			"SEARCH f USING INDEX full_texts_due (due<?)",
			"SEARCH s USING INTEGER PRIMARY KEY",
			"SEARCH o USING INTEGER PRIMARY KEY",
			"SEARCH st USING INTEGER PRIMARY KEY",
		}},
		{"whether there is a copy", "any copy", []string{
			"SCAN CONSTANT ROW", "SCALAR SUBQUERY", "SEARCH feed_story USING PRIMARY KEY (feed=? AND hidden=?)",
		}},
		{"copies by their link", "copies", []string{
			"SEARCH st USING INDEX stories_canonical (canonical=?)",
			"SEARCH p USING COVERING INDEX feed_story_story (story=? AND feed=?",
			"SEARCH s USING INTEGER PRIMARY KEY",
			"SEARCH i USING INTEGER PRIMARY KEY",
			"USE TEMP B-TREE FOR ORDER BY", // of the few copies
		}},
	}
	for _, test := range tests {
		steps, err := db.Plan(t.Context(), sqlite.Query(test.query))
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		ok := len(steps) == len(test.want)
		for i := 0; ok && i < len(steps); i++ {
			ok = strings.HasPrefix(steps[i], test.want[i])
		}
		if !ok {
			t.Errorf("%s:\n\t%s", test.reason, strings.Join(steps, "\n\t"))
		}
	}
}
