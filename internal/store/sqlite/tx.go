package sqlite

import (
	"context"

	"tributary/internal/store/relational"
)

// engine is a database as package relational uses it.
type engine struct{ db *DB }

// Write holds the write lock from the start, whatever the mode.
func (e engine) Write(ctx context.Context, _ relational.Mode, fn func(relational.Session) error) error {
	return e.db.writer.run(ctx, `BEGIN IMMEDIATE`, fn)
}

// Read runs fn on one consistent state of the database.
func (e engine) Read(ctx context.Context, fn func(relational.Session) error) error {
	return e.db.readers.run(ctx, `BEGIN`, fn)
}

// run does fn between begin and COMMIT. A session that can't begin is given up:
// the next one starts afresh, whatever was wrong with it.
func (s *sessions) run(ctx context.Context, begin string, fn func(relational.Session) error) error {
	own, err := s.take(ctx)
	if err != nil {
		return err
	}
	if _, err := own.exec(ctx, begin); err != nil {
		s.drop(own)
		return err
	}
	committed := false
	defer func() {
		if !committed { // SQLite may have rolled back already, then this fails
			own.memory.Forget()
			own.exec(context.Background(), `ROLLBACK`)
		}
		s.put(own)
	}()
	if err := fn(own); err != nil {
		return err
	}
	if _, err := own.exec(context.Background(), `COMMIT`); err != nil {
		return err
	}
	committed = true
	return nil
}

// Exec runs a statement and says how many rows it changed. Statements are
// prepared ones and run without the caller's context: one that can end costs the
// driver a goroutine a statement.
func (s *session) Exec(query string, args ...any) (int64, error) {
	result, err := s.exec(context.Background(), query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Insert runs an INSERT and gives the key of the new row.
func (s *session) Insert(query string, key *int64, args ...any) error {
	result, err := s.exec(context.Background(), query, args...)
	if err == nil {
		*key, err = result.LastInsertId()
	}
	return err
}

// Query calls each for every row, until it returns an error.
func (s *session) Query(query string, each func(relational.Scanner) error, args ...any) error {
	return s.query(context.Background(), query, each, args...)
}

// Later runs a statement at once.
func (s *session) Later(query string, each func(relational.Scanner) error, args ...any) error {
	if each == nil {
		_, err := s.exec(context.Background(), query, args...)
		return err
	}
	return s.Query(query, each, args...)
}

// Flush has nothing to run.
func (s *session) Flush() error { return nil }

// one reads a single row into dest.
func (s *session) one(query string, dest ...any) error {
	return s.Query(query, func(row relational.Scanner) error { return row.Scan(dest...) })
}

// Memory is what the session remembers of sources. Only that of the writer
// counts: nobody asks a reader.
func (s *session) Memory() *relational.Memory { return &s.memory }

// Recall empties the memory when another connection has changed the data, which
// data_version tells.
func (s *session) Recall() error {
	was := s.version
	if err := s.one(`PRAGMA data_version`, &s.version); err != nil {
		return err
	}
	if s.version != was {
		s.memory.Forget()
	}
	return nil
}

// Announce does nothing: other processes see data_version change.
func (s *session) Announce() error { return nil }
