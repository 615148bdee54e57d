package merge_test

import (
	"testing"
	"time"

	"tributary/aggregator/merge"
	"tributary/internal/news"
)

func TestText(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	story := &news.Story{Key: 7, Source: 1, ID: "a", PublicID: "urn:a", Canonical: "https://e.example/a", Date: date, Changed: date, Words: 900}
	known := func(places ...news.Place) *news.Known {
		return &news.Known{Stories: []news.KnownStory{{
			Key: 7, Source: 1, ID: "a", PublicID: "urn:a", Canonical: story.Canonical, Date: date, Places: places,
		}}}
	}
	// The feed takes long stories only.
	rules := merge.Rules{Source: &news.Source{}, Member: func(s *news.Story, _ *news.Source) []news.Verdict {
		return []news.Verdict{{Feed: "all", In: true}, {Feed: "long", In: s.Words > 500}, {Feed: "short", In: s.Words < 100}}
	}}
	place := func(feed string) news.Place { return news.Place{Feed: feed, Story: 7, Date: date, PublicID: "urn:a"} }
	changes := merge.Text(known(place("all"), place("short")), story, rules)
	switch {
	case len(changes.Update) != 1 || !changes.Update[0].Changed.Equal(date) || changes.Update[0].Updates != 0:
		t.Errorf("update %+v: it must be no news", changes.Update)
	case len(changes.Place) != 1 || changes.Place[0].Feed != "long":
		t.Errorf("places %+v, want one in long", changes.Place)
	case len(changes.Unplace) != 1 || changes.Unplace[0].Feed != "short":
		t.Errorf("unplaced %+v, want short", changes.Unplace)
	case len(changes.Feeds) != 3:
		t.Errorf("feeds %v: all of them look different", changes.Feeds)
	}
	if changes := merge.Text(&news.Known{}, story, rules); len(changes.Update)+len(changes.Place) != 0 {
		t.Errorf("a story that nobody knows changes %+v", changes)
	}
}
