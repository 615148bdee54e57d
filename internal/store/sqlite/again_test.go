package sqlite_test

import (
	"path/filepath"
	"testing"

	"tributary/internal/news"
)

// Stories that are known aren't read: what the caller remembers of them comes
// back. The contract test tells that changed ones are.
func TestKnownStoriesAreNotRead(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	if err := put(t, db, sync(t, db), now, inserting("first", "small")); err != nil {
		t.Fatal(err)
	}
	items, err := db.Newest(t.Context(), "x", news.Cursor{}, 10, nil)
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	story := items[0].Story
	known := news.Remembered{story.Key: &story}
	for _, tc := range []struct {
		reason string
		change func()
		want   string
	}{
		{"the same stamp", func() { story.Title = "as remembered" }, "as remembered"},
		{"another hash", func() { story.Hash++ }, items[0].Title},
	} {
		tc.change()
		newest, err1 := db.Newest(t.Context(), "x", news.Cursor{}, 10, known)
		spread, err2 := db.Spread(t.Context(), "x", 10, 10, known)
		if err1 != nil || err2 != nil || len(newest) != 1 || len(spread) != 1 {
			t.Fatal(newest, err1, spread, err2)
		}
		if newest[0].Title != tc.want || spread[0].Title != tc.want {
			t.Errorf("%s: titles %q and %q, want %q", tc.reason, newest[0].Title, spread[0].Title, tc.want)
		}
	}
}
