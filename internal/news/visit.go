package news

import "time"

// Outcome is how a visit ended.
type Outcome string

// The outcomes.
const (
	OutcomeUnchanged Outcome = "unchanged" // 304, or a 200 with the same bytes
	OutcomeChanged   Outcome = "changed"   // read and parsed; it may hold nothing new all the same
	OutcomeFailed    Outcome = "failed"    // see Cause
)

// Cause is why a visit failed: a small bounded set, fit for a metric label.
type Cause string

// The causes.
const (
	CauseDNS         Cause = "dns"          // the host has no address
	CauseConnect     Cause = "connect"      // refused, reset, unreachable
	CauseTLS         Cause = "tls"          // certificate or handshake
	CauseTimeout     Cause = "timeout"      // too slow at any stage
	CauseBlocked     Cause = "blocked"      // our address guard refused it
	CauseStatus      Cause = "status"       // an HTTP status that is no success
	CauseRateLimited Cause = "rate_limited" // 429, or 503 with Retry-After
	CauseNotFound    Cause = "not_found"    // 404
	CauseGone        Cause = "gone"         // 410
	CauseForbidden   Cause = "forbidden"    // 401, 403, or a bot wall
	CauseRedirect    Cause = "redirect"     // too many, a loop, or to where we do not go
	CauseLimit       Cause = "limit"        // larger or deeper than we read
	CauseTruncated   Cause = "truncated"    // the body ended early or its encoding is broken
	CauseNotFeed     Cause = "not_feed"     // something else than a feed
	CauseMalformed   Cause = "malformed"    // a feed too broken to read
	CauseFile        Cause = "file"         // a file: source that can't be read
	CauseInternal    Cause = "internal"     // our own fault; logged
)

// VisitsKept is how many visits of a source are kept: its last ones.
const VisitsKept = 50

// Visit is one attempt to pull a source.
type Visit struct {
	At       time.Time     // when it started
	Duration time.Duration // until its result was known
	Outcome  Outcome
	Cause    Cause  // empty unless failed
	Detail   string // for the operator, in words; empty unless failed
	Status   int    // last HTTP status; 0 when there was none
	Bytes    int64  // body bytes after decompression
	New      int    // stories first seen; set by the store
	Changed  int    // stories that changed; set by the store
}

// Failed reports whether the visit brought nothing.
func (v *Visit) Failed() bool { return v.Outcome == OutcomeFailed }

// Health is the state of a source in its life.
type Health string

// The healths, in the order in which things get worse.
const (
	HealthNew     Health = "new"     // never visited
	HealthOK      Health = "ok"      // the last visit succeeded
	HealthLate    Health = "late"    // due long ago, not visited
	HealthFailing Health = "failing" // the last visits failed
	HealthDead    Health = "dead"    // failing for 30 days
	HealthMoved   Health = "moved"   // permanently elsewhere; works, but the config should follow
	HealthGone    Health = "gone"    // 410: no more visits
	HealthPaused  Health = "paused"  // the operator said so
)

// SourceState is what the store knows of a source's fetching and health.
type SourceState struct {
	Key        SourceKey
	Name       string
	URL        string
	Health     Health
	Since      time.Time // of Health
	Due        time.Time // next visit
	Failures   int       // failed visits in a row
	Last       Visit     // zero before the first
	LastOK     time.Time // zero when it never worked
	Loaded     bool      // at least one document was merged
	MovedTo    string    // where permanent redirects lead; empty when nowhere
	MovedSeen  int
	MovedSince time.Time
	Stories    int // stored now
	Validators Validators
	Refresh    Refresh       // what the last document asked for
	Gap        time.Duration // median time between its stories; 0 while unknown
	Untrusted  bool          // its dates are not used
	// Warnings are what the operator should know although it works, one
	// sentence each. Only lists of sources have them, leases don't.
	Warnings []string
}
