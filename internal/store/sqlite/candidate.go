package sqlite

import (
	"cmp"

	"tributary/internal/news"
)

// candidate is a source that was asked for, with the lease that it would get
// and what bears on whether it gets it. Times are milliseconds.
type candidate struct {
	lease       news.Lease
	leasedUntil int64
	holdUntil   int64
	host        int64 // 0: it needs no slot
	hostFree    int64
	shared      bool // other sources use the host too
}

const candidateColumns = stateColumns + `,
	d.claim + 1, d.strike, d.leased_until, d.hold_until, d.host, h.free_at, h.shared`

// candidateTables come in the order in which they are best read.
const candidateTables = `
	schedule AS d
	CROSS JOIN sources AS s ON s.key = d.source
	LEFT JOIN visits AS v ON v.key = ` + lastVisit + `
	LEFT JOIN hosts AS h ON h.key = d.host`

// fields are where candidateColumns go.
func (s *candidate) fields() []any {
	return append(stateFields(&s.lease.Source), &s.lease.Claim, &s.lease.Strike, &s.leasedUntil, &s.holdUntil,
		&s.host, &s.hostFree, &s.shared)
}

// longestDue orders candidates by the time when they are due, then by key.
func longestDue(a, b *candidate) int {
	x, y := &a.lease.Source, &b.lease.Source
	if x.Due.IsZero() != y.Due.IsZero() {
		if x.Due.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.Key, y.Key))
}
