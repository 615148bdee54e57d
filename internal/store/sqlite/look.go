package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"tributary/internal/store/relational"
)

// watchEvery is how often another process's commits are looked for.
const watchEvery = 250 * time.Millisecond

// Listen looks for the commits of other processes every watchEvery.
func (e engine) Listen(ctx context.Context) (hear func(notify func()), missed bool) {
	look := look{connector: e.db.watch}
	_, err := look.risen(ctx)
	return func(notify func()) { look.poll(ctx, notify) }, err != nil
}

func (l *look) poll(ctx context.Context, notify func()) {
	defer l.close()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// An error says nothing; the next look tells what was missed.
			if risen, err := l.risen(ctx); err == nil && risen {
				notify()
			}
		}
	}
}

// look notices that revisions rose, on one connection of its own: SQLite's
// data_version counts the commits of all others.
type look struct {
	connector driver.Connector
	own       *session
	version   int64 // data_version
	total     int64 // sum of all revisions, which never falls
}

// risen reports whether a revision rose since it was called last. Most commits
// raise none: they cost one pragma and one short sum.
func (l *look) risen(ctx context.Context) (risen bool, err error) {
	if l.own == nil {
		if l.own, err = connect(ctx, l.connector); err != nil {
			return false, err
		}
		l.version = 0
	}
	version, err := l.number(ctx, `PRAGMA data_version`)
	if err != nil || version == l.version {
		return false, err
	}
	total, err := l.number(ctx, `SELECT sum(revision) FROM feeds`)
	if err != nil {
		return false, err
	}
	risen = total != l.total
	l.version, l.total = version, total
	return risen, nil
}

// number reads one number. After an error the next look connects anew.
func (l *look) number(ctx context.Context, query string) (n int64, err error) {
	err = l.own.query(ctx, query, func(row relational.Scanner) error { return row.Scan(&n) })
	if err != nil {
		l.close()
	}
	return n, err
}

func (l *look) close() {
	if l.own != nil {
		l.own.close()
		l.own = nil
	}
}
