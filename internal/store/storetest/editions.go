package storetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

// edition is one of each field.
func edition(revision int64, ids ...string) news.LastEdition {
	last := news.LastEdition{Revision: revision, Fingerprint: "v1", Entered: 7, Complete: true}
	for _, id := range ids {
		last.Stories = append(last.Stories, news.LastStory{
			PublicID: "urn:test:" + id, Source: 1, ID: id, Date: start.UTC(), Settings: 1<<63 + 5,
		})
	}
	return last
}

func (f *fixture) keepEdition(feed string, last news.LastEdition) {
	f.Helper()
	_, err := f.Keep(f.Context(), news.Kept{Editions: map[string]news.LastEdition{feed: last}}, nil)
	f.must(err)
}

// wantEdition compares what is kept of a feed; nil for nothing.
func (f *fixture) wantEdition(feed string, want *news.LastEdition) {
	f.Helper()
	got, ok, err := f.LastEdition(f.Context(), feed)
	f.must(err)
	kept, err := f.Kept(f.Context())
	f.must(err)
	among, listed := kept.Editions[feed]
	if ok != (want != nil) || listed != ok {
		f.Fatalf("an edition of %s is kept: %t, and listed: %t", feed, ok, listed)
	}
	if want == nil {
		return
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		f.Error(diff)
	}
	if diff := cmp.Diff(*want, among); diff != "" {
		f.Error(diff)
	}
}

// fate asks for that of one story of feed x.
func (f *fixture) fate(story news.LastStory) news.Fate {
	f.Helper()
	fates, _, err := f.Fates(f.Context(), "x", []news.LastStory{story})
	f.must(err)
	if len(fates) != 1 {
		f.Fatalf("%d fates of one story", len(fates))
	}
	return fates[0]
}

func lastStory(item news.Item) news.LastStory {
	return news.LastStory{
		PublicID: item.PublicID, Source: item.Source, ID: item.ID, Date: item.Date, Settings: item.From.Settings,
	}
}

var editionChecks = []check{
	{"editions are kept as they are", func(f *fixture) {
		f.feeds("x", "y")
		f.wantEdition("x", nil)
		full, empty := edition(3, "one", "two"), edition(4)
		f.keepEdition("x", full)
		f.keepEdition("y", empty)
		f.keepEdition("nowhere", full)
		f.wantEdition("x", &full)
		f.wantEdition("y", &empty)
		f.wantEdition("nowhere", nil)
	}},
	{"an edition gives way to one of no lower revision", func(f *fixture) {
		f.feeds("x")
		f.keepEdition("x", edition(3, "one"))
		f.keepEdition("x", edition(2, "late"))
		want := edition(3, "one")
		f.wantEdition("x", &want)
		want = edition(3, "again")
		f.keepEdition("x", want)
		f.wantEdition("x", &want)
	}},
	{"a feed that is configured no more has no edition", func(f *fixture) {
		f.feeds("x", "y")
		f.keepEdition("x", edition(3, "one"))
		f.feeds("y")
		f.wantEdition("x", nil)
		f.feeds("x", "y")
		f.wantEdition("x", nil)
	}},
	{"what is forced raises the revision and leaves nothing to compare", func(f *fixture) {
		f.feeds("x")
		f.keepEdition("x", edition(f.revision("x"), "one"))
		other := f.open(f.T)
		tokens := other.Watch(f.Context())
		ok, err := f.Force(f.Context(), "x")
		f.must(err)
		if !ok {
			f.Error("there is no such feed")
		}
		<-tokens
		revision := f.revision("x")
		f.keepEdition("x", edition(revision-1, "late"))
		last, _, err := f.LastEdition(f.Context(), "x")
		f.must(err)
		if last.Stories != nil || last.Revision != revision {
			f.Errorf("left is %+v", last)
		}
		if ok, err := f.Force(f.Context(), "nowhere"); err != nil || ok {
			f.Errorf("an unknown feed was forced: %t, %v", ok, err)
		}
	}},
	{"fingerprints are those of the places", func(f *fixture) {
		f.feeds("x", "y")
		f.must(f.ReplacePlaces(f.Context(), "x", "v1 of x", nil))
		got, err := f.Fingerprints(f.Context())
		f.must(err)
		if diff := cmp.Diff(map[string]string{"x": "v1 of x", "y": ""}, got); diff != "" {
			f.Error(diff)
		}
		if _, fingerprint, err := f.Fates(f.Context(), "x", nil); err != nil || fingerprint != "v1 of x" {
			f.Errorf("with fates: %q, %v", fingerprint, err)
		}
	}},
	{"fates tell what is stored and shown", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x", "y")
		for _, id := range []string{"shown", "unplaced", "removed"} {
			f.placed("a", story(id, 1))
		}
		items := f.newest("x")
		key := func(id string) news.StoryKey { return f.byID("a", id).Key }
		f.load("a", news.Changes{
			Unplace: []news.Place{{Feed: "x", Story: key("unplaced")}},
			Place:   []news.Place{{Feed: "y", Story: key("unplaced"), Date: start, PublicID: "urn:test:unplaced"}},
			Remove:  []news.StoryKey{key("removed")},
		})
		var asked []news.LastStory
		for _, id := range []string{"removed", "shown", "unplaced"} {
			i := slices.IndexFunc(items, func(it news.Item) bool { return it.ID == id })
			asked = append(asked, lastStory(items[i]))
		}
		got, _, err := f.Fates(f.Context(), "x", asked)
		f.must(err)
		settings := f.newest("x")[0].From.Settings // those since it was read
		want := []news.Fate{
			{SourceName: "a", Settings: settings},
			{SourceName: "a", Settings: settings, Stored: true, Shown: true},
			{SourceName: "a", Settings: settings, Stored: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.Error(diff)
		}
	}},
	{"fates tell expired stories from retracted ones", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		for kind, want := range map[news.Tombstone]news.Fate{
			news.TombstoneExpired: {Expired: true}, news.TombstoneRetracted: {Retracted: true},
		} {
			f.placed("a", story(string(kind), 1))
			item := f.newest("x")[0]
			f.load("a", news.Changes{Bury: []news.Burial{{Story: item.Key, Kind: kind}}})
			fate := f.fate(lastStory(item))
			if fate.Expired != want.Expired || fate.Retracted != want.Retracted || fate.Stored || fate.Shown {
				f.Errorf("%s: %+v", kind, fate)
			}
		}
	}},
	{"a place that a copy took over is shown, a hidden one is not", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.placed("a", story("one", 1))
		was := lastStory(f.newest("x")[0])
		one := f.byID("a", "one")
		better := linked("better", one.Canonical)
		f.load("b", news.Changes{
			Insert: []news.Story{better}, Remove: []news.StoryKey{one.Key},
			Place: []news.Place{{Feed: "x", Story: -1, Date: one.Date, PublicID: one.PublicID}},
		})
		f.load("a", news.Changes{Remove: []news.StoryKey{one.Key}})
		if fate := f.fate(was); fate.Stored || !fate.Shown {
			f.Errorf("taken over: %+v", fate)
		}
		f.load("b", news.Changes{Place: []news.Place{
			{Feed: "x", Story: f.byID("b", "better").Key, Date: one.Date, PublicID: one.PublicID, Hidden: true},
		}})
		if fate := f.fate(was); fate.Shown {
			f.Errorf("hidden: %+v", fate)
		}
	}},
	{"settings differ as long as a source was not read under others", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		read := func() {
			f.Helper()
			f.now = f.now.Add(10 * time.Minute)
			result := f.result(f.lease("a"))
			result.Validators = &news.Validators{URL: "https://a.example/feed", BodyHash: 5}
			f.record(result, nil)
		}
		f.placed("a", story("one", 1))
		read()
		was := lastStory(f.newest("x")[0])
		now := func() uint64 {
			f.Helper()
			item, fate := f.newest("x")[0].From.Settings, f.fate(was).Settings
			if item != fate {
				f.Errorf("the items say %d, the fates %d", item, fate)
			}
			return item
		}
		f.sync(source("a", titled("Mine")))
		if now() != was.Settings {
			f.Error("a title is no such setting")
		}
		for reason, change := range map[string]func(*news.Source){
			"mirrored": mirrored,
			"address":  at("https://a.example/other"),
			"identity": func(s *news.Source) { s.Identity = news.IdentityLink },
		} {
			before := f.revision("x")
			f.sync(source("a", change))
			unread, changed := now(), f.revision("x")
			read()
			if after := f.revision("x"); changed == before || after == changed {
				f.Errorf("%s: revision %d, then %d, then %d once it was read", reason, before, changed, after)
			}
			if read(); f.revision("x") != changed+1 {
				f.Errorf("%s: read again, the revision rises", reason)
			}
			if is := now(); unread == was.Settings || is == unread || is == was.Settings {
				f.Errorf("%s: %d, then %d, then %d once it was read", reason, was.Settings, unread, is)
			}
			f.sync(source("a"))
			read()
			if now() != was.Settings {
				f.Errorf("%s: the old settings are not the old ones", reason)
			}
		}
		f.sync(source("b"))
		if fate := f.fate(was); fate.Settings != 0 || fate.SourceName != "" || !fate.Stored || fate.Shown {
			f.Errorf("without its source: %+v", fate)
		}
	}},
}
