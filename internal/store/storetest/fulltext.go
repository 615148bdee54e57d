package storetest

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

// fullTexts are the methods of fulltext.Store. The comments there are the
// contract.
type fullTexts interface {
	SyncFullText(ctx context.Context, sources []news.FullTextSource) error
	ClaimPages(ctx context.Context, request news.PageClaim) (news.ClaimedPages, error)
	RecordPage(ctx context.Context, result news.PageResult, decide news.DecideText) (recorded bool, err error)
}

// wantText makes sources with these names the ones that want full text.
func (f *fixture) wantText(names ...string) {
	f.Helper()
	var sources []news.FullTextSource
	for _, name := range names {
		sources = append(sources, news.FullTextSource{Key: f.keys[name], Delay: 2 * time.Second})
	}
	f.must(f.Store.(fullTexts).SyncFullText(f.Context(), sources))
}

// pages claims up to ten pages.
func (f *fixture) pages() news.ClaimedPages {
	f.Helper()
	claimed, err := f.Store.(fullTexts).ClaimPages(f.Context(), news.PageClaim{Now: f.now, Limit: 10, Lease: time.Minute})
	f.must(err)
	return claimed
}

// page claims pages and wants one.
func (f *fixture) page() news.PageLease {
	f.Helper()
	claimed := f.pages()
	if len(claimed.Leases) != 1 {
		f.Fatalf("%d pages were claimed, next at %v; want one", len(claimed.Leases), claimed.Next)
	}
	return claimed.Leases[0]
}

// read records the full text of a page.
func (f *fixture) read(lease news.PageLease, text string, more ...func(*news.Changes)) bool {
	f.Helper()
	story := lease.Story
	story.Content, story.Words, story.Hash = text, story.Words+100, story.Hash+1000
	return f.recordPage(news.PageResult{Lease: lease, At: f.now, Story: &story}, more...)
}

func (f *fixture) recordPage(result news.PageResult, more ...func(*news.Changes)) bool {
	f.Helper()
	recorded, err := f.Store.(fullTexts).RecordPage(f.Context(), result, func(_ *news.Known, story *news.Story) news.Changes {
		changes := news.Changes{Update: []news.Story{*story}}
		for _, m := range more {
			m(&changes)
		}
		return changes
	})
	f.must(err)
	return recorded
}

// alone gives a story a page on a host of its own.
func alone(id string, days int) news.Story {
	s := story(id, days)
	s.Link = "https://" + id + ".example/" + id
	return s
}

var fullTextChecks = []check{
	{"no page is claimed where nobody wants full text", func(f *fixture) {
		f.sync(source("a"))
		f.wantText()
		f.insert("a", alone("one", 1))
		if claimed := f.pages(); len(claimed.Leases) != 0 || !claimed.Next.IsZero() {
			f.Errorf("claimed %+v", claimed)
		}
	}},
	{"a new story's page is claimed, once", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.wantText("a")
		linkless := alone("three", 3)
		linkless.Link = ""
		f.insert("a", alone("one", 1), linkless)
		f.insert("b", alone("two", 2))
		lease := f.page()
		if want := f.byID("a", "one").Story; lease.Story.ID != "one" || lease.Story.Title != want.Title || lease.Until != f.now.Add(time.Minute).Truncate(time.Millisecond) {
			f.Errorf("lease %+v", lease)
		}
		if again := f.pages(); len(again.Leases) != 0 || !again.Next.Equal(lease.Until) {
			f.Errorf("claimed again: %+v", again)
		}
		f.now = lease.Until
		if late := f.page(); late.Story.Key != lease.Story.Key || late.Claim == lease.Claim {
			f.Errorf("after the lease: %+v", late)
		}
	}},
	{"a full text replaces what the feed brought, in place", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		f.wantText("a")
		f.insert("a", alone("one", 1))
		was, before := f.byID("a", "one").Story, f.revision("x")
		lease := f.page()
		if !f.read(lease, "<p>long</p>", func(c *news.Changes) { c.Feeds = []string{"x"} }) {
			f.Fatal("it was not recorded")
		}
		now := f.byID("a", "one").Story
		if now.Content != "<p>long</p>" || now.Key != was.Key || now.PublicID != was.PublicID ||
			!now.Changed.Equal(was.Changed) || now.Updates != was.Updates || f.revision("x") != before+1 {
			f.Errorf("story %+v, revision %d", now, f.revision("x"))
		}
		f.now = f.now.Add(time.Hour)
		if claimed := f.pages(); len(claimed.Leases) != 0 {
			f.Errorf("claimed again: %+v", claimed.Leases)
		}
	}},
	{"a batch is compared with what the feed brought", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		was := f.byID("a", "one")
		f.read(f.page(), "<p>long</p>")
		f.now = f.now.Add(10 * time.Minute)
		batch := news.Batch{Stories: []news.Story{alone("one", 1)}}
		f.record(f.changed(f.lease("a"), batch), func(known *news.Known, _ *news.Result) news.Changes {
			if len(known.Stories) != 1 || known.Stories[0].Hash != was.Hash || known.Stories[0].RawHash != was.RawHash {
				f.Errorf("known %+v", known.Stories)
			}
			return news.Changes{}
		})
	}},
	{"a story that its feed changed is read again", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		f.read(f.page(), "<p>long</p>")
		changed := alone("one", 1)
		changed.Key, changed.Hash, changed.Content = f.byID("a", "one").Key, 77, "<p>new</p>"
		f.load("a", news.Changes{Update: []news.Story{changed}})
		if got := f.byID("a", "one").Content; got != "<p>new</p>" {
			f.Errorf("content %q", got)
		}
		if lease := f.page(); lease.Story.Hash != 77 {
			f.Errorf("lease %+v", lease)
		}
	}},
	{"a page that is read often waits longer and longer", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		changed := alone("one", 1)
		changed.Key = f.insert("a", changed)[0]
		for i := range 3 {
			f.read(f.page(), "<p>long</p>")
			changed.Hash = uint64(50 + i)
			f.load("a", news.Changes{Update: []news.Story{changed}})
		}
		if claimed := f.pages(); len(claimed.Leases) != 0 || claimed.Next.IsZero() {
			f.Errorf("claimed %+v", claimed)
		}
		f.now = f.now.Add(time.Hour)
		f.page()
	}},
	{"a result for a story that changed meanwhile is not stored", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		lease := f.page()
		changed := alone("one", 1)
		changed.Key, changed.Hash, changed.Content = lease.Story.Key, 77, "<p>new</p>"
		f.load("a", news.Changes{Update: []news.Story{changed}})
		if f.read(lease, "<p>old</p>") || f.byID("a", "one").Content != "<p>new</p>" {
			f.Errorf("content %q", f.byID("a", "one").Content)
		}
		f.now = f.now.Add(time.Minute)
		f.page()
	}},
	{"a result under an old claim, or for a story that is gone, is not stored", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		key := f.insert("a", alone("one", 1))
		old := f.page()
		f.now = old.Until
		lease := f.page()
		if f.read(old, "<p>old</p>") {
			f.Error("the old one was stored")
		}
		f.load("a", news.Changes{Remove: key})
		if f.read(lease, "<p>gone</p>") {
			f.Error("the story is gone, its text was stored")
		}
	}},
	{"a failed page comes again when it is due, with its tries", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		retry := f.now.Add(20 * time.Minute)
		f.recordPage(news.PageResult{Lease: f.page(), At: f.now, Retry: retry})
		f.now = f.now.Add(time.Minute)
		if claimed := f.pages(); len(claimed.Leases) != 0 || !claimed.Next.Equal(retry.Truncate(time.Millisecond)) {
			f.Errorf("claimed %+v", claimed)
		}
		f.now = retry
		if lease := f.page(); lease.Tries != 1 {
			f.Errorf("tries %d", lease.Tries)
		}
	}},
	{"a page that brought nothing better is settled", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		was := f.byID("a", "one").Story
		if !f.recordPage(news.PageResult{Lease: f.page(), At: f.now}) {
			f.Error("it was not recorded")
		}
		f.now = f.now.Add(24 * time.Hour)
		if claimed := f.pages(); len(claimed.Leases) != 0 || f.byID("a", "one").Hash != was.Hash {
			f.Errorf("claimed %+v", claimed)
		}
	}},
	{"one page a host, newest story first, with the pause", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", story("one", 3), story("two", 2), story("three", 1)) // all on site.example
		lease := f.page()
		if lease.Story.ID != "three" {
			f.Errorf("the first was %s", lease.Story.ID)
		}
		f.now = f.now.Add(3 * time.Second)
		f.read(lease, "<p>long</p>")
		if claimed := f.pages(); len(claimed.Leases) != 0 || !claimed.Next.Equal(f.now.Add(2*time.Second)) {
			f.Errorf("without its pause: %+v", claimed)
		}
		f.now = f.now.Add(2 * time.Second)
		f.page()
	}},
	{"a page keeps sources off its host, and they keep it off", func(f *fixture) {
		own := source("a", at("https://site.example/feed"))
		f.sync(own)
		f.wantText("a")
		f.insert("a", story("one", 1), story("two", 2))
		if claimed := f.pages(); len(claimed.Leases) != 0 {
			f.Errorf("a page was claimed in the pause after a visit: %+v", claimed)
		}
		f.now = f.now.Add(3 * time.Second)
		page := f.page()
		if claimed := f.ask(news.ClaimRequest{Limit: 1, Only: []news.SourceKey{f.keys["a"]}}); len(claimed.Leases) != 0 || !claimed.Next.Equal(page.Until) {
			f.Errorf("the source was claimed beside a page: %+v", claimed)
		}
		f.read(page, "<p>long</p>")
		f.now = f.now.Add(2 * time.Second)
		f.lease("a")
		if claimed := f.pages(); len(claimed.Leases) != 0 {
			f.Errorf("a page was claimed during a visit: %+v", claimed)
		}
	}},
	{"a due source of the host goes before a page", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", story("one", 1))
		f.sync(source("a"), source("b", at("https://site.example/feed")))
		f.wantText("a")
		if claimed := f.pages(); len(claimed.Leases) != 0 || claimed.Next.IsZero() {
			f.Errorf("claimed %+v", claimed)
		}
	}},
	{"a host that asked for time gets it", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", story("one", 1), story("two", 2))
		free := f.now.Add(time.Hour)
		f.recordPage(news.PageResult{Lease: f.page(), At: f.now, Retry: free, HostFree: free})
		if claimed := f.pages(); len(claimed.Leases) != 0 || !claimed.Next.Equal(free.Truncate(time.Millisecond)) {
			f.Errorf("claimed %+v", claimed)
		}
	}},
	{"pages of a free host need no pause", func(f *fixture) {
		f.sync(source("a"))
		f.must(f.Store.(fullTexts).SyncFullText(f.Context(), []news.FullTextSource{
			{Key: f.keys["a"], Delay: time.Hour, FreeHost: "site.example"},
		}))
		f.insert("a", story("one", 1), story("two", 2))
		if claimed := f.pages(); len(claimed.Leases) != 2 {
			f.Errorf("claimed %+v", claimed)
		}
	}},
	{"a source that begins to want full text has its newest stories read", func(f *fixture) {
		f.sync(source("a"))
		f.insert("a", alone("one", 2), alone("two", 1))
		f.wantText("a")
		if claimed := f.pages(); len(claimed.Leases) != 2 {
			f.Errorf("claimed %+v", claimed.Leases)
		}
		f.wantText("a")
		if claimed := f.pages(); len(claimed.Leases) != 0 {
			f.Errorf("again: %+v", claimed.Leases)
		}
	}},
	{"a source that wants none any more shows what its feed brought", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		f.must(f.ReplacePlaces(f.Context(), "x", "v1 of x", nil))
		f.wantText("a", "b")
		f.insert("a", alone("one", 1))
		was := f.byID("a", "one").Story
		f.read(f.page(), "<p>long</p>")
		f.insert("b", alone("two", 1))
		before := f.revision("x")
		f.wantText("b")
		if got := f.byID("a", "one").Story; got.Content != was.Content || got.Hash != was.Hash || got.Words != was.Words {
			f.Errorf("story %+v", got)
		}
		if f.revision("x") == before {
			f.Error("the feed's revision did not rise")
		}
		if stale := f.feeds("x"); len(stale) != 1 {
			f.Errorf("stale feeds %v", stale)
		}
		if lease := f.page(); lease.Story.ID != "two" {
			f.Errorf("lease %+v", lease)
		}
	}},
	{"so does one with more stories than one statement takes", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		stories := []news.Story{alone("first", 1)}
		for i := range 600 {
			stories = append(stories, story(fmt.Sprint(i), 9))
		}
		f.load("a", news.Changes{Insert: append(stories, alone("last", 2))})
		texts := 0
		for _, lease := range f.pages().Leases {
			if lease.Story.ID == "first" || lease.Story.ID == "last" {
				f.read(lease, "<p>long</p>")
				texts++
			}
		}
		f.wantText()
		stored, err := f.Stories(f.Context(), 0, 1000)
		f.must(err)
		for _, s := range stored {
			if s.Content != "" {
				f.Errorf("story %s has the text %q", s.ID, s.Content)
			}
		}
		if len(stored) != 602 || texts != 2 {
			f.Errorf("%d stories, %d of them with texts", len(stored), texts)
		}
	}},
	{"no page is claimed twice by two processes", func(f *fixture) {
		f.sync(source("a"))
		f.wantText("a")
		f.insert("a", alone("one", 1))
		f.page()
		claimed, err := f.open(f.T).(fullTexts).ClaimPages(f.Context(), news.PageClaim{Now: f.now, Limit: 10, Lease: time.Minute})
		f.must(err)
		if len(claimed.Leases) != 0 {
			f.Errorf("claimed %+v", claimed.Leases)
		}
	}},
}
