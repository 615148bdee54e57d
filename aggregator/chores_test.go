package aggregator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/normalize"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// refresh does one round of what is due, chores included.
func (s *site) refresh() {
	s.t.Helper()
	if err := s.Refresh(s.t.Context(), aggregator.Round{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) titles() string {
	s.t.Helper()
	return strings.Join(slices.Sorted(maps.Keys(s.ids())), " ")
}

func days(from, to int) []entry {
	var entries []entry
	for i := to; i >= from; i-- {
		date := time.Date(2026, 11, 1, i, 0, 0, 0, time.UTC).Format(time.RFC1123)
		entries = append(entries, entry{fmt.Sprint(i), fmt.Sprintf("https://a.example/%d", i), fmt.Sprint(i), date})
	}
	return entries
}

func TestPruneByCount(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", feedOf(days(1, 5)...)))
	a.Keep = news.Keep{Count: 3}
	s.pull([]news.Source{a}, "a")
	s.refresh()
	if got := s.titles(); got != "3 4 5" {
		t.Fatalf("kept %s, want the newest three", got)
	}
	up.Set("/a", feedOf(days(1, 6)...))
	s.now = s.now.Add(2 * time.Hour)
	s.refresh()
	if got := s.titles(); got != "4 5 6" {
		t.Errorf("kept %s, want the newest three", got)
	}
}

// Age counts from when a story came in: a blog that rests is not emptied when
// it is added.
func TestPruneByAge(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", feedOf(firstPost.with(func(e *entry) { e.date = "Mon, 16 Nov 2015 08:00:00 GMT" }))))
	a.Keep = news.Keep{Age: 90 * 24 * time.Hour}
	s.pull([]news.Source{a}, "a")
	s.refresh()
	s.now = s.now.AddDate(0, 0, 89)
	s.refresh()
	if got := s.titles(); got != "One" {
		t.Fatalf("after 89 days: %q", got)
	}
	s.now = s.now.AddDate(0, 0, 2)
	s.refresh()
	if got := s.titles(); got != "" {
		t.Errorf("after 91 days: %q", got)
	}
	dropped, err := s.store.Dropped(t.Context(), 1)
	if err != nil || len(dropped) != 1 || !strings.Contains(dropped[0].Reason, "90 days") {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
}

// A story that goes by age leaves its place to a copy, under its id.
func TestPruneLetsACopyTakeOver(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", feedOf(firstPost)))
	a.Keep = news.Keep{Age: 24 * time.Hour}
	b := source("b", up.Feed("/b", feedOf(firstPost.with(func(e *entry) { e.guid, e.title = "copy", "Copy" }))))
	s.pull([]news.Source{a, b}, "a", "b")
	want := s.ids()["One"]
	s.now = s.now.AddDate(0, 0, 3)
	s.refresh()
	if got := s.ids(); len(got) != 1 || got["Copy"] != want {
		t.Errorf("ids %v, want %s for the copy", got, want)
	}
}

func TestPruneBeyondTheLimitOfAnySource(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	s.maxStories = 3
	s.replace("")
	s.pull([]news.Source{source("a", up.Feed("/a", feedOf(days(1, 5)...)))}, "a")
	s.refresh()
	if got := s.titles(); got != "3 4 5" {
		t.Errorf("kept %s, want the newest three", got)
	}
	states, err := s.store.Sources(t.Context())
	if err != nil || len(states[0].Warnings) != 1 || !strings.Contains(states[0].Warnings[0], "oldest go") {
		t.Errorf("states %+v, %v", states, err)
	}
}

// Feeds whose ids change at each visit, and what identity makes of them.
func TestIdentityOfChurningSources(t *testing.T) {
	t.Parallel()
	visit := func(n int) string {
		return feedOf(
			entry{fmt.Sprint("a", n), fmt.Sprintf("https://a.example/one?sid=%d", n), "One", ""},
			entry{fmt.Sprint("b", n), "https://a.example/two", fmt.Sprint("Two, ", n, " comments"), ""},
		)
	}
	tests := []struct {
		mode news.IdentityMode
		want int // stories after three visits
	}{
		{news.IdentityID, 4},    // the second is known by its link
		{news.IdentityLink, 4},  // the same, without aliases
		{news.IdentityTitle, 2}, // the first by its title, the second by its link
	}
	for _, test := range tests {
		t.Run(string(test.mode), func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			s := newSite(t)
			a := source("a", up.URL("/a"))
			a.Identity = test.mode
			var ids map[string]string
			for n := range 3 {
				up.Set("/a", visit(n))
				s.pull([]news.Source{a}, "a")
				now := s.ids()
				for title, id := range ids {
					if other, ok := now[title]; ok && other != id {
						t.Errorf("%q is published as %s, was %s", title, other, id)
					}
				}
				ids = now
			}
			stories, err := s.store.Stories(t.Context(), 0, 10)
			if err != nil || len(stories) != test.want {
				t.Errorf("%d stories, want %d (%v)", len(stories), test.want, err)
			}
		})
	}
}

func TestChurningSourceIsTold(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.URL("/a"))
	for round := range 4 {
		up.Set("/a", feedOf(days(1+10*round, 6+10*round)...))
		s.pull([]news.Source{a}, "a")
	}
	states, err := s.store.Sources(t.Context())
	if err != nil || len(states) != 1 || len(states[0].Warnings) != 1 || !strings.Contains(states[0].Warnings[0], "ids change") {
		t.Errorf("states %+v, %v", states, err)
	}
}

// A document that was cut off says nothing of what it lacks.
func TestMirror(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", feedOf(days(1, 4)...)))
	a.Mirror = true
	s.pull([]news.Source{a}, "a")
	whole := feedOf(days(2, 4)...)
	cut, _, _ := strings.Cut(whole, "<title>3")
	up.Set("/a", cut)
	s.pull([]news.Source{a}, "a")
	if got := s.titles(); !strings.Contains(got, "1") || !strings.Contains(got, "4") {
		t.Errorf("after a document that was cut off: %s", got)
	}
	up.Set("/a", whole)
	s.pull([]news.Source{a}, "a")
	if got := s.titles(); got != "2 3 4" {
		t.Errorf("after a whole document: %s", got)
	}
}

func TestAtomDeletionIsFollowed(t *testing.T) {
	t.Parallel()
	const head = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>T</title><id>tag:a,1:f</id>`
	up := upstreamtest.New(t)
	s := newSite(t)
	a := source("a", up.Feed("/a", head+
		`<entry><id>tag:a,1:one</id><title>One</title><updated>2026-11-10T00:00:00Z</updated></entry>`+
		`<entry><id>tag:a,1:two</id><title>Two</title><updated>2026-11-10T00:00:00Z</updated></entry></feed>`))
	s.pull([]news.Source{a}, "a")
	up.Set("/a", head+`<at:deleted-entry ref="tag:a,1:one" when="2026-11-11T00:00:00Z"/>`+
		`<entry><id>tag:a,1:two</id><title>Two</title><updated>2026-11-10T00:00:00Z</updated></entry></feed>`)
	s.pull([]news.Source{a}, "a")
	if got := s.titles(); got != "Two" {
		t.Errorf("the feed shows %q, want only what was not taken back", got)
	}
}

// A policy that became stricter reaches what was stored before.
func TestSanitizedAgain(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newSite(t)
	s.pull([]news.Source{source("a", up.Feed("/a", feedOf(firstPost, secondPost)))}, "a")
	before := s.revision()
	// As if an older version had let it in.
	stories, err := s.store.Stories(t.Context(), 0, 10)
	if err != nil || len(stories) != 2 {
		t.Fatal(stories, err)
	}
	for i := range stories {
		story := stories[i].Story
		story.Policy, story.Content = 0, `<p>Hi <script>alert(1)</script><b onclick="x()">there</b></p>`
		if _, err := s.store.Revise(t.Context(), story.Source, []news.StoryKey{story.Key}, s.now, func(*news.Known) news.Changes {
			return news.Changes{Update: []news.Story{story}}
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.refresh()
	if stories, err = s.store.Stories(t.Context(), 0, 10); err != nil || len(stories) != 2 {
		t.Fatal(stories, err)
	}
	for _, story := range stories {
		if strings.Contains(story.Content, "script") || strings.Contains(story.Content, "onclick") || story.Policy != normalize.PolicyVersion {
			t.Errorf("%s is stored under policy %d with %s", story.Title, story.Policy, story.Content)
		}
		if story.Updates != 0 {
			t.Errorf("%s counts %d changes", story.Title, story.Updates)
		}
	}
	if s.revision() == before {
		t.Error("the feed is not published anew")
	}
}

func (s *site) revision() int64 {
	s.t.Helper()
	revisions, err := s.store.Revisions(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return revisions["all"]
}

// A server prunes by itself, in virtual time.
func TestRunDoesChores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		a, _ := fileSource(t, "a", upstreamtest.Items(4)...)
		a.Keep = news.Keep{Age: 24 * time.Hour}
		r.configure(a)
		defer r.start()()
		time.Sleep(23 * time.Hour)
		synctest.Wait()
		if got := r.titles(); len(got) != 4 {
			t.Errorf("after 23 hours the feed shows %q", got)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if got := r.titles(); len(got) != 0 {
			t.Errorf("after 26 hours the feed shows %q", got)
		}
	})
}
