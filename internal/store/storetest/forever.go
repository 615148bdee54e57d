package storetest

import (
	"fmt"
	"slices"
	"time"

	"tributary/internal/news"
)

// revise asks for a revision of stories and gives what was known.
func (f *fixture) revise(name string, keys []news.StoryKey, changes news.Changes) *news.Known {
	f.Helper()
	var got *news.Known
	_, err := f.Revise(f.Context(), f.keys[name], keys, f.now, func(known *news.Known) news.Changes {
		got = known
		return changes
	})
	f.must(err)
	return got
}

func (f *fixture) excess(excess news.Excess) []news.StoryKey {
	f.Helper()
	keys, err := f.Excess(f.Context(), excess)
	f.must(err)
	return keys
}

// seen is a story that was first seen days before the start.
func seen(id string, days int) news.Story {
	s := story(id, days)
	s.FirstSeen = s.Date
	return s
}

var reviseChecks = []check{
	{"a revision knows its stories, their kin and copies", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		keys := f.insert("a", linked("one", "https://x.example/1"), linked("kin", "https://x.example/1"), linked("other", "https://x.example/2"))
		f.insert("b", linked("copy", "https://x.example/1"))
		f.load("a", news.Changes{Place: []news.Place{{Feed: "x", Story: keys[0], Date: start, PublicID: "urn:test:one"}}})
		known := f.revise("a", []news.StoryKey{keys[0], 4711}, news.Changes{})
		if got := knownIDs(known.Stories); got != "kin one " {
			f.Errorf("stories %s", got)
		}
		if got := knownIDs(known.Copies); got != "copy " || known.Source.Key != f.keys["a"] {
			f.Errorf("copies %s of source %+v", got, known.Source)
		}
		i := slices.IndexFunc(known.Stories, func(s news.KnownStory) bool { return s.Key == keys[0] })
		if len(known.Stories[i].Places) != 1 {
			f.Errorf("places %+v", known.Stories[i].Places)
		}
	}},
	{"buried ids, aliases too, have tombstones", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("one", 1), story("two", 2))
		f.load("a", news.Changes{Alias: map[string]news.StoryKey{"uno": keys[0]}})
		f.revise("a", keys[:1], news.Changes{Bury: []news.Burial{{Story: keys[0], Kind: news.TombstoneRetracted, Reason: "wrong"}}})
		if got := f.stories(); len(got) != 1 || f.state("a").Stories != 1 {
			f.Errorf("stories %+v, %d counted", got, f.state("a").Stories)
		}
		known := f.known("a", batchOf(linked("one", ""), linked("uno", ""), linked("two", "")))
		t := known.Tombstones
		if t["one"] != news.TombstoneRetracted || t["uno"] != news.TombstoneRetracted || t["two"] != "" {
			f.Errorf("tombstones %v", t)
		}
	}},
	{"a retracted link is no source's", func(f *fixture) {
		f.sync(source("a"), source("b"))
		link := "https://x.example/1"
		keys := f.insert("a", linked("one", link), linked("two", "https://x.example/2"))
		f.revise("a", keys, news.Changes{Bury: []news.Burial{
			{Story: keys[0], Kind: news.TombstoneRetracted, Reason: "wrong", Link: link},
			{Story: keys[1], Kind: news.TombstoneExpired, Reason: "old"},
		}})
		known := f.known("b", batchOf(linked("copy", link), linked("other", "https://x.example/2"), linked("none", "")))
		if len(known.Retracted) != 1 || !known.Retracted[link] {
			f.Errorf("retracted %v", known.Retracted)
		}
	}},
	{"what an address means", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.feeds("x")
		link := "https://x.example/1"
		a := f.insert("a", linked("one", link), linked("else", "https://x.example/2"), linked("kin", link))
		b := f.insert("b", linked("copy", link))
		f.insert("c", linked("former", link))
		f.load("b", news.Changes{Place: []news.Place{{Feed: "x", Story: b[0], Date: start, PublicID: "urn:test:placed"}}})
		f.sync(source("a"), source("b"))
		tests := []struct {
			reason, address, canonical string
			want                       []news.StoryKey
		}{
			{"a public id, and a copy", "urn:test:one", "", []news.StoryKey{a[0], b[0]}},
			{"an id", "else", "", []news.StoryKey{a[1]}},
			{"a link", "as typed", link, []news.StoryKey{a[0], a[2], b[0]}},
			{"the id of a place", "urn:test:placed", "", []news.StoryKey{a[0], a[2], b[0]}},
			{"nothing", "urn:test:nothing", "", nil},
		}
		for _, test := range tests {
			stories, err := f.Find(f.Context(), test.address, test.canonical)
			f.must(err)
			var got []news.StoryKey
			for _, story := range stories {
				got = append(got, story.Key)
				if (len(story.Places) == 1) != (story.Key == b[0]) {
					f.Errorf("%s: places %+v", test.reason, story.Places)
				}
			}
			if !slices.Equal(got, test.want) {
				f.Errorf("%s: stories %v, want %v", test.reason, got, test.want)
			}
		}
	}},
	{"the public id of what was buried is no other source's", func(f *fixture) {
		f.sync(source("a"), source("b"))
		uri := story("https://x.example/1", 1)
		uri.PublicID = uri.ID
		keys := f.insert("a", uri)
		f.revise("a", keys, news.Changes{Bury: []news.Burial{{Story: keys[0], Kind: news.TombstoneExpired, Reason: "old"}}})
		known := f.known("b", batchOf(linked("https://x.example/1", "")))
		if _, taken := known.Taken[uri.PublicID]; !taken {
			f.Errorf("taken %v", known.Taken)
		}
	}},
	{"tombstones of expired stories go 90 days after they were last needed", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("one", 1), story("two", 2), story("three", 3))
		bury := func(i int, kind news.Tombstone) news.Burial {
			return news.Burial{Story: keys[i], Kind: kind, Reason: "r"}
		}
		f.revise("a", keys, news.Changes{Bury: []news.Burial{
			bury(0, news.TombstoneExpired), bury(1, news.TombstoneExpired), bury(2, news.TombstoneRetracted)}})
		f.now = f.now.AddDate(0, 0, 80)
		f.load("a", news.Changes{Hits: []string{"one"}})
		f.now = f.now.AddDate(0, 0, 20)
		f.must(f.Tidy(f.Context(), f.now))
		got := f.known("a", batchOf(linked("one", ""), linked("two", ""), linked("three", ""))).Tombstones
		if got["one"] == "" || got["two"] != "" || got["three"] == "" {
			f.Errorf("tombstones %v", got)
		}
		f.now = f.now.AddDate(10, 0, 0)
		f.must(f.Tidy(f.Context(), f.now))
		if got := f.known("a", batchOf(linked("one", ""), linked("three", ""))).Tombstones; got["one"] != "" || got["three"] == "" {
			f.Errorf("after ten years: tombstones %v", got)
		}
	}},
	{"what is too old", func(f *fixture) {
		f.sync(source("a"), source("b"))
		keys := f.insert("a", seen("d", 4), seen("b", 2), seen("e", 5), seen("a", 1))
		f.insert("b", seen("x", 9))
		excess := news.Excess{Source: f.keys["a"], Before: start.AddDate(0, 0, -3), Limit: 10}
		if got := f.excess(excess); !slices.Equal(got, []news.StoryKey{keys[2], keys[0]}) {
			f.Errorf("got %v of %v", got, keys)
		}
		excess.Limit = 1
		if got := f.excess(excess); !slices.Equal(got, []news.StoryKey{keys[2]}) {
			f.Errorf("got %v of %v", got, keys)
		}
	}},
	{"what is too much", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("c", 3), story("a", 1), story("d", 4), story("b", 2))
		excess := news.Excess{Source: f.keys["a"], Most: 2, Limit: 10}
		if got := f.excess(excess); !slices.Equal(got, []news.StoryKey{keys[2], keys[0]}) {
			f.Errorf("got %v of %v", got, keys)
		}
		excess.Most = 4
		if got := f.excess(excess); len(got) != 0 {
			f.Errorf("got %v", got)
		}
	}},
	{"stories of an older policy", func(f *fixture) {
		f.sync(source("a"), source("b"))
		of := func(id string, policy int) news.Story {
			s := story(id, 1)
			s.Policy = policy
			return s
		}
		local := of("local", 0)
		local.Local = true
		f.insert("a", of("one", 2), of("two", 1), of("three", 3), local)
		f.insert("b", of("former", 1))
		f.sync(source("a"))
		got, err := f.Outdated(f.Context(), 3, 10)
		f.must(err)
		if len(got) != 2 || got[0].ID != "two" || got[1].ID != "one" || got[0].Policy != 1 || got[0].SourceName != "a" {
			f.Errorf("got %+v", got)
		}
		f.load("a", news.Changes{Touch: []news.Touch{{Key: got[0].Key, RawHash: 9, Policy: 3}}})
		if got, err = f.Outdated(f.Context(), 3, 10); err != nil || len(got) != 1 {
			f.Errorf("got %+v, %v", got, err)
		}
	}},
	{"a source's stories outlive it for a year", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.insert("a", story("one", 1))
		f.sync(source("b"))
		f.must(f.Tidy(f.Context(), f.now.AddDate(0, 11, 0)))
		f.sync(source("a"), source("b"))
		if len(f.stories()) != 1 {
			f.Error("gone too early")
		}
		f.sync(source("b"))
		f.must(f.Tidy(f.Context(), f.now.AddDate(0, 13, 0)))
		f.sync(source("a"), source("b"))
		if len(f.stories()) != 0 || f.state("a").Stories != 0 {
			f.Error("still there")
		}
	}},
	{"more than one statement takes out", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x", "y")
		f.flood("a", 0, 1100)
		f.flood("b", 0, 3)
		f.feeds("y")
		f.feeds("x", "y")
		if items := f.newest("x"); len(items) != 0 {
			f.Errorf("a feed that was not configured for a while has %d stories", len(items))
		}
		f.sync(source("b"))
		f.must(f.Tidy(f.Context(), f.now.AddDate(0, 13, 0)))
		f.sync(source("a"), source("b"))
		if stories := f.stories(); len(stories) != 3 {
			f.Errorf("%d stories are left instead of 3", len(stories))
		}
	}},
}

var foreverChecks = []check{
	{"an id that a removed story had keeps its public id", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("one", 1))
		f.load("a", news.Changes{Alias: map[string]news.StoryKey{"uno": keys[0]}})
		f.load("a", news.Changes{Remove: keys})
		known := f.known("a", batchOf(linked("uno", ""), linked("one", "")))
		if known.Reserved["uno"] != "urn:test:one" || known.Reserved["one"] != "urn:test:one" || len(known.Aliases) != 0 {
			f.Errorf("reserved %v, aliases %v", known.Reserved, known.Aliases)
		}
		back := story("uno", 1)
		back.PublicID = "urn:test:one"
		again := f.insert("a", back)
		known = f.known("a", batchOf(linked("one", "")))
		if known.Aliases["one"] != again[0] || len(known.Reserved) != 0 {
			f.Errorf("reserved %v, aliases %v", known.Reserved, known.Aliases)
		}
	}},
	{"where copies stood is remembered", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		link := "https://x.example/1"
		a, b := f.insert("a", linked("one", link)), f.insert("b", linked("copy", link))
		f.load("a", news.Changes{Place: []news.Place{{Feed: "x", Story: a[0], Date: start, PublicID: "urn:test:one"}}})
		f.load("b", news.Changes{Place: []news.Place{{Feed: "x", Story: b[0], Date: start, PublicID: "urn:test:one", Hidden: true}}})
		f.load("a", news.Changes{Remove: a})
		f.load("b", news.Changes{Remove: b})
		known := f.known("b", batchOf(linked("copy", link)))
		want := news.Place{Feed: "x", PublicID: "urn:test:one", Date: start.Truncate(time.Millisecond)}
		if got := known.Standings[link]; len(got) != 1 || got[0] != want {
			f.Errorf("standings %+v", known.Standings)
		}
	}},
	{"what ids hang on stays when the source moves", func(f *fixture) {
		f.sync(source("a"))
		f.sync(source("a", at("https://elsewhere.example/feed")))
		if got := f.known("a", batchOf()).Space; got != "https://a.example/feed" {
			f.Errorf("space %q", got)
		}
	}},
	{"decisions", func(f *fixture) {
		f.sync(source("a"))
		decide := func(action news.Action, key news.StoryKey, reason string) news.Decision {
			return news.Decision{ID: "one", Story: key, Action: action, Reason: reason}
		}
		f.load("a", news.Changes{
			Insert: []news.Story{story("one", 1)}, Decisions: []news.Decision{decide(news.ActionInsert, -1, "new")},
		})
		key := f.byID("a", "one").Key
		inserted := f.now.Add(120 * time.Millisecond)
		for _, reason := range []string{"first", "second"} {
			f.load("a", news.Changes{Decisions: []news.Decision{decide(news.ActionUpdate, key, reason), decide(news.ActionSame, key, "no")}})
		}
		got, err := f.Decisions(f.Context(), key)
		f.must(err)
		if len(got) != 2 || got[0].Reason != "new" || got[1].Reason != "second" || got[0].Story != key || !got[0].At.Equal(inserted) {
			f.Errorf("decisions %+v", got)
		}
	}},
	{"the last hundred dropped ids", func(f *fixture) {
		f.sync(source("a"))
		for round := range 3 {
			var decisions []news.Decision
			for i := range 50 {
				decisions = append(decisions, news.Decision{ID: fmt.Sprint(round, "-", i), Action: news.ActionDrop, Reason: "gone"})
			}
			decisions = append(decisions, news.Decision{ID: "always", Action: news.ActionDrop, Reason: fmt.Sprint("round ", round)})
			f.load("a", news.Changes{Decisions: decisions})
		}
		got, err := f.Dropped(f.Context(), f.keys["a"])
		f.must(err)
		has := func(id, reason string) bool {
			return slices.ContainsFunc(got, func(d news.Decision) bool { return d.ID == id && d.Reason == reason })
		}
		if len(got) != 100 || !has("always", "round 2") || !has("2-49", "gone") || has("0-0", "gone") {
			f.Errorf("%d dropped: %+v", len(got), got)
		}
	}},
	{"warnings", func(f *fixture) {
		f.sync(source("a"))
		f.loadBatch("a", news.Batch{Warnings: []string{"of the document"}}, news.Changes{Warnings: []string{"of merging"}, Churn: 2})
		if got := f.state("a").Warnings; !slices.Equal(got, []string{"of the document", "of merging"}) {
			f.Errorf("warnings %q", got)
		}
		if got := f.known("a", batchOf()).Churn; got != 2 {
			f.Errorf("churn %d", got)
		}
		keys := f.insert("a", story("one", 1))
		f.revise("a", keys, news.Changes{Capped: true, Bury: []news.Burial{{Story: keys[0], Kind: news.TombstoneExpired}}})
		if got := f.state("a").Warnings; len(got) != 1 {
			f.Errorf("at the limit: warnings %q", got)
		}
		f.now = f.now.AddDate(0, 0, 8)
		f.load("a", news.Changes{})
		if got := f.state("a").Warnings; len(got) != 0 {
			f.Errorf("a week later: warnings %q", got)
		}
	}},
}

var choreChecks = []check{
	{"a chore is one process's", func(f *fixture) {
		other := f.open(f.T)
		request := news.ChoreRequest{Now: f.now, Names: []string{"prune", "sweep"}, Lease: time.Minute}
		ask := func(s Store) news.ClaimedChore {
			f.Helper()
			claimed, err := s.ClaimChore(f.Context(), request)
			f.must(err)
			return claimed
		}
		first, second, third := ask(f.Store), ask(other), ask(f.Store)
		if first.Lease == nil || second.Lease == nil || first.Lease.Name == second.Lease.Name {
			f.Fatalf("claimed %+v and %+v", first, second)
		}
		if third.Lease != nil || !third.Next.Equal(f.now.Add(time.Minute).Truncate(time.Millisecond)) {
			f.Errorf("claimed %+v", third)
		}
		f.must(f.FinishChore(f.Context(), *first.Lease, f.now.Add(time.Hour)))
		request.Now = f.now.Add(time.Minute)
		again := ask(other)
		if again.Lease == nil || again.Lease.Name != second.Lease.Name {
			f.Fatalf("an expired lease: claimed %+v", again)
		}
		f.must(other.FinishChore(f.Context(), *second.Lease, f.now.Add(24*time.Hour)))
		f.must(f.FinishChore(f.Context(), *again.Lease, f.now.Add(2*time.Hour)))
		if got := ask(f.Store); got.Lease != nil || !got.Next.Equal(f.now.Add(time.Hour).Truncate(time.Millisecond)) {
			f.Errorf("claimed %+v", got)
		}
		request.Now = f.now.Add(2 * time.Hour)
		if a, b := ask(f.Store), ask(other); a.Lease == nil || b.Lease == nil {
			f.Errorf("when due again: claimed %+v and %+v", a, b)
		}
	}},
	{"chores that a process doesn't know are not its own", func(f *fixture) {
		claimed, err := f.ClaimChore(f.Context(), news.ChoreRequest{Now: f.now, Names: []string{"new"}, Lease: time.Minute})
		f.must(err)
		f.must(f.FinishChore(f.Context(), *claimed.Lease, f.now))
		claimed, err = f.ClaimChore(f.Context(), news.ChoreRequest{Now: f.now, Names: []string{"old"}, Lease: time.Minute})
		f.must(err)
		if claimed.Lease == nil || claimed.Lease.Name != "old" {
			f.Errorf("claimed %+v", claimed)
		}
	}},
}
