package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tributary/internal/store/relational"
)

// maxWaiting bounds the statements that are put off.
const maxWaiting = 64

// errNotCommitted tells of a COMMIT that the server answered with a rollback.
var errNotCommitted = errors.New("the server rolled the transaction back")

// waiting is a statement that goes to the server along with a later one, so that
// both take one way there and back.
type waiting struct {
	text   string
	values []any
	each   func(relational.Scanner) error // nil: it brings no rows that count
}

// Later puts a statement off until the next one whose answer is waited for, or
// COMMIT.
func (s *session) Later(query string, each func(relational.Scanner) error, args ...any) error {
	return s.putOff(s.statements.text(query), each, args)
}

// Insert puts an INSERT off, and with it when the key of the new row is there.
func (s *session) Insert(query string, key *int64, args ...any) error {
	return s.putOff(s.statements.insert(query), func(row relational.Scanner) error { return row.Scan(key) }, args)
}

func (s *session) putOff(text string, each func(relational.Scanner) error, args []any) error {
	values, err := arguments(args)
	if err != nil {
		return err
	}
	s.waiting = append(s.waiting, waiting{text, values, each})
	if len(s.waiting) >= maxWaiting {
		return s.Flush()
	}
	return nil
}

// Flush runs what was put off. A transaction begins with its first statement.
func (s *session) Flush() error {
	if len(s.waiting) == 0 {
		return nil
	}
	_, err := s.send()
	return err
}

// later puts off a text without arguments.
func (s *session) later(text string) { s.waiting = append(s.waiting, waiting{text: text}) }

// send runs all statements that wait, one after the other, and gives what the
// last one did. The server leaves out those after one that fails.
func (s *session) send() (tag pgconn.CommandTag, err error) {
	ctx, cancel := s.limited()
	defer cancel()
	batch := new(pgx.Batch)
	for i := range s.waiting {
		batch.Queue(s.waiting[i].text, s.waiting[i].values...)
	}
	results := s.conn.SendBatch(ctx, batch)
	defer func() {
		clear(s.waiting)
		s.waiting = s.waiting[:0]
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for i := range s.waiting {
		if tag, err = result(results, s.waiting[i].each); err != nil {
			return tag, s.mark(err)
		}
		s.begun = true
	}
	return tag, nil
}

// result reads the result of the next statement of a batch.
func result(results pgx.BatchResults, each func(relational.Scanner) error) (pgconn.CommandTag, error) {
	rows, err := results.Query()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return finish(rows, each)
}

// errNotBegun marks errors that came before a transaction had begun.
var errNotBegun = errors.New("no transaction began")

// notBegun is such an error.
type notBegun struct{ error }

func (e notBegun) Unwrap() error        { return e.error }
func (e notBegun) Is(target error) bool { return target == errNotBegun }

// mark marks an error that came before the server said that a transaction began,
// unless it may have committed one all the same.
func (s *session) mark(err error) error {
	if s.begun || s.committing && !s.reading {
		return err
	}
	return notBegun{err}
}

// commit makes what was done last; nothing else may follow. A transaction in
// which nothing was asked never began.
func (s *session) commit() error {
	if !s.begun && len(s.waiting) <= s.opening {
		return nil
	}
	s.ctx = context.WithoutCancel(s.ctx) // half a commit helps nobody
	s.committing = true
	s.later(`COMMIT`)
	tag, err := s.send()
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("%w (%s)", errNotCommitted, tag)
	}
	return err
}

// rollback undoes what was done, if anything was.
func (s *session) rollback() {
	if s.conn.IsClosed() || s.conn.PgConn().TxStatus() == idle {
		return
	}
	s.ctx = context.WithoutCancel(s.ctx)
	_ = s.script(`ROLLBACK`)
}

// idle is the state of a connection outside a transaction.
const idle = 'I'
