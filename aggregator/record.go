package aggregator

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tributary/aggregator/merge"
	"tributary/internal/news"
)

const (
	// recordGroup is how many results one transaction holds at most.
	recordGroup = 128
	// quietPause is how long the first unchanged source of a group waits.
	quietPause = 20 * time.Millisecond
)

// drainTimeout bounds the recording of what was finished when the context
// ended.
const drainTimeout = 3 * time.Second

// recorder stores results, as many in one transaction as have come in while
// the last one was written.
type recorder struct {
	a       *Aggregator
	results chan news.Result
	idle    chan struct{} // holds a token when no visit was under way
	done    chan struct{}
	stored  func(due time.Time) // called after each group with the first new due time in it
	patient bool                // try again what could not be stored
	failed  error               // of the first result that was given up; read after done
	trouble trouble
}

func (a *Aggregator) newRecorder(ctx context.Context, stored func(due time.Time), patient bool) *recorder {
	r := &recorder{
		a: a, results: make(chan news.Result, recordGroup), idle: make(chan struct{}, 1), done: make(chan struct{}),
		stored: stored, patient: patient, trouble: trouble{log: a.log},
	}
	go r.run(ctx)
	return r
}

// close stores what has come in and ends the recorder.
func (r *recorder) close() {
	close(r.results)
	<-r.done
}

// run outlives ctx: a finished visit is stored, even while stopping.
func (r *recorder) run(ctx context.Context) {
	defer close(r.done)
	ctx, cancel := lingering(ctx)
	defer cancel()
	group := make([]news.Result, 0, recordGroup)
	for {
		if len(group) > 0 {
			r.rest(ctx)
		} else if result, ok := <-r.results; ok {
			group = append(group, result)
		} else {
			return
		}
		group = r.gather(group)
		slices.SortFunc(group, bySource) // neighbors lie on the same pages
		due := slices.MinFunc(group, byDue).Due
		group = r.record(ctx, group)
		r.stored(due)
	}
}

// rest lets a failing store be for a while, until ctx ends at most.
func (r *recorder) rest(ctx context.Context) {
	timer := time.NewTimer(r.trouble.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// lingering is ctx with an end that comes drainTimeout later.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTimeout, cancel) })
	return longer, func() { stop(); cancel() }
}

// gather adds the results that are waiting. A group of unchanged sources waits
// for more of their kind, since one transaction for many costs little more than
// one for a few, and what it holds shows nowhere: for quietPause at most, and
// not at all once no visit is under way.
func (r *recorder) gather(group []news.Result) []news.Result {
	timer := time.NewTimer(quietPause)
	defer timer.Stop()
	for len(group) < cap(group) {
		if len(r.results) == 0 && group[len(group)-1].Visit.Outcome != news.OutcomeUnchanged {
			return group
		}
		select {
		case result, ok := <-r.results:
			if !ok {
				return group
			}
			group = append(group, result)
		case <-r.idle:
			if len(r.results) == 0 {
				return group
			}
		case <-timer.C:
			return group
		}
	}
	return group
}

func bySource(a, b news.Result) int { return cmp.Compare(a.Lease.Source.Key, b.Lease.Source.Key) }

func byDue(a, b news.Result) int { return a.Due.Compare(b.Due) }

// noMore tells that no visit is under way.
func (r *recorder) noMore() {
	select {
	case r.idle <- struct{}{}:
	default:
	}
}

// record stores a group and gives what is to be tried again, in the group's own
// space. When storing fails, each result is tried by itself:
//
//  1. What the store refuses while it takes others is given up; its neighbors
//     are stored.
//  2. When it takes nothing, its disk may be full: all of it is kept for
//     another try, as far as the leases last. What was fetched isn't fetched
//     again then, nor shown later than it must.
func (r *recorder) record(ctx context.Context, group []news.Result) (left []news.Result) {
	err, refused := r.store(ctx, group), group
	if err != nil && len(group) > 1 {
		err, refused = nil, nil
		for i := range group {
			if one := r.store(ctx, group[i:i+1]); one != nil {
				err, refused = errors.Join(err, one), append(refused, group[i])
			}
		}
	}
	r.trouble.note("record visits", err)
	if err == nil {
		return group[:0]
	}
	if r.patient && len(refused) == len(group) && ctx.Err() == nil {
		now := r.a.now()
		left = slices.DeleteFunc(group, func(result news.Result) bool { return !result.Lease.Until.After(now) })
	}
	if len(left) < len(refused) && r.failed == nil {
		r.failed = err
	}
	return left
}

func (r *recorder) store(ctx context.Context, group []news.Result) error {
	r.a.applying.RLock()
	defer r.a.applying.RUnlock()
	plan := r.a.current.Load()
	recorded, err := r.a.store.Record(ctx, group, plan.decide)
	if err != nil {
		return err
	}
	for i := range group {
		r.a.tell(&group[i], recorded[i])
	}
	if r.a.fullText != nil {
		r.a.fullText.Wake()
	}
	return nil
}

// decide asks merge. A source that is configured no more changes nothing.
func (p *plan) decide(known *news.Known, result *news.Result) news.Changes {
	source := p.byKey[result.Lease.Source.Key] // by name it might have been renamed meanwhile
	if source == nil {
		return news.Changes{}
	}
	return merge.Decide(known, result, merge.Rules{Source: source.Source, Member: p.Member})
}

// tell logs a stored visit and shows it to the observer.
func (a *Aggregator) tell(result *news.Result, recorded news.Recorded) {
	visit, source := result.Visit, result.Lease.Source.Name
	visit.New, visit.Changed = recorded.New, recorded.Changed
	switch {
	case recorded.Stale:
		a.log.Warn("a visit took longer than its lease; another one counts", "source", source, "took", visit.Duration)
	case visit.Failed():
		a.log.Warn("source not read; its last stories stay", "source", source, "cause", visit.Cause,
			"detail", visit.Detail, "failures", result.Failures, "next", result.Due.UTC().Format(time.RFC3339))
	case visit.New+visit.Changed > 0:
		a.log.Info("source has news", "source", source, "new", visit.New, "changed", visit.Changed)
	default:
		a.log.Debug("source unchanged", "source", source, "status", visit.Status)
	}
	a.observe(Visited{Source: source, Visit: visit, Recorded: recorded})
}
