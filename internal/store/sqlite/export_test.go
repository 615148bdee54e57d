package sqlite

import (
	"context"
	"fmt"
	"strings"
)

// Row is a row of a result.
type Row = row

// The queries that run at each claim and each reading of a feed.
const (
	DueQuery    = dueQuery
	RestQuery   = restQuery
	SlotsQuery  = slotsQuery
	LeaseQuery  = leaseQuery
	NextQuery   = nextQuery
	NewestQuery = newestQuery
	CopiesQuery = copiesQuery

	SpreadSourcesQuery = spreadSourcesQuery
	SpreadStoriesQuery = spreadStoriesQuery
	SpreadItemsQuery   = spreadItemsQuery
)

// Plan gives the steps by which a query would be run.
func (db *DB) Plan(ctx context.Context, query string) (steps []string, err error) {
	query = strings.Replace(query, "(?...)", "(?, ?, ?, ?)", 1)
	args := make([]any, 9)
	err = db.read(ctx, "test", func(t *tx) error {
		return t.query(`EXPLAIN QUERY PLAN `+query, func(row scanner) error {
			var id, parent, unused int
			var step string
			err := row.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}, args...)
	})
	return steps, err
}

// LimitPages lets the database grow no further than to n pages more than it
// has, as a full disk would; a negative n lifts the limit.
func (db *DB) LimitPages(ctx context.Context, n int) error {
	return db.write(ctx, "limit pages", func(t *tx) error {
		var pages, limit int
		if _, err := t.one(`PRAGMA page_count`, nil, &pages); err != nil {
			return err
		}
		if limit = pages + n; n < 0 {
			limit = 1 << 30
		}
		_, err := t.exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit))
		return err
	})
}

// Exec runs SQL that no method does.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	return db.write(ctx, "test", func(t *tx) error {
		_, err := t.exec(query, args...)
		return err
	})
}

// Numbers gives the numbers of a feed's public ids.
func (db *DB) Numbers(ctx context.Context, feed string) (entered map[string]int64, err error) {
	err = db.read(ctx, "test", func(t *tx) error {
		e, err := t.edition(feed)
		if err != nil {
			return err
		}
		_, entered, err = t.entries(feed, e.feed)
		return err
	})
	return entered, err
}
