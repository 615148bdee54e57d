package storetest

import (
	"slices"
	"time"

	"tributary/internal/news"
)

// placed inserts a story of a source and shows it in feed x.
func (f *fixture) placed(name string, s news.Story) news.Recorded {
	f.Helper()
	return f.load(name, news.Changes{
		Insert: []news.Story{s}, Feeds: []string{"x"},
		Place: []news.Place{{Feed: "x", Story: -1, Date: s.Date, PublicID: s.PublicID}},
	})
}

var placeChecks = []check{
	{"a negative key means an inserted story", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		f.load("a", news.Changes{
			Insert: []news.Story{story("one", 1), story("two", 2)},
			Place: []news.Place{
				{Feed: "x", Story: -2, Date: start, PublicID: "urn:test:two"},
				{Feed: "x", Story: -1, Date: start.Add(-time.Hour), PublicID: "urn:test:one"},
			},
		})
		if got := ids(f.newest("x")); got != "two one " {
			f.Errorf("items %s", got)
		}
	}},
	{"a better copy takes over place and id", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.placed("a", story("one", 1))
		one := f.byID("a", "one")
		better := linked("better", one.Canonical)
		f.load("b", news.Changes{
			Insert: []news.Story{better}, Feeds: []string{"x"},
			Place: []news.Place{
				{Feed: "x", Story: one.Key, Date: one.Date, PublicID: one.PublicID, Hidden: true},
				{Feed: "x", Story: -1, Date: one.Date, PublicID: one.PublicID},
			},
		})
		items := f.newest("x")
		if ids(items) != "better " || items[0].PublicID != one.PublicID || !items[0].Date.Equal(one.Date) {
			f.Fatalf("items %+v", items)
		}
		if stored := f.byID("b", "better"); stored.PublicID != better.PublicID || len(stored.Places) != 1 {
			f.Errorf("its own public id and place: %+v", stored)
		}
		if hidden := f.byID("a", "one").Places; len(hidden) != 1 || !hidden[0].Hidden {
			f.Errorf("places of the other %+v", hidden)
		}
	}},
	{"a story leaves one feed and stays in another", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x", "y")
		f.placed("a", story("one", 1))
		key := f.byID("a", "one").Key
		f.load("a", news.Changes{Place: []news.Place{{Feed: "y", Story: key, Date: start, PublicID: "urn:y"}}})
		f.load("a", news.Changes{Unplace: []news.Place{{Feed: "x", Story: key}}})
		if x, y := ids(f.newest("x")), f.newest("y"); x != "" || ids(y) != "one " || y[0].PublicID != "urn:y" {
			f.Errorf("x has %s, y has %+v", x, y)
		}
	}},
	{"a removed story leaves its feeds", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		f.placed("a", story("one", 1))
		f.load("a", news.Changes{Remove: []news.StoryKey{f.byID("a", "one").Key}, Feeds: []string{"x"}})
		if len(f.stories()) != 0 || len(f.newest("x")) != 0 {
			f.Error("it is still there")
		}
	}},
	{"a source removes no other's stories", func(f *fixture) {
		f.sync(source("a"), source("b"))
		keys := f.insert("a", story("one", 1))
		f.load("b", news.Changes{Remove: keys})
		if len(f.stories()) != 1 {
			f.Error("it did")
		}
	}},
	{"a feed that isn't configured gets no places", func(f *fixture) {
		f.sync(source("a"))
		recorded := f.placed("a", story("one", 1))
		if len(recorded.Feeds) != 0 || len(f.byID("a", "one").Places) != 0 {
			f.Errorf("recorded %+v", recorded)
		}
		if stale := f.feeds("x"); !slices.Equal(stale, []string{"x"}) || len(f.newest("x")) != 0 {
			f.Errorf("stale %v", stale)
		}
	}},
	{"places can be replaced", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		keys := f.insert("a", story("one", 1), story("two", 2), story("three", 3))
		place := func(i int, hidden bool) news.Place {
			return news.Place{Feed: "x", Story: keys[i], Date: start.AddDate(0, 0, -i), PublicID: "urn:p", Hidden: hidden}
		}
		replace := func(fingerprint string, places ...news.Place) int64 {
			f.Helper()
			f.must(f.ReplacePlaces(f.Context(), "x", fingerprint, places))
			return f.revision("x")
		}
		first := replace("v1 of x", place(0, false), place(1, true))
		if got := ids(f.newest("x")); got != "one " || first == 0 {
			f.Errorf("items %s, revision %d", got, first)
		}
		if stale := f.feeds("x"); len(stale) != 0 {
			f.Errorf("stale %v", stale)
		}
		if again := replace("v2", place(1, true), place(0, false)); again != first {
			f.Errorf("revision %d rose to %d without a difference", first, again)
		}
		if stale := f.feeds("x"); !slices.Equal(stale, []string{"x"}) {
			f.Errorf("stale %v with another fingerprint", stale)
		}
		second := replace("v3", place(1, false), place(2, false))
		if got := ids(f.newest("x")); got != "two three " || second != first+1 {
			f.Errorf("items %s, revision %d after %d", got, second, first)
		}
		if third := replace("v4"); third != second+1 || len(f.newest("x")) != 0 {
			f.Errorf("revision %d after %d", third, second)
		}
	}},
}

var feedChecks = []check{
	{"new and changed feeds are stale", func(f *fixture) {
		if stale := f.feeds("y", "x"); !slices.Equal(stale, []string{"x", "y"}) {
			f.Errorf("stale %v", stale)
		}
		f.must(f.ReplacePlaces(f.Context(), "x", "v1 of x", nil))
		if stale := f.feeds("y", "x"); !slices.Equal(stale, []string{"y"}) {
			f.Errorf("stale %v", stale)
		}
	}},
	{"a feed that goes loses its places, its revision never falls", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x", "y")
		f.placed("a", story("one", 1))
		before := f.revision("x")
		f.feeds("y")
		revisions, err := f.Revisions(f.Context())
		f.must(err)
		if _, ok := revisions["x"]; ok || len(f.byID("a", "one").Places) != 0 || len(f.newest("x")) != 0 {
			f.Errorf("revisions %v", revisions)
		}
		if stale := f.feeds("x", "y"); !slices.Contains(stale, "x") || f.revision("x") <= before {
			f.Errorf("stale %v, revision %d after %d", stale, f.revision("x"), before)
		}
	}},
	{"revisions rise once a call", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x", "y")
		results := []news.Result{}
		for _, lease := range f.claim().Leases {
			results = append(results, f.changed(lease, news.Batch{}))
		}
		x, y := f.revision("x"), f.revision("y")
		recorded, err := f.Record(f.Context(), results, to(news.Changes{Feeds: []string{"x", "x", "nowhere"}}))
		f.must(err)
		if f.revision("x") != x+1 || f.revision("y") != y {
			f.Errorf("x %d, y %d; were %d, %d", f.revision("x"), f.revision("y"), x, y)
		}
		for _, r := range recorded {
			if !slices.Equal(r.Feeds, []string{"x"}) {
				f.Errorf("recorded %+v", r)
			}
		}
	}},
	{"a visit without news raises nothing", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		x := f.revision("x")
		f.load("a", news.Changes{})
		f.record(f.result(f.lease2("a")), f.none)
		if f.revision("x") != x {
			f.Error("it did")
		}
	}},
	{"the articles have a revision of their own", func(f *fixture) {
		f.sync(source(news.ArticlesName, at("file:/articles")), source("a"))
		f.feeds("x")
		before := f.revision(news.ArticlesName)
		f.insert("a", story("one", 1))
		if f.revision(news.ArticlesName) != before {
			f.Error("it rose for another source")
		}
		recorded := f.load(news.ArticlesName, news.Changes{Insert: []news.Story{story("two", 1)}})
		if f.revision(news.ArticlesName) != before+1 || !slices.Equal(recorded.Feeds, []string{news.ArticlesName}) {
			f.Errorf("revision %d after %d, recorded %+v", f.revision(news.ArticlesName), before, recorded)
		}
		f.load(news.ArticlesName, news.Changes{})
		f.load(news.ArticlesName, news.Changes{Remove: []news.StoryKey{f.byID(news.ArticlesName, "two").Key}})
		if got := f.revision(news.ArticlesName); got != before+2 {
			f.Errorf("revision %d after %d", got, before)
		}
	}},
}
