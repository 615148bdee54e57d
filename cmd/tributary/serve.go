package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/internal/watch"
	"tributary/publisher/admin"
	"tributary/publisher/serve"
)

// articlesSettle is how long the articles must rest before they are read: an
// editor may be half through saving one.
const articlesSettle = 200 * time.Millisecond

// A store that can't be written at the start is tried again after firstRetry,
// then after twice as long each time, up to lastRetry.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

func newServe(a *app) *cobra.Command {
	var flags config.Node
	var roles []string
	var watchConfig bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Pull on schedule, publish and serve until stopped",
		Long: `Pulls the sources on their schedules, publishes what they bring, and serves it
until SIGTERM or Ctrl-C. Prints the addresses that it listens on. A changed config
is taken when it is saved, on SIGHUP, or when "tributary reload" asks for it; one
with mistakes is told and not taken.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, role := range roles {
				flags.Roles = append(flags.Roles, config.Role(role))
			}
			if cmd.Flags().Changed("admin") {
				flags.Admin = cmp.Or(flags.Admin, config.AdminOff)
			}
			return a.serve(cmd.Context(), flags, watchConfig)
		},
	}
	cmd.Flags().StringVar(&flags.Listen, "listen", "", "public `address`, over the config's")
	cmd.Flags().StringVar(&flags.Admin, "admin", "", "`address` of the admin pages, over the config's; off for none")
	cmd.Flags().StringVar(&flags.Database, "database", "", "database `file`, over the config's")
	cmd.Flags().BoolVar(&watchConfig, "watch", true, "reload when the config is saved; without it only on SIGHUP")
	cmd.Flags().StringSliceVar(&roles, "roles", nil, "what this node does: pull, publish or both")
	return cmd
}

func (a *app) serve(ctx context.Context, flags config.Node, watchConfig bool) error {
	log, err := a.logger()
	if err != nil {
		return err
	}
	a.check = cmp.Or(a.check, serveCheck)
	d := newDesk(log)
	for {
		err := a.serveOnce(ctx, d, flags, watchConfig, log)
		found, ok := errors.AsType[*foundLater](err)
		if !ok || ctx.Err() != nil {
			return err
		}
		store, err := startAnew(ctx, found.damage, log, d.events.SetAside)
		if err == nil {
			err = store.Close()
		}
		if err != nil {
			return failed(err)
		}
	}
}

// serveOnce serves until ctx ends, one part fails or the database is found to
// be damaged.
func (a *app) serveOnce(ctx context.Context, d *desk, flags config.Node, watchConfig bool, log *slog.Logger) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := c.Override(flags); err != nil {
		return err
	}
	theme := treeSum(c.Theme())
	e, err := a.wire(ctx, c, log, d.observers())
	if err != nil {
		return err
	}
	d.engine = e
	r := newReloader(a, e, d, flags, watchConfig, log)
	r.theme = theme
	r.lists = newLists(e, a.clock(), log)
	return failed(errors.Join(a.runServer(ctx, e, r, log), e.close()))
}

// runServer runs what the node's roles ask for until ctx ends or one part of
// it fails. What was published before is served at once, anything else once it
// is published. A store that can only be read, as one on a full disk, is no
// failure: what it holds is served.
func (a *app) runServer(ctx context.Context, e *engine, r *reloader, log *slog.Logger) error {
	node := e.config.Node()
	listener, err := listen(node)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	r.handler = serve.New(e.publisher, e.publisher, servedBy(e.config), log)
	r.desk.handler = r.handler
	operators, err := a.openAdmin(ctx, group, e, r)
	if err != nil {
		return errors.Join(err, closed(listener))
	}
	open := func() {
		public := serve.NewServer(r.handler.Observed(r.desk.requested))
		group.Go(func() error { return serve.Run(ctx, public, listener) })
		fmt.Fprintf(a.stdout, "listening on %s\n", home(listener.Addr(), node.Listen, basePath(e.config)))
		operators()
	}
	if listener == nil {
		operators()
	}
	early := listener != nil && e.restore(ctx, log)
	if early {
		open()
	}
	ready := e.prepare(ctx, log)
	group.Go(func() error {
		if !ready && !e.awaitStore(ctx, log) {
			return nil
		}
		if !node.Has(config.RolePull) {
			e.tellWhileDisagreed(ctx, log)
			return nil
		}
		return e.pullWhileAgreed(ctx, log)
	})
	group.Go(func() error { return r.run(ctx) })
	group.Go(func() error { return e.checkRest(ctx, log) })
	group.Go(func() error { r.lists.run(ctx); return nil })
	if listener != nil {
		if err := e.publisher.Publish(ctx); err != nil && ctx.Err() == nil {
			log.Error("not all is published yet", "error", err)
		}
		group.Go(func() error { e.publisher.Run(ctx); return nil })
		if !early {
			open()
		}
	}
	group.Go(func() error { debug.FreeOSMemory(); return nil }) // reading and storing the config took several times what stays
	return group.Wait()
}

// openAdmin serves the admin pages, from before anything is published: how that
// goes is what they are for. tell prints their address, after the public one.
func (a *app) openAdmin(ctx context.Context, group *errgroup.Group, e *engine, r *reloader) (tell func(), err error) {
	listener, err := listenAdmin(e.config, r.log)
	if listener == nil {
		return func() {}, err
	}
	pages, err := r.desk.admin(r, listener)
	if err != nil {
		return nil, errors.Join(err, closed(listener))
	}
	r.desk.pages = pages
	group.Go(func() error { return serve.Run(ctx, admin.NewServer(pages), listener) })
	return func() {
		fmt.Fprintf(a.stdout, "admin on %s\n", home(listener.Addr(), e.config.Node().Admin, ""))
	}, nil
}

// closed closes a listener that nobody will serve on; nil is none.
func closed(listener net.Listener) error {
	if listener == nil {
		return nil
	}
	return listener.Close()
}

// listen takes the address of a node that publishes; nil for any other.
func listen(node config.Node) (net.Listener, error) {
	if !node.Has(config.RolePublish) {
		return nil, nil
	}
	listener, err := net.Listen("tcp", node.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; [site] listen or --listen names another address", node.Listen, err)
	}
	return listener, nil
}

// restore brings back what was published before this start, and reports
// whether it is current.
func (e *engine) restore(ctx context.Context, log *slog.Logger) bool {
	current, err := e.publisher.Restore(ctx)
	if err != nil && ctx.Err() == nil {
		log.Warn("what was published before can't be read; it is made anew", "error", err)
	}
	return current
}

// prepare makes the store follow the config and reads what is local, if this
// node pulls. It reports whether that could be stored.
func (e *engine) prepare(ctx context.Context, log *slog.Logger) bool {
	err := e.configure(ctx)
	if err == nil && e.config.Node().Has(config.RolePull) {
		err = e.readLocal(ctx)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("nothing can be stored; what is stored is served, pulling begins once it can", "error", err)
	}
	return err == nil
}

// awaitStore waits until the store can be written. It reports whether that came
// before ctx ended.
func (e *engine) awaitStore(ctx context.Context, log *slog.Logger) bool {
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
		err := e.configure(ctx)
		if err == nil {
			log.Info("the store can be written; pulling begins")
			return true
		}
		log.Debug("still nothing can be stored", "error", err)
	}
}

// readLocal reads articles and file: sources that were never read, so that
// the first visitor of a fresh installation finds something.
func (e *engine) readLocal(ctx context.Context) error {
	names, unread, err := e.localUnread(ctx)
	if err != nil || !unread {
		return err
	}
	if len(names) == 0 {
		return e.aggregator.RefreshArticles(ctx)
	}
	return e.aggregator.Refresh(ctx, aggregator.Round{Names: names, NoFullText: true})
}

// pull visits sources, and the articles whenever their folder changes.
func (e *engine) pull(ctx context.Context, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	changes, err := watch.Watch(ctx, []string{e.config.ArticlesDir()}, articlesSettle)
	if err != nil {
		return fmt.Errorf("watch the articles in %s: %w", e.config.ArticlesDir(), err)
	}
	e.aggregator.ArticlesChanged() // what changed before the watch began
	group.Go(func() error {
		for range changes {
			e.aggregator.ArticlesChanged()
		}
		return nil
	})
	group.Go(func() error { return e.aggregator.Run(ctx) })
	return group.Wait()
}

// servedBy gives the server's part of a config.
func servedBy(c *config.Config) serve.Options {
	return serve.Options{BasePath: basePath(c), Site: c.Site(), Feeds: c.Feeds()}
}

// basePath is the path of the site's URL.
func basePath(c *config.Config) string {
	u, err := url.Parse(c.Site().URL)
	if err != nil {
		return "" // the config was checked
	}
	return strings.TrimSuffix(u.Path, "/")
}

// home is the address of the home page on a listener, under the name that the
// operator used for it.
func home(address net.Addr, configured, basePath string) string {
	host, _, _ := net.SplitHostPort(configured)
	_, port, _ := net.SplitHostPort(address.String())
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + basePath + "/"
}
