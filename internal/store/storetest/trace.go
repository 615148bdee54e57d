package storetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

func (f *fixture) trace(address, canonical string) news.Trace {
	f.Helper()
	trace, err := f.Trace(f.Context(), address, canonical)
	f.must(err)
	return trace
}

// tracedIDs are the ids of traced stories, by key.
func tracedIDs(trace news.Trace) []string {
	var ids []string
	for i := range trace.Stories {
		ids = append(ids, trace.Stories[i].ID)
	}
	return ids
}

var traceChecks = []check{
	{"a trace has all that is on record of an address", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		link := "https://x.example/1"
		keys := f.insert("a", linked("one", link), linked("two", "https://x.example/2"))
		f.insert("b", linked("copy", link))
		f.load("a", news.Changes{
			Alias:     map[string]news.StoryKey{"uno": keys[0]},
			Place:     []news.Place{{Feed: "x", Story: keys[0], Date: start, PublicID: "urn:test:one"}},
			Decisions: []news.Decision{{Story: keys[0], ID: "uno", Action: news.ActionAlias, Reason: "same link"}},
		})
		for _, test := range []struct {
			reason, address, canonical string
			want                       []string
		}{
			{"a public id", "urn:test:one", "", []string{"one", "copy"}},
			{"an id", "two", "", []string{"two"}},
			{"an alias", "uno", "", []string{"one", "copy"}},
			{"a link", "as typed", link, []string{"one", "copy"}},
			{"nothing", "urn:test:none", "", nil},
		} {
			if got := tracedIDs(f.trace(test.address, test.canonical)); !slices.Equal(got, test.want) {
				f.Errorf("%s: got %q, want %q", test.reason, got, test.want)
			}
		}
		s := f.trace("one", "").Stories[0]
		if s.SourceName != "a" || s.SourceURL != "https://a.example/feed" || !s.Removed.IsZero() ||
			!slices.Equal(s.Aliases, []string{"uno"}) || len(s.Places) != 1 || len(s.Decisions) == 0 {
			f.Errorf("got %+v", s)
		}
	}},
	{"a trace knows stories of sources that are configured no more", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("a", linked("one", ""))
		f.now = f.now.Add(time.Hour)
		f.sync(source("b"))
		stories := f.trace("one", "").Stories
		if len(stories) != 1 || !stories[0].Removed.Equal(f.now.Truncate(time.Millisecond)) {
			f.Errorf("got %+v", stories)
		}
	}},
	{"a trace knows what was taken out and left out", func(f *fixture) {
		f.sync(source("a"))
		link := "https://x.example/1"
		keys := f.insert("a", linked("one", link))
		f.revise("a", keys, news.Changes{Bury: []news.Burial{{Story: keys[0], Kind: news.TombstoneRetracted, Reason: "wrong", Link: link}}})
		f.load("a", news.Changes{Decisions: []news.Decision{{ID: "one", Action: news.ActionDrop, Reason: "it was retracted"}}})
		for _, address := range []string{"one", "urn:test:one", link} {
			trace := f.trace(address, address)
			if len(trace.Stories) != 0 || len(trace.Graves) != 1 {
				f.Errorf("%s: got %+v", address, trace)
				continue
			}
			if g := trace.Graves[0]; g.SourceName != "a" || g.ID != "one" || g.Reason != "wrong" || g.Kind != news.TombstoneRetracted || g.At.IsZero() {
				f.Errorf("%s: got %+v", address, g)
			}
		}
		if left := f.trace("one", "").LeftOut; len(left) != 1 || left[0].SourceName != "a" || left[0].Reason != "it was retracted" {
			f.Errorf("left out %+v", left)
		}
	}},
	{"what stands ahead in a feed", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		var places []news.Place
		for i, key := range f.insert("a", story("a1", 1), story("a2", 2), story("a3", 3)) {
			places = append(places, news.Place{Feed: "x", Story: key, Date: start.AddDate(0, 0, -i), PublicID: "urn:test:a" + string(rune('1'+i))})
		}
		mine := places
		f.load("a", news.Changes{Place: places})
		other := f.insert("b", story("b1", 1), story("b2", 1))
		f.load("b", news.Changes{Place: []news.Place{
			{Feed: "x", Story: other[0], Date: mine[1].Date, PublicID: "urn:test:b1"}, // the same date, a higher key
			{Feed: "x", Story: other[1], Date: mine[0].Date, PublicID: "urn:test:a1", Hidden: true},
		}})
		for i, want := range []news.Ahead{{}, {All: 2, OfSource: 1}, {All: 3, OfSource: 2}} {
			if got, err := f.Ahead(f.Context(), mine[i]); err != nil || got != want {
				f.Errorf("before %d: got %+v, %v, want %+v", i, got, err, want)
			}
		}
	}},
	{"the applied config is the last one", func(f *fixture) {
		applied := func() news.AppliedConfig {
			f.Helper()
			config, err := f.Applied(f.Context())
			f.must(err)
			hash, err := f.AppliedHash(f.Context())
			f.must(err)
			if hash != config.Hash {
				f.Errorf("the hash is %q, of %+v", hash, config)
			}
			return config
		}
		if got := applied(); got != (news.AppliedConfig{}) {
			f.Errorf("of none: %+v", got)
		}
		first := news.AppliedConfig{Hash: "1", Text: "one", At: f.now.Truncate(time.Millisecond)}
		f.must(f.Apply(f.Context(), first))
		again := first
		again.At = first.At.Add(time.Hour)
		f.must(f.Apply(f.Context(), again))
		if got := applied(); got != first {
			f.Errorf("the same one again: %+v, want %+v", got, first)
		}
		second := news.AppliedConfig{Hash: "2", Text: "two", At: again.At}
		f.must(f.open(f.T).Apply(f.Context(), second))
		if got := applied(); got != second {
			f.Errorf("by another process: %+v, want %+v", got, second)
		}
	}},
	{"reading lists are kept as they were read", func(f *fixture) {
		list := news.ReadingList{
			Address: "https://x.example/list.opml", Changed: f.now.Truncate(time.Millisecond), Checked: f.now.Truncate(time.Millisecond),
			Due: f.now.Add(time.Hour).Truncate(time.Millisecond), Trouble: "broken",
			Entries:    []news.ListEntry{{Name: "a", URL: "https://a.example/", Tags: []string{"x", "y"}}, {Name: "b", URL: "https://b.example/"}},
			Validators: news.Validators{URL: "https://x.example/", ETag: `"1"`, LastModified: "then", BodyHash: 1 << 63},
		}
		f.must(f.KeepReadingList(f.Context(), news.ReadingList{Address: list.Address, Trouble: "never read"}))
		f.must(f.KeepReadingList(f.Context(), list))
		got, err := f.ReadingLists(f.Context())
		f.must(err)
		if len(got) != 1 {
			f.Fatalf("got %+v", got)
		}
		if diff := cmp.Diff(list, got[0]); diff != "" {
			f.Errorf("-want +got:\n%s", diff)
		}
	}},
}
