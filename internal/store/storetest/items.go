package storetest

import (
	"fmt"
	"reflect"
	"time"

	"tributary/internal/news"
)

var itemChecks = []check{
	{"newest first, in pages", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		var changes news.Changes
		for i := range 20 {
			s := story(fmt.Sprintf("s%02d", i), i/4) // four of each date
			changes.Insert = append(changes.Insert, s)
			changes.Place = append(changes.Place, news.Place{
				Feed: "x", Story: news.StoryKey(-1 - i), Date: s.Date, PublicID: s.PublicID, Hidden: i%5 == 0,
			})
		}
		f.load("a", changes)
		want := ids(f.newest("x"))
		if want != "s03 s02 s01 s07 s06 s04 s11 s09 s08 s14 s13 s12 s19 s18 s17 s16 " {
			f.Fatalf("items %s", want)
		}
		for limit := 1; limit < 8; limit++ {
			got := ""
			var after news.Cursor
			for {
				page, err := f.Newest(f.Context(), "x", after, limit, nil)
				f.must(err)
				if len(page) == 0 {
					break
				}
				got += ids(page)
				last := page[len(page)-1]
				after = news.Cursor{Date: last.Date, Key: last.Key}
			}
			if got != want {
				f.Errorf("by %d: %s", limit, got)
			}
		}
	}},
	{"known stories are read again once they have changed", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		for i, id := range []string{"one", "two", "three"} {
			f.placed("a", story(id, 1+i))
		}
		items := f.newest("x")
		one, two, three := items[0].Key, items[1].Key, items[2].Key
		update := full()
		update.Key, update.ID = one, "one"
		for _, tc := range []struct {
			reason string
			change news.Changes
		}{
			{"a text", news.Changes{Update: []news.Story{update}}},
			{"only what it is recognized by", news.Changes{Touch: []news.Touch{{Key: two, RawHash: items[1].RawHash + 1}}}},
			{"a place", news.Changes{Place: []news.Place{{Feed: "x", Story: three, Date: update.Date, PublicID: "urn:test:other"}}}},
			{"what is there", news.Changes{Remove: []news.StoryKey{two}}},
		} {
			f.load("a", tc.change)
			if f.newest("x"); f.Failed() {
				f.Fatalf("after a change of %s", tc.reason)
			}
		}
		f.placed("b", story("four", 0))
		if got := ids(f.newest("x")); got != "four one three " {
			f.Errorf("items %s", got)
		}
	}},
	{"old and new dates sort", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		for _, year := range []int{1999, 1990, 2026, 1970, 2001} {
			s := story(fmt.Sprint(year), 0)
			s.Date = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
			f.placed("a", s)
		}
		if got := ids(f.newest("x")); got != "2026 2001 1999 1990 1970 " {
			f.Errorf("items %s", got)
		}
	}},
	{"no such feed, no items", func(f *fixture) {
		f.feeds("x")
		for _, feed := range []string{"x", "nowhere", ""} {
			if got := f.newest(feed); len(got) != 0 {
				f.Errorf("%s has %v", feed, got)
			}
		}
	}},
	{"also in: the hidden places of the same feed", func(f *fixture) {
		b := source("b", titled("The B"))
		f.sync(source("a"), b, source("c"), source("d"), source("e"), source("f"))
		f.feeds("x", "y")
		place := func(name, feed, id, canonical string, hidden bool) {
			s := linked(id, canonical)
			s.Link = "https://" + name + ".example/" + id
			f.load(name, news.Changes{Insert: []news.Story{s}, Place: []news.Place{
				{Feed: feed, Story: -1, Date: s.Date, PublicID: s.PublicID, Hidden: hidden},
			}})
		}
		place("a", "x", "one", "https://x.example/1", false)
		place("a", "x", "nolink", "", false)
		place("a", "x", "a2", "https://x.example/1", true) // its own source carries it twice
		place("b", "x", "b1", "https://x.example/1", true)
		place("b", "x", "b2", "", true)
		place("c", "x", "c1", "https://x.example/1", true)
		place("d", "x", "d1", "https://x.example/1", true)
		place("d", "x", "d2", "https://x.example/1", true) // one source is named once
		place("e", "y", "e1", "https://x.example/1", true) // hidden elsewhere
		f.insert("f", linked("f1", "https://x.example/1")) // in no feed
		f.sync(source("a"), b, source("d"), source("e"), source("f"))
		want := []news.Copy{{Title: "The B", Link: "https://b.example/b1"}, {Title: "d.example", Link: "https://d.example/d1"}}
		items := f.newest("x")
		if ids(items) != "nolink one " {
			f.Fatalf("items %s", ids(items))
		}
		for _, item := range items {
			if item.ID == "one" && !reflect.DeepEqual(item.AlsoIn, want) || item.ID != "one" && item.AlsoIn != nil {
				f.Errorf("%s is also in %+v", item.ID, item.AlsoIn)
			}
		}
	}},
	{"two shown copies are not also in each other", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.placed("a", linked("one", "https://x.example/1"))
		f.placed("b", linked("two", "https://x.example/1"))
		for _, item := range f.newest("x") {
			if item.AlsoIn != nil {
				f.Errorf("%s is also in %+v", item.ID, item.AlsoIn)
			}
		}
	}},
	{"articles, newest first", func(f *fixture) {
		articles := source(news.ArticlesName, at("file:/articles"), titled("Our site"))
		f.sync(articles, source("a"))
		f.insert("a", story("other", 0))
		renamed := story("new", 1)
		renamed.Slug, renamed.FormerSlugs = "new", []string{"newer", "newest"}
		f.insert(news.ArticlesName, story("old", 9), renamed, story("middle", 5))
		got, err := f.Articles(f.Context())
		f.must(err)
		if ids(got) != "new middle old " {
			f.Fatalf("articles %s", ids(got))
		}
		if !reflect.DeepEqual(got[0].FormerSlugs, renamed.FormerSlugs) || got[1].FormerSlugs != nil {
			f.Errorf("former slugs %q and %q", got[0].FormerSlugs, got[1].FormerSlugs)
		}
		renamed = got[0].Story
		renamed.FormerSlugs = []string{"newer"}
		f.load(news.ArticlesName, news.Changes{Update: []news.Story{renamed}})
		if again, err := f.Articles(f.Context()); err != nil || !reflect.DeepEqual(again[0].FormerSlugs, renamed.FormerSlugs) {
			f.Errorf("former slugs %q after an update, %v", again[0].FormerSlugs, err)
		}
		if from := got[0].From; !from.Local || from.Title != "Our site" || from.URL != "" || from.Name != news.ArticlesName {
			f.Errorf("from %+v", from)
		}
		f.sync(source("a"))
		if got, err := f.Articles(f.Context()); err != nil || len(got) != 0 {
			f.Errorf("articles %s, %v without their source", ids(got), err)
		}
	}},
}

var infoChecks = []check{
	{"the operator's words win over the feed's", func(f *fixture) {
		plain := source("a")
		f.sync(plain)
		f.feeds("x")
		f.placed("a", story("one", 1))
		from := func() news.SourceInfo {
			f.Helper()
			info := f.newest("x")[0].From
			info.Settings = 0 // see editionChecks
			return info
		}
		want := news.SourceInfo{Key: f.keys["a"], Name: "a", URL: plain.URL, Title: "a.example", Content: news.ContentFull}
		if got := from(); !reflect.DeepEqual(got, want) {
			f.Errorf("from\n%+v, want\n%+v", got, want)
		}
		f.loadBatch("a", news.Batch{
			Title: "Feed title", Link: "https://a.example/", ID: "urn:a", Image: "https://a.example/i", Rights: "CC",
			Authors: []news.Person{{Name: "Ann"}, {Name: "Bob"}}, Updated: start,
		}, news.Changes{})
		want.Title, want.Site, want.ID, want.Image = "Feed title", "https://a.example/", "urn:a", "https://a.example/i"
		want.Rights, want.Author, want.Updated = "CC", "Ann", start
		if got := from(); !reflect.DeepEqual(got, want) {
			f.Errorf("from\n%+v, want\n%+v", got, want)
		}
		own := source("a", titled("Mine"))
		own.Site, own.Author, own.Image = "https://mine.example/", "Me", "https://mine.example/i"
		own.Tags, own.Content = []string{"go", "c++"}, news.ContentSummary
		f.sync(own)
		want.Title, want.Site, want.Author, want.Image = "Mine", own.Site, own.Author, own.Image
		want.Tags, want.Content = own.Tags, own.Content
		if got := from(); !reflect.DeepEqual(got, want) {
			f.Errorf("from\n%+v, want\n%+v", got, want)
		}
	}},
	{"every configured source is described", func(f *fixture) {
		names := func() (list []string) {
			f.Helper()
			infos, err := f.SourceInfos(f.Context())
			f.must(err)
			for _, info := range infos {
				list = append(list, info.Name+" "+info.Title)
			}
			return list
		}
		articles := source(news.ArticlesName)
		f.sync(source("b", titled("B")), source("a"), articles)
		f.loadBatch("a", news.Batch{Title: "Feed title"}, news.Changes{})
		if got, want := names(), []string{"a Feed title", "b B"}; !reflect.DeepEqual(got, want) {
			f.Errorf("described are %q, want %q", got, want)
		}
		f.sync(source("b", titled("B")))
		if got, want := names(), []string{"b B"}; !reflect.DeepEqual(got, want) {
			f.Errorf("described are %q, want %q", got, want)
		}
	}},
	{"a file has no address", func(f *fixture) {
		f.sync(source("a", at("file:/home/me/feed.xml")))
		f.feeds("x")
		f.placed("a", story("one", 1))
		if got := f.newest("x")[0].From; got.URL != "" || got.Title != "a" || got.Local {
			f.Errorf("from %+v", got)
		}
	}},
	{"a key in an address is told to nobody", func(f *fixture) {
		f.sync(source("a", at("https://ann@a.example/feed?board=3&token=k")), source("b", at("https://b.example/?token=k")))
		f.feeds("x")
		f.placed("a", story("one", 1))
		f.loadBatch("a", news.Batch{
			ID: "https://a.example/feed?token=k", Link: "https://a.example/?token=k", Image: "https://a.example/i?token=k",
		}, news.Changes{})
		infos, err := f.SourceInfos(f.Context())
		f.must(err)
		for _, got := range append(infos[:1], f.newest("x")[0].From) {
			if got.URL != "https://a.example/feed?board=3" || !got.Keyed {
				f.Errorf("address %s, keyed: %t", got.URL, got.Keyed)
			}
			if got.ID != "https://a.example/feed" || got.Site != "https://a.example/" || got.Image != "https://a.example/i" {
				f.Errorf("the feed says %s, %s, %s", got.ID, got.Site, got.Image)
			}
		}
		f.loadBatch("b", news.Batch{ID: "urn:b"}, news.Changes{})
		infos, err = f.SourceInfos(f.Context())
		f.must(err)
		if got := infos[1]; got.ID != "urn:b" || got.URL != "https://b.example/" {
			f.Errorf("an id that is no address: %+v", got)
		}
		open := source("a", at("https://a.example/feed?board=3"))
		f.sync(open)
		if got := f.newest("x")[0].From; got.Keyed || got.Site != "https://a.example/?token=k" {
			f.Errorf("what a feed that everybody can read says of itself is public: %+v", got)
		}
	}},
	{"only what shows raises revisions", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.placed("a", story("one", 1))
		batch := news.Batch{Title: "T", Updated: start}
		steps := []struct {
			reason string
			rises  bool
			do     func()
		}{
			{"a new title", true, func() { f.loadBatch("a", batch, news.Changes{}) }},
			{"the same again, another time", false, func() {
				batch.Updated = start.Add(time.Hour)
				f.loadBatch("a", batch, news.Changes{})
			}},
			{"a source without stories", false, func() { f.loadBatch("b", news.Batch{Title: "B"}, news.Changes{}) }},
			{"the same config", false, func() { f.sync(source("a"), source("b")) }},
			{"a setting of fetching", false, func() { f.sync(source("a", concurrency(5)), source("b")) }},
			{"the same title from the operator", false, func() { f.sync(source("a", titled("T")), source("b")) }},
			{"another title from the operator", true, func() { f.sync(source("a", titled("U")), source("b")) }},
			{"a title that is overridden", false, func() {
				batch.Title = "V"
				f.loadBatch("a", batch, news.Changes{})
			}},
			{"another address", true, func() { f.sync(source("a", titled("U"), at("https://b2.example/")), source("b")) }},
			{"removing a source without stories", false, func() { f.sync(source("a", titled("U"), at("https://b2.example/"))) }},
		}
		for _, step := range steps {
			before := f.revision("x")
			step.do()
			if after := f.revision("x"); (after > before) != step.rises {
				f.Errorf("%s: revision %d, then %d", step.reason, before, after)
			}
		}
	}},
}
