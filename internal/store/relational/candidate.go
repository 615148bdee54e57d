package relational

import (
	"cmp"

	"tributary/internal/news"
)

// candidate is a source with what bears on whether it gets a lease. Times are
// milliseconds.
type candidate struct {
	news.SourceState
	claim       int64 // the last one's number
	strike      int
	leasedUntil int64
	holdUntil   int64
	delay       int64
	host        int64 // 0: it needs no slot
	hostFree    int64
	shared      bool  // other sources use the host too
	visits      int64 // ever
}

// candidatesQuery reads candidates, those that are paused or configured no more
// left out.
const candidatesQuery = `
	SELECT ` + stateColumns + `,
		d.claim, d.strike, d.leased_until, d.hold_until, d.delay, d.host, h.free_at, d.shared IS NOT NULL, d.visits
	FROM ` + stateTables + `
	LEFT JOIN hosts AS h ON h.key = d.host
	WHERE +s.active = 1 AND s.health <> '` + string(news.HealthPaused) + `' AND s.key IN (?...)`

// fields are where the columns of candidatesQuery go.
func (c *candidate) fields() []any {
	return append(stateFields(&c.SourceState), &c.claim, &c.strike, &c.leasedUntil, &c.holdUntil, &c.delay,
		&c.host, &c.hostFree, &c.shared, &c.visits)
}

// longestDue orders candidates by the time when they are due, then by key.
func longestDue(a, b *candidate) int {
	if a.Due.IsZero() != b.Due.IsZero() {
		if a.Due.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Key, b.Key))
}

// candidates gives sources in the order of keys, without those that are
// configured no more.
func (t *tx) candidates(keys []news.SourceKey) ([]*candidate, error) {
	var unknown []news.SourceKey
	for _, key := range keys {
		if t.memory.get(key) == nil {
			unknown = append(unknown, key)
		}
	}
	var read map[news.SourceKey]*candidate // they may be more than the memory takes
	if len(unknown) > 0 {
		read = make(map[news.SourceKey]*candidate, len(unknown))
	}
	var next candidate
	into := next.fields()
	err := queryList(t, candidatesQuery, func(row scanner) error {
		next = candidate{}
		err := row.Scan(into...)
		c := new(candidate)
		*c = next
		read[c.Key] = c
		t.memory.add(c)
		return err
	}, unknown)
	if err != nil {
		return nil, err
	}
	all := make([]*candidate, 0, len(keys))
	for _, key := range keys {
		if c := cmp.Or(t.memory.get(key), read[key]); c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}
