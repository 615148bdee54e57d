package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"tributary/internal/store/migrate"
)

// Row is a row of a result.
type Row = row

// The queries that run at each claim and each reading of a feed.
const (
	PagesQuery   = pagesQuery
	DueQuery     = dueQuery
	RestQuery    = restQuery
	SlotsQuery   = slotsQuery
	LeaseQuery   = leaseQuery
	NextQuery    = nextQuery
	NewestQuery  = itemColumns + newestRows
	AgainQuery   = againQuery
	CopiesQuery  = copiesQuery
	AnyCopyQuery = anyCopyQuery

	SpreadSourcesQuery = spreadSourcesQuery
	SpreadStoriesQuery = spreadStoriesQuery
	SpreadItemsQuery   = itemColumns + spreadItemsRows
	NewestStampsQuery  = stampColumns + newestRows
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

// CreateAt makes a database as it was after a number of schema steps, and runs
// a script in it.
func CreateAt(ctx context.Context, path string, version int, script string) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	all, err := migrate.Load(steps)
	if err != nil {
		return err
	}
	db := &DB{path: path}
	connector, err := db.connector(Options{}, "journal_mode(wal)")
	if err != nil {
		return err
	}
	s := newSessions(connector, 1)
	own, err := s.take(ctx)
	if err != nil {
		return err
	}
	for _, step := range all[:version] {
		err = errors.Join(err, own.script(ctx, step.SQL))
	}
	err = errors.Join(err, own.script(ctx, fmt.Sprintf("PRAGMA user_version = %d;\n%s", version, script)))
	s.put(own)
	return errors.Join(err, s.close())
}

// MaxCheck is a check of the whole file at the start, however long it takes.
const MaxCheck = time.Hour
