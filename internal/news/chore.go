package news

import "time"

// ChoreRequest says which chore a process could do.
type ChoreRequest struct {
	Now   time.Time
	Names []string      // the chores that it knows; a new one is due at once
	Lease time.Duration // how long others keep off
}

// ChoreLease is the right to do one chore until it expires. Like the lease of
// a source it need not be given back, and its Claim is the fence.
type ChoreLease struct {
	Name  string
	Claim int64
}

// ClaimedChore is the answer to a ChoreRequest.
type ClaimedChore struct {
	Lease *ChoreLease // nil when nothing is due
	Next  time.Time   // when another request may find something
}
