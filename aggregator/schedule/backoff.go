package schedule

import (
	"time"

	"tributary/internal/news"
)

// The pauses of failing sources.
const (
	// MaxBackoff bounds every pause but those of the dead and the gone.
	MaxBackoff = 24 * time.Hour
	// DeadPause is how long a dead source is left alone: asked weekly, it may
	// come back.
	DeadPause = 7 * 24 * time.Hour
	// Never is the pause of a source that is gone. It is a century, so that a
	// due time made from it is an ordinary date that no claim reaches.
	Never = 100 * 365 * 24 * time.Hour

	refusedPause = time.Hour   // first pause after a refusal
	minPause     = time.Minute // least pause after any other failure
)

// MaxStrikes is how many claims in a row without a result make a source daily.
const MaxStrikes = 3

// Failure is how a visit failed.
type Failure struct {
	Cause      news.Cause
	Count      int           // failures in a row, this one included; below 1 counts as 1
	Strikes    int           // claims in a row that gave no result
	Health     news.Health   // what it is now: gone, dead, or anything else
	RetryAfter time.Duration // what Retry-After asked for; > 0 replaces the guess of rule 4
}

// Backoff says how long to leave a failing source alone, by the first rule
// that applies:
//
//  1. gone (410 once, and no success since): [Never].
//  2. dead: [DeadPause].
//  3. not found (404), or a document that stalled or killed the process three
//     times running: a day.
//  4. rate limited or forbidden (429, 503, 403, a bot wall): nothing beside
//     Retry-After where there is one, else an hour, twice as long each time.
//  5. anything else: the interval of the schedule, at least a minute, twice as
//     long each time.
//
// The pauses of rules 4 and 5 vary by ±20 %, so that sources which failed
// together don't return together, and end at [MaxBackoff]. jitter gives numbers
// in [0, 1), like rand.Float64. A pause never brings a visit before its
// schedule: [Next] takes the later of the two.
func Backoff(f Failure, interval time.Duration, jitter func() float64) time.Duration {
	switch {
	case f.Health == news.HealthGone:
		return Never
	case f.Health == news.HealthDead:
		return DeadPause
	case f.Cause == news.CauseNotFound, f.Strikes >= MaxStrikes:
		return MaxBackoff
	case f.Cause == news.CauseRateLimited, f.Cause == news.CauseForbidden:
		if f.RetryAfter > 0 {
			return 0
		}
		return vary(double(refusedPause, f.Count), jitter)
	}
	return vary(double(max(interval, minPause), f.Count), jitter)
}

// double doubles a pause count-1 times and stops at MaxBackoff, long before it
// could overflow.
func double(pause time.Duration, count int) time.Duration {
	for i := 1; i < count && pause < MaxBackoff; i++ {
		pause *= 2
	}
	return min(pause, MaxBackoff)
}

// vary spreads a pause over ±20 %, but never past MaxBackoff.
func vary(pause time.Duration, jitter func() float64) time.Duration {
	return min(time.Duration(float64(pause)*(0.8+0.4*jitter())), MaxBackoff)
}
