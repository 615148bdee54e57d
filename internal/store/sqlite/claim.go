package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tributary/internal/news"
)

// candidate is a source that was asked for, with what bears on whether it can
// be claimed. Times are milliseconds.
type candidate struct {
	key         int64
	due         *int64
	leasedUntil int64
	holdUntil   int64
	host        *int64 // nil: it needs no slot
	hostFree    int64
	free        int // slots of the host that nobody holds
}

// candidateColumns reads a candidate. A slot is held by the row of the source
// that was last visited with it, until hold_until: the end of the lease, and
// once the result is there, of the pause.
const candidateColumns = `
	s.key, s.due, s.leased_until, s.hold_until, s.host, coalesce(h.free_at, 0),
	coalesce(h.slots, 0) - (
		SELECT count(*)
		FROM sources AS b
		WHERE b.hold_host = s.host AND b.hold_until > ?1)
	FROM sources AS s
	LEFT JOIN hosts AS h ON h.key = s.host`

func scanCandidate(row scanner) (c candidate, err error) {
	err = row.Scan(&c.key, &c.due, &c.leasedUntil, &c.holdUntil, &c.host, &c.hostFree, &c.free)
	return c, err
}

// claim is one run of Claim.
type claim struct {
	*tx
	request news.ClaimRequest
	now     int64
	until   int64

	picked  []candidate
	taken   map[int64]int // slots that picked sources take, by host
	blocked map[int64]bool
	more    bool  // a source could have been picked beyond the limit
	waiting bool  // a source stays back for its host
	next    int64 // earliest time found so far; 0: none
}

// Claim leases sources that are due, longest due first.
//
// It reads and then updates the same rows; the write lock that it holds from
// the start makes that one step, also towards other processes.
func (db *DB) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	if request.DueBy.IsZero() {
		request.DueBy = request.Now
	}
	var claimed news.Claimed
	err := db.write(ctx, "claim sources", func(t *tx) error {
		c := claim{
			tx: t, request: request,
			now:   request.Now.UnixMilli(),
			until: request.Now.Add(request.Lease).UnixMilli(),
			taken: make(map[int64]int), blocked: make(map[int64]bool),
		}
		var err error
		claimed, err = c.run()
		return err
	})
	if err != nil {
		return news.Claimed{}, err
	}
	return claimed, nil
}

func (c *claim) run() (claimed news.Claimed, err error) {
	if c.request.Only != nil {
		err = c.pickOnly()
	} else {
		err = c.pickDue()
	}
	if err != nil {
		return claimed, err
	}
	if claimed.Leases, err = c.lease(); err != nil {
		return claimed, err
	}
	claimed.Waiting = c.waiting
	claimed.Next, err = c.nextTime()
	return claimed, err
}

// pickDue walks the sources from the longest due, as far as it has to.
func (c *claim) pickDue() error {
	return c.query(`
		SELECT `+candidateColumns+`
		WHERE s.active = 1 AND s.due <= ?2
		ORDER BY s.due, s.key`,
		func(row scanner) error {
			candidate, err := scanCandidate(row)
			if err != nil {
				return err
			}
			if c.consider(candidate); c.more {
				return errStop
			}
			return nil
		}, c.now, c.request.DueBy.UnixMilli())
}

// pickOnly looks at the sources that were named, those that are never due last.
func (c *claim) pickOnly() error {
	var all []candidate
	err := queryList(c.tx, `
		SELECT `+candidateColumns+`
		WHERE s.active = 1 AND s.key IN (?...)`,
		func(row scanner) error {
			candidate, err := scanCandidate(row)
			all = append(all, candidate)
			return err
		}, c.request.Only, c.now)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b candidate) int {
		if a.due != nil && b.due != nil && *a.due != *b.due {
			return cmp.Compare(*a.due, *b.due)
		}
		if (a.due == nil) != (b.due == nil) {
			if a.due == nil {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.key, b.key)
	})
	all = slices.CompactFunc(all, func(a, b candidate) bool { return a.key == b.key })
	for _, candidate := range all {
		if c.consider(candidate); c.more {
			break
		}
	}
	return nil
}

// consider picks a source or notes why it stays back:
//
//  1. somebody has it leased;
//  2. its host has its pause, or it has its own;
//  3. all slots of its host are held, those that this claim takes included;
//  4. there are enough already.
func (c *claim) consider(s candidate) {
	if s.leasedUntil > c.now {
		c.after(s.leasedUntil)
		return
	}
	if s.host != nil {
		if free := max(s.hostFree, s.holdUntil); free > c.now {
			c.waiting = true
			c.after(free)
			return
		}
		if c.taken[*s.host] >= s.free {
			c.waiting = true
			c.blocked[*s.host] = true
			return
		}
	}
	if len(c.picked) >= c.request.Limit {
		c.more = true
		return
	}
	if s.host != nil {
		c.taken[*s.host]++
	}
	c.picked = append(c.picked, s)
}

// after notes that another claim may find something at a time.
func (c *claim) after(at int64) {
	if c.next == 0 || at < c.next {
		c.next = at
	}
}

// lease reads the state of the picked sources, then leases them.
func (c *claim) lease() ([]news.Lease, error) {
	if len(c.picked) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(c.picked))
	place := make(map[news.SourceKey]int, len(c.picked))
	for i, s := range c.picked {
		keys[i] = s.key
		place[news.SourceKey(s.key)] = i
	}
	leases := make([]news.Lease, len(c.picked))
	err := queryList(c.tx, `
		SELECT `+stateColumns+`, s.claim + 1, s.strike
		FROM `+stateTables+`
		WHERE s.key IN (?...)`,
		func(row scanner) error {
			lease := news.Lease{Until: time.UnixMilli(c.until).UTC()}
			if err := scanState(row, &lease.Source, &lease.Claim, &lease.Strike); err != nil {
				return err
			}
			leases[place[lease.Source.Key]] = lease
			return nil
		}, keys)
	if err != nil {
		return nil, err
	}
	c.after(c.until)
	// RETURNING brings nothing; queryList is used for its list.
	return leases, queryList(c.tx, `
		UPDATE sources
		SET claim = claim + 1, strike = strike + 1, due = ?1, leased_until = ?1,
			hold_host = host, hold_until = CASE WHEN host IS NULL THEN 0 ELSE ?1 END
		WHERE key IN (?...)`,
		func(scanner) error { return nil }, keys, c.until)
}

// nextTime gives the earliest time at which another claim may find something.
func (c *claim) nextTime() (time.Time, error) {
	if c.more {
		return c.request.Now, nil
	}
	hosts := make([]int64, 0, len(c.blocked))
	for host := range c.blocked {
		hosts = append(hosts, host)
	}
	note := func(row scanner) error {
		var at *int64
		err := row.Scan(&at)
		if at != nil {
			c.after(*at)
		}
		return err
	}
	err := queryList(c.tx, `
		SELECT min(hold_until)
		FROM sources
		WHERE hold_until > ?1 AND hold_host IN (?...)
		GROUP BY hold_host`, note, hosts, c.now)
	if err != nil {
		return time.Time{}, err
	}
	if c.request.Only == nil {
		err = c.query(`
			SELECT min(due)
			FROM sources
			WHERE active = 1 AND due > ?`, note, c.request.DueBy.UnixMilli())
	}
	if err != nil || c.next == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(c.next).UTC(), nil
}
