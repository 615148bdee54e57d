package news

import "time"

// ClaimRequest says which sources to claim.
type ClaimRequest struct {
	Now   time.Time
	DueBy time.Time   // sources due by then; Now when zero
	Only  []SourceKey // these and no others, due or not; all that are due when nil
	Limit int         // at most so many
	// Lease is how long others keep off, by source timeout: the longest of
	// them and some slack.
	Lease time.Duration
	// Suspicion says what to do about sources whose claims give no result; the
	// zero value does nothing.
	Suspicion Suspicion
}

// Suspicion is how a claim treats a source whose last claims gave no result:
// its document may kill or stall whoever visits it.
//
//  1. At most one suspect is leased at any time, so that what else was under
//     way when a process died clears itself of the suspicion.
//  2. The claim itself is noted as a failed visit with Detail, the source is
//     failing, and next due at Due. A result overwrites all of it.
type Suspicion struct {
	Claims int // in a row, the one at hand included, that make a suspect; 0 makes none
	Due    time.Time
	Detail string
}

// Claimed is the answer to a claim.
type Claimed struct {
	Leases []Lease
	// Waiting is set when sources that were asked for stay back because their
	// host is busy or still has its pause.
	Waiting bool
	// Free is when the first of those that stay back can be claimed; zero unless
	// Waiting.
	Free time.Time
	// Next is the earliest time at which another claim may find something;
	// zero when nothing is scheduled.
	Next time.Time
}

// Lease is the right to visit one source until it expires. Expiry is
// redelivery: nobody has to give a lease back, though a process that stops does
// so. A result that comes after another claim of the same source is refused by
// its Claim.
type Lease struct {
	Source SourceState
	Claim  int64     // the fence: rises by one at each claim of the source
	Until  time.Time // when others may claim it
	Strike int       // claims in a row that gave no result: > 0 after a crash
}

// Result is what a visit under a lease brought.
type Result struct {
	Lease      Lease
	Visit      Visit
	Due        time.Time   // next visit
	HostFree   time.Time   // nobody visits the host before; zero leaves it to the source's delay
	Validators *Validators // to store; nil changes nothing
	MovedTo    string      // permanent redirect target of this visit; empty when there was none
	Health     Health
	Failures   int
	Refresh    *Refresh      // what the document asks for; nil changes nothing
	Gap        time.Duration // median time between the document's stories; 0 changes nothing
	Batch      *Batch        // nil unless Visit.Outcome is OutcomeChanged
}

// Recorded is what became of a Result.
type Recorded struct {
	Stale   bool // another claim came in between: nothing was stored
	New     int
	Changed int
	Feeds   []string // feeds whose revision rose
	Reasons []Decision
}

// Decision says what merge decided about one story and why, for explain. The
// last insertion, update and alias of each story are kept, and of each source
// the last hundred ids that were dropped or removed.
type Decision struct {
	At     time.Time // when it was stored; set by the store
	ID     string    // as the upstream wrote it then
	Story  StoryKey
	Action Action
	Reason string
}

// Action is what merge does with a story of a batch.
type Action string

// The actions.
const (
	ActionInsert Action = "insert"
	ActionUpdate Action = "update"
	ActionSame   Action = "same"
	ActionAlias  Action = "alias" // a new id for a known story
	ActionDrop   Action = "drop"  // retracted, expired, or the same id twice
	ActionRemove Action = "remove"
)
