package readinglist_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator/fetch"
	"tributary/aggregator/readinglist"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// memory is a store of lists.
type memory struct {
	lists map[string]news.ReadingList
	kept  int
}

func (m *memory) ReadingLists(context.Context) ([]news.ReadingList, error) {
	var all []news.ReadingList
	for _, list := range m.lists {
		all = append(all, list)
	}
	return all, nil
}

func (m *memory) KeepReadingList(_ context.Context, list news.ReadingList) error {
	m.lists[list.Address] = list
	m.kept++
	return nil
}

// fixture follows one list, on a real server, under a clock of its own.
type fixture struct {
	*testing.T
	up       *upstreamtest.Server
	store    *memory
	follower *readinglist.Follower
	list     readinglist.List
	now      time.Time
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, up: upstreamtest.New(t), store: &memory{lists: map[string]news.ReadingList{}}}
	f.now = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	client := safehttp.New(safehttp.Options{})
	t.Cleanup(client.CloseIdle)
	f.follower = &readinglist.Follower{
		Store: f.store, Fetcher: fetch.New(fetch.Options{Client: client, SiteURL: "http://localhost"}),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return f.now },
	}
	f.list = readinglist.List{
		Address: f.up.URL("/list.opml"), Schedule: "@every 24h",
		Fetch: news.FetchSettings{Timeout: 10 * time.Second, AllowNetworks: upstreamtest.Loopback},
	}
	return f
}

// follow follows and gives the entries as "name url [tags]".
func (f *fixture) follow(wantChanged bool) []string {
	f.Helper()
	changed, _, err := f.follower.Follow(f.Context(), []readinglist.List{f.list}, func(name string) bool { return name == "taken" })
	if err != nil {
		f.Fatal(err)
	}
	if changed != wantChanged {
		f.Errorf("changed is %v", changed)
	}
	var lines []string
	for _, entry := range f.store.lists[f.list.Address].Entries {
		lines = append(lines, fmt.Sprintf("%s %s %v", entry.Name, entry.URL, entry.Tags))
	}
	return lines
}

func (f *fixture) same(want, got []string, reason string) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s: -want +got:\n%s", reason, diff)
	}
}

func (f *fixture) trouble() string { return f.store.lists[f.list.Address].Trouble }

// list writes a list of outlines.
func list(outlines ...string) string {
	return `<opml version="2.0"><body>` + strings.Join(outlines, "") + `</body></opml>`
}

func outline(title, url string) string {
	return fmt.Sprintf(`<outline type="rss" text=%q xmlUrl=%q/>`, title, url)
}

func TestFollow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.up.Set("/list.opml", list(
		outline("The A Blog", "https://a.example/feed"), outline("Taken", "https://t.example/"),
		outline("Again", "https://a.example/feed"), outline("Local", "file:/etc/passwd"), outline("Secret", "https://x.example/${HOME}"),
		outline("Login", "https://u:p@x.example/"), outline("Odd", "gopher://x.example/"),
		`<outline text="Folder">`+outline("The A Blog", "https://b.example/feed")+`</outline>`))
	want := []string{
		"the-a-blog https://a.example/feed []",
		"taken-2 https://t.example/ []",
		"the-a-blog-2 https://b.example/feed [Folder]",
	}
	f.same(want, f.follow(true), "what is no http(s) address, or comes twice, is left out")
	f.same(want, f.follow(false), "not due: nobody asks")
	if n := len(f.up.Requests("/list.opml")); n != 1 {
		t.Errorf("%d requests", n)
	}

	// Renamed and moved about, an entry is the same by its address.
	f.now = f.now.Add(25 * time.Hour)
	f.up.Set("/list.opml", list(outline("New title", "https://b.example/feed"), outline("C", "https://c.example/")))
	want = []string{"the-a-blog-2 https://b.example/feed []", "c-example https://c.example/ []"}
	got := f.follow(true)
	want[1] = got[1] // a name of one letter gives way to the host's
	if !strings.HasPrefix(got[1], "c-example ") {
		t.Errorf("got %q", got[1])
	}
	f.same(want, got, "one left, one came")
}

// TestFollowBroken feeds lists that must not take the place of a good one.
func TestFollowBroken(t *testing.T) {
	t.Parallel()
	good := list(outline("The A Blog", "https://a.example/feed"), outline("The B Blog", "https://b.example/feed"))
	for _, test := range []struct{ reason, list, trouble string }{
		{"it is no OPML", "<html><body>Sorry</body></html>", "no OPML"},
		{"it ends early", good[:strings.Index(good, "<outline type=\"rss\" text=\"The B")], "ends early"},
		{"it ends within a tag", good[:len(good)-60], "ends early"},
		{"it holds no feed", list(), "no feed"},
		{"it is empty", "", "no OPML"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.up.Set("/list.opml", good)
			want := f.follow(true)
			f.now = f.now.Add(25 * time.Hour)
			f.up.Set("/list.opml", test.list)
			f.same(want, f.follow(false), "the last good state stays")
			if !strings.Contains(f.trouble(), test.trouble) {
				t.Errorf("trouble is %q, want %q", f.trouble(), test.trouble)
			}
			if due := f.store.lists[f.list.Address].Due; due.Sub(f.now) > time.Hour {
				t.Errorf("tried again in %s", due.Sub(f.now))
			}
			f.now = f.now.Add(2 * time.Hour)
			f.up.Set("/list.opml", good)
			f.same(want, f.follow(false), "it is good again, and the same")
			if f.trouble() != "" {
				t.Errorf("trouble stays: %s", f.trouble())
			}
		})
	}
}

// TestFollowPolitely checks that requests are conditional, and that a failure
// is retried before the schedule.
func TestFollowPolitely(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.up.Set("/list.opml", list(outline("The A Blog", "https://a.example/feed")), "ETag", `"v1"`)
	want := f.follow(true)
	f.now = f.now.Add(25 * time.Hour)
	f.same(want, f.follow(false), "unchanged")
	requests := f.up.Requests("/list.opml")
	if len(requests) != 2 || requests[1].Header.Get("If-None-Match") != `"v1"` {
		t.Errorf("requests %+v", requests)
	}
}

// TestFollowFile reads a list on disk whenever it is asked to.
func TestFollowFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := filepath.Join(t.TempDir(), "list.opml")
	f.list.Address = path
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.follow(false); got != nil || !strings.Contains(f.trouble(), "list.opml") {
		t.Errorf("of no file: %q, trouble %q", got, f.trouble())
	}
	write(list(outline("The A Blog", "https://a.example/feed")))
	f.follow(true)
	kept := f.store.kept
	f.follow(false)
	if f.store.kept != kept {
		t.Error("written for nothing")
	}
	write(list(outline("The A Blog", "https://a.example/feed"), outline("The B Blog", "https://b.example/feed")))
	if got := f.follow(true); len(got) != 2 || !slices.Contains(got, "the-b-blog https://b.example/feed []") {
		t.Errorf("got %q", got)
	}
}
