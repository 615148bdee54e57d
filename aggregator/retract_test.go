package aggregator_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tributary/aggregator"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// What was retracted stays out, whatever brings it again.
func TestRetract(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	copied := firstPost.with(func(e *entry) { e.guid, e.title = "copy", "Copy" })
	sources := []news.Source{source("a", up.Feed("/a", feedOf(firstPost, secondPost))), source("b", up.Feed("/b", feedOf(copied)))}
	s.pull(sources, "a", "b")
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := s.store.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	gone, err := s.Retract(t.Context(), firstPost.link+"?utm_source=x", "libel")
	if err != nil || len(gone) != 2 {
		t.Fatalf("retracted %+v, %v", gone, err)
	}
	check := func(when string) {
		t.Helper()
		if got := s.titles(); got != "Two" {
			t.Errorf("%s the feed shows %q", when, got)
		}
	}
	check("at once")
	up.Set("/a", feedOf(firstPost.with(func(e *entry) { e.title = "One, sent again" }), secondPost))
	up.Set("/b", feedOf(copied.with(func(e *entry) { e.guid = "churned" })))
	s.pull(sources, "a", "b")
	check("sent again, the copy under another guid,")
	s.replace("")
	s.pull(sources, "b", "a")
	check("after the database was deleted")
	s.replace(backup)
	s.pull(sources, "a", "b")
	check("after a backup from before was restored")
	third := source("c", up.Feed("/c", feedOf(firstPost.with(func(e *entry) { e.guid, e.title = "third", "Third" }))))
	s.pull(append(sources, third), "c")
	check("brought by a new source")
	dropped, err := s.store.Dropped(t.Context(), 1)
	if err != nil || len(dropped) == 0 || !strings.Contains(dropped[0].Reason, "retracted") {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
}

func TestRetractByID(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	home := secondPost.with(func(e *entry) { e.link = "https://home.example/" })
	other := entry{"3", "https://home.example/", "Three", ""}
	sources := []news.Source{source("a", up.Feed("/a", feedOf(home, other)))}
	s.pull(sources, "a")
	if _, err := s.Retract(t.Context(), home.link, ""); err == nil || !strings.Contains(err.Error(), s.ids()["Two"]) {
		t.Errorf("a link of two stories: %v", err)
	}
	if _, err := s.Retract(t.Context(), "https://nowhere.example/", ""); !errors.Is(err, aggregator.ErrNoStory) {
		t.Errorf("a link of none: %v", err)
	}
	if _, err := s.Retract(t.Context(), s.ids()["Two"], ""); err != nil {
		t.Fatal(err)
	}
	up.Set("/a", feedOf(home, other, entry{"4", "https://home.example/", "Four", ""}))
	s.pull(sources, "a")
	if got := s.titles(); got != "Four Three" {
		t.Errorf("the feed shows %q: the link of several stories must not be retracted with one", got)
	}
}
