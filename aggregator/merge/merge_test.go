package merge

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// day is a date some days before now.
func day(before int) time.Time { return now.AddDate(0, 0, -before) }

// story is a minimal new story of a batch.
func story(id, link string, published time.Time) news.Story {
	return news.Story{
		ID: id, Link: link, Canonical: link, Title: "About " + id,
		Published: published, Hash: 1, RawHash: 1,
	}
}

// everywhere puts every story into feed "all".
func everywhere(*news.Story, *news.Source) []news.Verdict {
	return []news.Verdict{{Feed: "all", In: true}}
}

func decide(t *testing.T, known *news.Known, stories ...news.Story) news.Changes {
	t.Helper()
	return decideFor(&news.Source{Name: "blog", URL: "https://blog.example/feed"}, known, &news.Batch{Stories: stories})
}

func decideFor(source *news.Source, known *news.Known, batch *news.Batch) news.Changes {
	known.Source.Key = 7
	result := &news.Result{Batch: batch, Visit: news.Visit{At: now}}
	return Decide(known, result, Rules{Source: source, Member: everywhere})
}

// loaded is what is known of a source that was pulled before.
func loaded(stories ...news.KnownStory) *news.Known {
	return &news.Known{Source: news.SourceState{Loaded: true}, Stories: stories}
}

func knownStory(key news.StoryKey, id, link string) news.KnownStory {
	return news.KnownStory{
		Key: key, Source: 7, ID: id, PublicID: "https://blog.example/" + id, Canonical: link,
		Published: day(5), FirstSeen: day(4), Date: day(5), Changed: day(5), Hash: 1, RawHash: 1,
		Places: []news.Place{{Feed: "all", Story: key, Date: day(5), PublicID: "https://blog.example/" + id}},
	}
}

func TestDecideRecognizes(t *testing.T) {
	t.Parallel()
	const link = "https://blog.example/a"
	tests := []struct {
		name   string
		known  *news.Known
		batch  []news.Story
		action news.Action
	}{
		{"a new id is a new story", loaded(), []news.Story{story("a", link, day(1))}, news.ActionInsert},
		{"the same id is the same story", loaded(knownStory(1, "a", link)),
			[]news.Story{story("a", link, day(5))}, news.ActionSame},
		{"a new link under the same id is an update, never a second story", loaded(knownStory(1, "a", link)),
			[]news.Story{changed(story("a", link+"2", day(5)))}, news.ActionUpdate},
		{"an id that learned TLS is the same", loaded(knownStory(1, "http://www.blog.example/?p=1", "x")),
			[]news.Story{story("https://blog.example/?p=1", link, day(5))}, news.ActionAlias},
		{"unless the batch has the old one too", loaded(knownStory(1, "http://blog.example/?p=1", "x")),
			[]news.Story{story("https://blog.example/?p=1", link, day(5)), story("http://blog.example/?p=1", "x", day(5))}, news.ActionInsert},
		{"a new id with a known link is an alias", loaded(knownStory(1, "old", link)),
			[]news.Story{story("new", link, day(5))}, news.ActionAlias},
		{"but not while the old id is still there", loaded(knownStory(1, "old", link)),
			[]news.Story{story("new", link, day(5)), story("old", link, day(5))}, news.ActionInsert},
		{"nor when two new stories share the link", loaded(knownStory(1, "old", link)),
			[]news.Story{story("n1", link, day(5)), story("n2", link, day(5))}, news.ActionInsert},
		{"nor when two known stories share the link", loaded(knownStory(1, "o1", link), knownStory(2, "o2", link)),
			[]news.Story{story("new", link, day(5))}, news.ActionInsert},
		{"an alias is remembered",
			&news.Known{Source: news.SourceState{Loaded: true}, Stories: []news.KnownStory{knownStory(1, "a", "x")}, Aliases: map[string]news.StoryKey{"b": 1}},
			[]news.Story{story("b", link, day(5))}, news.ActionAlias},
		{"a retracted story stays out",
			&news.Known{Source: news.SourceState{Loaded: true}, Tombstones: map[string]news.Tombstone{"a": news.TombstoneRetracted}},
			[]news.Story{story("a", link, day(5))}, news.ActionDrop},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changes := decide(t, test.known, test.batch...)
			last := changes.Decisions[len(changes.Decisions)-1] // the document's first
			if last.Action != test.action {
				t.Errorf("action = %q (%s), want %q", last.Action, last.Reason, test.action)
			}
		})
	}
}

func changed(s news.Story) news.Story {
	s.Hash, s.RawHash = 2, 2
	return s
}

func TestDecideUpdateKeepsWhatReadersKnow(t *testing.T) {
	t.Parallel()
	old := knownStory(1, "a", "https://blog.example/a")
	update := changed(story("a", "https://blog.example/moved", day(0)))
	changes := decide(t, loaded(old), update)
	if len(changes.Update) != 1 || len(changes.Insert) != 0 {
		t.Fatalf("got %d updates and %d inserts, want one update", len(changes.Update), len(changes.Insert))
	}
	got := changes.Update[0]
	if got.Key != 1 || got.PublicID != old.PublicID || !got.Date.Equal(old.Date) || !got.FirstSeen.Equal(old.FirstSeen) {
		t.Errorf("key, public id, date or first seen changed: %+v", got)
	}
	if !got.Published.Equal(old.Published) {
		t.Errorf("published = %v, want it left at %v", got.Published, old.Published)
	}
	if !got.Changed.Equal(now) || got.Updates != 1 {
		t.Errorf("changed = %v after %d updates, want now after 1", got.Changed, got.Updates)
	}
	if diff := cmp.Diff([]string{"all"}, changes.Feeds); diff != "" {
		t.Errorf("feeds whose revision rises (-want +got):\n%s", diff)
	}
}

func TestDecideUpdatesStopCountingAsNews(t *testing.T) {
	t.Parallel()
	old := knownStory(1, "a", "")
	old.Updates = maxUpdates
	got := decide(t, loaded(old), changed(story("a", "", day(0)))).Update[0]
	if !got.Changed.Equal(old.Changed) {
		t.Errorf("changed = %v after %d updates, want it left at %v", got.Changed, got.Updates, old.Changed)
	}
}

func TestDecideUnchangedTouchesNothingThatShows(t *testing.T) {
	t.Parallel()
	same := story("a", "", day(5))
	same.RawHash = 9
	changes := decide(t, loaded(knownStory(1, "a", "")), same)
	want := []news.Touch{{Key: 1, RawHash: 9}}
	if diff := cmp.Diff(want, changes.Touch); diff != "" {
		t.Errorf("touch (-want +got):\n%s", diff)
	}
	if len(changes.Feeds)+len(changes.Update)+len(changes.Place) != 0 {
		t.Errorf("something that shows changed: %+v", changes)
	}
}

func TestDecideDates(t *testing.T) {
	t.Parallel()
	future := story("f", "", now.Add(48*time.Hour))
	undated := story("u", "", time.Time{})
	updatedOnly := story("o", "", time.Time{})
	updatedOnly.Updated = day(3)
	tests := []struct {
		name   string
		known  *news.Known
		batch  []news.Story
		want   time.Time // of the batch's last story, which is inserted first
		reason news.DateReason
	}{
		{"published is believed", loaded(), []news.Story{story("a", "", day(9))}, day(9), news.DatedPublished},
		{"updated stands in", loaded(), []news.Story{updatedOnly}, day(3), news.DatedUpdated},
		{"a future date is first seen", loaded(), []news.Story{future}, now, news.DatedFuture},
		{"no date is first seen, a second a position", loaded(),
			[]news.Story{story("a", "", day(1)), undated}, now.Add(-time.Second), news.DatedMissing},
		{"on the first load an hour a position", &news.Known{},
			[]news.Story{story("a", "", day(1)), undated}, now.Add(-time.Hour), news.DatedMissing},
		{"a first load with one date for all is not believed", &news.Known{},
			[]news.Story{story("a", "", day(1)), story("b", "", day(1)), story("c", "", day(1)), story("d", "", day(1)), story("e", "", day(1))},
			now.Add(-4 * time.Hour), news.DatedUntrusted},
		{"a later load with one date for all is", loaded(),
			[]news.Story{story("a", "", day(1)), story("b", "", day(1)), story("c", "", day(1)), story("d", "", day(1)), story("e", "", day(1))},
			day(1), news.DatedPublished},
		{"a source once distrusted stays so", &news.Known{Source: news.SourceState{Loaded: true, Untrusted: true}},
			[]news.Story{story("a", "", day(1))}, now, news.DatedUntrusted},
		{"dates that move at each visit are not believed",
			loaded(knownStory(1, "k1", "1"), knownStory(2, "k2", "2"), knownStory(3, "k3", "3")),
			[]news.Story{story("k1", "1", day(0)), story("k2", "2", day(0)), story("k3", "3", day(0)), story("new", "n", day(1))},
			now.Add(-3 * time.Second), news.DatedUntrusted},
		{"unless one of them stayed",
			loaded(knownStory(1, "k1", "1"), knownStory(2, "k2", "2"), knownStory(3, "k3", "3")),
			[]news.Story{story("k1", "1", day(0)), story("k2", "2", day(0)), story("k3", "3", day(5)), story("new", "n", day(1))},
			day(1), news.DatedPublished},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, test.known, test.batch...).Insert[0]
			if !got.Date.Equal(test.want) || got.Dated != test.reason {
				t.Errorf("date = %v (%s), want %v (%s)", got.Date, got.Dated, test.want, test.reason)
			}
		})
	}
}

func TestDecideKeepsTheOrderOfADocument(t *testing.T) {
	t.Parallel()
	same := day(1)
	inserted := decide(t, loaded(), story("first", "", same), story("second", "", same)).Insert
	if inserted[0].ID != "second" || inserted[1].ID != "first" {
		t.Errorf("inserted %s, %s: the first of the document must get the greater key", inserted[0].ID, inserted[1].ID)
	}
}

func TestDecideMirror(t *testing.T) {
	t.Parallel()
	source := &news.Source{Name: "blog", URL: "https://blog.example/feed", Mirror: true}
	known := loaded(knownStory(1, "gone", "x"), knownStory(2, "same", "y"), knownStory(3, "skipped", "z"))
	changes := decideFor(source, known, &news.Batch{
		Stories: []news.Story{story("same", "y", day(5))}, Unchanged: []string{"skipped"},
	})
	if diff := cmp.Diff([]news.StoryKey{1}, changes.Remove); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if changes := decideFor(source, known, &news.Batch{Partial: true}); len(changes.Remove) != 0 {
		t.Errorf("a document that was cut off took out %v", changes.Remove)
	}
	source.Mirror = false
	if changes := decideFor(source, known, &news.Batch{}); len(changes.Remove) != 0 {
		t.Errorf("a source that is not mirrored lost %v", changes.Remove)
	}
}

func TestPublicID(t *testing.T) {
	t.Parallel()
	long := "https://blog.example/" + strings.Repeat("x", maxPublicID)
	tests := []struct {
		id, want, reason string
	}{
		{"https://blog.example/a?b=c#d", "https://blog.example/a?b=c#d", "an absolute URL"},
		{"tag:blog.example,2026:a", "tag:blog.example,2026:a", "an opaque URI"},
		{"urn:uuid:6ba7b811-9dad-11d1-80b4-00c04fd430c8", "urn:uuid:6ba7b811-9dad-11d1-80b4-00c04fd430c8", "a URN"},
		{"42", "", "no scheme"},
		{"https://blog.example/ü", "", "not ASCII: an IRI"},
		{"https://blog.example/a b", "", "a space"},
		{"https://", "", "no host"},
		{"https://taken.example/", "", "another story has it"},
		{long, "", "too long"},
	}
	for _, test := range tests {
		known := loaded()
		known.Taken = map[string]news.StoryKey{"https://taken.example/": 99}
		got := decide(t, known, story(test.id, "", day(1))).Insert[0].PublicID
		switch {
		case test.want != "" && got != test.want:
			t.Errorf("%s (%s): public id = %q", test.id, test.reason, got)
		case test.want == "" && !strings.HasPrefix(got, "urn:uuid:"):
			t.Errorf("%s (%s): public id = %q, want a urn:uuid:", test.id, test.reason, got)
		}
	}
}

func TestPublicIDIsStable(t *testing.T) {
	t.Parallel()
	first := decide(t, loaded(), story("42", "", day(1))).Insert[0].PublicID
	again := decide(t, loaded(), story("42", "", day(3))).Insert[0].PublicID
	if first != again {
		t.Errorf("a database made anew gives %s, was %s", again, first)
	}
	if const42 := "urn:uuid:"; !strings.HasPrefix(first, const42) || first[len(const42)+14] != '5' {
		t.Errorf("%s is no version 5 UUID", first)
	}
}

func TestDecideChanged(t *testing.T) {
	t.Parallel()
	with := func(updated time.Time, local bool) news.Story {
		s := story("a", "", day(5))
		s.Updated, s.Local = updated, local
		return s
	}
	tests := []struct {
		name  string
		known *news.Known
		story news.Story
		want  time.Time
	}{
		{"a new story changed when it says so", loaded(), with(day(2), false), day(2)},
		{"but not before its date", loaded(), with(day(9), false), day(5)},
		{"nor in the future", loaded(), with(now.Add(time.Hour), false), day(5)},
		{"nor where dates are not believed", &news.Known{Source: news.SourceState{Loaded: true, Untrusted: true}}, with(day(2), false), now},
		{"a known story changed when we saw it", loaded(knownStory(1, "a", "")), changed(with(day(2), false)), now},
		{"a known article when its author says", loaded(knownStory(1, "a", "")), changed(with(day(2), true)), day(2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changes := decide(t, test.known, test.story)
			for _, got := range append(changes.Insert, changes.Update...) {
				if !got.Changed.Equal(test.want) {
					t.Errorf("changed = %v, want %v", got.Changed, test.want)
				}
			}
		})
	}
}
