package storetest

import (
	"maps"
	"slices"

	"tributary/internal/news"
)

// known gives what a store knows that bears on a batch of a source.
func (f *fixture) known(name string, batch news.Batch) *news.Known {
	f.Helper()
	var got *news.Known
	f.record(f.changed(f.lease2(name), batch), func(known *news.Known, _ *news.Result) news.Changes {
		got = known
		return news.Changes{}
	})
	if got == nil {
		f.Fatal("decide was not called")
	}
	return got
}

func batchOf(stories ...news.Story) news.Batch { return news.Batch{Stories: stories} }

func knownIDs(stories []news.KnownStory) string {
	var all []string
	for _, story := range stories {
		all = append(all, story.ID)
	}
	slices.Sort(all)
	text := ""
	for _, id := range all {
		text += id + " "
	}
	return text
}

// linked is a story with an id and a canonical link of its own.
func linked(id, canonical string) news.Story {
	s := story(id, 1)
	s.Canonical = canonical
	return s
}

var knownChecks = []check{
	{"stories by id", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("a", story("one", 1), story("two", 2), story("three", 3))
		f.insert("b", linked("four", ""))
		known := f.known("a", batchOf(linked("two", ""), linked("four", ""), linked("five", "")))
		if got := knownIDs(known.Stories); got != "two " || len(known.Copies) != 0 {
			f.Errorf("stories %s, copies %v", got, known.Copies)
		}
		want := story("two", 2)
		got := known.Stories[0]
		if got.Source != f.keys["a"] || got.PublicID != want.PublicID || got.Canonical != want.Canonical ||
			got.Hash != want.Hash || got.RawHash != want.RawHash || !got.Date.Equal(want.Date) ||
			!got.Published.Equal(want.Published) || !got.FirstSeen.Equal(want.FirstSeen) {
			f.Errorf("known %+v", got)
		}
		if known.Source.Name != "a" || known.Source.Stories != 3 || !known.Source.Loaded {
			f.Errorf("source %+v", known.Source)
		}
	}},
	{"a first batch meets what others have, and the second what it left", func(f *fixture) {
		f.sync(source("a"), source("b"))
		theirs := f.insert("b", linked("one", "https://x.example/1"))
		batch := batchOf(linked("one", "https://x.example/1"))
		var first *news.Known
		f.record(f.changed(f.lease2("a"), batch), func(known *news.Known, _ *news.Result) news.Changes {
			first = known
			own := linked("one", "https://x.example/1")
			own.PublicID = "public of a"
			return news.Changes{Insert: []news.Story{own}, Alias: map[string]news.StoryKey{"uno": -1}}
		})
		if first.Source.Loaded || len(first.Stories) != 0 || len(first.Copies) != 1 || first.Copies[0].Key != theirs[0] {
			f.Errorf("first: loaded %v, stories %+v, copies %+v", first.Source.Loaded, first.Stories, first.Copies)
		}
		second := f.known("a", batchOf(linked("uno", ""), linked("other", "https://x.example/1")))
		if got := knownIDs(second.Stories); got != "one " || second.Aliases["uno"] != second.Stories[0].Key {
			f.Errorf("second: stories %s, aliases %v", got, second.Aliases)
		}
	}},
	{"stories by an id that differs in scheme or www", func(f *fixture) {
		f.sync(source("a"))
		f.insert("a", linked("http://x.example/1", ""), linked("https://www.x.example/2", ""), linked("http://y.example/1", ""))
		known := f.known("a", batchOf(linked("https://www.x.example/1", ""), linked("http://x.example/2", "")))
		if got := knownIDs(known.Stories); got != "http://x.example/1 https://www.x.example/2 " {
			f.Errorf("stories %s", got)
		}
	}},
	{"stories by canonical link", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("a", linked("one", "https://x.example/1"), linked("two", "https://x.example/2"), linked("none", ""))
		f.insert("b", linked("copy", "https://x.example/1"))
		known := f.known("a", batchOf(linked("other", "https://x.example/1"), linked("plain", "")))
		if got := knownIDs(known.Stories); got != "one " {
			f.Errorf("stories %s", got)
		}
		if got := knownIDs(known.Copies); got != "copy " || known.Copies[0].Source != f.keys["b"] {
			f.Errorf("copies %s", got)
		}
	}},
	{"copies under a link that a story may give up", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("a", linked("one", "https://x.example/old"))
		f.insert("b", linked("copy", "https://x.example/old"))
		known := f.known("a", batchOf(linked("one", "https://x.example/new")))
		if got := knownIDs(known.Copies); got != "copy " {
			f.Errorf("copies %q", got)
		}
	}},
	{"no copies of sources that are configured no more", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("b", linked("copy", "https://x.example/1"))
		f.sync(source("a"))
		if known := f.known("a", batchOf(linked("one", "https://x.example/1"))); len(known.Copies) != 0 {
			f.Errorf("copies %+v", known.Copies)
		}
	}},
	{"everything of a mirrored source", func(f *fixture) {
		f.sync(source("a", mirrored))
		keys := f.insert("a", linked("one", ""), linked("two", ""))
		f.load("a", news.Changes{Alias: map[string]news.StoryKey{"uno": keys[0], "eins": keys[0]}})
		known := f.known("a", news.Batch{Unchanged: []string{"uno"}})
		if got := knownIDs(known.Stories); got != "one two " || known.Aliases["uno"] != keys[0] {
			f.Errorf("stories %s, aliases %v", got, known.Aliases)
		}
	}},
	{"everything of the articles", func(f *fixture) {
		f.sync(source(news.ArticlesName, at("file:/articles")))
		f.insert(news.ArticlesName, linked("one", ""), linked("two", ""))
		if got := knownIDs(f.known(news.ArticlesName, news.Batch{}).Stories); got != "one two " {
			f.Errorf("stories %q", got)
		}
	}},
	{"aliases lead to their stories", func(f *fixture) {
		f.sync(source("a"), source("b"))
		keys := f.insert("a", linked("one", ""), linked("two", ""))
		f.load("a", news.Changes{Alias: map[string]news.StoryKey{"uno": keys[0], "due": keys[1]}})
		known := f.known("a", batchOf(linked("uno", "")))
		if got := knownIDs(known.Stories); got != "one " || !maps.Equal(known.Aliases, map[string]news.StoryKey{"uno": keys[0]}) {
			f.Errorf("stories %s, aliases %v", got, known.Aliases)
		}
		if known := f.known("b", batchOf(linked("uno", ""))); len(known.Aliases)+len(known.Stories) != 0 {
			f.Errorf("another source's aliases %+v", known)
		}
		f.load("a", news.Changes{Alias: map[string]news.StoryKey{"uno": keys[1]}})
		f.load("a", news.Changes{Remove: keys[:1]})
		if known := f.known("a", batchOf(linked("uno", ""))); known.Aliases["uno"] != keys[1] {
			f.Errorf("aliases %v after a change", known.Aliases)
		}
		f.load("a", news.Changes{Remove: keys[1:]})
		if known := f.known("a", batchOf(linked("uno", ""), linked("due", ""))); len(known.Aliases) != 0 {
			f.Errorf("aliases %v of removed stories", known.Aliases)
		}
	}},
	{"public ids that are taken", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		one := linked("https://x.example/1", "")
		one.PublicID = one.ID
		two := linked("two", "")
		two.PublicID = "urn:uuid:2"
		keys := f.insert("a", one, two)
		want := map[string]news.StoryKey{one.PublicID: keys[0], "urn:uuid:2": keys[1]}
		if got := f.known("b", batchOf(one, two)).Taken; !maps.Equal(got, want) {
			f.Errorf("taken %v, want %v", got, want)
		}
		wish := linked("three", "")
		wish.PublicID = "urn:uuid:2"
		if got := f.known("b", batchOf(wish)).Taken; got["urn:uuid:2"] != keys[1] {
			f.Errorf("taken %v of a wish", got)
		}
		f.sync(source("b"), source("c"))
		if got := f.known("b", batchOf(one)).Taken; got[one.ID] != keys[0] {
			f.Errorf("taken %v: a former source's stories keep their ids", got)
		}
	}},
	{"known stories have their places", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x", "y")
		place := news.Place{Feed: "x", Story: -1, Date: start, PublicID: "urn:test:one"}
		hidden := news.Place{Feed: "y", Story: -1, Date: start.AddDate(0, 0, -9), PublicID: "urn:other", Hidden: true}
		f.load("a", news.Changes{Insert: []news.Story{story("one", 1)}, Place: []news.Place{place, hidden}})
		key := f.byID("a", "one").Key
		place.Story, hidden.Story = key, key
		want := []news.Place{place, hidden}
		if got := f.known("a", batchOf(story("one", 1))).Stories[0].Places; !slices.Equal(got, want) {
			f.Errorf("places %+v, want %+v", got, want)
		}
		if got := f.known("b", batchOf(story("one", 1))).Copies[0].Places; !slices.Equal(got, want) {
			f.Errorf("places of the copy %+v", got)
		}
	}},
	{"a large batch", func(f *fixture) {
		f.sync(source("a"))
		var stories []news.Story
		for i := range 600 {
			stories = append(stories, linked(string(rune('一'+i)), ""))
		}
		f.load("a", news.Changes{Insert: stories})
		if got := f.known("a", batchOf(stories...)); len(got.Stories) != 600 || len(got.Taken) != 600 {
			f.Errorf("%d stories, %d ids taken", len(got.Stories), len(got.Taken))
		}
	}},
}
