package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/internal/metrics"
	"tributary/internal/news"
	"tributary/publisher"
	"tributary/publisher/admin"
	"tributary/publisher/explain"
	"tributary/publisher/preview"
	"tributary/publisher/serve"
)

// desk is what operators see of a running server.
type desk struct {
	events  *admin.Events
	metrics *metrics.Metrics
	log     *slog.Logger
	engine  *engine        // set before the listener opens
	handler *serve.Handler // likewise
	pages   *admin.Handler // for operators; nil without a listener for them
}

func newDesk(log *slog.Logger) *desk {
	d := &desk{events: admin.NewEvents(nil), log: log}
	d.metrics = metrics.New(metrics.Options{
		Version: version, Log: log,
		Sources:    func(ctx context.Context) ([]news.SourceState, error) { return d.engine.store.Sources(ctx) },
		Renditions: func() map[string]int { return kinds(d.engine.publisher.Renditions()) },
		Troubles:   func() int { return len(d.engine.publisher.Troubles()) },
		Followers:  func() int64 { return d.handler.Followers() },
		StoreBytes: func() int64 { return d.storeBytes() },
	})
	return d
}

// observers let the desk know what the engines do.
func (d *desk) observers() observers {
	return observers{
		visited: func(v aggregator.Visited) {
			if !v.Recorded.Stale {
				d.metrics.Visited(v.Visit)
			}
		},
		rounded:  d.metrics.Published,
		troubled: d.events.Trouble,
		anew:     d.events.SetAside,

		disagreed: d.events.Disagreed,
	}
}

// configRead notes that the config was read, and why it was refused, if it was.
func (d *desk) configRead(mistakes string) {
	d.metrics.ConfigRead(mistakes == "")
	d.events.ConfigRead(mistakes)
}

func (d *desk) requested(r serve.Request) {
	took := r.Took
	if r.Stream {
		took = metrics.Stream
	}
	d.metrics.Requested(r.Route, r.Status, took)
}

// storeBytes is the size of the database, for which nobody waits long.
func (d *desk) storeBytes() int64 {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return d.engine.store.Size(ctx)
}

// kinds counts renditions by kind.
func kinds(renditions map[string]*publisher.Rendition) map[string]int {
	counts := make(map[string]int)
	for _, rendition := range renditions {
		counts[string(rendition.Kind)]++
	}
	return counts
}

// listenAdmin takes the address for operators; nil when there is none. A
// default address that is taken, by another site on this machine perhaps, is no
// reason not to serve; one that the operator chose is.
func listenAdmin(c *config.Config, log *slog.Logger) (net.Listener, error) {
	address := c.Node().Admin
	if address == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", address)
	const cure = `[site] admin or --admin names another address, or turns it off with "off"`
	switch {
	case err == nil:
		return listener, nil
	case c.AdminChosen():
		return nil, fmt.Errorf("listen for operators on %s: %w; %s", address, err, cure)
	}
	log.Warn("no admin pages, the rest is served: the default address is not free", "address", address, "error", err, "hint", cure)
	return nil, nil
}

// admin makes the admin pages for a listener.
func (d *desk) admin(r *reloader, listener net.Listener) (*admin.Handler, error) {
	e := d.engine
	node := e.config.Node()
	host, _, _ := net.SplitHostPort(node.Admin)
	options := admin.Options{
		Site: e.config.Site(), Version: version, Store: e.store, Events: d.events, Token: node.AdminToken,
		Loopback: onLoopback(listener), Host: host,
		Config: r.standing, Reload: r.ask, StoreBytes: d.storeBytes, Metrics: d.metrics.Handler(), Log: d.log,
	}
	options.Pages = append(options.Pages, admin.Page{
		Path: "/explain", Title: "Explain",
		Handler: explain.Handler(func() *explain.Explainer { return e.explainer(e.taken.Load(), r.a.clock()) }),
	})
	for _, role := range node.Roles {
		options.Roles = append(options.Roles, string(role))
	}
	if node.Has(config.RolePublish) {
		options.Troubles, options.Published = e.publisher.Troubles, e.publisher.Ready()
		drafts := e.previews(r.a.clock())
		options.Pages = append(options.Pages,
			admin.Page{Path: preview.Path, Title: "Drafts", Handler: drafts}, admin.Page{Path: preview.Path + "/", Handler: drafts})
	}
	return admin.New(options)
}

func onLoopback(listener net.Listener) bool {
	address, ok := listener.Addr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

// ask reloads for somebody who wants to know what becomes of it.
func (r *reloader) ask(ctx context.Context) admin.Reloaded {
	answer := make(chan admin.Reloaded, 1)
	select {
	case r.asks <- answer:
	case <-ctx.Done():
		return admin.Reloaded{Error: "the server is stopping"}
	}
	select {
	case reloaded := <-answer:
		return reloaded
	case <-ctx.Done():
		return admin.Reloaded{Error: "the server is stopping"}
	}
}

// standing tells how the config stands.
func (r *reloader) standing() admin.Config { return *r.stands.Load() }

// note keeps what became of a reload, for the pages, the metrics and the feed.
func (r *reloader) note(in *config.Config, reloaded admin.Reloaded) admin.Reloaded {
	now := time.Now()
	standing := admin.Config{Path: in.Path(), Read: now, Taken: now, Restart: reloaded.Restart}
	if before := r.stands.Load(); before != nil && !reloaded.Taken {
		standing.Taken, standing.Restart = before.Taken, before.Restart
	}
	standing.Mistakes = reloaded.Mistakes + reloaded.Error // one of them
	r.stands.Store(&standing)
	r.desk.configRead(standing.Mistakes)
	return reloaded
}
