package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// session is one connection with the statements that were prepared on it.
// Preparing costs more than most of our statements do, so each is prepared
// once a connection.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// sessions lends connections, each to one user at a time.
type sessions struct {
	pool *sql.DB
	idle chan *session // nil stands for one that is not connected yet
}

func newSessions(pool *sql.DB, n int) *sessions {
	s := &sessions{pool: pool, idle: make(chan *session, n)}
	for range n {
		s.idle <- nil
	}
	return s
}

// take gives a session; put or drop must follow.
func (s *sessions) take(ctx context.Context) (*session, error) {
	select {
	case own := <-s.idle:
		if own != nil {
			return own, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		s.idle <- nil
		return nil, err
	}
	return &session{conn: conn, stmts: make(map[string]*sql.Stmt)}, nil
}

func (s *sessions) put(own *session) { s.idle <- own }

// drop gives a place back without its connection, which may be in a state
// that we know nothing of. The statements go first: closing one after its
// connection crashes the driver.
func (s *sessions) drop(own *session) {
	for _, stmt := range own.stmts {
		stmt.Close()
	}
	own.stmts = nil
	own.conn.Raw(func(any) error { return driver.ErrBadConn }) // else the pool keeps it
	own.close()
	s.idle <- nil
}

// close waits until all sessions are idle, and closes them.
func (s *sessions) close() {
	for range cap(s.idle) {
		if own := <-s.idle; own != nil {
			own.close()
		}
	}
}

func (s *session) close() {
	for _, stmt := range s.stmts {
		stmt.Close()
	}
	s.conn.Close()
}

// tx is a transaction. Its statements are prepared ones and run without the
// caller's context: one that can end costs the driver a goroutine a statement,
// and database/sql would roll back behind our back, so that what comes next
// commits by itself. Instead exec and query look at ctx before they start.
type tx struct {
	own *session
	ctx context.Context
	revisions
}

// write runs fn in a transaction that holds the write lock from its start, so
// that what fn reads stays true until it is committed. op names the call in
// errors.
func (db *DB) write(ctx context.Context, op string, fn func(*tx) error) error {
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
	if _, err := own.conn.ExecContext(ctx, begin); err != nil {
		s.drop(own)
		return false, err
	}
	committed := false
	defer func() {
		if !committed { // SQLite may have rolled back already, then this fails
			own.conn.ExecContext(context.Background(), `ROLLBACK`)
		}
		s.put(own)
	}()
	t := &tx{own: own, ctx: ctx}
	if err := fn(t); err != nil {
		return false, err
	}
	if _, err := own.conn.ExecContext(context.Background(), `COMMIT`); err != nil {
		return false, err
	}
	committed = true
	return len(t.rose) > 0, nil
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if stmt, ok := t.own.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := t.own.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	t.own.stmts[query] = stmt
	return stmt, nil
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	stmt, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.Exec(args...)
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
	stmt, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// scanner is a row that can be read.
type scanner interface{ Scan(dest ...any) error }

// errStop ends a query early, without an error.
var errStop = errors.New("stop")

// query calls each for every row, until it returns an error.
func (t *tx) query(query string, each func(scanner) error, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	stmt, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err == errStop {
			return rows.Close()
		} else if err != nil {
			return err
		}
	}
	return rows.Err()
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
