package aggregator_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator"
	"tributary/internal/news"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

// entry is an item of an upstream's feed.
type entry struct{ guid, link, title, date string }

func feedOf(entries ...entry) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>T</title><link>https://home.example/</link>`)
	for _, e := range entries {
		fmt.Fprintf(&b, `<item><guid isPermaLink="false">%s</guid><link>%s</link><title>%s</title>`, e.guid, e.link, e.title)
		if e.date != "" {
			fmt.Fprintf(&b, `<pubDate>%s</pubDate>`, e.date)
		}
		b.WriteString(`<description>Text</description></item>`)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// site is a database file and the aggregators that open it one after another.
type site struct {
	t    *testing.T
	path string
	now  time.Time
	*aggregator.Aggregator
	store      *sqlite.DB
	maxStories int
}

func newSite(t *testing.T) *site {
	s := &site{t: t, path: filepath.Join(t.TempDir(), "t.db"), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *site) open() {
	s.t.Helper()
	store, err := sqlite.Open(s.t.Context(), s.path, sqlite.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = store
	s.Aggregator = aggregator.New(aggregator.Options{
		Store: store, Fetcher: newFetcher(s.t), Now: func() time.Time { return s.now }, MaxStories: s.maxStories,
	})
}

func (s *site) close() {
	if s.store == nil {
		return
	}
	if err := s.store.IntegrityCheck(context.Background()); err != nil {
		s.t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.store = nil
}

// pull visits sources in this order, one round each.
func (s *site) pull(sources []news.Source, order ...string) {
	s.t.Helper()
	s.now = s.now.Add(time.Hour)
	if err := s.Configure(s.t.Context(), settings(sources...)); err != nil {
		s.t.Fatal(err)
	}
	for _, name := range order {
		if err := s.Refresh(s.t.Context(), aggregator.Round{Names: []string{name}}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// ids gives the published id of each shown story, by title.
func (s *site) ids() map[string]string {
	s.t.Helper()
	items, err := s.store.Newest(s.t.Context(), "all", news.Cursor{}, 100, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	byTitle, titles := make(map[string]string), make(map[string]string)
	for _, item := range items {
		if other, twice := titles[item.PublicID]; twice {
			s.t.Errorf("%q and %q have one id %s", other, item.Title, item.PublicID)
		}
		titles[item.PublicID], byTitle[item.Title] = item.Title, item.PublicID
	}
	return byTitle
}

// replace closes the database, puts what lies at from in its place, or nothing,
// and opens it.
func (s *site) replace(from string) {
	s.t.Helper()
	s.close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path + suffix); err != nil && !os.IsNotExist(err) {
			s.t.Fatal(err)
		}
	}
	if from != "" {
		if err := os.Rename(from, s.path); err != nil {
			s.t.Fatal(err)
		}
	}
	s.open()
}

// turn is one state of the upstreams.
type turn struct {
	docs  map[string]string // by path
	urls  map[string]string // of the sources; /NAME when it isn't here
	order []string
}

var (
	firstPost  = entry{"https://a.example/?p=1", "https://a.example/one", "One", "Mon, 16 Nov 2026 08:00:00 GMT"}
	secondPost = entry{"2", "https://a.example/two", "Two", ""}
)

func (e entry) with(change func(*entry)) entry {
	change(&e)
	return e
}

// TestPublishedIDsAreForEver changes upstreams in all the ways that should not
// change an id, and looks at the ids then, after a backup from before the
// change was restored, and after the database was deleted.
func TestPublishedIDsAreForEver(t *testing.T) {
	t.Parallel()
	doc := func(entries ...entry) map[string]string { return map[string]string{"/a": feedOf(entries...)} }
	a := []string{"a"}
	copied := entry{"agg-77", "https://a.example/one", "One", "Mon, 16 Nov 2026 09:00:00 GMT"}
	stolen := entry{firstPost.guid, "https://thief.example/x", "Stolen", "Mon, 16 Nov 2026 10:00:00 GMT"}
	tests := []struct {
		reason string
		turns  []turn
	}{
		{"the guid changed, a URI", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost.with(func(e *entry) { e.guid = "https://a.example/?p=4711" }), secondPost)}}},
		{"the guid changed, no URI", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost, secondPost.with(func(e *entry) { e.guid = "22" }))}}},
		{"the guid changed, and then the link of the new one", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost, secondPost.with(func(e *entry) { e.guid = "22" }))},
			{docs: doc(firstPost, secondPost.with(func(e *entry) { e.guid, e.link = "22", "https://a.example/2" }))}}},
		{"the guid changed there and back", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost, secondPost.with(func(e *entry) { e.guid = "22" }))}, {docs: doc(firstPost, secondPost)}}},
		{"the guid learned TLS", []turn{
			{docs: doc(firstPost.with(func(e *entry) { e.guid = "http://www.a.example/?p=1" }), secondPost)}, {docs: doc(firstPost, secondPost)}}},
		{"the link changed", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost.with(func(e *entry) { e.link = "https://a.example/moved" }), secondPost)}}},
		{"the date changed", []turn{{docs: doc(firstPost, secondPost)},
			{docs: doc(firstPost.with(func(e *entry) { e.date = "Tue, 17 Nov 2026 08:00:00 GMT" }), secondPost)}}},
		{"the source moved", []turn{{docs: doc(firstPost, secondPost)},
			{docs: map[string]string{"/new": feedOf(firstPost, secondPost)}, urls: map[string]string{"a": "/new"}}}},
		{"the source moved, and was then renamed", []turn{{docs: doc(firstPost, secondPost), order: a},
			{docs: map[string]string{"/new": feedOf(firstPost, secondPost)}, urls: map[string]string{"a": "/new"}, order: a},
			{docs: map[string]string{"/new": feedOf(firstPost, secondPost)}, urls: map[string]string{"b": "/new"}, order: []string{"b"}}}},
		{"a copy came first, and comes last to a new database", []turn{
			{docs: map[string]string{"/a": feedOf(secondPost), "/b": feedOf(copied)}, order: []string{"b", "a"}},
			{docs: map[string]string{"/a": feedOf(firstPost, secondPost), "/b": feedOf(copied)}, order: []string{"a", "b"}}}},
		{"two sources claim one URI, and the other comes first to a new database", []turn{
			{docs: map[string]string{"/a": feedOf(firstPost, secondPost), "/b": feedOf(stolen)}, order: []string{"a", "b"}},
			{docs: map[string]string{"/a": feedOf(firstPost, secondPost), "/b": feedOf(stolen)}, order: []string{"b", "a"}}}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			s := newSite(t)
			var last turn
			var sources []news.Source
			pull := func(turn turn) {
				t.Helper()
				sources = nil
				for path, doc := range turn.docs {
					up.Set(path, doc)
				}
				if turn.order == nil {
					turn.order = a
				}
				for _, name := range turn.order {
					path := "/" + name
					if other := turn.urls[name]; other != "" {
						path = other
					}
					sources = append(sources, source(name, up.URL(path)))
				}
				s.pull(sources, turn.order...)
				last = turn
			}
			backup := filepath.Join(t.TempDir(), "backup.db")
			want := make(map[string]string)
			for i, turn := range test.turns {
				pull(turn)
				if i == 0 {
					if err := s.store.Backup(t.Context(), backup); err != nil {
						t.Fatal(err)
					}
				}
				now := s.ids()
				for title, id := range want {
					if now[title] != id {
						t.Errorf("turn %d: %q is published as %s, was %s", i, title, now[title], id)
					}
				}
				for title, id := range now {
					want[title] = id
				}
			}
			s.replace("")
			pull(last)
			if diff := cmp.Diff(want, s.ids()); diff != "" {
				t.Errorf("after the database was deleted (-before +after):\n%s", diff)
			}
			s.replace(backup)
			pull(last)
			if diff := cmp.Diff(want, s.ids()); diff != "" {
				t.Errorf("after a backup was restored (-before +after):\n%s", diff)
			}
		})
	}
}

// The title is what the test above tells stories by.
func TestPublishedIDSurvivesANewTitle(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	sources := []news.Source{source("a", up.Feed("/a", feedOf(secondPost)))}
	s.pull(sources, "a")
	want := s.ids()["Two"]
	up.Set("/a", feedOf(secondPost.with(func(e *entry) { e.title = "Too" })))
	s.pull(sources, "a")
	for _, when := range []string{"changed", "rebuilt"} {
		if got := s.ids(); len(got) != 1 || got["Too"] != want || want == "" {
			t.Errorf("%s: ids %v, want %s", when, got, want)
		}
		s.replace("")
		s.pull(sources, "a")
	}
}

func TestTombstonesAreForEver(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", feedOf(firstPost, secondPost)))
	a.Keep = news.Keep{Age: 24 * time.Hour}
	sources := []news.Source{a}
	s.pull(sources, "a")
	s.now = s.now.Add(48 * time.Hour)
	if err := s.Refresh(t.Context(), aggregator.Round{}); err != nil {
		t.Fatal(err)
	}
	if got := s.ids(); len(got) != 0 {
		t.Fatalf("after its time the source still has %v", got)
	}
	check := func(when string) {
		t.Helper()
		three := entry{"3", "https://a.example/three", "Three", ""}
		up.Set("/a", feedOf(three.with(func(e *entry) { e.title += when }), firstPost, secondPost))
		s.pull(sources, "a")
		if got := s.ids(); len(got) != 1 {
			t.Errorf("%s: what expired is back: %v", when, got)
		}
	}
	check("sent again")
	s.replace("")
	check("rebuilt")
	dropped, err := s.store.Dropped(t.Context(), 1)
	if err != nil || len(dropped) != 2 || dropped[0].Action != news.ActionDrop || !strings.Contains(dropped[0].Reason, "expired") {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
}
