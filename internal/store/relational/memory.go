package relational

import (
	"time"

	"tributary/internal/news"
)

// maxKnown is how many sources a session remembers: some 15 MB.
const maxKnown = 1 << 14

// Memory is what a session remembers of sources, so that the visits of an
// unchanged one write, but read nothing. It is never older than the database,
// because
//
//  1. it counts only inside a transaction with the write lock, and only when
//     no other connection has committed anything since the last one, in this
//     process or another, which the engine tells;
//  2. every transaction of the session empties it, but those of Claim and
//     Record, which keep it up to date;
//  3. so does every transaction that isn't committed.
//
// Nil is the memory of a session that remembers nothing.
type Memory struct {
	known map[news.SourceKey]*candidate
}

// Forget empties the memory.
func (m *Memory) Forget() {
	if m != nil {
		clear(m.known)
	}
}

// get gives a source that is remembered, nil for another.
func (m *Memory) get(key news.SourceKey) *candidate {
	if m == nil {
		return nil
	}
	return m.known[key]
}

// drop forgets one source.
func (m *Memory) drop(key news.SourceKey) {
	if m != nil {
		delete(m.known, key)
	}
}

// add remembers a source, unless there are enough of them.
func (m *Memory) add(c *candidate) {
	if m == nil || len(m.known) >= maxKnown {
		return
	}
	if m.known == nil {
		m.known = make(map[news.SourceKey]*candidate)
	}
	m.known[c.Key] = c
}

// leased does to a candidate what leaseQuery does to its row.
func (c *candidate) leased(until int64) {
	c.claim++
	c.strike++
	c.Due = time.UnixMilli(until).UTC()
	c.leasedUntil, c.holdUntil = until, until
}

// visited does to a candidate what finish and visit do to its rows.
func (c *candidate) visited(result *news.Result, recorded *news.Recorded) {
	c.Due = kept(result.Due)
	c.leasedUntil, c.strike = 0, 0
	c.holdUntil = ended(&result.Visit) + c.delay
	c.Failures, c.LastOK = result.Failures, kept(lastOK(result))
	c.visits++
	c.Last = result.Visit
	c.Last.At = kept(result.Visit.At)
	c.Last.New, c.Last.Changed = recorded.New, recorded.Changed
}

// remember brings the memory up to date with a result that was stored. Where
// more than the schedule and the visit was written, the source is read anew
// next time.
func (t *tx) remember(result *news.Result, recorded *news.Recorded, more bool) {
	key := result.Lease.Source.Key
	switch c := t.memory.get(key); {
	case c == nil:
	case more:
		t.memory.drop(key)
	default:
		c.visited(result, recorded)
	}
}
