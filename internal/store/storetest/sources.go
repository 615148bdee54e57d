package storetest

import (
	"slices"
	"time"

	"tributary/internal/news"
)

var sourceChecks = []check{
	{"a new source is due at once", func(f *fixture) {
		keys := f.sync(source("a"), source("b"))
		if len(keys) != 2 || keys["a"] == 0 || keys["a"] == keys["b"] {
			f.Fatalf("keys %v", keys)
		}
		state := f.state("a")
		if state.Key != keys["a"] || !state.Due.Equal(f.now) || state.Health != news.HealthNew || state.Loaded {
			f.Errorf("state %+v", state)
		}
	}},
	{"syncing the same again changes nothing", func(f *fixture) {
		before := f.sync(source("a"))["a"]
		f.record(f.result(f.lease("a")), f.none)
		due := f.state("a").Due
		f.now = f.now.Add(time.Hour)
		if after := f.sync(source("a"))["a"]; after != before || !f.state("a").Due.Equal(due) {
			f.Errorf("key %d became %d, due %v became %v", before, after, due, f.state("a").Due)
		}
	}},
	{"a rename keeps key, stories and fetch state", func(f *fixture) {
		before := f.sync(source("a"))["a"]
		f.insert("a", story("one", 1))
		was := f.state("a")
		after := f.sync(source("b", at("https://a.example/feed")))
		is := f.state("b")
		if after["b"] != before || len(after) != 1 || is.Stories != 1 || !is.Due.Equal(was.Due) || is.Last != was.Last {
			f.Errorf("key %d became %v, state %+v", before, after, is)
		}
	}},
	{"a move keeps key and stories, is due and loses validators", func(f *fixture) {
		before := f.sync(source("a"))["a"]
		f.insert("a", story("one", 1))
		result := f.result(f.lease2("a"))
		result.Validators = &news.Validators{URL: "https://a.example/feed", ETag: `"x"`, BodyHash: 7}
		result.MovedTo = "https://new.example/feed"
		f.record(result, f.none)
		f.now = f.now.Add(time.Minute)
		after := f.sync(source("a", at("https://new.example/feed")))["a"]
		state := f.state("a")
		if after != before || state.Stories != 1 || !state.Due.Equal(f.now) {
			f.Errorf("key %d became %d, state %+v", before, after, state)
		}
		if state.Validators != (news.Validators{}) || state.MovedTo != "" || state.URL != "https://new.example/feed" {
			f.Errorf("state of the old address is left: %+v", state)
		}
	}},
	{"other settings that shape stories cost the validators only", func(f *fixture) {
		shapes := []struct {
			reason string
			change func(*news.Source)
			loses  bool
		}{
			{"content", func(s *news.Source) { s.Content = news.ContentTitle }, true},
			{"images", func(s *news.Source) { s.Images = news.ImagesStrip }, true},
			{"embeds", func(s *news.Source) { s.Embeds = []string{"video.example"} }, true},
			{"identity", func(s *news.Source) { s.Identity = news.IdentityLink }, true},
			{"author", func(s *news.Source) { s.Author = "Me" }, true},
			{"full text", func(s *news.Source) { s.FullText = true }, true},
			{"a title", titled("Mine"), false},
			{"concurrency", concurrency(3), false},
		}
		for _, shape := range shapes {
			f.sync(source("a"))
			result := f.result(f.lease2("a"))
			result.Validators = &news.Validators{URL: "u", ETag: shape.reason, LastModified: "m", BodyHash: 7}
			result.MovedTo = "https://new.example/feed"
			f.record(result, f.none)
			f.sync(source("a", shape.change))
			state := f.state("a")
			if lost := state.Validators == (news.Validators{}); lost != shape.loses || !state.Due.Equal(result.Due) || state.MovedTo == "" {
				f.Errorf("%s: state %+v", shape.reason, state)
			}
		}
	}},
	{"a visit under way doesn't bring validators back", func(f *fixture) {
		f.sync(source("a"))
		first := f.result(f.lease2("a"))
		first.Validators = &news.Validators{URL: "u", ETag: "1"}
		f.record(first, f.none)
		for _, validators := range []*news.Validators{{URL: "u", ETag: "1"}, {URL: "u", ETag: "2"}} {
			result := f.result(f.lease2("a"))
			f.sync(source("a", func(s *news.Source) { s.Author = validators.ETag }))
			result.Validators = validators
			if recorded := f.record(result, f.none); recorded.Stale {
				f.Error("the result is stale")
			}
			if got := f.state("a").Validators; got != (news.Validators{}) {
				f.Errorf("validators %+v of another shape", got)
			}
			again := f.result(f.lease2("a"))
			again.Validators = first.Validators
			f.record(again, f.none)
			if got := f.state("a").Validators; got != *first.Validators {
				f.Errorf("then validators %+v", got)
			}
		}
	}},
	{"a source that comes back is due at once", func(f *fixture) {
		f.sync(source("a"))
		f.record(f.result(f.lease("a")), f.none)
		f.sync()
		f.now = f.now.Add(time.Minute)
		f.sync(source("a"))
		if state := f.state("a"); !state.Due.Equal(f.now) {
			f.Errorf("due %v", state.Due)
		}
	}},
	{"a paused source is never claimed and keeps all else", func(f *fixture) {
		f.sync(source("a"), source("b", paused))
		if state := f.state("b"); state.Health != news.HealthPaused || !state.Due.IsZero() {
			f.Errorf("a new one: %+v", state)
		}
		f.insert("a", story("one", 1))
		result := f.result(f.lease2("a"))
		result.Validators = &news.Validators{URL: "u", ETag: `"x"`}
		f.record(result, f.none)
		was := f.state("a")
		f.now = f.now.Add(time.Hour)
		keys := f.sync(source("a", paused), source("b", paused))
		since := f.now
		is := f.state("a")
		if is.Health != news.HealthPaused || !is.Since.Equal(since) || !is.Due.IsZero() || is.Validators != was.Validators || is.Last != was.Last || is.Stories != 1 {
			f.Errorf("state %+v", is)
		}
		f.now = f.now.Add(24 * time.Hour)
		f.sync(source("a", paused), source("b", paused, titled("B")))
		if state := f.state("a"); !state.Since.Equal(since) {
			f.Errorf("paused since %v, then since %v", since, state.Since)
		}
		for _, request := range []news.ClaimRequest{{Limit: 5}, {Limit: 5, Only: []news.SourceKey{keys["a"], keys["b"]}}} {
			if got := f.ask(request); len(got.Leases) != 0 {
				f.Errorf("claimed %s", names(got.Leases))
			}
		}
		f.sync(source("a"), source("b"))
		if a, b := f.state("a"), f.state("b"); a.Health != news.HealthOK || !a.Due.Equal(f.now) || b.Health != news.HealthNew || !b.Due.Equal(f.now) {
			f.Errorf("then %+v, %+v", a, b)
		}
		if got := names(f.claim().Leases); got != "a b " {
			f.Errorf("claimed %s", got)
		}
	}},
	{"pausing ends a lease, and what comes of that is stale", func(f *fixture) {
		f.sync(source("a"))
		lease := f.lease("a")
		f.sync(source("a", paused))
		if recorded := f.record(f.changed(lease, news.Batch{}), f.none); !recorded.Stale {
			f.Error("its result was stored")
		}
		f.sync(source("a"))
		failed := f.result(f.lease2("a"))
		failed.Visit.Outcome, failed.Health, failed.Failures = news.OutcomeFailed, news.HealthDead, 3
		f.record(failed, f.none)
		f.sync(source("a", paused))
		f.sync(source("a"))
		if state := f.state("a"); state.Health != news.HealthFailing || state.Failures != 3 {
			f.Errorf("it failed before, state %+v", state)
		}
	}},
	{"a paused source that comes back is still paused", func(f *fixture) {
		f.sync(source("a", paused))
		f.sync()
		f.sync(source("a", paused))
		if state := f.state("a"); state.Health != news.HealthPaused || !state.Due.IsZero() {
			f.Errorf("state %+v", state)
		}
		f.sync()
		f.sync(source("a"))
		if state := f.state("a"); state.Health != news.HealthNew || !state.Due.Equal(f.now) {
			f.Errorf("then %+v", state)
		}
	}},
	{"two sources can swap their names", func(f *fixture) {
		f.sync(source("a"), source("b"))
		keys := f.sync(source("b", at("https://a.example/feed")), source("a", at("https://b.example/feed")))
		// By name first: each keeps its name and takes the other's address.
		if state := f.state("a"); state.Key != keys["a"] || state.URL != "https://b.example/feed" {
			f.Errorf("state %+v, keys %v", state, keys)
		}
	}},
	{"names can move along a chain", func(f *fixture) {
		before := f.sync(source("a"), source("b"))
		after := f.sync(source("b", at("https://new.example/")), source("c", at("https://a.example/feed")))
		if after["b"] != before["b"] || after["c"] != before["a"] {
			f.Errorf("%v became %v", before, after)
		}
	}},
	{"two sources may have one address", func(f *fixture) {
		same := at("https://same.example/feed")
		before := f.sync(source("a", same), source("b", same))
		after := f.sync(source("b", same), source("a", same))
		if before["a"] == before["b"] || after["a"] != before["a"] || after["b"] != before["b"] {
			f.Errorf("%v became %v", before, after)
		}
	}},
	{"the due time of a leased source is left alone", func(f *fixture) {
		f.sync(source("a"))
		lease := f.lease("a")
		due := f.state("a").Due
		f.now = f.now.Add(time.Second)
		f.sync(source("a", at("https://new.example/feed")))
		if state := f.state("a"); !state.Due.Equal(due) {
			f.Errorf("due %v became %v under lease %+v", due, state.Due, lease)
		}
	}},
	{"a removed source is never claimed, its result is stale", func(f *fixture) {
		f.sync(source("a"), source("b"))
		lease := f.lease("a")
		removed := f.keys["a"]
		if keys := f.sync(source("b")); len(keys) != 1 {
			f.Errorf("keys %v", keys)
		}
		if recorded := f.record(f.changed(lease, news.Batch{}), f.none); !recorded.Stale {
			f.Error("its result was stored")
		}
		f.now = f.now.Add(24 * time.Hour)
		if got := names(f.claim().Leases); got != "b " {
			f.Errorf("claimed %s", got)
		}
		if got := f.ask(news.ClaimRequest{Limit: 5, Only: []news.SourceKey{removed}}); len(got.Leases) != 0 {
			f.Errorf("claimed %+v by its key", got)
		}
		states, err := f.Sources(f.Context())
		f.must(err)
		if len(states) != 1 {
			f.Errorf("states %v", states)
		}
	}},
	{"a removed source's stories leave every feed and stay stored", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x", "y")
		f.load("a", news.Changes{
			Insert: []news.Story{story("one", 1)}, Feeds: []string{"x"},
			Place: []news.Place{{Feed: "x", Story: -1, Date: start, PublicID: "urn:test:one"}},
		})
		before := f.revision("x")
		key := f.keys["a"]
		f.sync(source("b"))
		if got := f.newest("x"); len(got) != 0 || f.revision("x") <= before {
			f.Errorf("items %s, revision %d then %d", ids(got), before, f.revision("x"))
		}
		if got := f.stories(); len(got) != 0 {
			f.Errorf("stories %v of a source that isn't configured", got)
		}
		if back := f.sync(source("a"), source("b")); back["a"] != key || f.byID("a", "one").Title != "Story one" {
			f.Errorf("it came back as %d, was %d", back["a"], key)
		}
		if stale := f.feeds("x", "y"); !slices.Equal(stale, []string{"x", "y"}) {
			f.Errorf("stale feeds %v", stale)
		}
	}},
	{"states come by name", func(f *fixture) {
		f.sync(source("m"), source("z"), source("a"))
		states, err := f.Sources(f.Context())
		f.must(err)
		if !slices.IsSortedFunc(states, func(a, b news.SourceState) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}) {
			f.Errorf("states %v", states)
		}
	}},
}

// lease2 leases a source again, ten minutes later.
func (f *fixture) lease2(name string) news.Lease {
	f.Helper()
	f.now = f.now.Add(10 * time.Minute)
	return f.lease(name)
}
