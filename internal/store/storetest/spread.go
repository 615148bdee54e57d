package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"tributary/internal/news"
)

// spread gives the newest items of feed x, so many of each source.
func (f *fixture) spread(perSource, limit int) []news.Item {
	f.Helper()
	items, err := f.Spread(f.Context(), "x", perSource, limit, nil)
	f.must(err)
	again, err := f.Spread(f.Context(), "x", perSource, limit, f.remembered["x"])
	f.must(err)
	f.sameItems("x", again, items)
	return items
}

// capped is what Spread promises, the slow way.
func capped(all []news.Item, perSource, limit int) (items []news.Item) {
	count := make(map[news.SourceKey]int)
	for _, item := range all {
		if count[item.From.Key]++; count[item.From.Key] <= perSource && len(items) < limit {
			items = append(items, item)
		}
	}
	return items
}

// flood stores stories of a source in feed x, the newest so many days old, an
// hour apart.
func (f *fixture) flood(name string, days, n int) {
	f.Helper()
	var changes news.Changes
	for i := range n {
		s := story(fmt.Sprintf("%s-%03d", name, i), days)
		s.Date = s.Date.Add(-time.Duration(i) * time.Hour)
		changes.Insert = append(changes.Insert, s)
		changes.Place = append(changes.Place, news.Place{
			Feed: "x", Story: news.StoryKey(-1 - i), Date: s.Date, PublicID: s.PublicID,
		})
	}
	f.load(name, changes)
}

var spreadChecks = []check{
	{"other sources' stories are found below a flood", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.feeds("x")
		f.flood("a", 0, 300)
		f.flood("b", 100, 2)
		f.flood("c", 101, 5)
		if got := ids(f.spread(2, 5)); got != "a-000 a-001 b-000 b-001 c-000 " {
			f.Errorf("items %s", got)
		}
		if got := ids(f.spread(1, 9)); got != "a-000 b-000 c-000 " {
			f.Errorf("items %s", got)
		}
		for _, none := range [][2]int{{0, 5}, {5, 0}, {-1, -1}} {
			if got := f.spread(none[0], none[1]); len(got) != 0 {
				f.Errorf("%v: items %s", none, ids(got))
			}
		}
		if got, err := f.Spread(f.Context(), "nowhere", 5, 5, nil); err != nil || len(got) != 0 {
			f.Errorf("no such feed: %s, %v", ids(got), err)
		}
	}},
	{"a spread has all that is shown of an item", func(f *fixture) {
		f.sync(source("a"), source("b", titled("The B")))
		f.feeds("x")
		f.placed("a", linked("one", "https://x.example/1"))
		copied := linked("copy", "https://x.example/1")
		f.load("b", news.Changes{Insert: []news.Story{copied}, Place: []news.Place{
			{Feed: "x", Story: -1, Date: copied.Date, PublicID: copied.PublicID, Hidden: true},
		}})
		got, want := f.spread(5, 5), f.newest("x")
		if len(got) != 1 || fmt.Sprint(got) != fmt.Sprint(want) || len(got[0].AlsoIn) != 1 {
			f.Errorf("items %+v, want %+v", got, want)
		}
	}},
	{"a spread follows what moves and goes", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.feeds("x", "y")
		f.flood("a", 3, 4)
		f.flood("b", 2, 4)
		f.flood("c", 1, 4)
		// The newest source loses all its stories, the next one its newest ones;
		// the oldest one has a story moved to the top.
		f.load("c", news.Changes{Remove: []news.StoryKey{
			f.byID("c", "c-000").Key, f.byID("c", "c-001").Key, f.byID("c", "c-002").Key, f.byID("c", "c-003").Key,
		}})
		f.load("b", news.Changes{Unplace: []news.Place{
			{Feed: "x", Story: f.byID("b", "b-000").Key}, {Feed: "x", Story: f.byID("b", "b-001").Key},
		}})
		top := f.byID("a", "a-003")
		f.load("a", news.Changes{Place: []news.Place{{Feed: "x", Story: top.Key, Date: start, PublicID: top.PublicID}}})
		if got := ids(f.spread(2, 3)); got != "a-003 b-002 b-003 " {
			f.Errorf("items %s", got)
		}
		f.must(f.ReplacePlaces(f.Context(), "x", "v2", []news.Place{
			{Story: f.byID("b", "b-000").Key, Date: start.AddDate(0, 0, 1), PublicID: "urn:test:b-000"},
			{Story: top.Key, Date: start, PublicID: top.PublicID},
		}))
		if got := ids(f.spread(2, 3)); got != "b-000 a-003 " {
			f.Errorf("items %s once the places were replaced", got)
		}
	}},
	{"a hidden copy that is shown again is found", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.flood("a", 0, 3)
		copied := story("copy", 5)
		place := news.Place{Feed: "x", Story: -1, Date: copied.Date, PublicID: copied.PublicID, Hidden: true}
		f.load("b", news.Changes{Insert: []news.Story{copied}, Place: []news.Place{place}})
		places := []news.Place{place}
		places[0].Story = f.byID("b", "copy").Key
		f.must(f.ReplacePlaces(f.Context(), "x", "v2", places))
		if got := ids(f.spread(2, 3)); got != "" {
			f.Errorf("items %s", got)
		}
		places[0].Hidden = false
		f.load("b", news.Changes{Place: places})
		if got := ids(f.spread(2, 3)); got != "copy " {
			f.Errorf("items %s", got)
		}
	}},
	{"a spread is what reading everything would give", func(f *fixture) {
		var sources []news.Source
		for i := range 12 {
			sources = append(sources, source(fmt.Sprintf("s%d", i)))
		}
		f.sync(sources...)
		f.feeds("x")
		random := rand.New(rand.NewPCG(1, 2))
		for i, s := range sources {
			f.flood(s.Name, random.IntN(5), 1+random.IntN(8)*i) // many share a date
		}
		all, err := f.Newest(f.Context(), "x", news.Cursor{}, 1000, nil)
		f.must(err)
		for range 40 {
			perSource, limit := 1+random.IntN(20), 1+random.IntN(60)
			got, want := f.spread(perSource, limit), capped(all, perSource, limit)
			if !slices.EqualFunc(got, want, func(a, b news.Item) bool { return a.Key == b.Key }) {
				f.Errorf("%d of each, %d: items %s, want %s", perSource, limit, ids(got), ids(want))
			}
		}
	}},
}
