package watch

import (
	"slices"

	"github.com/fsnotify/fsnotify"
)

// notifier gets hints from the system.
type notifier struct {
	system *fsnotify.Watcher
	hints  chan struct{}
}

func newNotifier() (*notifier, error) {
	system, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	n := &notifier{system: system, hints: make(chan struct{}, 1)}
	go n.forward()
	return n, nil
}

// forward makes one hint of any number of events. An error means that events
// were lost, which is a reason to look as well. It ends with Close.
func (n *notifier) forward() {
	for {
		var ok bool
		select {
		case _, ok = <-n.system.Events:
		case _, ok = <-n.system.Errors:
		}
		if !ok {
			return
		}
		select {
		case n.hints <- struct{}{}:
		default:
		}
	}
}

// C implements hinter.
func (n *notifier) C() <-chan struct{} { return n.hints }

// Follow implements hinter. Adding a folder twice is harmless and needed: it
// may be a new one under an old name, which the system doesn't know yet.
func (n *notifier) Follow(folders []string) bool {
	all := true
	for _, folder := range folders {
		if err := n.system.Add(folder); err != nil {
			all = false
		}
	}
	for _, folder := range n.system.WatchList() {
		if _, wanted := slices.BinarySearch(folders, folder); !wanted {
			_ = n.system.Remove(folder) // gone already: nothing to remove
		}
	}
	return all
}

// Close implements hinter.
func (n *notifier) Close() { _ = n.system.Close() }
