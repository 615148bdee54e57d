package aggregator_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

// rig is an aggregator on a store of its own.
type rig struct {
	*aggregator.Aggregator
	t     *testing.T
	store *sqlite.DB

	mu      sync.Mutex
	visited []aggregator.Visited
}

// newRig makes a rig; options may be changed before it is used.
func newRig(t *testing.T, change func(*aggregator.Options)) *rig {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &rig{t: t, store: store}
	options := aggregator.Options{
		Store:   store,
		Fetcher: newFetcher(t),
		Jitter:  func() float64 { return 0.5 },
		Observe: r.observe,
	}
	if change != nil {
		change(&options)
	}
	r.Aggregator = aggregator.New(options)
	return r
}

func newFetcher(t *testing.T) *fetch.Fetcher {
	client := safehttp.New(safehttp.Options{})
	t.Cleanup(client.CloseIdle)
	return fetch.New(fetch.Options{Client: client, Version: "test"})
}

func (r *rig) observe(v aggregator.Visited) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.visited = append(r.visited, v)
}

// all gives every visit so far.
func (r *rig) all() []aggregator.Visited {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.visited)
}

// taken gives what was observed since the last call, by source.
func (r *rig) taken() map[string]aggregator.Visited {
	r.mu.Lock()
	defer r.mu.Unlock()
	byName := make(map[string]aggregator.Visited)
	for _, v := range r.visited {
		byName[v.Source] = v
	}
	r.visited = nil
	return byName
}

func (r *rig) configure(sources ...news.Source) {
	r.t.Helper()
	if err := r.Configure(r.t.Context(), settings(sources...)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) refresh(round aggregator.Round) map[string]aggregator.Visited {
	r.t.Helper()
	if err := r.Refresh(r.t.Context(), round); err != nil {
		r.t.Fatal(err)
	}
	return r.taken()
}

// titles gives what feed "all" shows, newest first.
func (r *rig) titles() []string {
	r.t.Helper()
	items, err := r.store.Newest(r.t.Context(), "all", news.Cursor{}, 100, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	titles := make([]string, len(items))
	for i := range items {
		titles[i] = items[i].Title
	}
	return titles
}

func (r *rig) state(name string) news.SourceState {
	r.t.Helper()
	states, err := r.store.Sources(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(states, func(s news.SourceState) bool { return s.Name == name })
	if i < 0 {
		r.t.Fatalf("no source %s", name)
	}
	return states[i]
}

// settings publish every story of the sources in feed "all".
func settings(sources ...news.Source) aggregator.Settings {
	return aggregator.Settings{
		Sources:      sources,
		Concurrency:  8,
		Fingerprints: map[string]string{"all": "1"},
		Member: func(*news.Story, *news.Source) []news.Verdict {
			return []news.Verdict{{Feed: "all", In: true}}
		},
	}
}

func source(name, url string) news.Source {
	return news.Source{
		Name: name, URL: url, Schedule: "@every 1h",
		Content: news.ContentFull, Images: news.ImagesKeep, Identity: news.IdentityID,
		Fetch: news.FetchSettings{Timeout: 5 * time.Second, HostConcurrency: 1, Unpaced: true, AllowNetworks: upstreamtest.Loopback},
	}
}

func TestRefreshTwice(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	r.configure(
		source("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.Items(3)...))),
		source("b", up.Feed("/b", upstreamtest.Atom("B", upstreamtest.NewItem(20)))),
		source("c", up.Feed("/c", upstreamtest.JSON("C", upstreamtest.NewItem(30)))),
	)
	for name, v := range r.refresh(aggregator.Round{}) {
		want := map[string]int{"a": 3, "b": 1, "c": 1}[name]
		if v.Visit.Outcome != news.OutcomeChanged || v.Visit.New != want {
			t.Errorf("%s: %s with %d new stories, want changed with %d", name, v.Visit.Outcome, v.Visit.New, want)
		}
	}
	before := r.titles()
	if len(before) != 5 {
		t.Errorf("feed shows %q, want 5 stories", before)
	}
	if again := r.refresh(aggregator.Round{}); len(again) != 0 {
		t.Errorf("nothing was due, yet %d sources were visited", len(again))
	}
	for name, v := range r.refresh(aggregator.Round{All: true}) {
		if v.Visit.Outcome != news.OutcomeUnchanged || v.Visit.Status != 304 {
			t.Errorf("%s: %s with status %d, want unchanged by a 304", name, v.Visit.Outcome, v.Visit.Status)
		}
	}
	if diff := cmp.Diff(before, r.titles()); diff != "" {
		t.Errorf("feed changed (-before +after):\n%s", diff)
	}
}

func TestRefreshNamed(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	feed := upstreamtest.RSS("A", upstreamtest.NewItem(1))
	r.configure(source("a", up.Feed("/a", feed)), source("b", up.Feed("/b", feed)))
	r.refresh(aggregator.Round{Names: []string{"b"}})
	if up.Count("/a") != 0 || up.Count("/b") != 1 {
		t.Errorf("a was asked %d times, b %d times; want 0 and 1", up.Count("/a"), up.Count("/b"))
	}
	err := r.Refresh(t.Context(), aggregator.Round{Names: []string{"nope"}})
	if err == nil || !strings.Contains(err.Error(), `"nope"`) {
		t.Errorf("unknown name gives %v", err)
	}
}

func TestOneBadSourceHurtsNoOther(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	bad := map[string]struct {
		action upstreamtest.Action
		cause  news.Cause
	}{
		"error":  {upstreamtest.Status(500), news.CauseStatus},
		"html":   {upstreamtest.Body("<!DOCTYPE html><title>Hello</title><p>no feed"), news.CauseNotFeed},
		"empty":  {upstreamtest.Body(""), news.CauseNotFeed},
		"gone":   {upstreamtest.Gone(), news.CauseGone},
		"lost":   {upstreamtest.Status(404), news.CauseNotFound},
		"wall":   {upstreamtest.Status(403), news.CauseForbidden},
		"busy":   {upstreamtest.Status(429, "Retry-After", "7200"), news.CauseRateLimited},
		"inward": {upstreamtest.Redirect(302, "http://[::ffff:10.0.0.1]/feed"), news.CauseBlocked},
	}
	sources := []news.Source{source("good", up.Feed("/good", upstreamtest.RSS("Good", upstreamtest.NewItem(1))))}
	for name, b := range bad {
		up.Script("/"+name, b.action)
		sources = append(sources, source(name, up.URL("/"+name)))
	}
	r.configure(sources...)
	visited := r.refresh(aggregator.Round{})
	if v := visited["good"].Visit; v.New != 1 {
		t.Errorf("the good source brought %d stories, want 1", v.New)
	}
	for name, b := range bad {
		visit, state := visited[name].Visit, r.state(name)
		if visit.Cause != b.cause || visit.Detail == "" {
			t.Errorf("%s: cause %q (%s), want %q", name, visit.Cause, visit.Detail, b.cause)
		}
		wantHealth := news.HealthFailing
		if b.cause == news.CauseGone {
			wantHealth = news.HealthGone
		}
		if state.Health != wantHealth || state.Failures != 1 {
			t.Errorf("%s is %s after %d failures, want %s after 1", name, state.Health, state.Failures, wantHealth)
		}
	}
	if wait := time.Until(r.state("busy").Due); wait < 119*time.Minute {
		t.Errorf("a source that asked for two hours is due in %v", wait)
	}
}

func TestFailureKeepsStoriesAndRecovers(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	r.configure(source("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.Items(2)...))))
	all := aggregator.Round{All: true}
	r.refresh(all)
	up.Script("/a", upstreamtest.Body("<rss><channel></channel></rss>"))
	r.refresh(all)
	if got := r.titles(); len(got) != 2 {
		t.Errorf("an empty document left %q", got)
	}
	if health := r.state("a").Health; health != news.HealthFailing {
		t.Errorf("health is %s, want failing", health)
	}
	up.Script("/a", upstreamtest.Serve)
	r.refresh(all)
	if state := r.state("a"); state.Health != news.HealthOK || state.Failures != 0 {
		t.Errorf("health is %s after %d failures, want ok after none", state.Health, state.Failures)
	}
}

func TestChangedDocumentUpdatesStories(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	items := upstreamtest.Items(3)
	r.configure(source("a", up.Feed("/a", upstreamtest.RSS("A", items...))))
	all := aggregator.Round{All: true}
	r.refresh(all)
	items[1].Title = "A better title"
	up.Set("/a", upstreamtest.RSS("A", append([]upstreamtest.Item{upstreamtest.NewItem(9)}, items...)...))
	visit := r.refresh(all)["a"].Visit
	if visit.New != 1 || visit.Changed != 1 {
		t.Errorf("%d new and %d changed stories, want 1 and 1", visit.New, visit.Changed)
	}
	if got := r.titles(); !slices.Contains(got, "A better title") || len(got) != 4 {
		t.Errorf("feed shows %q", got)
	}
}

func TestConfigureRemovesRenamesAndMoves(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	a := source("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1))))
	b := source("b", up.Feed("/b", upstreamtest.RSS("B", upstreamtest.NewItem(2))))
	r.configure(a, b)
	r.refresh(aggregator.Round{})

	renamed := a
	renamed.Name = "renamed"
	next := settings(renamed)
	next.Fingerprints = map[string]string{"all": "2"}
	if err := r.Configure(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if got := r.titles(); len(got) != 1 {
		t.Errorf("after b was removed the feed shows %q", got)
	}
	if state := r.state("renamed"); state.Stories != 1 || !state.Loaded {
		t.Errorf("the renamed source lost its stories: %+v", state)
	}
	moved := renamed
	moved.URL = up.Feed("/new", upstreamtest.RSS("A", upstreamtest.NewItem(1)))
	r.configure(moved)
	r.refresh(aggregator.Round{})
	if state := r.state("renamed"); state.Stories != 1 {
		t.Errorf("after a move the source has %d stories, want the one it had", state.Stories)
	}
}

func TestConfigureRearrangesFeeds(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	a := source("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.Items(3)...)))
	r.configure(a)
	r.refresh(aggregator.Round{})
	keep := r.titles()[1]

	narrow := settings(a)
	narrow.Fingerprints = map[string]string{"all": "narrow"}
	narrow.Member = func(s *news.Story, _ *news.Source) []news.Verdict {
		return []news.Verdict{{Feed: "all", In: s.Title == keep}}
	}
	if err := r.Configure(t.Context(), narrow); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{keep}, r.titles()); diff != "" {
		t.Errorf("narrowed feed (-want +got):\n%s", diff)
	}
	r.configure(a)
	if got := r.titles(); len(got) != 3 {
		t.Errorf("widened feed shows %q, want all 3 again", got)
	}
}

func TestConfigureRefusesABadSchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	bad := source("a", "http://upstream.test/")
	bad.Schedule = "@every 0s"
	if err := r.Configure(t.Context(), settings(bad)); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("got %v, want an error that names the source", err)
	}
}

// panicky is a fetcher with a bug that one source brings out.
type panicky struct{ aggregator.Fetcher }

func (p panicky) Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error) {
	if request.Source.Name == "bug" {
		panic("a bug of ours")
	}
	return p.Fetcher.Fetch(ctx, request)
}

func TestPanicIsOneFailedVisit(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, func(o *aggregator.Options) { o.Fetcher = panicky{o.Fetcher} })
	r.configure(source("bug", up.URL("/bug")), source("good", up.Feed("/good", upstreamtest.RSS("G", upstreamtest.NewItem(1)))))
	visited := r.refresh(aggregator.Round{})
	if cause := visited["bug"].Visit.Cause; cause != news.CauseInternal {
		t.Errorf("cause is %q, want internal", cause)
	}
	if visited["good"].Visit.New != 1 {
		t.Error("the other source was not read")
	}
}

// flaky is a store whose Record fails when a result of one source is in it, or
// always while broken is set.
type flaky struct {
	aggregator.Store
	refuses string
	mu      sync.Mutex
	broken  bool
}

func (f *flaky) set(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

var errDisk = errors.New("disk full")

func (f *flaky) Record(ctx context.Context, results []news.Result, decide news.Decide) ([]news.Recorded, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken || slices.ContainsFunc(results, func(r news.Result) bool { return r.Lease.Source.Name == f.refuses }) {
		return nil, errDisk
	}
	return f.Store.Record(ctx, results, decide)
}

func TestRefusedResultHurtsNoOther(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, func(o *aggregator.Options) { o.Store = &flaky{Store: o.Store, refuses: "poison"} })
	sources := []news.Source{source("poison", up.Feed("/poison", upstreamtest.RSS("P", upstreamtest.NewItem(99))))}
	for i, url := range up.Feeds(5, "/s", func(i int) string { return upstreamtest.RSS("S", upstreamtest.NewItem(i+1)) }) {
		sources = append(sources, source("s"+string(rune('0'+i)), url))
	}
	r.configure(sources...)
	if err := r.Refresh(t.Context(), aggregator.Round{}); !errors.Is(err, errDisk) {
		t.Errorf("error is %v, want the disk's", err)
	}
	if got := r.titles(); len(got) != 5 {
		t.Errorf("feed shows %q, want the 5 good stories", got)
	}
}

// shelf is a folder of articles whose content a test sets.
type shelf struct {
	batch    func(now time.Time) *news.Batch
	next     time.Time
	problems []string
	err      error
}

func (s *shelf) Load(now time.Time) (*news.Batch, time.Time, []string, error) {
	if s.err != nil {
		return nil, time.Time{}, nil, s.err
	}
	return s.batch(now), s.next, s.problems, nil
}

func article(slug string, published time.Time) news.Story {
	return news.Story{
		ID: slug, Slug: slug, PublicID: "tag:site.example,2026:" + slug, Title: slug, Local: true, Content: "<p>x</p>",
		Link: "https://site.example/articles/" + slug, Canonical: "https://site.example/articles/" + slug,
		Published: published, Hash: 1, RawHash: 1,
	}
}

func TestArticlesComeAndGo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	one, two := article("one", time.Unix(1e9, 0)), article("two", time.Unix(2e8, 0))
	present := []news.Story{one, two}
	with := settings()
	with.Articles = &shelf{batch: func(time.Time) *news.Batch { return &news.Batch{Stories: present} }}
	if err := r.Configure(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	if err := r.RefreshArticles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, r.titles()); diff != "" {
		t.Errorf("feed (-want +got):\n%s", diff)
	}
	present = []news.Story{two}
	if err := r.RefreshArticles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"two"}, r.titles()); diff != "" {
		t.Errorf("after one was deleted (-want +got):\n%s", diff)
	}
}

func TestUnreadableArticlesStay(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := &shelf{batch: func(time.Time) *news.Batch {
		return &news.Batch{Stories: []news.Story{article("one", time.Unix(1e9, 0))}}
	}}
	with := settings()
	with.Articles = s
	if err := r.Configure(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{nil, os.ErrPermission} {
		s.err = err
		if err := r.RefreshArticles(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.titles(); len(got) != 1 {
		t.Errorf("an unreadable folder left %q", got)
	}
	if state := r.state(news.ArticlesName); state.Last.Cause != news.CauseFile {
		t.Errorf("cause is %q, want file", state.Last.Cause)
	}
}

func TestUpdateKeepsTheReasonOfTheDate(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	item := upstreamtest.NewItem(1)
	r.configure(source("a", up.Feed("/a", upstreamtest.RSS("A", item))))
	all := aggregator.Round{All: true}
	r.refresh(all)
	item.Title = "A better title"
	up.Set("/a", upstreamtest.RSS("A", item))
	r.refresh(all)
	items, err := r.store.Newest(t.Context(), "all", news.Cursor{}, 1, nil)
	if err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	if items[0].Title != item.Title || items[0].Dated != news.DatedPublished {
		t.Errorf("%q is dated by %q, want %q", items[0].Title, items[0].Dated, news.DatedPublished)
	}
}
