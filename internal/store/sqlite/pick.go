package sqlite

import (
	"maps"
	"slices"
	"time"
)

// patience is how many sources of busy hosts are looked at before a walk goes
// on without those hosts: reading a source costs several times as much as
// passing it. It doubles each time, as starting again has its cost too.
const patience = 32

// pickDue walks the sources from the longest due, as far as it has to.
func (c *claim) pickDue() error {
	var last candidate
	by := c.request.DueBy.UnixMilli()
	c.patience = patience
	err := c.walk(&last, dueQuery, by)
	for more := 2 * patience; err == nil && !c.more && c.patience <= 0; more *= 2 {
		var without string
		if without, err = compact(slices.Collect(maps.Keys(c.busy))); err != nil {
			return err
		}
		c.patience = more
		state := &last.lease.Source
		err = c.walk(&last, restQuery, by, state.Due.UnixMilli(), int64(state.Key), without)
	}
	return err
}

// walk considers what a query gives, until there are enough or too many of
// them wait for a host.
func (c *claim) walk(last *candidate, query string, args ...any) error {
	fields := last.fields()
	return c.query(query, func(row scanner) error {
		if err := row.Scan(fields...); err != nil {
			return err
		}
		if err := c.consider(last); err != nil {
			return err
		}
		if c.more || c.patience <= 0 {
			return errStop
		}
		return nil
	}, args...)
}

// pickOnly looks at the sources that were named, those that are never due last.
func (c *claim) pickOnly() error {
	var all []*candidate
	err := queryList(c.tx, `
		SELECT `+candidateColumns+`
		FROM `+candidateTables+`
		WHERE s.active = 1 AND d.source IN (?...)`,
		func(row scanner) error {
			next := new(candidate)
			all = append(all, next)
			return row.Scan(next.fields()...)
		}, c.request.Only)
	if err != nil {
		return err
	}
	slices.SortFunc(all, longestDue)
	all = slices.CompactFunc(all, func(a, b *candidate) bool { return longestDue(a, b) == 0 })
	for _, next := range all {
		if err := c.consider(next); err != nil || c.more {
			return err
		}
	}
	return nil
}

// consider picks a source unless:
//
//  1. it is leased;
//  2. its host has its pause, or it has its own;
//  3. all slots of its host are held, those that this claim takes included;
//  4. there are enough already.
func (c *claim) consider(s *candidate) error {
	if s.leasedUntil > c.now {
		c.after(s.leasedUntil)
		return nil
	}
	if s.host != 0 {
		if s.hostFree > c.now {
			c.wait(s.host, s.hostFree)
			return nil
		}
		if s.holdUntil > c.now {
			c.waiting = true
			c.after(s.holdUntil)
			return nil
		}
	}
	host, err := c.slots(s)
	if err != nil {
		return err
	}
	if host.free <= 0 {
		c.wait(s.host, host.next)
		return nil
	}
	if len(c.picked) >= c.request.Limit {
		c.more = true
		return nil
	}
	host.free--
	c.picked = append(c.picked, s.lease)
	c.picked[len(c.picked)-1].Until = time.UnixMilli(c.until).UTC()
	return nil
}

// wait notes that no source of a host can be picked until a time, or, when
// that is 0, until the end of the leases of this claim.
func (c *claim) wait(host, until int64) {
	c.waiting = true
	c.after(until)
	c.busy[host] = true
	c.patience--
}

// slots gives the slots of a candidate's host. A slot is held by the row of
// the source that was last visited with it, until hold_until: the end of the
// lease, and once the result is there, of the pause.
func (c *claim) slots(s *candidate) (*slots, error) {
	if !s.shared {
		c.own = slots{free: 1} // no other row could hold one
		return &c.own, nil
	}
	if known := c.hosts[s.host]; known != nil {
		return known, nil
	}
	host := new(slots)
	c.hosts[s.host] = host
	_, err := c.one(slotsQuery, []any{s.host, c.now}, &host.free, &host.next)
	return host, err
}
