package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"tributary/internal/config"
	"tributary/internal/watch"
	"tributary/publisher/admin"
	"tributary/publisher/serve"
)

// configSettle is how long the config must rest before it is read anew.
const configSettle = 200 * time.Millisecond

// reloader takes a changed config while the server runs.
type reloader struct {
	a       *app
	e       *engine
	desk    *desk
	handler *serve.Handler
	flags   config.Node       // over every config
	theme   [sha256.Size]byte // what the theme held before it was read at the start
	watch   bool              // look for changes of the files, not only for SIGHUP
	lists   *lists
	log     *slog.Logger
	asks    chan chan<- admin.Reloaded   // reloads that somebody waits for
	stands  atomic.Pointer[admin.Config] // how the config stands; never nil
}

func newReloader(a *app, e *engine, d *desk, flags config.Node, watch bool, log *slog.Logger) *reloader {
	r := &reloader{a: a, e: e, desk: d, flags: flags, watch: watch, log: log, asks: make(chan chan<- admin.Reloaded)}
	r.note(e.config, admin.Reloaded{Taken: true})
	return r
}

// run reloads at each SIGHUP, when it is asked to and, unless that is turned off,
// whenever the config, a file that it includes or one of the theme was saved,
// until ctx ends.
func (r *reloader) run(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for current := r.e.config; ctx.Err() == nil; {
		current = r.follow(ctx, current, hangups)
	}
	return nil
}

// follow reloads until ctx ends or a config names other files than the current
// one, which it then gives back.
func (r *reloader) follow(ctx context.Context, current *config.Config, hangups <-chan os.Signal) *config.Config {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	files := watched(current)
	saved := r.saved(ctx, files)
	if r.savedBefore(current, saved != nil) {
		current, _ = r.reload(ctx, current)
	}
	for {
		var answer chan<- admin.Reloaded // nil: nobody waits for it
		select {
		case <-ctx.Done():
			return current
		case <-r.lists.changed:
			if next := r.relist(ctx, current); next != nil {
				current = next
			}
			continue
		case <-hangups:
		case <-saved:
		case answer = <-r.asks:
		}
		if ctx.Err() != nil {
			return current
		}
		var reloaded admin.Reloaded
		current, reloaded = r.reload(ctx, current)
		if answer != nil {
			answer <- reloaded // it has room
		}
		if !slices.Equal(watched(current), files) {
			return current
		}
	}
}

// savedBefore reports whether a config was saved, or may have been, after it was
// read and before its files were watched.
func (r *reloader) savedBefore(current *config.Config, watched bool) bool {
	if current != r.e.config {
		return true // it names other files than the former one did
	}
	return watched && (current.Stale() || treeSum(current.Theme()) != r.theme)
}

// treeSum sums up what a folder of files holds; always the same for none. What
// can't be read counts as absent.
func treeSum(folder string) (sum [sha256.Size]byte) {
	if folder == "" {
		return sum
	}
	h := sha256.New()
	_ = fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if data, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
			fmt.Fprintf(h, "%q %d\n%s", name, len(data), data)
		}
		return nil
	})
	h.Sum(sum[:0])
	return sum
}

// watched are the files that a config is made of: its own and those of the theme.
func watched(c *config.Config) []string {
	if c.Theme() == "" {
		return c.Files()
	}
	return append(slices.Clone(c.Files()), c.Theme())
}

// saved gives a channel that tells of saved files; nil tells of none.
func (r *reloader) saved(ctx context.Context, files []string) <-chan struct{} {
	if !r.watch {
		return nil
	}
	saved, err := watch.Watch(ctx, files, configSettle)
	if err != nil {
		r.log.Warn("the config is not watched; SIGHUP reloads it", "error", err)
		return nil
	}
	return saved
}

// reload takes the config as it is now and gives it, or the former one when it
// has mistakes or could not be taken as a whole.
func (r *reloader) reload(ctx context.Context, former *config.Config) (current *config.Config, reloaded admin.Reloaded) {
	next, err := r.a.config()
	if err == nil {
		err = next.Override(r.flags)
	}
	if err == nil {
		next, err = withLists(ctx, r.e.store, next, r.log)
	}
	if err != nil {
		r.log.Error("config not taken, the former one stays in force", "error", err)
		return former, r.note(former, admin.Reloaded{Mistakes: err.Error()})
	}
	if err := r.apply(ctx, next); err != nil {
		r.log.Error("config not taken as a whole; save it again or send SIGHUP to retry", "error", err)
		return former, r.note(former, admin.Reloaded{Error: "not taken as a whole: " + err.Error()})
	}
	r.lists.follow(next)
	reloaded = admin.Reloaded{
		Taken: true, Sources: len(next.Sources()), Feeds: len(next.Feeds()), Restart: restartFor(r.e.config, next),
	}
	r.log.Info("config taken", "sources", reloaded.Sources, "feeds", reloaded.Feeds)
	if restart := restartFor(former, next); len(restart) > 0 {
		r.log.Warn("some changes need a restart of serve", "keys", restart)
	}
	return next, r.note(next, reloaded)
}

// relist takes the sources of the reading lists as they are now. It gives nil
// when that could not be done.
func (r *reloader) relist(ctx context.Context, current *config.Config) *config.Config {
	next, err := withLists(ctx, r.e.store, current, r.log)
	if err == nil {
		err = r.apply(ctx, next)
	}
	if err != nil && ctx.Err() == nil {
		r.log.Error("changed reading lists not taken; it is tried again shortly", "error", err)
	}
	if err != nil {
		r.lists.untaken.Store(true)
		return nil
	}
	r.log.Info("reading lists taken", "sources", len(next.Sources()))
	return next
}

// apply makes the engines follow a config.
func (r *reloader) apply(ctx context.Context, next *config.Config) error {
	published, err := publishedBy(next)
	if err != nil {
		return err
	}
	if err := r.e.prepareSettings(next, &articles{dir: r.e.config.ArticlesDir(), site: next.Site()}); err != nil {
		return err
	}
	if err := r.e.configure(ctx); err != nil {
		return errors.Join(err, ctx.Err())
	}
	if r.desk.pages != nil {
		r.desk.pages.SetToken(next.Node().AdminToken)
	}
	r.e.publisher.Reconfigure(published)
	r.handler.Configure(servedBy(next))
	r.e.aggregator.ArticlesChanged() // the site's URL, author or language may have changed
	return nil
}

// restartFor names the keys whose change is not taken while the server runs.
func restartFor(former, next *config.Config) []string {
	var keys []string
	was, is := former.Node(), next.Node()
	note := func(key string, same bool) {
		if !same {
			keys = append(keys, key)
		}
	}
	note("site.listen", was.Listen == is.Listen)
	note("site.admin", was.Admin == is.Admin)
	note("site.database", was.Database == is.Database)
	note("site.roles", slices.Equal(was.Roles, is.Roles))
	note("articles.dir", former.ArticlesDir() == next.ArticlesDir())
	note("fetch.contact", former.Fetch().Contact == next.Fetch().Contact)
	return keys
}
