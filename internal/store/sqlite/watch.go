package sqlite

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// watchEvery is how often another process's commits are looked for.
const watchEvery = 250 * time.Millisecond

// watch tells watchers when a revision may have risen: at once after our own
// commits, within watchEvery after those of another process. It looks for the
// latter only while somebody watches.
type watch struct {
	connector driver.Connector

	mu       sync.Mutex // guards what follows
	watchers map[chan struct{}]bool
	cancel   context.CancelFunc // ends the poller; nil when none runs
	closed   bool
	poller   sync.WaitGroup
}

// Watch gives a channel that holds a token whenever a revision may have risen
// since the last one was taken. It is closed when ctx ends, or the database is
// closed.
func (db *DB) Watch(ctx context.Context) <-chan struct{} {
	tokens := make(chan struct{}, 1)
	if !db.watch.add(tokens) {
		close(tokens)
		return tokens
	}
	context.AfterFunc(ctx, func() { db.watch.remove(tokens) })
	return tokens
}

// add lets a watcher in; the first one starts the poller. A poller that can't
// tell where it starts gives a token: something may have been missed.
func (w *watch) add(tokens chan struct{}) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if w.watchers == nil {
		w.watchers = make(map[chan struct{}]bool)
	}
	w.watchers[tokens] = true
	if w.cancel != nil {
		return true
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	look := look{connector: w.connector}
	if _, err := look.risen(ctx); err != nil {
		tokens <- struct{}{}
	}
	w.poller.Go(func() { w.poll(ctx, &look) })
	return true
}

// remove lets a watcher go; with the last one the poller ends.
func (w *watch) remove(tokens chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.watchers[tokens] {
		return
	}
	delete(w.watchers, tokens)
	close(tokens)
	if len(w.watchers) == 0 {
		w.cancel()
		w.cancel = nil
	}
}

// stop lets all watchers go and waits until no poller runs.
func (w *watch) stop() {
	w.mu.Lock()
	w.closed = true
	for tokens := range w.watchers {
		delete(w.watchers, tokens)
		close(tokens)
	}
	if w.cancel != nil {
		w.cancel()
		w.cancel = nil
	}
	w.mu.Unlock()
	w.poller.Wait()
}

// notify gives every watcher a token that has none.
func (w *watch) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for tokens := range w.watchers {
		select {
		case tokens <- struct{}{}:
		default:
		}
	}
}

func (w *watch) poll(ctx context.Context, look *look) {
	defer look.close()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// An error says nothing; the next look tells what was missed.
			if risen, err := look.risen(ctx); err == nil && risen {
				w.notify()
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
	err = l.own.query(ctx, query, func(row scanner) error { return row.Scan(&n) })
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
