package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/internal/watch"
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
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Pull on schedule, publish and serve until stopped",
		Long: `Pulls the sources on their schedules, publishes what they bring, and serves it
until SIGTERM or Ctrl-C. Prints the address that it listens on.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, role := range roles {
				flags.Roles = append(flags.Roles, config.Role(role))
			}
			return a.serve(cmd.Context(), flags)
		},
	}
	cmd.Flags().StringVar(&flags.Listen, "listen", "", "public `address`, over the config's")
	cmd.Flags().StringVar(&flags.Database, "database", "", "database `file`, over the config's")
	cmd.Flags().StringSliceVar(&roles, "roles", nil, "what this node does: pull, publish or both")
	return cmd
}

func (a *app) serve(ctx context.Context, flags config.Node) error {
	log, err := a.logger()
	if err != nil {
		return err
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := c.Override(flags); err != nil {
		return err
	}
	e, err := a.wire(ctx, c, log, observers{})
	if err != nil {
		return err
	}
	return failed(errors.Join(a.runServer(ctx, e, log), e.close()))
}

// runServer runs what the node's roles ask for until ctx ends or one part of
// it fails. A store that can only be read, as one on a full disk, is no
// failure: what it holds is served.
func (a *app) runServer(ctx context.Context, e *engine, log *slog.Logger) error {
	node := e.config.Node()
	listener, err := listen(node)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	ready := e.prepare(ctx, log)
	group.Go(func() error {
		if !ready && !e.awaitStore(ctx, log) || !node.Has(config.RolePull) {
			return nil
		}
		return e.pull(ctx, log)
	})
	if listener != nil {
		if err := e.publisher.Publish(ctx); err != nil && ctx.Err() == nil {
			log.Error("not all is published yet", "error", err)
		}
		group.Go(func() error { e.publisher.Run(ctx); return nil })
		group.Go(func() error { return serve.Run(ctx, serve.NewServer(e.handler()), listener) })
		fmt.Fprintf(a.stdout, "listening on %s\n", home(listener.Addr(), node.Listen, e.basePath()))
	}
	return group.Wait()
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
	return e.aggregator.Refresh(ctx, aggregator.Round{Names: names})
}

// pull visits sources, and the articles whenever their folder changes.
func (e *engine) pull(ctx context.Context, log *slog.Logger) error {
	changes, err := watch.Watch(ctx, []string{e.config.ArticlesDir()}, articlesSettle)
	if err != nil {
		log.Warn("articles are not watched: changes show after a restart", "dir", e.config.ArticlesDir(), "error", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for range changes {
			e.aggregator.ArticlesChanged()
		}
		return nil
	})
	group.Go(func() error { return e.aggregator.Run(ctx) })
	return group.Wait()
}

func (e *engine) handler() http.Handler {
	return serve.New(e.publisher, serve.Options{BasePath: e.basePath(), Redirects: e.config.Redirects()})
}

// basePath is the path of the site's URL.
func (e *engine) basePath() string {
	u, err := url.Parse(e.config.Site().URL)
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
