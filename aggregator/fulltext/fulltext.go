// Package fulltext gives stories whose feed brings only the beginning of them
// the text of the page that they link to. It is for sources that ask for it
// (full_text), works in the background and never inside a visit: finding the
// article in a page costs as much as a hundred visits.
//
// A story is published with what its feed brought and updated in place once
// its page was read. The rules:
//
//  1. Each page is read once, and again only when the feed changes its story.
//  2. One request at a time to one host, with the pause of the source that
//     the story is from; visits of sources on the same host go first.
//  3. A failure that may pass is tried again after ten minutes, then after an
//     hour, or when the host said so; then the feed's text stays. One that
//     won't pass (404, no HTML, nothing readable) is not tried again.
//  4. Every failure is logged. None touches the story.
//  5. The headers of the source, which may hold secrets, go to pages of its
//     own origin only, and its allowed networks are open to pages of its own
//     host only.
//
// The queue is the store's, leased like the sources themselves, so any number
// of processes can share it. Start with [New], [Worker.Configure], [Worker.Run].
package fulltext

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/internal/news"
)

const (
	// concurrency is how many pages are read at once, each from another host.
	concurrency = 2
	// leaseSlack is what a lease lasts beyond the longest request.
	leaseSlack = 30 * time.Second
	// idlePause is the longest time without a look at the store: another
	// process may have queued something.
	idlePause = 30 * time.Second
	// leastPause keeps the loop from spinning whatever the store says.
	leastPause = 10 * time.Millisecond
)

// Store is the queue. Implementations are safe for concurrent use, by several
// processes too; see aggregator.Store for what all stores promise.
type Store interface {
	// SyncFullText makes these the sources whose stories are queued when they
	// are stored, and when they change. The newest stored stories of one that
	// is new are queued too; the stories of one that is gone are again what
	// the feed brought.
	SyncFullText(ctx context.Context, sources []news.FullTextSource) error

	// ClaimPages leases pages that are due, those of the newest stories first,
	// with their hosts: at most one page a host, none while the host has its
	// pause or a source of it is visited or due. Pages of a source's FreeHost
	// need no host.
	ClaimPages(ctx context.Context, request news.PageClaim) (news.ClaimedPages, error)

	// RecordPage stores a result, and with it what decide says about its
	// story, in one transaction, and frees the host after its pause. It
	// reports false, and stores no text, when the lease is another's by now,
	// or the story changed or went meanwhile. What the feed brought is kept:
	// the next batch is compared with that.
	RecordPage(ctx context.Context, result news.PageResult, decide news.DecideText) (recorded bool, err error)
}

// Fetcher makes one request; fetch.Fetcher is the one to use, with a limit for
// pages.
type Fetcher interface {
	Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error)
}

// Options are what a Worker is made of.
type Options struct {
	Store   Store   // required
	Fetcher Fetcher // required
	// Recording is held while a result is stored, so that nobody works out
	// the places of feeds meanwhile. Required.
	Recording sync.Locker
	Log       *slog.Logger
	Now       func() time.Time // time.Now when nil
	Jitter    func() float64   // in [0, 1), for pauses; rand.Float64 when nil
	// Recorded is called after each result, when its host is free for others.
	// Optional.
	Recorded func()
}

// Source is a source whose stories get their full text.
type Source struct {
	Key news.SourceKey
	*news.Source
}

// Worker reads pages. Its methods are safe for concurrent use, but only one
// Run or Round at a time makes sense.
type Worker struct {
	options    Options
	normalizer *normalize.Normalizer
	plan       atomic.Pointer[plan]
	wake       chan struct{}
}

// plan is what was configured last. It is immutable.
type plan struct {
	sources map[news.SourceKey]*news.Source
	member  news.Membership
	lease   time.Duration
}

// New makes a Worker without sources.
func New(o Options) *Worker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Recorded == nil {
		o.Recorded = func() {}
	}
	w := &Worker{options: o, normalizer: normalize.New(), wake: make(chan struct{}, 1)}
	w.plan.Store(&plan{})
	return w
}

// Configure makes these the sources that want full text; those whose stories
// are published by their title alone are left out. The caller holds off
// Options.Recording. Errors are the store's.
func (w *Worker) Configure(ctx context.Context, sources []Source, member news.Membership) error {
	next := &plan{sources: make(map[news.SourceKey]*news.Source), member: member}
	var wanted []news.FullTextSource
	for _, source := range sources {
		if !source.FullText || source.Content == news.ContentTitle || source.IsArticles() {
			continue
		}
		next.sources[source.Key] = source.Source
		next.lease = max(next.lease, source.Fetch.Timeout)
		wanted = append(wanted, news.FullTextSource{Key: source.Key, Delay: source.Fetch.HostDelay, FreeHost: freeHost(source.Source)})
	}
	next.lease += leaseSlack
	if err := w.options.Store.SyncFullText(ctx, wanted); err != nil {
		return err
	}
	w.plan.Store(next)
	w.Wake()
	return nil
}

// Wake makes Run look for pages at once. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run reads pages until ctx ends, then returns once none is being read.
// Trouble with the store is logged and waited out.
func (w *Worker) Run(ctx context.Context) {
	w.loop(ctx, func(time.Time, int) bool { return false })
}

// Round reads what is due and returns when nothing more is, or the time is
// over, or ctx ends. What is left is read by the next one.
func (w *Worker) Round(ctx context.Context, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	end := w.options.Now().Add(atMost)
	w.loop(ctx, func(next time.Time, reading int) bool {
		return reading == 0 && (next.IsZero() || next.After(end) || next.Sub(w.options.Now()) > roundPause)
	})
}

// roundPause is the longest pause of a host that a round waits for.
const roundPause = 15 * time.Second

// loop claims and reads until ctx ends or done says so.
func (w *Worker) loop(ctx context.Context, done func(next time.Time, reading int) bool) {
	finished := make(chan struct{}, concurrency)
	reading := 0
	defer func() {
		for ; reading > 0; reading-- {
			<-finished
		}
	}()
	failing := false
	for ctx.Err() == nil {
		p := w.plan.Load()
		claimed, err := w.claim(ctx, p, concurrency-reading)
		w.note(ctx, &failing, err)
		for _, lease := range claimed.Leases {
			reading++
			go func() {
				w.visit(ctx, p, lease)
				finished <- struct{}{}
			}()
		}
		if done(claimed.Next, reading) {
			return
		}
		timer := time.NewTimer(w.pause(p, claimed, err))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-w.wake:
		case <-finished:
			reading--
		}
		timer.Stop()
	}
}

func (w *Worker) claim(ctx context.Context, p *plan, free int) (news.ClaimedPages, error) {
	if len(p.sources) == 0 || free <= 0 {
		return news.ClaimedPages{}, nil
	}
	return w.options.Store.ClaimPages(ctx, news.PageClaim{Now: w.options.Now(), Limit: free, Lease: p.lease})
}

// pause is how long nothing is to be done unless something happens.
func (w *Worker) pause(p *plan, claimed news.ClaimedPages, err error) time.Duration {
	if len(p.sources) == 0 {
		return 24 * time.Hour // Configure wakes
	}
	if err != nil || claimed.Next.IsZero() {
		return idlePause
	}
	return min(max(claimed.Next.Sub(w.options.Now()), leastPause), idlePause)
}

// note logs a failing store when that begins and when it ends.
func (w *Worker) note(ctx context.Context, failing *bool, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !*failing:
		w.options.Log.Error("the store fails; full texts have to wait", "error", err)
	case err == nil && *failing:
		w.options.Log.Info("the store works again; full texts go on")
	}
	*failing = err != nil
}
