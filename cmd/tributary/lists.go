package main

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"tributary/aggregator/readinglist"
	"tributary/internal/config"
	"tributary/internal/news"
)

// listsEvery is how often lists on disk are looked at, and how soon it is
// noticed that another process has read one.
const listsEvery = 30 * time.Second

// maxList bounds a reading list, in bytes.
const maxList = 8 << 20

// withLists gives a config with the sources of its reading lists, as these were
// read last.
func withLists(ctx context.Context, store store, c *config.Config, log *slog.Logger) (*config.Config, error) {
	if len(c.ReadingLists()) == 0 {
		return c, nil
	}
	stored, err := store.ReadingLists(ctx)
	if err != nil {
		return nil, err
	}
	var listed []config.Listed
	for _, list := range c.ReadingLists() {
		for _, known := range stored {
			if known.Address != list.OPML {
				continue
			}
			for _, entry := range known.Entries {
				listed = append(listed, config.Listed{List: list.OPML, Entry: entry})
			}
		}
	}
	with, leftOut := c.WithListed(listed)
	for _, line := range leftOut {
		log.Info("left out of a reading list", "entry", oneLine(line))
	}
	return with, nil
}

// follower follows the reading lists of a config, fetching as sources are.
func (e *engine) follower(now func() time.Time, log *slog.Logger) *readinglist.Follower {
	return &readinglist.Follower{Store: e.store, Fetcher: newListFetcher(e.config, e.client), Log: log, Now: now}
}

// listsOf gives the lists of a config. None may reach what allow_networks of
// [fetch] opens to sources beyond what its own address names: the operator wrote
// that one.
func listsOf(c *config.Config) []readinglist.List {
	lists := make([]readinglist.List, len(c.ReadingLists()))
	for i, list := range c.ReadingLists() {
		settings := c.Fetch().Settings
		settings.AllowNetworks = slices.Concat(settings.AllowNetworks, literal(list.OPML))
		lists[i] = readinglist.List{Address: list.OPML, Schedule: list.Schedule, Fetch: settings}
	}
	return lists
}

// ownName reports whether a source of the config itself has a name.
func ownName(c *config.Config) func(string) bool {
	return func(name string) bool {
		_, configured := c.Source(name)
		return configured && c.ListOf(name) == ""
	}
}

// followLists asks for the lists that are due and takes what they say, before
// the engine is configured.
func (e *engine) followLists(ctx context.Context, now func() time.Time, log *slog.Logger) error {
	changed, _, err := e.follower(now, log).Follow(ctx, listsOf(e.config), ownName(e.config))
	if err != nil || !changed {
		return err
	}
	return e.take(ctx, e.config, log)
}

// lists follows reading lists while the server runs.
type lists struct {
	e       *engine
	now     func() time.Time
	log     *slog.Logger
	config  atomic.Pointer[config.Config]
	wake    chan struct{} // holds a token when there is another config
	changed chan struct{} // holds a token when their sources are to be taken
	untaken atomic.Bool   // that failed the last time
}

func newLists(e *engine, now func() time.Time, log *slog.Logger) *lists {
	l := &lists{e: e, now: now, log: log, wake: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	l.config.Store(e.config)
	return l
}

// follow makes run follow the lists of another config.
func (l *lists) follow(c *config.Config) {
	l.config.Store(c)
	offer(l.wake)
}

func offer(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}

// run asks for lists when they are due, and looks for what other processes
// read, until ctx ends.
func (l *lists) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var seen map[string][]news.ListEntry
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.wake:
		}
		timer.Reset(listsEvery)
		c := l.config.Load()
		if len(c.ReadingLists()) == 0 {
			continue
		}
		if seen == nil { // what the engine was wired with
			seen, _ = l.entries(ctx)
		}
		if c.Node().Has(config.RolePull) {
			if _, _, err := l.e.follower(l.now, l.log).Follow(ctx, listsOf(c), ownName(c)); err != nil && ctx.Err() == nil {
				l.log.Warn("reading lists can't be followed at the moment", "error", err)
				continue
			}
		}
		if now, err := l.entries(ctx); err == nil && (l.untaken.Swap(false) || !reflect.DeepEqual(now, seen)) {
			seen = now
			offer(l.changed)
		}
	}
}

// entries gives what is stored of all lists.
func (l *lists) entries(ctx context.Context) (map[string][]news.ListEntry, error) {
	stored, err := l.e.store.ReadingLists(ctx)
	if err != nil {
		return nil, err
	}
	entries := make(map[string][]news.ListEntry, len(stored))
	for _, list := range stored {
		entries[list.Address] = list.Entries
	}
	return entries, nil
}
