// Package storetest holds the contract test of the stores: what the comments of
// aggregator.Store and publisher.Store promise, for any engine. Only tests
// import it.
//
// A store's own test is one call:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Open { … })
//	}
package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"tributary/internal/news"
)

// Store is what is tested: the methods of aggregator.Store, then those of
// publisher.Store and of publisher.Renditions. The comments there are the contract. They are listed here
// so that a store's tests need neither package.
type Store interface {
	SyncSources(ctx context.Context, sources []news.Source, now time.Time) (map[string]news.SourceKey, error)
	Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error)
	Seen(ctx context.Context, source news.SourceKey, ids []string) (map[string]uint64, error)
	Record(ctx context.Context, results []news.Result, decide news.Decide) ([]news.Recorded, error)
	Release(ctx context.Context, leases []news.Lease, now time.Time) error
	Sources(ctx context.Context) ([]news.SourceState, error)
	Visits(ctx context.Context, source news.SourceKey) ([]news.Visit, error)
	SyncFeeds(ctx context.Context, fingerprints map[string]string) (stale []string, err error)
	Stories(ctx context.Context, after news.StoryKey, limit int) ([]news.StoredStory, error)
	ReplacePlaces(ctx context.Context, feed, fingerprint string, places []news.Place) error
	ClaimChore(ctx context.Context, request news.ChoreRequest) (news.ClaimedChore, error)
	FinishChore(ctx context.Context, lease news.ChoreLease, due time.Time) error
	Revise(ctx context.Context, source news.SourceKey, stories []news.StoryKey, now time.Time, decide news.Revise) (news.Recorded, error)
	Find(ctx context.Context, address, canonical string) ([]news.StoredStory, error)
	Excess(ctx context.Context, excess news.Excess) ([]news.StoryKey, error)
	Outdated(ctx context.Context, policy, limit int) ([]news.StoredStory, error)
	Tidy(ctx context.Context, now time.Time) error

	// What the admin pages ask for.
	Failures(ctx context.Context) (map[news.SourceKey][]news.Visit, error)

	// What explain asks for.
	Decisions(ctx context.Context, story news.StoryKey) ([]news.Decision, error)
	Dropped(ctx context.Context, source news.SourceKey) ([]news.Decision, error)
	Trace(ctx context.Context, address, canonical string) (news.Trace, error)
	Ahead(ctx context.Context, place news.Place) (news.Ahead, error)

	// What plan and reading lists ask for.
	Applied(ctx context.Context) (news.AppliedConfig, error)
	AppliedHash(ctx context.Context) (string, error)
	Apply(ctx context.Context, config news.AppliedConfig) error
	ReadingLists(ctx context.Context) ([]news.ReadingList, error)
	KeepReadingList(ctx context.Context, list news.ReadingList) error

	Revisions(ctx context.Context) (map[string]int64, error)
	Watch(ctx context.Context) <-chan struct{}
	Newest(ctx context.Context, feed string, after news.Cursor, limit int, known news.Remembered) ([]news.Item, error)
	Spread(ctx context.Context, feed string, perSource, limit int, known news.Remembered) ([]news.Item, error)
	Articles(ctx context.Context) ([]news.Item, error)
	SourceInfos(ctx context.Context) ([]news.SourceInfo, error)
	Entered(ctx context.Context, feed string, run int64) (last int64, open []news.StoryKey, err error)
	Run(ctx context.Context, feed string, first, last int64) ([]news.Item, error)

	Kept(ctx context.Context) (news.Kept, error)
	Keep(ctx context.Context, put news.Kept, gone []string) (modified map[string]time.Time, err error)

	Fingerprints(ctx context.Context) (map[string]string, error)
	Fates(ctx context.Context, feed string, stories []news.LastStory) (fates []news.Fate, fingerprint string, err error)
	LastEdition(ctx context.Context, feed string) (last news.LastEdition, ok bool, err error)
	Force(ctx context.Context, feed string) (ok bool, err error)
}

// Open opens one more handle on the same database, as another process would.
// It closes the handle when the test ends.
type Open func(t *testing.T) Store

// Run tests a store. fresh makes an empty database; each test has its own.
func Run(t *testing.T, fresh func(t *testing.T) Open) {
	for _, topic := range [][]check{
		sourceChecks, claimChecks, leasedChecks, releaseChecks, hostChecks, recordChecks, knownChecks, storyChecks,
		placeChecks, feedChecks, itemChecks, spreadChecks, infoChecks, historyChecks, watchChecks, renditionChecks, editionChecks, sharedChecks,
		fullTextChecks,
		reviseChecks, foreverChecks, choreChecks, traceChecks,
	} {
		for _, c := range topic {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				open := fresh(t)
				c.run(&fixture{T: t, Store: open(t), open: open, now: start})
			})
		}
	}
}

// check is one promise.
type check struct {
	name string
	run  func(*fixture)
}

// start is the time at which every test begins.
var start = time.Date(2026, 3, 14, 9, 26, 53, 589e6, time.UTC)

// fixture is a fresh database and a clock that stands still unless told.
type fixture struct {
	*testing.T
	Store
	open Open
	now  time.Time
	keys map[string]news.SourceKey // of the last sync
	// remembered are the stories that were last read of each feed.
	remembered map[string]news.Remembered
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// source is a paced source of a host of its own.
func source(name string, change ...func(*news.Source)) news.Source {
	s := news.Source{
		Name: name, URL: "https://" + name + ".example/feed", Content: news.ContentFull,
		Fetch: news.FetchSettings{Timeout: 30 * time.Second, HostConcurrency: 1, HostDelay: 2 * time.Second},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func at(url string) func(*news.Source) { return func(s *news.Source) { s.URL = url } }
func mirrored(s *news.Source)          { s.Mirror = true }
func paused(s *news.Source)            { s.Paused = true }
func unpaced(s *news.Source)           { s.Fetch.Unpaced = true }
func concurrency(n int) func(*news.Source) {
	return func(s *news.Source) { s.Fetch.HostConcurrency = n }
}
func titled(title string) func(*news.Source) { return func(s *news.Source) { s.Title = title } }

func (f *fixture) sync(sources ...news.Source) map[string]news.SourceKey {
	f.Helper()
	keys, err := f.SyncSources(f.Context(), sources, f.now)
	f.must(err)
	f.keys = keys
	return keys
}

// claim claims up to ten sources that are due.
func (f *fixture) claim() news.Claimed {
	f.Helper()
	return f.ask(news.ClaimRequest{Limit: 10})
}

// ask claims with the fixture's time and a lease of a minute.
func (f *fixture) ask(request news.ClaimRequest) news.Claimed {
	f.Helper()
	if request.Now.IsZero() {
		request.Now = f.now
	}
	if request.Lease == 0 {
		request.Lease = time.Minute
	}
	claimed, err := f.Claim(f.Context(), request)
	f.must(err)
	return claimed
}

// lease claims one source, due or not.
func (f *fixture) lease(name string) news.Lease {
	f.Helper()
	claimed := f.ask(news.ClaimRequest{Limit: 1, Only: []news.SourceKey{f.keys[name]}})
	if len(claimed.Leases) != 1 {
		f.Fatalf("source %s can't be claimed: %+v", name, claimed)
	}
	return claimed.Leases[0]
}

// result is a 304 under a lease, due again in half an hour.
func (f *fixture) result(lease news.Lease) news.Result {
	return news.Result{
		Lease:  lease,
		Visit:  news.Visit{At: f.now, Duration: 120 * time.Millisecond, Outcome: news.OutcomeUnchanged, Status: 304},
		Due:    f.now.Add(30 * time.Minute),
		Health: news.HealthOK,
	}
}

// changed is a 200 with a batch.
func (f *fixture) changed(lease news.Lease, batch news.Batch) news.Result {
	result := f.result(lease)
	result.Visit.Outcome, result.Visit.Status, result.Batch = news.OutcomeChanged, 200, &batch
	return result
}

// none is a decision that must not be asked for.
func (f *fixture) none(*news.Known, *news.Result) news.Changes {
	f.Error("decide was called")
	return news.Changes{}
}

// to decides the same whatever is known.
func to(changes news.Changes) news.Decide {
	return func(*news.Known, *news.Result) news.Changes { return changes }
}

func (f *fixture) record(result news.Result, decide news.Decide) news.Recorded {
	f.Helper()
	recorded, err := f.Record(f.Context(), []news.Result{result}, decide)
	f.must(err)
	if len(recorded) != 1 {
		f.Fatalf("%d records of one result", len(recorded))
	}
	return recorded[0]
}

// load claims a source ten minutes later and records changes.
func (f *fixture) load(name string, changes news.Changes) news.Recorded {
	f.Helper()
	return f.loadBatch(name, news.Batch{}, changes)
}

func (f *fixture) loadBatch(name string, batch news.Batch, changes news.Changes) news.Recorded {
	f.Helper()
	f.now = f.now.Add(10 * time.Minute)
	recorded := f.record(f.changed(f.lease(name), batch), to(changes))
	if recorded.Stale {
		f.Fatalf("the result of %s is stale", name)
	}
	return recorded
}

// insert stores stories of a source and gives their keys.
func (f *fixture) insert(name string, stories ...news.Story) []news.StoryKey {
	f.Helper()
	f.load(name, news.Changes{Insert: stories})
	var keys []news.StoryKey
	for _, story := range stories {
		keys = append(keys, f.byID(name, story.ID).Key)
	}
	return keys
}

// byID finds a stored story.
func (f *fixture) byID(name, id string) news.StoredStory {
	f.Helper()
	for _, story := range f.stories() {
		if story.SourceName == name && story.ID == id {
			return story
		}
	}
	f.Fatalf("source %s has no story %q", name, id)
	return news.StoredStory{}
}

func (f *fixture) stories() []news.StoredStory {
	f.Helper()
	stories, err := f.Stories(f.Context(), 0, 1000)
	f.must(err)
	return stories
}

// story is a small story; its date lies days before the start.
func story(id string, days int) news.Story {
	date := start.AddDate(0, 0, -days)
	return news.Story{
		ID: id, PublicID: "urn:test:" + id, Canonical: "https://site.example/" + id, Link: "https://site.example/" + id,
		Title: "Story " + id, Published: date, FirstSeen: start, Date: date, Changed: date,
		Hash: 1, RawHash: 1<<63 + 5, Dated: news.DatedPublished,
	}
}

func (f *fixture) state(name string) news.SourceState {
	f.Helper()
	states, err := f.Sources(f.Context())
	f.must(err)
	for _, state := range states {
		if state.Name == name {
			return state
		}
	}
	f.Fatalf("no source %s among %v", name, states)
	return news.SourceState{}
}

// feeds configures feeds and gives the stale ones.
func (f *fixture) feeds(names ...string) []string {
	f.Helper()
	fingerprints := make(map[string]string)
	for _, name := range names {
		fingerprints[name] = "v1 of " + name
	}
	stale, err := f.SyncFeeds(f.Context(), fingerprints)
	f.must(err)
	return stale
}

func (f *fixture) revision(feed string) int64 {
	f.Helper()
	revisions, err := f.Revisions(f.Context())
	f.must(err)
	return revisions[feed]
}

func (f *fixture) newest(feed string) []news.Item {
	f.Helper()
	items, err := f.Newest(f.Context(), feed, news.Cursor{}, 100, nil)
	f.must(err)
	again, err := f.Newest(f.Context(), feed, news.Cursor{}, 100, f.remembered[feed])
	f.must(err)
	f.sameItems(feed, again, items)
	return items
}

// sameItems checks what was read with the stories known that were read the last
// time, whatever was done to them since.
func (f *fixture) sameItems(feed string, again, items []news.Item) {
	f.Helper()
	if len(again) != len(items) {
		f.Fatalf("%d items of feed %s where stories are known instead of %d", len(again), feed, len(items))
	}
	if f.remembered == nil {
		f.remembered = make(map[string]news.Remembered)
	}
	f.remembered[feed] = make(news.Remembered)
	for i := range items {
		again[i].Policy = items[i].Policy // may be an older one
		if !reflect.DeepEqual(again[i], items[i]) {
			f.Errorf("item of feed %s where stories are known:\n%+v\ninstead of\n%+v", feed, again[i], items[i])
		}
		f.remembered[feed][items[i].Key] = &items[i].Story
	}
}

// ids gives the ids of items, for comparison.
func ids(items []news.Item) string {
	text := ""
	for _, item := range items {
		text += item.ID + " "
	}
	return text
}

func names(leases []news.Lease) string {
	text := ""
	for _, lease := range leases {
		text += lease.Source.Name + " "
	}
	return text
}
