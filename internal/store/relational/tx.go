package relational

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// DB is the store over an engine. It is safe for concurrent use.
type DB struct {
	engine  Engine
	dialect *Dialect
	journal string // the path of its journal; empty: it keeps none
	watch   watch
}

// New makes a store over an engine whose schema is up to date. journal is the
// path of the file that outlives the database, empty for none; OpenJournal must
// follow then.
func New(engine Engine, journal string) *DB {
	return &DB{
		engine: engine, dialect: engine.Dialect(), journal: journal,
		watch: watch{engine: engine},
	}
}

// StopWatching ends what Watch began and closes its channels.
func (db *DB) StopWatching() { db.watch.stop() }

// tx is a transaction. exec and query look at ctx before they start.
type tx struct {
	own       Session
	ctx       context.Context
	dialect   *Dialect
	memory    *Memory // nil: nothing is remembered
	journals  bool    // a journal is kept
	journaled bool    // lines for the journal were written
	// executed counts the statements that exec and insert have run.
	executed int
	revisions
}

// write runs fn in a transaction that is exclusive from its start, so that what
// fn reads stays true until it is committed. op names the call in errors.
func (db *DB) write(ctx context.Context, op string, fn func(*tx) error) error {
	return db.writeKnowing(ctx, op, func(t *tx) error {
		t.memory.Forget()
		return fn(t)
	})
}

// writeKnowing is write for an fn that keeps the session's memory up to date.
func (db *DB) writeKnowing(ctx context.Context, op string, fn func(*tx) error) error {
	return db.writeAs(ctx, Exclusive, op, fn)
}

// writeAs is writeKnowing in a mode.
func (db *DB) writeAs(ctx context.Context, mode Mode, op string, fn func(*tx) error) error {
	raised := false
	err := db.engine.Write(ctx, mode, func(own Session) error {
		t := db.tx(ctx, own)
		if err := fn(t); err != nil {
			return err
		}
		if raised = len(t.rose) > 0; raised {
			return own.Announce()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, db.engine.Explain(err))
	}
	if raised {
		db.watch.notify()
	}
	return nil
}

// read runs fn on one consistent state of the database.
func (db *DB) read(ctx context.Context, op string, fn func(*tx) error) error {
	err := db.engine.Read(ctx, func(own Session) error { return fn(db.tx(ctx, own)) })
	if err != nil {
		return fmt.Errorf("%s: %w", op, db.engine.Explain(err))
	}
	return nil
}

func (db *DB) tx(ctx context.Context, own Session) *tx {
	return &tx{own: own, ctx: ctx, dialect: db.dialect, memory: own.Memory(), journals: db.journal != ""}
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	t.executed++
	return t.own.Exec(query, args...)
}

// put runs a statement of which nobody has to know how many rows it changed. It
// may do so only with the next one that reads, or with COMMIT.
func (t *tx) put(query string, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	t.executed++
	return t.own.Later(query, nil, args...)
}

// part is how many rows inParts takes at once.
const part = 500

// inParts runs a statement that changes at most as many rows as its last argument
// says, until there are no more: an engine may keep in memory what one statement
// changes, until it is done.
func (t *tx) inParts(query string, args ...any) error {
	for {
		n, err := t.exec(query, append(slices.Clip(args), int64(part))...)
		if err != nil || n < part {
			return err
		}
	}
}

// insert runs an INSERT. The key of the new row comes when later would have its
// rows.
func (t *tx) insert(query string, key *int64, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	t.executed++
	return t.own.Insert(query, key, args...)
}

// ErrStop ends a query early, without an error.
var ErrStop = errors.New("stop")

// query calls each for every row, until it returns an error.
func (t *tx) query(query string, each func(scanner) error, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return t.own.Query(query, each, args...)
}

// later is query, of which the rows may come only with the next one, with flush
// or with COMMIT.
func (t *tx) later(query string, each func(scanner) error, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return t.own.Later(query, each, args...)
}

// flush waits for what was put off.
func (t *tx) flush() error { return t.own.Flush() }

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
	return overList(t, t.query, query, each, list, args...)
}

// laterList is queryList for what tx.later puts off.
func laterList[T any](t *tx, query string, each func(scanner) error, list []T, args ...any) error {
	return overList(t, t.later, query, each, list, args...)
}

func overList[T any](
	t *tx, run func(string, func(scanner) error, ...any) error,
	query string, each func(scanner) error, list []T, args ...any,
) error {
	if t.dialect.Arrays {
		if len(list) == 0 {
			return nil
		}
		return run(query, each, append(slices.Clip(args), array(list))...)
	}
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
		if err := run(strings.Replace(query, "(?...)", marks, 1), each, all...); err != nil {
			return err
		}
	}
	return nil
}

// array gives a list as an array of what columns hold.
func array[T any](list []T) any {
	switch list := any(list).(type) {
	case []string, []int64:
		return list
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = reflect.ValueOf(list[i]).Int()
	}
	return numbers
}
