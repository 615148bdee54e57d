package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// The queries of a claim, with the dialect's: the sources that are due, the
// longest due first; the free slots of a host and when the first one that is held comes back; the leasing;
// and when the next source is due.
const (
	dueQuery = `
		SELECT source
		FROM schedule
		WHERE due <= ?
		ORDER BY due, source
		LIMIT ?`
	slotsQuery = `
		SELECT h.slots - count(d.source), min(d.hold_until)
		FROM hosts AS h
		LEFT JOIN schedule AS d ON d.shared = h.key AND d.hold_until > ?2
		WHERE h.key = ?1
		GROUP BY h.key`
	leaseQuery = `
		UPDATE schedule
		SET claim = claim + 1, strike = strike + 1, due = ?1, leased_until = ?1, hold_until = ?1
		WHERE source IN (?...)`
	nextQuery = `
		SELECT min(due)
		FROM schedule
		WHERE due > ?`
)

// slots are those of one host that nobody held when the claim began.
type slots struct {
	free int
	next int64 // when the first one that is held comes back; 0: none is
}

// claim is one run of Claim.
type claim struct {
	*tx
	request news.ClaimRequest
	now     int64
	until   int64

	picked  []*candidate
	suspect suspect
	hosts   map[int64]*slots // of the shared hosts met so far
	own     slots            // of a candidate that shares its host with no other
	busy    map[int64]bool   // hosts without a free slot, or with a pause
	more    bool             // a source could have been picked beyond the limit
	waiting bool             // a source stays back
	locked  map[int64]bool   // hosts that this claim has locked
	free    int64            // when the first that stays back can be claimed
	// patience is how many sources more of busy hosts this walk looks at.
	patience int
	next     int64 // earliest time found so far; 0: none
}

// Claim leases sources that are due, longest due first.
//
// It reads and then updates the same rows. Towards other processes that is one
// step, as the transaction is alone, or has locked the rows and their hosts:
//
//  1. what another claim has locked is left to that one. A claim waits for
//     nobody, so that none can wait for each other;
//  2. what is looked at is read only once it is locked;
//  3. one that got less than it asked for, and skipped something, says that it
//     may find something in a moment.
func (db *DB) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	if request.DueBy.IsZero() {
		request.DueBy = request.Now
	}
	var c claim
	var leases []news.Lease
	err := db.writeAs(ctx, Claiming, "claim sources", func(t *tx) error {
		c = claim{
			tx: t, request: request,
			now:   request.Now.UnixMilli(),
			until: request.Now.Add(request.Lease).UnixMilli(),
			hosts: make(map[int64]*slots), busy: make(map[int64]bool),
		}
		if t.dialect.LockHosts != "" {
			c.locked = make(map[int64]bool)
		}
		err := t.own.Recall()
		if err == nil {
			leases, err = c.run()
		}
		return err
	})
	if err != nil {
		return news.Claimed{}, err
	}
	claimed := news.Claimed{Leases: leases, Waiting: c.waiting, Next: c.nextTime()}
	if c.waiting {
		claimed.Free = time.UnixMilli(c.free).UTC()
	}
	return claimed, nil
}

func (c *claim) run() (leases []news.Lease, err error) {
	if c.request.Only != nil {
		err = c.pickOnly()
	} else {
		err = c.pickDue()
	}
	if err != nil {
		return nil, err
	}
	if leases, err = c.lease(); err != nil {
		return nil, err
	}
	return leases, c.lookAhead()
}

// after notes that another claim may find something at a time; 0 is none.
func (c *claim) after(at int64) {
	if at != 0 && (c.next == 0 || at < c.next) {
		c.next = at
	}
}

// stay notes that a source can't be claimed until a time, or, when that is 0,
// until the end of the leases of this claim.
func (c *claim) stay(until int64) {
	c.after(until)
	if until == 0 {
		until = c.until
	}
	if !c.waiting || until < c.free {
		c.waiting, c.free = true, until
	}
}

// lease leases the picked sources.
func (c *claim) lease() ([]news.Lease, error) {
	if len(c.picked) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(c.picked))
	for i, source := range c.picked {
		keys[i] = int64(source.Key)
	}
	c.after(c.until)
	if err := laterList(c.tx, leaseQuery, nil, keys, c.until); err != nil {
		return nil, err
	}
	leases := make([]news.Lease, len(c.picked))
	for i, source := range c.picked {
		leases[i] = news.Lease{
			Source: source.SourceState, Claim: source.claim + 1, Strike: source.strike,
			Until: time.UnixMilli(c.until).UTC(),
		}
		source.leased(c.until)
	}
	if c.suspect.picked {
		if err := c.noteSuspect(&leases[c.suspect.index]); err != nil {
			return nil, err
		}
	}
	return leases, nil
}

// lookAhead notes when the next source is due that is not due now.
func (c *claim) lookAhead() error {
	if c.more || c.request.Only != nil {
		return nil
	}
	return c.later(nextQuery, func(row scanner) error {
		var due int64
		err := row.Scan(&due)
		c.after(due)
		return err
	}, c.request.DueBy.UnixMilli())
}

// nextTime gives the earliest time at which another claim may find something,
// once the transaction is committed.
func (c *claim) nextTime() time.Time {
	switch {
	case c.more:
		return c.request.Now
	case c.next == 0:
		return time.Time{}
	}
	return time.UnixMilli(c.next).UTC()
}
