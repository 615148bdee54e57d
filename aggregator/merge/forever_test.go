package merge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

func TestDecidePublicIDThatWasPublishedBefore(t *testing.T) {
	t.Parallel()
	const uri = "https://blog.example/?p=1"
	tests := []struct {
		reason string
		known  *news.Known
		batch  []news.Story
		want   string // of the batch's first story
	}{
		{"what an id was published under", &news.Known{Reserved: map[string]string{"b": uri}},
			[]news.Story{story("b", "", day(1))}, uri},
		{"even though another source's copy stands in a feed under it",
			&news.Known{Reserved: map[string]string{"b": uri}, Taken: map[string]news.StoryKey{uri: 9}},
			[]news.Story{story("b", "", day(1))}, uri},
		{"two ids of one former story are two stories now, with one id each",
			&news.Known{Reserved: map[string]string{"a": uri, "b": uri}},
			[]news.Story{story("a", "", day(1)), story("b", "", day(1))}, nameUUID("https://blog.example/feed", "a")},
		{"what is made up hangs on the first URL of the source", &news.Known{Space: "https://old.example/"},
			[]news.Story{story("a", "", day(1))}, nameUUID("https://old.example/", "a")},
	}
	for _, test := range tests {
		inserted := decide(t, test.known, test.batch...).Insert
		if got := inserted[len(inserted)-1].PublicID; got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestDecideResumesWhereCopiesStood(t *testing.T) {
	t.Parallel()
	const link, id = "https://blog.example/a", "urn:first"
	stood := map[string][]news.Place{link: {
		{Feed: "other", PublicID: "urn:other", Date: day(3)}, {Feed: "all", PublicID: id, Date: day(2)},
	}}
	places := decide(t, &news.Known{Standings: stood}, story("a", link, day(1))).Place
	want := []news.Place{{Feed: "all", Story: -1, PublicID: id, Date: day(2)}}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("the only copy:\n%s", diff)
	}
	places = decide(t, &news.Known{Standings: stood}, story("a", link, day(1)), story("b", link, day(1))).Place
	if len(places) != 2 || places[0].PublicID == places[1].PublicID {
		t.Errorf("two stories with that link: %+v", places)
	}
	rival := knownStory(4, "r", link)
	rival.Source, rival.Places[0].PublicID = 8, "urn:rival"
	places = decide(t, &news.Known{Standings: stood, Copies: []news.KnownStory{rival}}, story("a", link, day(1))).Place
	if len(places) != 1 || places[0].PublicID != "urn:rival" || !places[0].Hidden {
		t.Errorf("beside a copy that is shown: %+v", places)
	}
}

func TestDecideFollowsDeletions(t *testing.T) {
	t.Parallel()
	updated := func(before int) news.Story {
		s := story("a", "", day(9))
		s.Updated = day(before)
		return s
	}
	tests := []struct {
		reason          string
		batch           news.Batch
		removed, stored int
	}{
		{"taken back", news.Batch{Deleted: []news.Deletion{{ID: "a", When: day(1)}}}, 1, 0},
		{"by another name", news.Batch{Deleted: []news.Deletion{{ID: "alias"}}}, 1, 0},
		{"never heard of", news.Batch{Deleted: []news.Deletion{{ID: "b"}}}, 0, 0},
		{"and there, as before", news.Batch{Stories: []news.Story{updated(2)}, Deleted: []news.Deletion{{ID: "a", When: day(1)}}}, 1, 0},
		{"and back since", news.Batch{Stories: []news.Story{updated(1)}, Deleted: []news.Deletion{{ID: "a", When: day(2)}}}, 0, 1},
		{"and there, nobody knows since when", news.Batch{Unchanged: []string{"a"}, Deleted: []news.Deletion{{ID: "a", When: day(2)}}}, 0, 0},
	}
	for _, test := range tests {
		known := loaded(knownStory(1, "a", ""))
		known.Aliases = map[string]news.StoryKey{"alias": 1}
		changes := decideFor(&news.Source{Name: "blog"}, known, &test.batch)
		kept := 0
		for _, d := range changes.Decisions {
			if d.Action == news.ActionSame {
				kept++
			}
		}
		if len(changes.Remove) != test.removed || kept != test.stored {
			t.Errorf("%s: removed %v, decided %+v", test.reason, changes.Remove, changes.Decisions)
		}
		if len(changes.Insert) != 0 || test.removed == 1 && len(changes.Feeds) != 1 {
			t.Errorf("%s: %+v", test.reason, changes)
		}
	}
}

func TestDecideTellsOfChurn(t *testing.T) {
	t.Parallel()
	var batch []news.Story
	for i := range churnStories {
		batch = append(batch, story(fmt.Sprint("new", i), "", day(i)))
	}
	known := loaded()
	known.Churn = churnVisits - 1
	changes := decide(t, known, batch...)
	if changes.Churn != churnVisits || len(changes.Warnings) != 1 || !strings.Contains(changes.Warnings[0], `identity = "link"`) {
		t.Errorf("churn %d, warnings %q", changes.Churn, changes.Warnings)
	}
	known = loaded(knownStory(1, "new0", ""))
	known.Churn = churnVisits
	if changes := decide(t, known, batch...); changes.Churn != 0 || len(changes.Warnings) != 0 {
		t.Errorf("one is known: churn %d, warnings %q", changes.Churn, changes.Warnings)
	}
	if changes := decide(t, &news.Known{}, batch...); changes.Churn != 0 {
		t.Errorf("first load: churn %d", changes.Churn)
	}
}

func TestDecideClampsAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ahead time.Duration
		want  time.Time
	}{
		{time.Minute, now},
		{time.Hour, now},
		{61 * time.Minute, now.Add(-laterStep)},
	}
	for _, test := range tests {
		got := decide(t, loaded(), story("top", "", day(1)), story("a", "", now.Add(test.ahead))).Insert[0]
		if !got.Date.Equal(test.want) || got.Dated != news.DatedFuture {
			t.Errorf("%v ahead: %v (%s), want %v", test.ahead, got.Date, got.Dated, test.want)
		}
	}
}

func TestDecideHomePageIsNoProof(t *testing.T) {
	t.Parallel()
	known := loaded(knownStory(1, "yesterday", "https://blog.example/"))
	batch := &news.Batch{Link: "http://www.blog.example", Stories: []news.Story{story("today", "https://blog.example/", day(0))}}
	if changes := decideFor(&news.Source{Name: "blog"}, known, batch); len(changes.Insert) != 1 {
		t.Errorf("decided %+v", changes.Decisions)
	}
}

func TestBuryLetsACopyTakeOver(t *testing.T) {
	t.Parallel()
	gone, copied := knownStory(1, "a", "https://x.example/1"), knownStory(2, "b", "https://x.example/1")
	copied.Source, copied.Places[0].Hidden = 8, true
	kin := knownStory(3, "kin", "https://x.example/2")
	known := &news.Known{Stories: []news.KnownStory{gone, kin}, Copies: []news.KnownStory{copied}}
	changes := Bury(known, []news.StoryKey{1}, news.TombstoneExpired, "old")
	want := []news.Place{{Feed: "all", Story: 2, Date: gone.Date, PublicID: gone.PublicID}}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Error(diff)
	}
	if len(changes.Bury) != 1 || changes.Bury[0].Story != 1 || len(changes.Feeds) != 1 || changes.Decisions[0].Reason != "old" {
		t.Errorf("changes %+v", changes)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	known := &news.Known{Stories: []news.KnownStory{knownStory(1, "a", ""), knownStory(2, "b", ""), knownStory(3, "c", "")}}
	of := func(key news.StoryKey, was uint64, changed bool) Cleaned {
		s := story("x", "", day(5))
		s.Key, s.Changed, s.Updates, s.Policy, s.Hash = key, day(4), 2, 7, 99
		return Cleaned{Was: was, Story: s, Changed: changed}
	}
	rules := Rules{Source: &news.Source{Name: "blog"}, Member: everywhere}
	changes := Clean(known, []Cleaned{of(1, 1, true), of(2, 1, false), of(3, 2, true)}, rules)
	if len(changes.Update) != 1 || changes.Update[0].Key != 1 || !changes.Update[0].Changed.Equal(day(4)) || changes.Update[0].Updates != 2 {
		t.Errorf("updated %+v", changes.Update)
	}
	if diff := cmp.Diff([]news.Touch{{Key: 2, RawHash: 1, Policy: 7}}, changes.Touch); diff != "" {
		t.Errorf("touched:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"all"}, changes.Feeds); diff != "" {
		t.Errorf("feeds:\n%s", diff)
	}
}
