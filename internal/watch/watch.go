// Package watch tells when files or folder trees have changed and come to rest
// again.
//
// What the system reports is only taken as a hint to look. What counts is the
// difference between two looks at the files themselves: name, size, time of
// change and identity. So it makes no difference whether an editor writes a
// file in place or renames a new one over it, whether a folder is replaced by a
// link to another, or whether hints get lost; and where the system gives none
// (no inotify, its limit reached, a network file system), it looks at intervals.
package watch

import (
	"context"
	"errors"
	"path/filepath"
	"time"
)

// How often to look without a hint.
const (
	pollAlone  = 2 * time.Second  // where hints can't be had
	pollBeside = 30 * time.Second // where they can: some file systems promise them and send none
)

// restless is how many times settle a tree may go on changing before it is
// reported all the same: one busy file must not hide the changes of all others.
const restless = 100

// Watch reports changes of paths, each a file or the root of a folder tree,
// until ctx ends; then the channel is closed. Paths may appear, vanish and
// change their kind at any time. It holds at most one token, which stands for
// any number of changes, and puts it there once nothing has changed for settle
// (at least 1 ms): what is being written is not reported before it is whole,
// unless it goes on for more than 100 times settle. Changes after Watch returned
// are not missed. What was changed and changed back is not reported.
//
// In a folder tree, names that begin with a dot or end with a tilde, where
// editors keep their own files, are not looked at, and links to folders are not
// followed. The error is that of a path that can't be made absolute, or of none.
func Watch(ctx context.Context, paths []string, settle time.Duration) (<-chan struct{}, error) {
	if len(paths) == 0 {
		return nil, errors.New("nothing to watch")
	}
	w := &watcher{settle: max(settle, time.Millisecond), beside: pollBeside, alone: pollAlone}
	for _, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		w.paths = append(w.paths, absolute)
	}
	// Without hints it polls: that is no error.
	if hints, err := newNotifier(); err == nil {
		w.hints = hints
	}
	return w.start(ctx), nil
}

// hinter tells that something may have happened in some folders.
type hinter interface {
	// C holds a token when something may have happened.
	C() <-chan struct{}
	// Follow makes folders those to be told of, as far as they can be, and
	// reports whether all of them can.
	Follow(folders []string) bool
	Close()
}

// watcher watches some paths. All of it belongs to the goroutine of run.
type watcher struct {
	paths         []string // absolute
	settle        time.Duration
	beside, alone time.Duration // between two looks with and without hints
	hints         hinter        // nil: none can be had
	hinted        bool          // hints come for every folder
}

func (w *watcher) start(ctx context.Context) <-chan struct{} {
	tokens := make(chan struct{}, 1)
	seen := w.look()
	go func() {
		defer close(tokens)
		if w.hints != nil {
			defer w.hints.Close()
		}
		w.run(ctx, seen, tokens)
	}()
	return tokens
}

// run looks at every hint and tick and reports what came to rest.
func (w *watcher) run(ctx context.Context, seen snapshot, tokens chan<- struct{}) {
	for w.wait(ctx) {
		state, ok := w.rest(ctx)
		if !ok {
			return
		}
		if state.equal(seen) {
			continue
		}
		seen = state
		select {
		case tokens <- struct{}{}:
		default: // the last one was not taken yet and stands for this one too
		}
	}
}

// wait waits for a reason to look; false when ctx ended.
func (w *watcher) wait(ctx context.Context) bool {
	interval, hints := w.alone, (<-chan struct{})(nil)
	if w.hints != nil {
		hints = w.hints.C()
	}
	if w.hinted {
		interval = w.beside
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-hints:
	case <-timer.C:
	}
	return true
}

// rest looks until two looks, settle apart, are equal, and gives the last one;
// false when ctx ended. It looks twice even if nothing changed: a busy folder
// next to a watched file then costs one look per settle.
func (w *watcher) rest(ctx context.Context) (snapshot, bool) {
	state := w.look()
	for range restless {
		if !sleep(ctx, w.settle) {
			return nil, false
		}
		next := w.look()
		if next.equal(state) {
			break
		}
		state = next
	}
	return state, true
}

// look takes a snapshot and follows the folders that it met.
func (w *watcher) look() snapshot {
	state, folders := take(w.paths)
	w.hinted = w.hints != nil && w.hints.Follow(folders)
	return state
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
