package relational

import (
	"context"
	"sync"
)

// watch tells watchers when a revision may have risen: at once after our own
// commits, and when the engine hears of those of another process, for which it
// listens only while somebody watches.
type watch struct {
	engine Engine

	mu       sync.Mutex // guards what follows
	watchers map[chan struct{}]bool
	cancel   context.CancelFunc // ends the listener; nil when none runs
	closed   bool
	listener sync.WaitGroup
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

// add lets a watcher in; the first one starts the listener. A listener that
// can't tell where it starts gives a token: something may have been missed.
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
	hear, missed := w.engine.Listen(ctx)
	if missed {
		tokens <- struct{}{}
	}
	w.listener.Go(func() { hear(w.notify) })
	return true
}

// remove lets a watcher go; with the last one the listener ends.
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

// stop lets all watchers go and waits until no listener runs.
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
	w.listener.Wait()
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
