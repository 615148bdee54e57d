package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/config"
	"tributary/internal/news"
	"tributary/internal/rule"
	"tributary/internal/safehttp"
	"tributary/publisher"
	"tributary/publisher/site"
)

// engine is both halves around the store, wired by one config.
type engine struct {
	config     *config.Config
	settings   atomic.Pointer[aggregator.Settings] // a reload replaces them
	taken      atomic.Pointer[config.Config]       // what settings are made of
	inForce    atomic.Pointer[string]              // hash of the config that was applied by this process; nil before
	articles   *articles
	store      store
	client     *safehttp.Client
	aggregator *aggregator.Aggregator
	publisher  *publisher.Publisher
	disagreed  func(differs bool) // told whether another process's config is the applied one; nil for nobody
}

// observers are told what the engines do; nil for nobody.
type observers struct {
	visited func(aggregator.Visited)
	held    func(source string, due time.Time)

	rounded  func(took time.Duration, err error)
	troubled func(trouble publisher.Trouble, over bool)

	disagreed func(differs bool)

	anew anew // nil: a damaged database is an error
}

// wireStored wires the engines for a command about what is stored, op in errors,
// which makes no database where there is none.
func (a *app) wireStored(ctx context.Context, op string) (*engine, error) {
	log, err := a.quietLogger()
	if err != nil {
		return nil, err
	}
	c, err := a.config()
	if err != nil {
		return nil, err
	}
	if err := isStored(c.Node().Database); err != nil {
		return nil, failed(fmt.Errorf("%s: nothing is stored: %w", op, err))
	}
	return a.wire(ctx, c, log, observers{})
}

// open wires the engines by a config and makes the store follow it.
func (a *app) open(ctx context.Context, c *config.Config, log *slog.Logger, o observers) (*engine, error) {
	e, err := a.wire(ctx, c, log, o)
	if err != nil {
		return nil, err
	}
	if err := e.configure(ctx); err != nil {
		e.close()
		return nil, failed(err)
	}
	return e, nil
}

// wire opens the store and wires the engines. Nothing can be pulled before
// configure; what is stored can be published.
func (a *app) wire(ctx context.Context, c *config.Config, log *slog.Logger, o observers) (*engine, error) {
	published, err := publishedBy(c)
	if err != nil {
		return nil, failed(err)
	}
	e := &engine{articles: &articles{dir: c.ArticlesDir(), site: c.Site()}, disagreed: o.disagreed}
	if e.store, err = a.openStore(ctx, c.Node().Database, log, o.anew); err != nil {
		return nil, failed(err)
	}
	if err := e.take(ctx, c, log); err != nil {
		return nil, failed(errors.Join(err, e.store.Close()))
	}
	e.client = newClient(c)
	e.aggregator = aggregator.New(aggregator.Options{
		Store: e.store, Fetcher: newFetcher(c, e.client), Log: log,
		PageStore: e.store, Pages: newPageFetcher(c, e.client),
		Now: a.now, LeaseSlack: a.leaseSlack, Observe: o.visited, Held: o.held,
	})
	e.publisher = publisher.New(publisher.Options{Config: published, Store: e.store, Renditions: e.store, Log: log,
		Rounded: o.rounded, Troubled: o.troubled})
	return e, nil
}

// take makes a config, with the sources of its reading lists as they are known,
// the one that configure will follow. Nobody else may be using the engine.
func (e *engine) take(ctx context.Context, c *config.Config, log *slog.Logger) error {
	listed, err := withLists(ctx, e.store, c, log)
	if err != nil {
		return err
	}
	e.config = listed
	return e.prepareSettings(listed, e.articles)
}

// prepareSettings makes a config the one that configure will follow.
func (e *engine) prepareSettings(c *config.Config, local *articles) error {
	settings, err := settingsOf(c, local)
	if err != nil {
		return err
	}
	e.settings.Store(&settings)
	e.taken.Store(c)
	return nil
}

// configure makes the store follow the config, and puts on record which one
// that is. An error is the store's.
func (e *engine) configure(ctx context.Context) error {
	hash, err := e.putOnRecord(ctx, e.taken.Load())
	if err != nil {
		return err
	}
	e.inForce.Store(&hash)
	return e.aggregator.Configure(ctx, *e.settings.Load())
}

// putOnRecord puts a config on record, if it isn't yet, and gives its hash. The
// text, which is large, is only made when it is written.
func (e *engine) putOnRecord(ctx context.Context, c *config.Config) (hash string, err error) {
	if hash, err = c.Hash(); err != nil {
		return "", err
	}
	if applied, err := e.store.AppliedHash(ctx); err != nil || applied == hash {
		return hash, err
	}
	text, err := c.Text()
	if err != nil {
		return "", err
	}
	return hash, e.store.Apply(ctx, news.AppliedConfig{Hash: hash, Text: text, At: time.Now()})
}

func (e *engine) close() error {
	e.client.CloseIdle()
	return e.store.Close()
}

// settingsOf gives the aggregator's part of a config.
func settingsOf(c *config.Config, local *articles) (aggregator.Settings, error) {
	member, err := rule.NewMembership(c.Feeds(), c.Sources())
	if err != nil {
		return aggregator.Settings{}, err
	}
	return aggregator.Settings{
		Sources:      c.Sources(),
		Articles:     local,
		Fingerprints: c.Fingerprints(),
		Member:       member,
		Concurrency:  c.Fetch().Concurrency,
	}, nil
}

// publishedBy gives the publisher's part of a config.
func publishedBy(c *config.Config) (publisher.Config, error) {
	var theme fs.FS
	if c.Theme() != "" {
		theme = os.DirFS(c.Theme())
	}
	pages, err := site.New(theme)
	if err != nil {
		return publisher.Config{}, fmt.Errorf("theme %s: %w", c.Theme(), err)
	}
	return publisher.Config{
		Site: c.Site(), Feeds: c.Feeds(), Pages: pages, Files: articleFiles(c.ArticlesDir()), Redirects: c.Redirects(),
	}, nil
}

func newClient(c *config.Config) *safehttp.Client {
	return safehttp.New(safehttp.Options{MaxIdlePerHost: c.Fetch().Concurrency})
}

func newFetcher(c *config.Config, client *safehttp.Client) *fetch.Fetcher {
	return fetch.New(fetch.Options{
		Client: client, Version: version, SiteURL: c.Site().URL, Contact: c.Fetch().Contact,
	})
}

// maxPage bounds a page that is read for its full text, in bytes.
const maxPage = 2 << 20

// newPageFetcher fetches pages as newFetcher does feeds.
func newPageFetcher(c *config.Config, client *safehttp.Client) *fetch.Fetcher {
	return fetch.New(fetch.Options{
		Client: client, Version: version, SiteURL: c.Site().URL, Contact: c.Fetch().Contact,
		MaxBody: maxPage, Accept: "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
	})
}

// newListFetcher fetches reading lists as newFetcher does feeds.
func newListFetcher(c *config.Config, client *safehttp.Client) *fetch.Fetcher {
	return fetch.New(fetch.Options{
		Client: client, Version: version, SiteURL: c.Site().URL, Contact: c.Fetch().Contact,
		MaxBody: maxList, Accept: "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
	})
}

// localUnread names the file: sources that were never visited, and reports
// whether the articles or any of them were not: what a fresh start can read
// before it listens.
func (e *engine) localUnread(ctx context.Context) (names []string, unread bool, err error) {
	states, err := e.store.Sources(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, state := range states {
		if state.Health != news.HealthNew {
			continue
		}
		if state.Name == news.ArticlesName {
			unread = true
		} else if strings.HasPrefix(state.URL, "file:") {
			unread = true
			names = append(names, state.Name)
		}
	}
	return names, unread, nil
}

// config reads the config file that the flags name.
func (a *app) config() (*config.Config, error) {
	c, err := config.Load(a.configPath)
	var mistakes config.Errors
	if errors.As(err, &mistakes) {
		return nil, fmt.Errorf("%s:\n%w", count(len(mistakes), "mistake")+" in the config", err)
	}
	return c, err
}
