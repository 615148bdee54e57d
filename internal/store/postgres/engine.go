package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tributary/internal/store/relational"
)

// engine is a database as package relational uses it.
type engine struct {
	pool             *pgxpool.Pool
	listening        *pgx.ConnConfig // for one connection more
	statements       statements
	statementTimeout time.Duration
}

// maxTries is how often a transaction is begun that others made fail.
const maxTries = 6

// Write runs fn in a transaction. What an exclusive one reads is what was
// committed when it got the lock, as each statement sees what was committed
// before it.
func (e *engine) Write(ctx context.Context, mode relational.Mode, fn func(relational.Session) error) error {
	begin := []string{`BEGIN`}
	switch mode {
	case relational.Exclusive:
		begin = append(begin, `SELECT pg_advisory_xact_lock(`+lockSpace+`, `+lockMerge+`)`)
	case relational.Claiming:
		fn = inTime(fn)
	}
	for try := 1; ; try++ {
		err := e.once(ctx, begin, fn)
		if err == nil || !passes(err) || try == maxTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(rand.IntN(10<<try)) * time.Millisecond):
		}
	}
}

// beginReading begins a transaction that reads.
const beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`

// Read runs fn on one consistent state of the database.
func (e *engine) Read(ctx context.Context, fn func(relational.Session) error) error {
	begin := []string{beginReading}
	err := e.once(ctx, begin, fn)
	if errors.Is(err, errNotBegun) && ctx.Err() == nil { // a connection that died while nobody used it
		err = e.once(ctx, begin, fn)
	}
	return err
}

// passes reports whether a transaction that failed may well succeed now, and
// certainly did nothing: others were in its way, or its connection was dead
// already.
func passes(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch failure.Code {
		case "40001", "40P01": // serialization failure, deadlock
			return true
		}
		return false
	}
	return errors.Is(err, errNotBegun) && !pgconn.Timeout(err)
}

// once does fn between the statements of begin and COMMIT.
func (e *engine) once(ctx context.Context, begin []string, fn func(relational.Session) error) error {
	acquire, cancel := context.WithTimeout(ctx, e.statementTimeout)
	defer cancel()
	conn, err := e.pool.Acquire(acquire)
	if err != nil {
		return err
	}
	defer conn.Release() // closes it when it is in a transaction
	own := &session{engine: e, conn: conn.Conn(), ctx: ctx, opening: len(begin), reading: begin[0] == beginReading}
	defer own.rollback()
	for _, text := range begin {
		own.later(text)
	}
	if err := fn(own); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return own.commit()
}
