package news

import "time"

// FullTextSource is a source whose stories get their full text from the pages
// that they link to.
type FullTextSource struct {
	Key   SourceKey
	Delay time.Duration // between two pages of one host
	// FreeHost is a host, as in a URL, whose pages need no pause; empty for none.
	FreeHost string
}

// PageClaim says which pages to claim.
type PageClaim struct {
	Now   time.Time
	Limit int
	Lease time.Duration
}

// ClaimedPages is the answer to a claim of pages.
type ClaimedPages struct {
	Leases []PageLease
	// Next is the earliest time at which another claim may find something;
	// zero when nothing waits.
	Next time.Time
}

// PageLease is the right to fetch the page of one story until it expires. Its
// host is leased with it, also against visits of sources.
type PageLease struct {
	Story Story // as it is stored; Link is the page
	Claim int64 // the fence: rises with each claim of the story's page
	Until time.Time
	Tries int // that failed before, since the story last changed
}

// PageResult is what a page brought.
type PageResult struct {
	Lease PageLease
	At    time.Time // when the answer was there
	// Story has the full text; nil leaves the story as it is.
	Story *Story
	// Retry is when to try again; zero when there is nothing more to do until
	// the story changes.
	Retry    time.Time
	HostFree time.Time // nobody visits the host before; zero leaves it to the source's delay
}

// DecideText says what the full text of a story changes, given what is known
// of it. It is pure.
type DecideText func(known *Known, story *Story) Changes
