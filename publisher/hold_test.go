package publisher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/news"
)

// dated makes stories of one source, from the newest number down to the
// oldest; a higher number is a day newer.
func dated(source string, newest, oldest int) (list []news.Item) {
	for n := newest; n >= oldest; n-- {
		it := stories(fmt.Sprintf("%s%d", source, n))[0]
		it.Key = news.StoryKey(n*10) + news.StoryKey(source[0]-'a')
		it.ID = it.Title
		it.Source, it.From.Key, it.From.Name = news.SourceKey(source[0]), news.SourceKey(source[0]), source
		it.Date = noon.AddDate(0, 0, n-1000)
		it.Changed = it.Date
		list = append(list, it)
	}
	return list
}

// merged is an edition's order of several lists.
func merged(lists ...[]news.Item) (all []news.Item) {
	for _, list := range lists {
		all = append(all, list...)
	}
	slices.SortFunc(all, newestFirst)
	return all
}

// heldFixture is one feed with a limit, published with some items.
func heldFixture(t *testing.T, feed news.Feed, items []news.Item) (*Publisher, *memory, *drawer, Config) {
	t.Helper()
	store, d := newMemory(), newDrawer()
	store.fingerprints["latest"] = "v1"
	store.put("latest", items)
	config := Config{Site: testSite, Feeds: []news.Feed{feed}, Pages: newPages(t)}
	p, _ := process(t, store, d, config)
	publish(t, p)
	wantNoTroubles(t, p)
	return p, store, d, config
}

func isHeld(p *Publisher) bool {
	for _, trouble := range p.Troubles() {
		if trouble.Held {
			return true
		}
	}
	return false
}

// leave gives the stories that left a feed the same fate.
func leave(store *memory, fate news.Fate, gone []news.Item) {
	store.mu.Lock()
	defer store.mu.Unlock()
	for _, it := range gone {
		store.fates[it.PublicID] = fate
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	wide := feedNamed("latest")
	narrow := wide
	narrow.Limit = 20
	aged := wide
	aged.MaxAge = time.Since(dated("a", 15, 15)[0].Date) + time.Hour // 1 to 14 are too old by then
	for _, tc := range []struct {
		why           string
		feed          news.Feed
		before, after []news.Item
		fate          news.Fate // of those that left
		settle        func(*memory)
		held          bool
	}{
		{why: "a mirrored source emptied", feed: wide,
			before: dated("a", 20, 1), after: dated("a", 20, 19), held: true},
		{why: "all gone", feed: wide, before: dated("a", 20, 1), held: true},
		{why: "one more than half", feed: wide, before: dated("a", 20, 1), after: dated("a", 20, 12), held: true},
		{why: "exactly half", feed: wide, before: dated("a", 20, 1), after: dated("a", 20, 11)},
		{why: "ten are enough", feed: wide, before: dated("a", 10, 1), after: dated("a", 10, 9), held: true},
		{why: "nine are not", feed: wide, before: dated("a", 9, 1), after: dated("a", 9, 9)},
		{why: "a rule refuses what was edited", feed: wide, fate: news.Fate{Stored: true},
			before: dated("a", 20, 1), after: dated("a", 20, 19), held: true},
		{why: "the rule was changed", feed: wide, fate: news.Fate{Stored: true},
			before: dated("a", 20, 1), after: dated("a", 20, 19),
			settle: func(m *memory) { m.fingerprints["latest"] = "v2" }},
		{why: "a rule was changed while stories were lost", feed: wide,
			before: dated("a", 20, 1), after: dated("a", 20, 19), held: true,
			settle: func(m *memory) { m.fingerprints["latest"] = "v2" }},
		{why: "its source is read under other settings", feed: wide, fate: news.Fate{Settings: 7},
			before: dated("a", 20, 1), after: dated("a", 20, 19)},
		{why: "expired", feed: wide, fate: news.Fate{Expired: true},
			before: dated("a", 20, 1), after: dated("a", 20, 19)},
		{why: "retracted", feed: wide, fate: news.Fate{Retracted: true},
			before: dated("a", 20, 1), after: dated("a", 20, 19)},
		{why: "too old meanwhile", feed: aged, // as if it had been published when they were not
			before: dated("a", 30, 1), after: dated("a", 30, 15)},
		{why: "newer ones push out", feed: narrow,
			before: dated("a", 20, 1), after: merged(dated("b", 60, 41), dated("a", 20, 1))},
		{why: "newer ones push out what is lost at the same time", feed: narrow,
			before: dated("a", 20, 1), after: dated("b", 60, 41)},
		{why: "older ones of others don't make up for a loss", feed: wide,
			before: merged(dated("a", 60, 41), dated("b", 10, 1)),
			after:  merged(dated("a", 60, 59), dated("b", 10, 1), dated("c", 40, 11)), held: true},
		{why: "nor do newer ones of others where there is room", feed: wide,
			before: dated("a", 20, 1), after: merged(dated("b", 60, 41), dated("a", 20, 19)), held: true},
		{why: "a mirrored window moves on", feed: wide,
			before: dated("a", 20, 1), after: dated("a", 40, 21)},
		{why: "a placeholder is no window", feed: wide,
			before: dated("a", 20, 1), after: dated("a", 21, 21), held: true},
		{why: "a share keeps stories out that are still there", feed: narrow,
			before: dated("a", 20, 1), after: merged(dated("a", 20, 1), dated("b", 70, 21))},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			first := tc.feed
			first.MaxAge = 0
			p, store, _, config := heldFixture(t, first, tc.before)
			config.Feeds = []news.Feed{tc.feed}
			p.Reconfigure(config)
			before := p.Lookup("/latest.rss")
			leave(store, tc.fate, tc.before)
			if tc.settle != nil {
				tc.settle(store)
			}
			store.put("latest", tc.after)
			publish(t, p)
			if isHeld(p) != tc.held {
				t.Fatalf("held: %t; troubles %+v", !tc.held, p.Troubles())
			}
			if same := p.Lookup("/latest.rss") == before; same != tc.held {
				t.Errorf("the document is the last one: %t", same)
			}
		})
	}
}

// Everything of a held feed stays as it was, over a restart too, and is made
// again as soon as the stories are back.
func TestHeldFeedStays(t *testing.T) {
	t.Parallel()
	all := dated("a", 60, 1)
	p, store, d, config := heldFixture(t, feedNamed("latest"), all)
	before := p.Renditions()
	paths := p.feedPaths("latest")
	if own := p.owner(feedOwner("latest")).paths; !slices.Equal(slices.Sorted(slices.Values(paths)), own) {
		t.Fatalf("the feed made %v, to be kept are %v", own, paths)
	}
	archived := len(p.ArchivePaths())
	wantAsBefore := func(when string, p *Publisher) {
		t.Helper()
		if !isHeld(p) {
			t.Fatalf("%s: not held", when)
		}
		for _, path := range paths {
			if r := p.Lookup(path); r == nil || r.Plain.ETag != before[path].Plain.ETag || r.Modified != before[path].Modified {
				t.Errorf("%s: %s is not what it was", when, path)
			}
		}
		if n := len(p.ArchivePaths()); n != archived {
			t.Errorf("%s: %d archive pages, want %d", when, n, archived)
		}
		if _, ok := p.Follow("latest", 0); !ok {
			t.Errorf("%s: nobody can follow the feed", when)
		}
	}
	store.put("latest", all[:5])
	publish(t, p)
	wantAsBefore("at once", p)
	detail := p.Troubles()[0].Detail
	for _, want := range []string{"45 of 50 stories", "source a", "tributary publish --force latest"} {
		if !strings.Contains(detail, want) {
			t.Errorf("the reason does not tell %q: %s", want, detail)
		}
	}

	again, current := process(t, store, d, config)
	if !current {
		t.Error("a held feed keeps a start from serving at once")
	}
	publish(t, again)
	wantAsBefore("after a restart", again)
	store.touch("latest")
	publish(t, again)
	wantAsBefore("after another change", again)

	store.put("latest", all)
	publish(t, again)
	wantNoTroubles(t, again)
	if r := again.Lookup("/latest.rss"); r.Plain.ETag != before["/latest.rss"].Plain.ETag {
		t.Error("the same stories give another document")
	}
	store.put("latest", all[:40])
	publish(t, again)
	if wantNoTroubles(t, again); holds(again, "/latest.rss", "<title>a3</title>") {
		t.Error("the feed does not go on after the hold")
	}
}

func TestForceLetsThrough(t *testing.T) {
	t.Parallel()
	all := dated("a", 20, 1)
	p, store, d, config := heldFixture(t, feedNamed("latest"), all)
	other, _ := process(t, store, d, config)
	store.put("latest", all[:2])
	for _, node := range []*Publisher{p, other} {
		publish(t, node)
		if !isHeld(node) {
			t.Fatal("the nodes do not decide alike")
		}
	}
	d.force(store, "latest")
	for _, node := range []*Publisher{p, other} {
		publish(t, node)
		if wantNoTroubles(t, node); holds(node, "/latest.rss", "<title>a3</title>") {
			t.Error("not let through")
		}
	}
	if a, b := p.Lookup("/latest.rss"), other.Lookup("/latest.rss"); a.Plain.ETag != b.Plain.ETag || a.Modified != b.Modified {
		t.Error("the nodes serve different documents")
	}
	store.put("latest", nil)
	publish(t, p)
	wantNoTroubles(t, p) // two stories are no feed to be held
}

// A story that was retracted must not stay with readers, whatever else is lost.
func TestRetractionEndsAHold(t *testing.T) {
	t.Parallel()
	all := dated("a", 20, 1)
	p, store, _, _ := heldFixture(t, feedNamed("latest"), all)
	store.put("latest", all[:2])
	publish(t, p)
	if !isHeld(p) {
		t.Fatal("not held")
	}
	leave(store, news.Fate{Retracted: true}, all[:1])
	store.put("latest", all[1:2])
	publish(t, p)
	if wantNoTroubles(t, p); holds(p, "/latest.rss", "<title>a20</title>") {
		t.Error("the retracted story is still there")
	}
}

// What one process let through, another one that held it takes over.
func TestHoldFollowsOtherProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := dated("a", 20, 1)
		p, store, d, config := heldFixture(t, feedNamed("latest"), all)
		late, _ := process(t, store, d, config)
		publish(t, late)
		d.fail(errors.New("disk full")) // what p publishes isn't known to others yet
		for n := 14; n >= 2; n -= 6 {
			store.put("latest", all[:n])
			publish(t, p)
			wantNoTroubles(t, p)
		}
		d.fail(nil)
		run(t, late)
		if !isHeld(late) {
			t.Fatal("the other one should not know yet")
		}
		publish(t, p)
		time.Sleep(2 * heldRecheck)
		synctest.Wait()
		if wantNoTroubles(t, late); late.Lookup("/latest.rss").Plain.ETag != p.Lookup("/latest.rss").Plain.ETag {
			t.Error("the two serve different documents")
		}
	})
}

// The store is asked about nothing as long as nothing looks like a loss, and an
// edition is written down once.
func TestHoldCostsNothing(t *testing.T) {
	t.Parallel()
	p, store, d, config := heldFixture(t, feedNamed("latest"), dated("a", 20, 1))
	noted := d.noted
	again, _ := process(t, store, d, config)
	publish(t, again)
	if d.noted != noted {
		t.Error("the same edition was written down again")
	}
	store.put("latest", dated("a", 25, 5))
	publish(t, p)
	if store.count("fates") != 0 {
		t.Error("the store was asked for fates")
	}
	if d.noted != noted+1 {
		t.Errorf("%d editions written down, want 1", d.noted-noted)
	}
}

func TestHoldNeedsTheStore(t *testing.T) {
	t.Parallel()
	all := dated("a", 20, 1)
	p, store, d, _ := heldFixture(t, feedNamed("latest"), all)
	store.put("latest", all[:2])
	d.fail(errors.New("disk I/O error"))
	if err := p.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), "compare feed latest with its last edition") {
		t.Errorf("error %v", err)
	}
	if !holds(p, "/latest.rss", "<title>a3</title>") {
		t.Error("published without a look at what others did")
	}
}

// A log line a hold, not one at every look.
func TestHoldIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	store := newMemory()
	all := dated("a", 20, 1)
	store.put("latest", all)
	p := New(Options{
		Config: Config{Site: testSite, Feeds: []news.Feed{feedNamed("latest")}},
		Store:  store, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for _, n := range []int{20, 2, 2, 2} {
		store.put("latest", all[:n])
		if err := p.Publish(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "held: 18 of 20"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
}
