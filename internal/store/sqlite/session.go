package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"

	"tributary/internal/store/relational"
)

// session is one connection with the statements that were prepared on it, for
// one user at a time. Preparing costs more than most of our statements do, so
// each is prepared once a connection. The driver is used directly: a pool and
// prepared statements are all that database/sql would give, and here its locks
// and conversions cost as much as many a statement.
type session struct {
	conn  connection
	stmts map[string]statement
	args  []driver.NamedValue // of the statement that starts now

	memory  relational.Memory // of the writer
	version int64             // of the data that the memory is of
}

// connection is what we use of the driver's connections.
type connection interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	FileControlPersistWAL(dbName string, mode int) (int, error)
}

// statement is what we use of the driver's statements.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// connect opens a connection. The last one to close leaves the files of the
// write-ahead log where they are: to make them anew takes space, so a program
// that was stopped could not even read on a disk that is full when it returns.
func connect(ctx context.Context, connector driver.Connector) (*session, error) {
	opened, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := opened.(connection)
	if _, err := conn.FileControlPersistWAL("main", 1); err != nil {
		conn.Close()
		return nil, err
	}
	return &session{conn: conn, stmts: make(map[string]statement)}, nil
}

// close closes the connection. The statements go first: closing one after its
// connection crashes the driver.
func (s *session) close() error {
	for _, stmt := range s.stmts {
		stmt.Close()
	}
	s.stmts = nil
	return s.conn.Close()
}

func (s *session) stmt(query string) (statement, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	prepared, err := s.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	stmt := prepared.(statement)
	s.stmts[query] = stmt
	return stmt, nil
}

// script runs several statements, whose texts are not kept.
func (s *session) script(ctx context.Context, text string) error {
	_, err := s.conn.ExecContext(ctx, text, nil)
	return err
}

func (s *session) exec(ctx context.Context, query string, args ...any) (driver.Result, error) {
	stmt, err := s.stmt(query)
	if err != nil {
		return nil, err
	}
	if err := s.arguments(args); err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, s.args)
}

// arguments turns values into what the driver binds. It copies all of them
// before a statement starts, so the space serves again.
func (s *session) arguments(args []any) error {
	s.args = s.args[:0]
	for i, arg := range args {
		switch arg.(type) {
		case nil, int64, string: // nearly all of them
		default:
			var err error
			if arg, err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
				return fmt.Errorf("argument %d: %w", i+1, err)
			}
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return nil
}

// query calls each for every row, until it returns an error.
func (s *session) query(ctx context.Context, query string, each func(relational.Scanner) error, args ...any) error {
	stmt, err := s.stmt(query)
	if err != nil {
		return err
	}
	if err := s.arguments(args); err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, s.args)
	if err != nil {
		return err
	}
	row := make(relational.Row, len(rows.Columns()))
	var current relational.Scanner = row
	for {
		if err = rows.Next(row); err == nil {
			err = each(current)
		}
		if err != nil {
			break
		}
	}
	if closed := rows.Close(); err == io.EOF || err == relational.ErrStop {
		return closed
	}
	return err
}

// sessions lends sessions, each to one user at a time: the one that came back
// last, whose cache and statements are the warmest. What comes between two
// writes is mostly one reader's business, and the first read after a write
// loads the pages anew that it changed.
type sessions struct {
	connector driver.Connector
	places    chan struct{} // a token for each session that may be lent

	mu   sync.Mutex
	idle []*session // the last one came back last
}

func newSessions(connector driver.Connector, n int) *sessions {
	s := &sessions{connector: connector, places: make(chan struct{}, n)}
	for range n {
		s.places <- struct{}{}
	}
	return s
}

// take gives a session; put or drop must follow.
func (s *sessions) take(ctx context.Context) (*session, error) {
	select {
	case <-s.places:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if own := s.pop(); own != nil {
		return own, nil
	}
	own, err := connect(ctx, s.connector)
	if err != nil {
		s.places <- struct{}{}
		return nil, err
	}
	return own, nil
}

// pop gives an idle session; nil when none is connected.
func (s *sessions) pop() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return nil
	}
	own := s.idle[last]
	s.idle = s.idle[:last]
	return own
}

func (s *sessions) put(own *session) {
	s.mu.Lock()
	s.idle = append(s.idle, own)
	s.mu.Unlock()
	s.places <- struct{}{}
}

// drop gives a place back without its session, which may be in a state that
// we know nothing of.
func (s *sessions) drop(own *session) {
	own.close()
	s.places <- struct{}{}
}

// emptyLog moves all of the log into the database, as far as no other process
// reads from it: then it stays, and the next to close will do it.
func (s *sessions) emptyLog() {
	own, err := s.take(context.Background()) // the last one may have been dropped
	if err != nil {
		return
	}
	_ = own.script(context.Background(), `PRAGMA wal_checkpoint(TRUNCATE)`)
	s.put(own)
}

// close waits until all sessions are idle, and closes them.
func (s *sessions) close() (first error) {
	for range cap(s.places) {
		<-s.places
	}
	for own := s.pop(); own != nil; own = s.pop() {
		if err := own.close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
