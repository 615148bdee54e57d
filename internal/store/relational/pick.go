package relational

import (
	"cmp"
	"maps"
	"slices"

	"tributary/internal/news"
)

// patience is how many sources of busy hosts are looked at before a walk goes
// on without those hosts. It doubles each time, as starting again has its cost
// too.
const patience = 32

// pickDue walks the sources from the longest due, as far as it has to, in
// stretches: of as many as may still be picked, and one that shows whether
// another could be.
func (c *claim) pickDue() error {
	more := patience
	c.patience = more
	by := c.request.DueBy.UnixMilli()
	rest := cmp.Or(c.dialect.LockRest, c.dialect.Rest)
	query, args := cmp.Or(c.dialect.LockDue, dueQuery), []any{by}
	seen := 0
	for {
		size := min(max(c.request.Limit-len(c.picked)+1, patience), maxList)
		keys, hosts, err := c.keys(query, append(args, int64(size))...)
		if err != nil {
			return err
		}
		if seen += len(keys); len(keys) < size && query != rest {
			if err := c.noteSkipped(by, seen); err != nil {
				return err
			}
		}
		stretch, err := c.lockedCandidates(keys, hosts)
		if err != nil {
			return err
		}
		last, err := c.considerAll(stretch)
		if err != nil || c.more || last == nil || len(keys) < size && c.patience > 0 {
			return err
		}
		if c.patience <= 0 {
			more *= 2
			c.patience = more
		}
		without, err := compact(slices.AppendSeq([]int64{}, maps.Keys(c.busy)))
		if err != nil {
			return err
		}
		query, args = rest, []any{by, last.Due.UnixMilli(), int64(last.Key), without}
	}
}

// keys gives the keys that a query finds, and where it locks the rows, those of
// the sources' hosts.
func (c *claim) keys(query string, args ...any) (keys []news.SourceKey, hosts []int64, err error) {
	var key, host int64
	into := []any{&key}
	if c.locked != nil {
		into = append(into, &host)
	}
	err = c.query(query, func(row scanner) error {
		err := row.Scan(into...)
		keys = append(keys, news.SourceKey(key))
		if host != 0 {
			hosts = append(hosts, host)
		}
		return err
	}, args...)
	return keys, hosts, err
}

// soon is when what another claim has locked can be had, in milliseconds.
const soon = 20

// noteSkipped looks whether sources are due that another claim has locked: more
// than the ones that were seen.
func (c *claim) noteSkipped(by int64, seen int) error {
	if c.dialect.CountDue == "" {
		return nil
	}
	return c.later(c.dialect.CountDue, func(row scanner) error {
		var due int
		err := row.Scan(&due)
		if due > seen {
			c.stay(c.now + soon)
		}
		return err
	}, by, int64(seen+1))
}

// lockedCandidates locks hosts, as far as nobody else has, and then reads their
// sources, which are locked already.
func (c *claim) lockedCandidates(keys []news.SourceKey, hosts []int64) ([]*candidate, error) {
	if err := laterList(c.tx, c.dialect.LockHosts, func(row scanner) error {
		var host int64
		err := row.Scan(&host)
		c.locked[host] = true
		return err
	}, hosts); err != nil {
		return nil, err
	}
	return c.candidates(keys)
}

// considerAll considers candidates in their order, until there are enough or
// too many of them wait for a host. It gives the last one that it looked at,
// nil without any.
func (c *claim) considerAll(candidates []*candidate) (last *candidate, err error) {
	for _, last = range candidates {
		if err := c.consider(last); err != nil {
			return nil, err
		}
		if c.more || c.patience <= 0 {
			break
		}
	}
	return last, nil
}

// pickOnly looks at the sources that were named, those that are never due last.
func (c *claim) pickOnly() error {
	var hosts []int64
	if c.dialect.LockSources != "" {
		var err error
		if _, hosts, err = c.keys(c.dialect.LockSources, array(c.request.Only)); err != nil {
			return err
		}
	}
	all, err := c.lockedCandidates(c.request.Only, hosts)
	if err != nil {
		return err
	}
	slices.SortFunc(all, longestDue)
	c.patience = len(all)
	_, err = c.considerAll(slices.Compact(all))
	return err
}

// consider picks a source unless:
//
//  1. it is leased;
//  2. its host has its pause or is another claim's, or it has its own;
//  3. all slots of its host are held, those that this claim takes included;
//  4. there are enough already;
//  5. it is suspect, and another suspect is leased.
func (c *claim) consider(s *candidate) error {
	if s.leasedUntil > c.now {
		c.after(s.leasedUntil)
		return nil
	}
	if s.host != 0 {
		if c.locked != nil && !c.locked[s.host] {
			c.wait(s.host, c.now+soon)
			return nil
		}
		if s.hostFree > c.now {
			c.wait(s.host, s.hostFree)
			return nil
		}
		if s.holdUntil > c.now {
			c.stay(s.holdUntil)
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
	if alone, err := c.alone(s); err != nil || !alone {
		return err
	}
	host.free--
	c.picked = append(c.picked, s)
	return nil
}

// wait notes that no source of a host can be picked until a time, or, when
// that is 0, until the end of the leases of this claim.
func (c *claim) wait(host, until int64) {
	c.stay(until)
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
