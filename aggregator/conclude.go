package aggregator

import (
	"errors"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

const (
	// deadAfter is how long a source fails before it is dead.
	deadAfter = 30 * 24 * time.Hour
	// A source has moved when it was sent to the same address for good so many
	// times, over so long: a redirect by mistake is mended before.
	movedTimes = 3
	movedOver  = 48 * time.Hour
)

// dueHint is what a visit learned about when to come again.
type dueHint struct {
	retryAfter time.Duration
	fresh      time.Duration
	refresh    news.Refresh
	gap        time.Duration // between the source's stories, for an adaptive schedule
	at         time.Time     // local articles: when the same files give another batch
}

// conclude turns what a visit brought into the result that is stored: how the
// source is now, and when it is due next.
func (a *Aggregator) conclude(source *planned, lease news.Lease, f found, err error) news.Result {
	result := news.Result{Lease: lease, Batch: f.batch}
	if f.response != nil {
		result.Visit.Status, result.Visit.Bytes = f.response.Status, f.response.Bytes
		result.MovedTo = f.response.MovedTo
	}
	if err != nil {
		a.concludeFailure(&result, source, f.due, err)
		return result
	}
	result.Visit.Outcome = news.OutcomeUnchanged
	if f.batch != nil {
		result.Visit.Outcome = news.OutcomeChanged
	}
	if f.response != nil {
		result.Validators = &f.response.Validators
	}
	if f.batch != nil {
		result.Refresh, result.Gap = &f.due.refresh, f.due.gap
	}
	result.Health = a.working(&lease.Source, result.MovedTo)
	result.Due = a.due(source, f.due, 0)
	return result
}

func (a *Aggregator) concludeFailure(result *news.Result, source *planned, hint dueHint, err error) {
	cause, status, detail := failure(err)
	state := &result.Lease.Source
	hint.refresh, hint.gap = state.Refresh, state.Gap
	visit := &result.Visit
	visit.Outcome, visit.Cause, visit.Detail = news.OutcomeFailed, cause, detail
	if status != 0 {
		visit.Status = status
	}
	result.Batch = nil
	result.Failures = state.Failures + 1
	result.Health = a.failing(state, cause)
	if fetching, ok := errors.AsType[*fetch.Error](err); ok {
		hint.retryAfter, hint.fresh = fetching.RetryAfter, fetching.FreshFor
		if fetching.HostWide {
			result.HostFree = a.now().Add(fetching.RetryAfter)
		}
	}
	pause := schedule.Backoff(schedule.Failure{
		Cause: cause, Count: result.Failures, Strikes: result.Lease.Strike,
		Health: result.Health, RetryAfter: hint.retryAfter,
	}, a.interval(source, hint.gap), a.jitter)
	result.Due = a.due(source, hint, pause)
}

// working is the health of a source whose visit brought what was asked for, by
// way of permanent redirects to an address or straight.
func (a *Aggregator) working(state *news.SourceState, movedTo string) news.Health {
	if movedTo != "" && movedTo == state.MovedTo && state.MovedSeen+1 >= movedTimes &&
		a.now().Sub(state.MovedSince).Round(time.Second) >= movedOver { // stored times are cut
		return news.HealthMoved
	}
	return news.HealthOK
}

// failing is the health of a source whose visit failed. One that is gone stays
// so until it works: another error says nothing against what the upstream said.
func (a *Aggregator) failing(state *news.SourceState, cause news.Cause) news.Health {
	switch {
	case cause == news.CauseGone, state.Health == news.HealthGone:
		return news.HealthGone
	case state.Health == news.HealthDead:
		return news.HealthDead
	case state.Health == news.HealthFailing && a.now().Sub(state.Since) >= deadAfter:
		return news.HealthDead
	}
	return news.HealthFailing
}

// due is the time of the next visit.
func (a *Aggregator) due(source *planned, hint dueHint, backoff time.Duration) time.Time {
	now := a.now()
	if source.IsArticles() {
		if hint.at.IsZero() {
			return now.Add(schedule.Never)
		}
		return later(hint.at, now.Add(schedule.MinEvery)) // whatever Load says, never spin
	}
	return schedule.Next(schedule.Input{
		Now: now, Schedule: source.schedule, Gap: hint.gap,
		RetryAfter: hint.retryAfter, Fresh: hint.fresh, Refresh: hint.refresh, Backoff: backoff,
	})
}

// suspicion slows sources down whose documents kill or stall the process.
func (a *Aggregator) suspicion() news.Suspicion {
	return news.Suspicion{
		Claims: schedule.MaxStrikes,
		Due:    a.now().Add(schedule.MaxBackoff),
		Detail: "its last visits began and never ended: the document may kill or stall the process; it is asked daily until a visit ends",
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// interval is the pace that a failing source slows down from.
func (a *Aggregator) interval(source *planned, gap time.Duration) time.Duration {
	if source.IsArticles() {
		return time.Minute
	}
	return source.schedule.Interval(a.now(), gap)
}
