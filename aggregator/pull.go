package aggregator

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/news"
)

// Pauses of the pulling loop.
const (
	// gatherPause is how long freed places wait for more of them: one claim
	// for many sources costs little more than one for one.
	gatherPause = 2 * time.Millisecond
	// idlePause is the longest time without a look at the store: another
	// process may have made something due.
	idlePause = 30 * time.Second
	// The pause after the store failed doubles from the first to the last.
	troublePause    = time.Second
	maxTroublePause = 5 * time.Second
	// When a program starts, everything may be due at once. The first requests
	// are then spread over this much for each, but not over more than maxSpread.
	spreadEach = 50 * time.Millisecond
	maxSpread  = 2 * time.Second
)

// puller is one run of the loop that claims and visits. Only the loop's
// goroutine touches its plain fields.
type puller struct {
	a        *Aggregator
	begun    bool             // the first claim was made
	once     bool             // end when nothing that was asked for is left
	dueBy    time.Time        // with once: what was due at the start
	only     []news.SourceKey // with once: these and no others, those that were started left out
	inFlight atomic.Int64     // visits that were started or wait for a worker
	freed    chan struct{}    // holds a token when a visit has ended
	stored   chan struct{}    // holds a token when visits were recorded
	soonest  soonest          // when a source is due again that was recorded since the last claim
	full     bool             // the last claim left sources for want of places
	held     bool             // … because of their hosts
	jobs     chan job
	workers  int64
	visits   sync.WaitGroup // one for each worker
	pace     pace
	givenUp  givenUp
	recorder *recorder
	trouble  trouble
}

// Run pulls what is due, and does chores, until ctx ends, then returns nil.
// Visits in flight are given up and their leases given back: any process may
// visit those sources at once. Trouble with the store is logged and waited
// out.
func (a *Aggregator) Run(ctx context.Context) error {
	defer a.runFullText(ctx)()
	var chores sync.WaitGroup
	chores.Go(func() { a.runChores(ctx) })
	defer chores.Wait()
	p := a.newPuller(ctx, false)
	return p.run(ctx)
}

func (a *Aggregator) newPuller(ctx context.Context, once bool) *puller {
	p := &puller{
		a: a, once: once, freed: make(chan struct{}, 1), stored: make(chan struct{}, 1),
		jobs: make(chan job, maxAhead), trouble: trouble{log: a.log},
	}
	p.recorder = a.newRecorder(ctx, p.recorded, !once)
	return p
}

func (p *puller) run(ctx context.Context) error {
	defer p.recorder.close()
	defer p.release(ctx)
	defer p.visits.Wait()
	defer close(p.jobs)
	for {
		p.soonest.reset()
		claimed, err := p.claim(ctx)
		if ctx.Err() != nil {
			return p.ended(ctx)
		}
		p.held = claimed.Waiting
		p.trouble.note("claim due sources", err)
		if p.once && err != nil {
			return err
		}
		if p.once && p.finished(claimed) {
			return nil
		}
		p.wait(ctx, p.pause(claimed, err))
	}
}

// ended tells a stopped server, which is well, from an interrupted round.
func (p *puller) ended(ctx context.Context) error {
	if p.once {
		return context.Cause(ctx)
	}
	return nil
}

// claim leases as many sources as can start now and starts their visits.
func (p *puller) claim(ctx context.Context) (news.Claimed, error) {
	p.a.claiming.RLock()
	defer p.a.claiming.RUnlock()
	plan := p.a.current.Load()
	if err := p.claimArticles(ctx, plan); err != nil {
		return news.Claimed{}, err
	}
	p.lookAhead(plan)
	free := plan.Concurrency + p.pace.ahead - int(p.inFlight.Load())
	if p.full = free <= 0; p.full {
		return news.Claimed{Waiting: true}, nil
	}
	if p.only != nil {
		return p.claimOnly(ctx, plan, free)
	}
	claimed, err := p.a.store.Claim(ctx, news.ClaimRequest{
		Now: p.a.now(), DueBy: p.dueBy, Limit: free, Lease: p.lease(plan), Suspicion: p.a.suspicion(),
	})
	if err != nil {
		return claimed, err
	}
	p.full = len(claimed.Leases) == free
	p.start(ctx, plan, claimed.Leases, p.spread(len(claimed.Leases)))
	p.begun = true
	return claimed, nil
}

// spread is over how long the first of n visits are spread. Later on, places
// become free one by one, which spreads them well enough.
func (p *puller) spread(n int) time.Duration {
	if p.begun || p.once {
		return 0
	}
	return min(time.Duration(n)*spreadEach, maxSpread)
}

// claimArticles visits the articles out of turn when they changed on disk.
func (p *puller) claimArticles(ctx context.Context, plan *plan) error {
	if p.once || !plan.articlesDue.Swap(false) {
		return nil
	}
	claimed, err := p.a.store.Claim(ctx, news.ClaimRequest{
		Now: p.a.now(), Only: []news.SourceKey{plan.keys[news.ArticlesName]}, Limit: 1, Lease: p.lease(plan), Suspicion: p.a.suspicion(),
	})
	if err != nil || len(claimed.Leases) == 0 {
		plan.articlesDue.Store(true) // held by a visit that may have begun before the change
		return err
	}
	p.start(ctx, plan, claimed.Leases, 0)
	return nil
}

// signal puts a token into a channel that has none.
func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}

// recorded is told when the first of the sources that were recorded is due.
func (p *puller) recorded(due time.Time) {
	p.soonest.note(due)
	signal(p.stored)
}

// finished reports whether a single round has nothing left to start. It waits
// for hosts that are busy or have their pause, but not for one that asked to be
// left alone.
func (p *puller) finished(claimed news.Claimed) bool {
	if len(claimed.Leases) > 0 {
		return false
	}
	return !claimed.Waiting || claimed.Free.Sub(p.a.now()) > p.a.current.Load().patience
}

// pause says how long nothing is to be done unless something happens.
func (p *puller) pause(claimed news.Claimed, err error) time.Duration {
	next := claimed.Next
	if p.once && len(claimed.Leases) == 0 {
		next = claimed.Free // what becomes due meanwhile is not of this round
	}
	switch {
	case err != nil:
		return p.trouble.pause
	case next.IsZero():
		return idlePause
	}
	least := time.Duration(0)
	if len(claimed.Leases) == 0 {
		least = gatherPause // whatever the store says, never spin
	}
	return min(max(next.Sub(p.a.now()), least), idlePause)
}

// wait returns when the pause is over, or before:
//
//  1. when sources were made due;
//  2. when visits ended and their places, given a moment to gather, are free, if
//     the last claim could have used them;
//  3. when visits were recorded, if sources wait for hosts, which that frees, or
//     one is due again before the pause is over.
//
// Otherwise another claim would find nothing, and cost as much as one that does.
// In a round, both may be what it ends by.
func (p *puller) wait(ctx context.Context, pause time.Duration) {
	until := p.a.now().Add(pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-p.a.wake:
			return
		case <-p.freed:
			if p.full || p.once {
				p.gather(ctx)
				return
			}
		case <-p.stored:
			if p.full || p.held || p.once || p.soonest.before(until) {
				p.gather(ctx)
				return
			}
		}
	}
}

// gather waits until as many places are free as half of the visits at once, but
// not for long.
func (p *puller) gather(ctx context.Context) {
	timer := time.NewTimer(gatherPause)
	defer timer.Stop()
	workers := p.a.current.Load().Concurrency
	limit := int64(workers + p.pace.ahead - max(workers/2, 1))
	for p.inFlight.Load() > limit {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-p.freed:
		}
	}
}

// trouble logs a failing store once, when it begins and when it ends.
type trouble struct {
	log   *slog.Logger
	pause time.Duration // before the next try; zero while all is well
}

func (t *trouble) note(what string, err error) {
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil && t.pause == 0:
		t.pause = troublePause
		t.log.Error("the store fails; what was published stays, pulling resumes by itself", "doing", what, "error", err)
	case err != nil:
		t.pause = min(2*t.pause, maxTroublePause)
	case t.pause != 0:
		t.pause = 0
		t.log.Info("the store works again", "doing", what)
	}
}
