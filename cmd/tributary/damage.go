package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/store/sqlite"
)

// startCheck is how long a start may look for damage in the database: all of
// some 10 MB. Readers wait for a start of serve, which looks for serveCheck and
// goes on looking while it serves.
const (
	startCheck = 50 * time.Millisecond
	serveCheck = 20 * time.Millisecond
)

// anew is told that a damaged database was set aside, under which name, and what
// was found.
type anew func(aside string, damage error)

// openFile opens a database file. A damaged one is an error; for those who say
// who is told, it is set aside and a new one begun.
func (a *app) openFile(ctx context.Context, path string, log *slog.Logger, told anew) (*sqlite.DB, error) {
	if told == nil {
		return sqlite.Open(ctx, path, sqlite.Options{})
	}
	store, err := sqlite.Open(ctx, path, sqlite.Options{Check: cmp.Or(a.check, startCheck)})
	if damage, ok := errors.AsType[*sqlite.DamagedError](err); ok {
		return startAnew(ctx, damage, log, told)
	}
	return store, err
}

// startAnew sets a damaged database aside, which nobody here has open, and
// begins a new one with what was published from it. The journal gives that what
// has to last for ever; the rest comes from the sources.
func startAnew(ctx context.Context, damage *sqlite.DamagedError, log *slog.Logger, told anew) (*sqlite.DB, error) {
	aside, err := sqlite.SetAside(damage.Path, time.Now())
	if err != nil {
		return nil, errors.Join(damage, err)
	}
	log.Error("the database is damaged: it is set aside, and a new one is filled from the sources",
		"damage", damage.Err, "file", aside,
		"kept", "retractions and ids for ever, by the journal",
		"hint", fmt.Sprintf("a backup brings back what the sources no longer hold: stop, put it in the place of %s, "+
			"delete what lies there with -wal and -shm, start", damage.Path))
	store, err := sqlite.Open(ctx, damage.Path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if n, err := store.Salvage(ctx, aside); err != nil {
		log.Warn("what was published before can't be read; it is made anew", "error", err)
	} else {
		log.Info("what was published before is served until the sources were read", "addresses", n)
	}
	told(aside, damage.Err)
	return store, nil
}

// foundLater is damage that was found while the database was in use. Whoever
// has it closed can start anew.
type foundLater struct{ damage *sqlite.DamagedError }

func (f *foundLater) Error() string { return f.damage.Error() }

// checkRest looks for damage in what the start had no time for. The error is a
// *foundLater.
func (e *engine) checkRest(ctx context.Context, log *slog.Logger) error {
	file, ok := e.store.(*sqlite.DB)
	if !ok || file.Checked() {
		return nil
	}
	started := time.Now()
	err := file.QuickCheck(ctx)
	if damage, ok := errors.AsType[*sqlite.DamagedError](err); ok {
		return &foundLater{damage}
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("the database can't be checked for damage", "error", err)
	} else if err == nil {
		log.Debug("no damage in the database", "took", time.Since(started))
	}
	return nil
}
