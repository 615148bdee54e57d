package schedule

import (
	"slices"
	"time"

	"tributary/internal/news"
)

// How long an upstream may silence itself. One bad header must not do it for a
// month.
const (
	MaxRetryAfter = 7 * 24 * time.Hour
	MaxFresh      = 24 * time.Hour // cache headers, ttl and sy:update…
)

// Input is all that bears on a source's next visit. Zero fields ask for
// nothing, negative ones neither.
type Input struct {
	Now        time.Time
	Schedule   Schedule
	Gap        time.Duration // median gap between its stories; see MedianGap
	RetryAfter time.Duration // what Retry-After asked for, from now (RFC 9110 §10.2.3)
	Fresh      time.Duration // what the cache headers promise, from now (RFC 9111 §4.2)
	Refresh    news.Refresh  // what the document asks for
	Backoff    time.Duration // our own pause after a failure; see Backoff
}

// Next gives the time of a source's next visit, in UTC:
//
//  1. never before the schedule,
//  2. never before Retry-After, which counts for at most [MaxRetryAfter],
//  3. never before the response turns stale or the document's interval ends;
//     each counts for at most [MaxFresh],
//  4. never before the back-off of a failing source ends,
//  5. never in an hour or on a day (GMT) that the document asks to skip: the
//     visit moves to the first full hour outside. A document that skips all of
//     the week is not believed.
func Next(in Input) time.Time {
	wait := max(
		min(in.RetryAfter, MaxRetryAfter),
		min(in.Fresh, MaxFresh),
		min(in.Refresh.Interval, MaxFresh),
		in.Backoff,
	)
	next := in.Schedule.Next(in.Now, in.Gap)
	if asked := in.Now.UTC().Add(wait); asked.After(next) {
		next = asked
	}
	return outside(next, in.Refresh)
}

// outside moves a time to the first full hour that is not skipped.
func outside(t time.Time, r news.Refresh) time.Time {
	if len(r.SkipHours) == 0 && len(r.SkipDays) == 0 {
		return t
	}
	moved := t
	for range 7*24 + 1 {
		if !slices.Contains(r.SkipHours, moved.Hour()) && !slices.Contains(r.SkipDays, moved.Weekday()) {
			return moved
		}
		moved = moved.Truncate(time.Hour).Add(time.Hour)
	}
	return t
}
