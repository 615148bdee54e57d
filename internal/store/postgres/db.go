// Package postgres stores everything in a PostgreSQL database, for a program
// that runs on several machines. [DB] is the store of the aggregator and of the
// publisher; any number of processes may have the same database open, and
// several sites can share one in schemas of their own (search_path in the URL).
// It is the only package that imports jackc/pgx.
//
// What several processes do at once is kept apart so:
//
//  1. Sources are leased by locking their rows; what somebody else has locked is
//     skipped. No claim waits for another one.
//  2. What is read to decide about stories, and then written, is one transaction
//     at a time, by an advisory lock; results that bring no stories need none.
//  3. Revisions that rose are announced by NOTIFY.
//
// What a method has acknowledged is as safe as the database keeps it. No journal
// is written: ids for ever are as old as the database's backups.
package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tributary/internal/store/migrate"
	"tributary/internal/store/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a [DB]. The zero value is right for nearly everybody.
type Options struct {
	// Connections is how many transactions can run at once, unless the URL has
	// pool_max_conns; 8 when zero. One connection more listens.
	Connections int
	// ConnectTimeout bounds one attempt to connect, unless the URL has
	// connect_timeout; 5 s when zero.
	ConnectTimeout time.Duration
	// StatementTimeout bounds one statement, the wait for a lock included, unless
	// the URL has statement_timeout; 60 s when zero.
	StatementTimeout time.Duration
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*relational.DB
	engine *engine
}

// Open connects to the database with a URL as libpq takes them, and brings its
// schema up to date, which of several processes only one does. A database that a
// newer program made gives a [*migrate.NewerError] and stays as it is. Errors
// never hold the password.
func Open(ctx context.Context, url string, options Options) (*DB, error) {
	db, err := open(ctx, url, options)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL database: %w", explain(err))
	}
	return db, nil
}

func open(ctx context.Context, url string, options Options) (*DB, error) {
	if options.Connections <= 0 {
		options.Connections = 8
	}
	if options.ConnectTimeout <= 0 {
		options.ConnectTimeout = 5 * time.Second
	}
	if options.StatementTimeout <= 0 {
		options.StatementTimeout = time.Minute
	}
	config, err := configOf(url, options)
	if err != nil {
		return nil, err
	}
	e := &engine{statementTimeout: options.StatementTimeout, listening: config.ConnConfig.Copy()}
	if e.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if err := e.prepare(ctx); err != nil {
		e.pool.Close()
		return nil, err
	}
	return &DB{DB: relational.New(e, ""), engine: e}, nil
}

// settings are those of each connection, unless the URL has others. The order
// of joins is that of the text: what a planner believes of tables that it has
// not looked at yet must not decide how a claim is run.
var settings = map[string]string{
	"application_name":                    "tributary",
	"join_collapse_limit":                 "1",
	"enable_seqscan":                      "off",
	"jit":                                 "off",
	"idle_in_transaction_session_timeout": "120s",
}

func configOf(url string, options Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	conn := config.ConnConfig
	own := maps.Clone(settings)
	own["statement_timeout"] = fmt.Sprint(options.StatementTimeout.Milliseconds())
	for name, value := range own {
		if _, ok := conn.RuntimeParams[name]; !ok {
			conn.RuntimeParams[name] = value
		}
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = options.ConnectTimeout
	}
	dialer := &net.Dialer{
		Timeout:         conn.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	conn.DialFunc = dialer.DialContext
	if !strings.Contains(url, "pool_max_conns=") {
		config.MaxConns = int32(options.Connections)
	}
	config.MaxConnLifetime = 30 * time.Minute
	config.MaxConnLifetimeJitter = 5 * time.Minute
	config.PingTimeout = conn.ConnectTimeout
	config.AfterConnect = measureClock
	return config, nil
}

// prepare looks whether the database can be used, and moves its schema.
func (e *engine) prepare(ctx context.Context) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := e.once(ctx, []string{`BEGIN`}, e.check); err != nil {
		return err
	}
	return migrate.Up(ctx, schema{e}, steps)
}

// Close waits for what is running, closes the connections and ends what watches
// the database. Nothing may be called afterwards.
func (db *DB) Close() error {
	db.StopWatching()
	db.engine.pool.Close()
	return nil
}
