// Package aggregator pulls what is due and records what it found.
//
// A visit runs through the stages, one package each: schedule says when,
// fetch asks the upstream, parse reads the bytes, normalize makes them safe,
// merge decides what they change. The aggregator gives out the work by leases
// of its [Store], so any number of processes can share one: there is no queue,
// no leader and nothing to hand back when one of them dies.
//
// Start at [New], [Aggregator.Configure], then [Aggregator.Run] for a server
// or [Aggregator.Refresh] for one round.
package aggregator

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/fulltext"
	"tributary/aggregator/normalize"
	"tributary/internal/news"
)

// Fetcher makes one conditional request; see fetch.Fetcher for the contract.
type Fetcher interface {
	Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error)
}

// Options are what an Aggregator is made of.
type Options struct {
	Store   Store   // required
	Fetcher Fetcher // required
	// Pages and PageStore give stories the text of their own pages, where
	// their source asks for it; nobody gets one when either is nil.
	Pages     Fetcher
	PageStore fulltext.Store
	Log       *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Jitter gives numbers in [0, 1) for back-off; rand.Float64 when nil.
	Jitter func() float64
	// MaxStories is how many stories of one source are kept at most, whatever
	// its Keep says: a source that invents new ids at each visit must not fill
	// the disk. 50,000 when zero.
	MaxStories int
	// LeaseSlack is what a lease lasts beyond the longest visit: time to parse
	// and to record. 30 s when zero. All processes on one store should have the
	// same.
	LeaseSlack time.Duration
	// Observe is told of each visit once it is stored, from one goroutine; it
	// must not block. Optional.
	Observe func(Visited)
	// Held is told of each source that a round of Refresh named and left to
	// the visit that has it leased, with the time at which it is due again.
	// Optional.
	Held func(source string, due time.Time)
}

// Settings are what the operator configured. They are never changed after
// they were given to Configure.
type Settings struct {
	Sources      []news.Source
	Articles     Articles          // where local articles come from; nil for none
	Fingerprints map[string]string // of each feed, over all that decides its membership
	Member       news.Membership
	Concurrency  int // visits at once, ≥ 1
}

// Articles gives the local articles as they are now.
type Articles interface {
	// Load reads them. next is when the same files give another batch, zero
	// when they never do. Problems are for the operator, a line each.
	Load(now time.Time) (batch *news.Batch, next time.Time, problems []string, err error)
}

// Visited is one finished visit and what was made of it.
type Visited struct {
	Source   string
	Visit    news.Visit
	Recorded news.Recorded
}

// Aggregator pulls sources. Its methods are safe for concurrent use, but only
// one Run or Refresh at a time makes sense.
type Aggregator struct {
	store   Store
	fetcher Fetcher
	log     *slog.Logger
	now     func() time.Time
	jitter  func() float64
	observe func(Visited)
	held    func(source string, due time.Time)

	maxStories int
	leaseSlack time.Duration
	normalizer *normalize.Normalizer
	fullText   *fulltext.Worker // nil: nobody gets a full text
	// current is replaced as a whole by Configure.
	current atomic.Pointer[plan]
	// applying keeps Configure's view of stories and places from changing
	// under it: recording takes it shared, Configure alone.
	applying sync.RWMutex
	// claiming keeps a source of the next plan from being leased under the
	// current one, which doesn't know it: its lease would have to run out.
	// Configure takes it before applying, and not while it arranges feeds.
	claiming sync.RWMutex
	// parsing bounds the documents that are parsed at once: parsing is pure
	// CPU, and each document costs memory.
	parsing chan struct{}
	// wake holds a token when something became due outside the schedule.
	wake chan struct{}
	// problems of the local articles, as they were told last.
	problems struct {
		sync.Mutex
		told []string
	}
}

// New makes an Aggregator that pulls nothing until it is configured.
func New(o Options) *Aggregator {
	a := &Aggregator{
		store: o.Store, fetcher: o.Fetcher, log: o.Log, now: o.Now, jitter: o.Jitter, observe: o.Observe, held: o.Held,
		maxStories: cmp.Or(o.MaxStories, maxStories),
		leaseSlack: cmp.Or(o.LeaseSlack, leaseSlack),
		normalizer: normalize.New(),
		parsing:    make(chan struct{}, runtime.GOMAXPROCS(0)),
		wake:       make(chan struct{}, 1),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.jitter == nil {
		a.jitter = rand.Float64
	}
	if a.observe == nil {
		a.observe = func(Visited) {}
	}
	if a.held == nil {
		a.held = func(string, time.Time) {}
	}
	a.current.Store(&plan{})
	if o.Pages != nil && o.PageStore != nil {
		a.fullText = fulltext.New(fulltext.Options{
			Store: o.PageStore, Fetcher: o.Pages, Recording: a.applying.RLocker(),
			Log: a.log, Now: a.now, Jitter: a.jitter, Recorded: a.Wake,
		})
	}
	return a
}

// Configure makes the store and the schedule follow new settings: sources are
// added, renamed, moved and removed, and the places of feeds whose definition
// changed are worked out anew. Visits in flight end under the settings that
// they began with. After an error, which is the store's or names a source whose
// schedule is wrong, call it again with the same settings: what was done is not
// done twice.
func (a *Aggregator) Configure(ctx context.Context, settings Settings) error {
	next, err := newPlan(settings, a.leaseSlack)
	if err != nil {
		return err
	}
	a.claiming.Lock()
	a.applying.Lock()
	defer a.applying.Unlock()
	err = a.syncSources(ctx, next)
	a.claiming.Unlock()
	if err != nil {
		return err
	}
	defer a.Wake()
	return a.arrangeFeeds(ctx, next)
}

// syncSources makes the store hold the sources of a plan and no others, and the
// plan the current one.
func (a *Aggregator) syncSources(ctx context.Context, next *plan) error {
	keys, err := a.store.SyncSources(ctx, next.configured(), a.now())
	if err != nil {
		return fmt.Errorf("store the configured sources: %w", err)
	}
	next.setKeys(keys)
	if err := a.configureFullText(ctx, next); err != nil {
		return err
	}
	a.current.Store(next)
	return nil
}

// ArticlesChanged makes the local articles due now. It never blocks.
func (a *Aggregator) ArticlesChanged() {
	a.current.Load().articlesDue.Store(true)
	a.Wake()
}

// Wake makes Run look for due sources at once. It never blocks.
func (a *Aggregator) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}
