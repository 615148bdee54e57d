// Package sqlite stores everything in one SQLite file, for a program that runs
// on one machine. [DB] is the store of the aggregator and of the publisher;
// several processes may have the same file open. It needs no cgo and is the
// only package that imports modernc.org/sqlite.
//
// The file is in WAL mode: one writer at a time, readers that never wait for
// it. What a method has acknowledged lies with the operating system, so it
// survives the death of the process at any moment. It isn't flushed to the
// disk at each commit (synchronous = NORMAL): a power cut may lose the last
// commits, never the database.
package sqlite

import (
	"context"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"tributary/internal/store/migrate"
	"tributary/internal/store/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a [DB]. The zero value is right for nearly everybody.
type Options struct {
	// BusyTimeout is how long a write waits for another process to finish
	// its own; 10 s when zero.
	BusyTimeout time.Duration
	// Readers is how many reads can run at once; 4 when zero.
	Readers int
	// Check is how long Open may look for damage in the file (PRAGMA
	// quick_check); zero: it doesn't.
	Check time.Duration
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*relational.DB
	path    string
	writer  *sessions // one session
	readers *sessions
	watch   driver.Connector // for one connection more
	checked bool             // no damage was found in any part of the file; never written after Open
}

// Open opens the database file at path, which it creates with its folder when
// it isn't there, for this user alone: addresses of sources may hold keys. It brings its schema up to date. Retractions and ids for ever
// that the journal beside it knows, and it doesn't, are taken over. A database that a newer
// program made gives a [*migrate.NewerError] and stays as it is.
func Open(ctx context.Context, path string, options Options) (*DB, error) {
	db, err := open(ctx, path, options)
	if damage, ok := errors.AsType[*DamagedError](err); ok {
		return nil, damage // it says all of it
	}
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	return db, nil
}

func open(ctx context.Context, path string, options Options) (*DB, error) {
	if options.BusyTimeout <= 0 {
		options.BusyTimeout = 10 * time.Second
	}
	if options.Readers <= 0 {
		options.Readers = 4
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := lookAtHead(path); err != nil {
		return nil, err
	}
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600); err == nil { // the files beside it get its mode
		f.Close()
	}
	db := &DB{path: path}
	db.DB = relational.New(engine{db}, relational.JournalPath(path))
	err = db.connect(ctx, options)
	if err == nil {
		err = db.check(ctx, options.Check)
	}
	if err != nil {
		db.Close()
		if isDamage(err) {
			err = damageOf(path, err)
		}
		return nil, err
	}
	if err := db.OpenJournal(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// connect opens the writer first: it creates the file, turns WAL on, which
// stays with the file, and moves the schema, before anybody reads. What one
// statement would have to undo stays in memory: in a file, as it is from some
// pages on until the end of the transaction, it takes a sixth of the time in
// which new stories are stored.
func (db *DB) connect(ctx context.Context, options Options) error {
	connector, err := db.connector(options, "journal_mode(wal)", "synchronous(normal)", "foreign_keys(on)",
		"cache_size(-8000)", "wal_autocheckpoint(4000)", "temp_store(memory)")
	if err != nil {
		return err
	}
	db.writer = newSessions(connector, 1)
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := migrate.Up(ctx, schema{db}, steps); err != nil {
		return err
	}
	if connector, err = db.connector(options, "query_only(on)"); err != nil {
		return err
	}
	db.readers = newSessions(connector, options.Readers)
	db.watch = connector
	return nil
}

// connector makes connections that start with pragmas.
func (db *DB) connector(options Options, pragmas ...string) (driver.Connector, error) {
	query := url.Values{
		"_busy_timeout": {fmt.Sprint(options.BusyTimeout.Milliseconds())},
		"_pragma":       pragmas,
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(db.path), RawQuery: query.Encode()}
	return sqlite.NewConnector(dsn.String())
}

// Close waits for what is running, closes the file and ends what watches it.
// Nothing may be called afterwards.
func (db *DB) Close() error {
	db.StopWatching()
	var errs []error
	// The writer goes last: it empties the log, so that a copy put in the
	// database's place, a backup for instance, doesn't meet what is left of it.
	if db.writer != nil && db.readers != nil {
		errs = append(errs, db.readers.close())
		db.readers = nil
		db.writer.emptyLog()
	}
	for _, s := range []*sessions{db.readers, db.writer} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close database %s: %w", db.path, err)
	}
	return nil
}

// schema lets migrate move the schema; its version is SQLite's user_version.
type schema struct{ db *DB }

func (s schema) Version(ctx context.Context) (version int, err error) {
	err = s.db.writer.run(ctx, `BEGIN IMMEDIATE`, func(own relational.Session) error {
		return own.(*session).one(`PRAGMA user_version`, &version)
	})
	return version, err
}

func (s schema) Apply(ctx context.Context, step migrate.Step) error {
	return s.db.writer.run(ctx, `BEGIN IMMEDIATE`, func(opened relational.Session) error {
		own := opened.(*session)
		var version int
		if err := own.one(`PRAGMA user_version`, &version); err != nil || version >= step.Version {
			return err
		}
		script := fmt.Sprintf("%s;\nPRAGMA user_version = %d", step.SQL, step.Version)
		return own.script(ctx, script)
	})
}
