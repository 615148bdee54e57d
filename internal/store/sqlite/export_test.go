package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"tributary/internal/store/migrate"
	"tributary/internal/store/relational"
)

// Query gives one of relational.Queries.
func Query(name string) string { return relational.Queries(&dialect)[name] }

// Plan gives the steps by which a query would be run.
func (db *DB) Plan(ctx context.Context, query string) (steps []string, err error) {
	query = strings.Replace(query, "(?...)", "(?, ?, ?, ?)", 1)
	args := make([]any, 9)
	err = engine{db}.Read(ctx, func(own relational.Session) error {
		return own.Query(`EXPLAIN QUERY PLAN `+query, func(row relational.Scanner) error {
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
	return engine{db}.Write(ctx, relational.Exclusive, func(own relational.Session) error {
		var pages, limit int
		if err := own.(*session).one(`PRAGMA page_count`, &pages); err != nil {
			return err
		}
		if limit = pages + n; n < 0 {
			limit = 1 << 30
		}
		_, err := own.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit))
		return err
	})
}

// Exec runs SQL that no method does.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	return engine{db}.Write(ctx, relational.Exclusive, func(own relational.Session) error {
		own.Memory().Forget()
		_, err := own.Exec(query, args...)
		return err
	})
}

// Numbers gives the numbers of a feed's public ids.
func (db *DB) Numbers(ctx context.Context, feed string) (entered map[string]int64, err error) {
	entered = make(map[string]int64)
	err = engine{db}.Read(ctx, func(own relational.Session) error {
		return own.Query(`
			SELECT coalesce(p.public_id, st.public_id), min(p.entered)
			FROM feed_story AS p
			JOIN feeds AS f ON f.key = p.feed
			JOIN stories AS st ON st.key = p.story
			WHERE f.name = ?
			GROUP BY 1`, func(row relational.Scanner) error {
			var id string
			var number int64
			err := row.Scan(&id, &number)
			entered[id] = number
			return err
		}, feed)
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
