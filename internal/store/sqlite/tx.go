package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// tx is a transaction. Its statements are prepared ones and run without the
// caller's context: one that can end costs the driver a goroutine a statement.
// Instead exec and query look at ctx before they start.
type tx struct {
	own *session
	ctx context.Context
	// executed counts the statements that exec and insert have run.
	executed int
	revisions
	journaled bool // lines for the journal were written
}

// write runs fn in a transaction that holds the write lock from its start, so
// that what fn reads stays true until it is committed. op names the call in
// errors.
func (db *DB) write(ctx context.Context, op string, fn func(*tx) error) error {
	return db.writeKnowing(ctx, op, func(t *tx) error {
		t.own.forgetAll()
		return fn(t)
	})
}

// writeKnowing is write for an fn that keeps the session's memory up to date.
func (db *DB) writeKnowing(ctx context.Context, op string, fn func(*tx) error) error {
	raised, err := db.writer.run(ctx, `BEGIN IMMEDIATE`, fn)
	if err != nil {
		return fmt.Errorf("%s: %w", op, explain(err))
	}
	if raised {
		db.watch.notify()
	}
	return nil
}

// read runs fn on one consistent state of the database.
func (db *DB) read(ctx context.Context, op string, fn func(*tx) error) error {
	if _, err := db.readers.run(ctx, `BEGIN`, fn); err != nil {
		return fmt.Errorf("%s: %w", op, explain(err))
	}
	return nil
}

// run does fn between begin and COMMIT and says whether a revision rose. A
// session that can't begin is given up: the next one starts afresh, whatever
// was wrong with it.
func (s *sessions) run(ctx context.Context, begin string, fn func(*tx) error) (raised bool, err error) {
	own, err := s.take(ctx)
	if err != nil {
		return false, err
	}
	if _, err := own.exec(ctx, begin); err != nil {
		s.drop(own)
		return false, err
	}
	committed := false
	defer func() {
		if !committed { // SQLite may have rolled back already, then this fails
			own.forgetAll()
			own.exec(context.Background(), `ROLLBACK`)
		}
		s.put(own)
	}()
	t := &tx{own: own, ctx: ctx}
	if err := fn(t); err != nil {
		return false, err
	}
	if _, err := own.exec(context.Background(), `COMMIT`); err != nil {
		return false, err
	}
	committed = true
	return len(t.rose) > 0, nil
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	t.executed++
	result, err := t.own.exec(context.Background(), query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert runs an INSERT and gives the key of the new row.
func (t *tx) insert(query string, args ...any) (int64, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	t.executed++
	result, err := t.own.exec(context.Background(), query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// errStop ends a query early, without an error.
var errStop = errors.New("stop")

// query calls each for every row, until it returns an error.
func (t *tx) query(query string, each func(scanner) error, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return t.own.query(context.Background(), query, each, args...)
}

// one reads a single row into dest and says whether there was one.
func (t *tx) one(query string, args []any, dest ...any) (found bool, err error) {
	err = t.query(query, func(row scanner) error {
		found = true
		return row.Scan(dest...)
	}, args...)
	return found, err
}

// maxList is how many values of a list go into one statement.
const maxList = 256

// queryList runs a query once for every chunk of list. The query has (?...)
// where the list stands, as its last arguments. Lists are padded to a power of
// two with their last value, which changes no IN, so that few different texts
// are prepared. Plain arguments bring any bytes through, as JSON would not.
func queryList[T any](t *tx, query string, each func(scanner) error, list []T, args ...any) error {
	for len(list) > 0 {
		chunk := list[:min(len(list), maxList)]
		list = list[len(chunk):]
		size := 1
		for size < len(chunk) {
			size *= 2
		}
		all := make([]any, 0, len(args)+size)
		all = append(all, args...)
		for i := range size {
			all = append(all, chunk[min(i, len(chunk)-1)])
		}
		marks := "(" + strings.Repeat("?, ", size-1) + "?)"
		if err := t.query(strings.Replace(query, "(?...)", marks, 1), each, all...); err != nil {
			return err
		}
	}
	return nil
}
