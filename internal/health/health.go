// Package health puts the state of a source into words: how it is, why, when
// it is visited next, and what the operator can do. It is the one place for
// these words; commands, pages and feeds show them.
//
// Start at [Of] for operators, [Sentence] for the public, [History] for what
// has happened. All functions are pure and safe for concurrent use.
package health

import (
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
)

const (
	// lateAfter is how long a source may be due before it is late. Sources of
	// one host wait for each other, and visits of a node that pulls by a timer
	// lie apart: an hour leaves room for both.
	lateAfter = time.Hour
	// farAway is the time from which a next visit means never: that of a source
	// which is gone lies a century ahead.
	farAway = 50 * 365 * 24 * time.Hour
)

// Report is how a source is, for the operator. Its texts are one line each,
// without control characters, credentials and queries of URLs.
type Report struct {
	Health news.Health
	Since  time.Time  // of Health; zero when unknown
	Cause  news.Cause // of the last visit, if that failed
	// Reason says why the source is not well, in words; empty when it is.
	Reason string
	// Advice is a sentence on what to do next; empty when there is nothing to do.
	Advice string
	Next   time.Time // visit; zero for never
}

// Of gives the report of a source as of now.
//
//  1. The stored health holds, but a source that is ok or new and was due an
//     hour ago is late. Nobody stores that: who would notice is not there.
//  2. A source that answers by way of permanent redirects has a reason from the
//     first of them on, long before it counts as moved.
func Of(state *news.SourceState, now time.Time) Report {
	r := Report{Health: state.Health, Since: state.Since, Next: state.Due}
	if state.Due.Sub(now) > farAway {
		r.Next = time.Time{}
	}
	if state.Last.Failed() {
		r.Cause = state.Last.Cause
	}
	if late(state, now) {
		r.Health, r.Since = news.HealthLate, state.Due
	}
	r.Reason = reason(state, r.Health)
	r.Advice = advice(state, r.Health)
	return r
}

func late(state *news.SourceState, now time.Time) bool {
	return (state.Health == news.HealthOK || state.Health == news.HealthNew) &&
		!state.Due.IsZero() && now.Sub(state.Due) > lateAfter
}

func reason(state *news.SourceState, health news.Health) string {
	switch health {
	case news.HealthLate:
		return "it was due " + stamp(state.Due) + " and nobody visited it"
	case news.HealthPaused:
		return "the operator paused it"
	case news.HealthMoved:
		return "it is permanently at " + Address(state.MovedTo)
	case news.HealthNew, news.HealthOK:
		if state.MovedTo != "" {
			return "it answers by a permanent redirect to " + Address(state.MovedTo)
		}
		return ""
	}
	detail := Line(state.Last.Detail)
	switch {
	case state.Last.Cause == news.CauseForbidden && isWall(&state.Last) && !strings.Contains(detail, "bot wall"):
		return detail + ": a bot wall"
	case detail != "":
		return detail
	}
	return causes[state.Last.Cause]
}

// causes say what each cause means, for visits without a detail.
var causes = map[news.Cause]string{
	news.CauseDNS:         "its host name has no address",
	news.CauseConnect:     "no connection to its host",
	news.CauseTLS:         "no secure connection (TLS)",
	news.CauseTimeout:     "it was too slow",
	news.CauseBlocked:     "its address is not allowed",
	news.CauseStatus:      "its server answers with an error",
	news.CauseRateLimited: "its server asks us to come less often",
	news.CauseNotFound:    "it is not there",
	news.CauseGone:        "its server says that it is gone for good",
	news.CauseForbidden:   "its server refuses us",
	news.CauseRedirect:    "its redirects lead nowhere",
	news.CauseLimit:       "it is over a limit",
	news.CauseTruncated:   "its document was cut off",
	news.CauseNotFeed:     "it is not a feed",
	news.CauseMalformed:   "its feed is too broken to read",
	news.CauseFile:        "its file cannot be read",
	news.CauseInternal:    "our own fault",
}

// Rank orders healths from well to bad; unknown ones count as the worst.
func Rank(h news.Health) int {
	all := All()
	if i := slices.Index(all, h); i >= 0 {
		return i
	}
	return len(all)
}

// All lists the healths, the best first.
func All() []news.Health {
	return []news.Health{
		news.HealthOK, news.HealthNew, news.HealthPaused, news.HealthMoved, news.HealthLate,
		news.HealthFailing, news.HealthGone, news.HealthDead,
	}
}

// Sentence says to the public how a source is: a sentence without the details
// of its address, its server's answers and our network. It changes only along
// with the health and the cause. Its dates are those of zone, UTC when nil.
func Sentence(state *news.SourceState, now time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	r := Of(state, now)
	since := ""
	if !r.Since.IsZero() {
		since = " since " + r.Since.In(zone).Format("January 2, 2006")
	}
	switch r.Health {
	case news.HealthNew:
		return "Not read yet."
	case news.HealthOK:
		return "Read without trouble."
	case news.HealthMoved:
		return "Read without trouble, at a new address."
	case news.HealthLate:
		return "Not looked at" + since + ", although it is time."
	case news.HealthPaused:
		return "Paused by us" + since + "."
	case news.HealthGone:
		return "Closed for good by its publisher" + since + "; the stories that it brought stay."
	case news.HealthDead:
		return "Given up, not readable" + since + ": " + public(r.Cause) + ". The stories that it brought stay."
	}
	return "Not readable" + since + ": " + public(r.Cause) + ". The stories that it brought stay."
}

// public is the cause in words that give nothing away.
func public(cause news.Cause) string {
	switch cause {
	case news.CauseDNS, news.CauseConnect, news.CauseTLS, news.CauseBlocked:
		return "its server can't be reached"
	case news.CauseTimeout:
		return "its server answers too slowly"
	case news.CauseStatus:
		return "its server answers with an error"
	case news.CauseNotFound, news.CauseRedirect, news.CauseGone, news.CauseFile:
		return "it is not where it was"
	case news.CauseRateLimited:
		return "its server asks us to come less often"
	case news.CauseForbidden:
		return "its server does not let us in"
	case news.CauseLimit, news.CauseTruncated, news.CauseNotFeed, news.CauseMalformed:
		return "what its server sends is no feed that can be read"
	}
	return "something went wrong on our side"
}

// stamp is a time in a sentence.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
