package storetest

import (
	"maps"
	"reflect"
	"time"

	"tributary/internal/news"
)

// full is a story with every field set.
func full() news.Story {
	return news.Story{
		ID: "tag:x.example,2001:1", PublicID: "tag:x.example,2001:1", Canonical: "https://x.example/é",
		Title: "Zoë’s 👩‍👩‍👧 & <b>", Link: "https://x.example/é", Summary: "<p>S</p>", Content: "<p>\u2028 \x00 end</p>",
		Excerpt: "S", Words: 12, Language: "pt-BR", Rights: "© 2026", Comments: "https://x.example/c", Image: "https://x.example/i",
		Authors:    []news.Person{{Name: "A <a>", Email: "a@x.example", URL: "https://x.example"}, {Name: "B\x00"}},
		Categories: []string{"one", "👍", ""},
		Enclosures: []news.Enclosure{{URL: "https://x.example/e.mp3?a=1&b=2", Type: "audio/mpeg", Length: 1 << 40, Duration: 1834, Episode: news.Episode{Number: 7, Season: 2, Kind: "bonus", Explicit: "false"}}},
		Origin:     &news.Origin{Title: "O", ID: "urn:o", Link: "https://o.example"},
		Published:  time.Date(1990, 1, 1, 0, 0, 0, 1e6, time.UTC), Updated: start.Add(-time.Hour),
		FirstSeen: start, Date: time.Date(1990, 1, 1, 0, 0, 0, 1e6, time.UTC), Changed: start.Add(-time.Minute), Updates: 3,
		Local: true, Slug: "zoe", Hash: 1<<64 - 1, RawHash: 1 << 63, Dated: news.DatedFuture, Original: true,
	}
}

var storyChecks = []check{
	{"every field comes back", func(f *fixture) {
		f.sync(source("a"))
		want := full()
		f.insert("a", want)
		got := f.byID("a", want.ID)
		want.Key, want.Source = got.Key, f.keys["a"]
		if !reflect.DeepEqual(got.Story, want) {
			f.Errorf("got  %+v\nwant %+v", got.Story, want)
		}
	}},
	{"an empty story comes back empty", func(f *fixture) {
		f.sync(source("a"))
		want := news.Story{ID: "x", PublicID: "urn:x", Published: time.Unix(0, 0).UTC()}
		f.insert("a", want)
		got := f.byID("a", "x")
		want.Key, want.Source = got.Key, f.keys["a"]
		if !reflect.DeepEqual(got.Story, want) {
			f.Errorf("got  %+v\nwant %+v", got.Story, want)
		}
	}},
	{"keys rise in the order of the batch and are not used again", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("z", 1), story("y", 2), story("x", 3))
		if !(0 < keys[0] && keys[0] < keys[1] && keys[1] < keys[2]) {
			f.Fatalf("keys %v", keys)
		}
		f.load("a", news.Changes{Remove: keys})
		if again := f.insert("a", story("x", 3)); again[0] <= keys[2] {
			f.Errorf("key %d after %v", again[0], keys)
		}
	}},
	{"an update replaces all but key and public id", func(f *fixture) {
		f.sync(source("a"))
		key := f.insert("a", story("one", 1))[0]
		want := full()
		want.Key, want.ID, want.PublicID = key, "one", "urn:test:one"
		f.load("a", news.Changes{Update: []news.Story{want}})
		want.Source = f.keys["a"]
		if got := f.byID("a", "one"); !reflect.DeepEqual(got.Story, want) {
			f.Errorf("got  %+v\nwant %+v", got.Story, want)
		}
	}},
	{"an update of what isn't there is an error", func(f *fixture) {
		f.sync(source("a"))
		lost := story("one", 1)
		lost.Key = 99
		_, err := f.Record(f.Context(), []news.Result{f.changed(f.lease("a"), news.Batch{})}, to(news.Changes{Update: []news.Story{lost}}))
		if err == nil {
			f.Error("no error")
		}
	}},
	{"seen by id and alias", func(f *fixture) {
		f.sync(source("a"), source("b"))
		one, two := linked("one", ""), linked("nul\x00 \xff 👍", "")
		one.RawHash, two.RawHash = 1<<64-1, 2
		keys := f.insert("a", one, two)
		f.load("a", news.Changes{
			Alias: map[string]news.StoryKey{"uno": keys[0]},
			Touch: []news.Touch{{Key: keys[1], RawHash: 22}},
		})
		got, err := f.Seen(f.Context(), f.keys["a"], []string{"one", "uno", two.ID, "three"})
		f.must(err)
		if want := map[string]uint64{"one": 1<<64 - 1, "uno": 1<<64 - 1, two.ID: 22}; !maps.Equal(got, want) {
			f.Errorf("seen %v, want %v", got, want)
		}
		for _, ids := range [][]string{{"one"}, nil} {
			if got, err := f.Seen(f.Context(), f.keys["b"], ids); err != nil || len(got) != 0 {
				f.Errorf("seen %v, %v in another source", got, err)
			}
		}
	}},
	{"stories come in pages by key", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.insert("a", story("1", 1), story("2", 2))
		f.insert("b", story("3", 3))
		f.insert("c", story("4", 4))
		f.insert("a", story("5", 5))
		f.sync(source("a"), source("c"))
		var got string
		var after news.StoryKey
		for {
			page, err := f.Stories(f.Context(), after, 2)
			f.must(err)
			if len(page) == 0 {
				break
			}
			for _, story := range page {
				got += story.SourceName + story.ID + " "
				after = story.Key
			}
		}
		if got != "a1 a2 c4 a5 " {
			f.Errorf("stories %s", got)
		}
	}},
}
