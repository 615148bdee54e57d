package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"tributary/aggregator"
	"tributary/aggregator/fulltext"
	"tributary/aggregator/readinglist"
	"tributary/internal/news"
	"tributary/internal/store/postgres"
	"tributary/publisher"
	"tributary/publisher/admin"
	"tributary/publisher/explain"
)

// store is a database of any kind: what both halves and the commands need.
type store interface {
	aggregator.Store
	fulltext.Store
	readinglist.Store
	publisher.Store
	publisher.Renditions
	explain.Store
	admin.Store

	// Applied gives the config that was applied last, zero before the first.
	Applied(ctx context.Context) (news.AppliedConfig, error)
	// AppliedHash gives its hash only: its text may have megabytes.
	AppliedHash(ctx context.Context) (string, error)
	// Apply puts on record which config is in force.
	Apply(ctx context.Context, config news.AppliedConfig) error
	// Force lets the next edition of a feed through, whatever it would lose; ok
	// is false for a feed that is not configured.
	Force(ctx context.Context, feed string) (ok bool, err error)
	// Size gives the bytes that it takes; 0 when that can't be told.
	Size(ctx context.Context) int64
	Close() error
}

// openStore opens the database that a config names: an SQLite file, or a
// database of a PostgreSQL server by its URL. told is who hears of a file that was
// damaged and begun anew; nil makes damage an error.
func (a *app) openStore(ctx context.Context, database string, log *slog.Logger, told anew) (store, error) {
	if onServer(database) {
		db, err := postgres.Open(ctx, database, postgres.Options{})
		if err != nil {
			return nil, err // no *postgres.DB, which were no nil
		}
		return db, nil
	}
	db, err := a.openFile(ctx, database, log, told)
	if err != nil {
		return nil, err
	}
	return db, nil
}

// onServer reports whether a database is one of a server, not a file.
func onServer(database string) bool { return strings.Contains(database, "://") }

// isStored says why there is no database yet; nil when there may be one, which
// of a server's only opening it can tell.
func isStored(database string) error {
	if onServer(database) {
		return nil
	}
	_, err := os.Stat(database)
	return err
}

// errDump says how a database of a server is copied.
var errDump = errors.New("the database is PostgreSQL's, which has better tools for that: " +
	"`pg_dump --format=custom --file=FILE URL` copies it while it is in use, pg_restore puts it back; " +
	"where the URL has search_path=NAME, leave that out and add --schema=NAME")
