package merge

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

const shared = "https://blog.example/shared"

// planetCopy is another source's copy of a story with the shared link.
func planetCopy(key news.StoryKey, hidden bool) news.KnownStory {
	return news.KnownStory{
		Key: key, Source: 8, ID: "p", PublicID: "tag:planet,2026:p", Canonical: shared, Date: day(2),
		Places: []news.Place{{Feed: "all", Story: key, Date: day(2), PublicID: "tag:planet,2026:p", Hidden: hidden}},
	}
}

func original(s news.Story) news.Story {
	s.Original = true
	return s
}

func TestPlaceOriginalTakesOverThePlace(t *testing.T) {
	t.Parallel()
	known := loaded()
	known.Copies = []news.KnownStory{planetCopy(5, false)}
	changes := decide(t, known, original(story("https://blog.example/1", shared, day(1))))
	want := []news.Place{
		{Feed: "all", Story: 5, Date: day(2), PublicID: "tag:planet,2026:p", Hidden: true},
		{Feed: "all", Story: -1, Date: day(2), PublicID: "tag:planet,2026:p"},
	}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestPlaceFirstCopyStays(t *testing.T) {
	t.Parallel()
	known := loaded()
	known.Copies = []news.KnownStory{planetCopy(5, false)}
	changes := decide(t, known, story("https://blog.example/1", shared, day(1)))
	want := []news.Place{{Feed: "all", Story: -1, Date: day(2), PublicID: "tag:planet,2026:p", Hidden: true}}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"all"}, changes.Feeds); diff != "" {
		t.Errorf("a new also-in shows (-want +got):\n%s", diff)
	}
}

func TestPlaceHiddenCopyTakesOverWhenTheShownLeaves(t *testing.T) {
	t.Parallel()
	shown := knownStory(1, "a", shared)
	heir := planetCopy(5, true)
	heir.Places[0].Date, heir.Places[0].PublicID = shown.Places[0].Date, shown.PublicID
	known := loaded(shown)
	known.Copies = []news.KnownStory{heir}
	refuse := func(*news.Story, *news.Source) []news.Verdict { return []news.Verdict{{Feed: "all"}} }
	result := &news.Result{Visit: news.Visit{At: now}, Batch: &news.Batch{Stories: []news.Story{changed(story("a", shared, day(5)))}}}
	changes := Decide(known, result, Rules{Source: &news.Source{Name: "blog"}, Member: refuse})
	wantPlace := []news.Place{{Feed: "all", Story: 5, Date: day(5), PublicID: shown.PublicID}}
	if diff := cmp.Diff(wantPlace, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]news.Place{{Feed: "all", Story: 1}}, changes.Unplace); diff != "" {
		t.Errorf("unplaced (-want +got):\n%s", diff)
	}
}

func TestPlaceLinkChangeKeepsIDsUnique(t *testing.T) {
	t.Parallel()
	shown := knownStory(1, "a", shared)
	heir := planetCopy(5, true)
	heir.Places[0].PublicID = shown.PublicID
	known := loaded(shown)
	known.Copies = []news.KnownStory{heir}
	changes := decide(t, known, changed(story("a", "https://blog.example/other", day(5))))
	want := []news.Place{
		{Feed: "all", Story: 5, Date: day(2), PublicID: "tag:planet,2026:p"},
		{Feed: "all", Story: 1, Date: day(5), PublicID: shown.PublicID},
	}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestPlaceRemovalHandsOver(t *testing.T) {
	t.Parallel()
	known := loaded(knownStory(1, "a", shared))
	known.Copies = []news.KnownStory{planetCopy(5, true)}
	changes := decideFor(&news.Source{Name: "blog", Mirror: true}, known, &news.Batch{})
	want := []news.Place{{Feed: "all", Story: 5, Date: day(5), PublicID: "https://blog.example/a"}}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestPlaceRemovalWaitsForTheLastOfASource(t *testing.T) {
	t.Parallel()
	mirrored := &news.Source{Name: "blog", Mirror: true}
	known := loaded(knownStory(1, "a", shared), knownStory(2, "b", shared))
	known.Copies = []news.KnownStory{planetCopy(5, true)}
	stays := &news.Batch{Unchanged: []string{"b"}}
	if changes := decideFor(mirrored, known, stays); len(changes.Place) != 0 {
		t.Errorf("another story of the source is still shown, yet %+v", changes.Place)
	}
	known = loaded(knownStory(1, "a", shared), knownStory(2, "b", shared))
	known.Copies = []news.KnownStory{planetCopy(5, true)}
	if changes := decideFor(mirrored, known, &news.Batch{}); len(changes.Place) != 1 || changes.Place[0].Story != 5 || changes.Place[0].Hidden {
		t.Errorf("both are gone, yet the copy doesn't take over: %+v", changes.Place)
	}
}

func TestPlaceCopyThatBecomesTheOriginalTakesOver(t *testing.T) {
	t.Parallel()
	hidden := knownStory(1, "a", shared)
	hidden.Places[0] = news.Place{Feed: "all", Story: 1, Date: day(2), PublicID: "tag:planet,2026:p", Hidden: true}
	known := loaded(hidden)
	known.Copies = []news.KnownStory{planetCopy(5, false)}
	changes := decide(t, known, original(changed(story("a", shared, day(5)))))
	want := []news.Place{
		{Feed: "all", Story: 5, Date: day(2), PublicID: "tag:planet,2026:p", Hidden: true},
		{Feed: "all", Story: 1, Date: day(2), PublicID: "tag:planet,2026:p"},
	}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestPlaceArticleDateMoves(t *testing.T) {
	t.Parallel()
	article := changed(story("a", "https://site.example/articles/a", day(1)))
	article.Local = true
	source := &news.Source{Name: news.ArticlesName}
	changes := decideFor(source, loaded(knownStory(1, "a", "https://site.example/articles/a")), &news.Batch{Stories: []news.Story{article}})
	want := []news.Place{{Feed: "all", Story: 1, Date: day(1), PublicID: "https://blog.example/a"}}
	if diff := cmp.Diff(want, changes.Place); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestArrange(t *testing.T) {
	t.Parallel()
	stored := func(key news.StoryKey, source news.SourceKey, link string, isOriginal bool, before int) *news.Story {
		return &news.Story{Key: key, Source: source, Canonical: link, Original: isOriginal, Date: day(before), PublicID: "id" + string(rune('0'+key))}
	}
	at := func(key news.StoryKey, before int, id string, hidden bool) news.Place {
		return news.Place{Feed: "all", Story: key, Date: day(before), PublicID: id, Hidden: hidden}
	}
	type add struct {
		story  *news.Story
		places []news.Place
	}
	tests := []struct {
		name string
		adds []add
		want []news.Place
	}{
		{"stories without a link stand alone",
			[]add{{stored(1, 1, "", false, 1), nil}, {stored(2, 1, "", false, 2), nil}},
			[]news.Place{at(1, 1, "id1", false), at(2, 2, "id2", false)}},
		{"the first copy is shown, the other carries its date and id",
			[]add{{stored(1, 1, shared, false, 3), nil}, {stored(2, 2, shared, false, 1), nil}},
			[]news.Place{at(1, 3, "id1", false), at(2, 3, "id1", true)}},
		{"an original wins at the place of the first",
			[]add{{stored(1, 1, shared, false, 3), nil}, {stored(2, 2, shared, true, 1), nil}},
			[]news.Place{at(1, 3, "id1", true), at(2, 3, "id1", false)}},
		{"two stories of one source are both shown",
			[]add{{stored(1, 1, shared, false, 3), nil}, {stored(2, 1, shared, false, 1), nil}},
			[]news.Place{at(1, 3, "id1", false), at(2, 1, "id2", false)}},
		{"what was published under another copy's id keeps it when that copy is gone",
			[]add{{stored(2, 2, shared, false, 1), []news.Place{at(2, 3, "id1", true)}}},
			[]news.Place{at(2, 3, "id1", false)}},
		{"a place of another feed says nothing",
			[]add{{stored(2, 2, "", false, 1), []news.Place{{Feed: "other", Story: 2, Date: day(9), PublicID: "x"}}}},
			[]news.Place{at(2, 1, "id2", false)}},
		{"what is shown stays shown",
			[]add{{stored(1, 1, shared, false, 3), nil}, {stored(2, 2, shared, false, 1), []news.Place{at(2, 1, "id2", false)}}},
			[]news.Place{at(1, 1, "id2", true), at(2, 1, "id2", false)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := NewArranger("all")
			for _, add := range test.adds {
				a.Add(add.story, add.places)
			}
			if diff := cmp.Diff(test.want, a.Places()); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecideIsPure(t *testing.T) {
	t.Parallel()
	known := func() *news.Known {
		k := loaded(knownStory(1, "a", "x"))
		k.Copies = []news.KnownStory{planetCopy(5, false)}
		return k
	}
	batch := []news.Story{original(story("b", shared, day(1))), changed(story("a", "x", day(5))), story("c", "", time.Time{})}
	if diff := cmp.Diff(decide(t, known(), batch...), decide(t, known(), batch...)); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
}
