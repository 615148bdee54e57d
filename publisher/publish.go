package publisher

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/news"
)

const (
	// latestKept is how many stories of the first feed are kept, without their
	// texts, to stand below articles.
	latestKept = 12
	// filesEvery is how often the files beside articles are looked over. They
	// are in no store that would tell of a change.
	filesEvery = 15 * time.Second
	// articlesRest bounds the share of time that goes into showing new stories
	// below articles, whose pages may be thousands: when they took a while, so
	// many times as long passes until it is done again.
	articlesRest = 10
)

// The owners that are no feeds.
const (
	ownerArticles = "articles"
	ownerFiles    = "files"
	ownerFixed    = "fixed"
	ownerSitemap  = "sitemap"
	ownerSources  = "sources"  // their subscription lists
	ownerHealth   = "health"   // pages of the sources
	ownerRestored = "restored" // of what was kept, until it was made again
	ownerStore    = "store"    // of troubles only
)

// Publish makes again what has changed since the last time, all of it the
// first time, and returns once it is served. Without Run there is no brotli:
// whoever writes files or ends soon has no use for it.
//
//  1. A feed is made again when its revision has changed, an item of it has
//     become too old, or the configuration is another one.
//  2. Feeds are served before the pages of articles are made, which have the
//     newest stories of the first feed below them.
//  3. A rendition that can't be made or that does not read back stays as it
//     was; that is no error but a trouble.
//  4. An error is the store's. What could be read is published all the same,
//     the rest stays as it was and is made the next time.
//  5. A feed that would lose more than half of its stories for no known reason
//     is held: see [Publisher.Troubles].
//  6. Renditions are kept at the end; see [Options]. That it can't be done is
//     logged and no error: they are served all the same.
func (p *Publisher) Publish(ctx context.Context) error {
	err := p.publish(ctx, true)
	_ = p.keep(ctx) // it is logged
	return err
}

// publish is Publish; unless everything is asked for, new stories below
// articles may wait for another round.
func (p *Publisher) publish(ctx context.Context, everything bool) error {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	p.takeConfig()
	started := time.Now()
	err := p.round(ctx, everything)
	if ctx.Err() == nil {
		p.rounded(time.Since(started), err)
	}
	switch {
	case ctx.Err() != nil: // an error then says nothing about the store
	case err != nil:
		p.troubles.set(ownerStore, []Trouble{{Where: ownerStore, Detail: err.Error()}})
	default:
		p.troubles.set(ownerStore, nil)
		p.isReady.Do(func() { close(p.ready) })
	}
	return err
}

func (p *Publisher) round(ctx context.Context, everything bool) error {
	// Read before the stories: what changes in between is seen the next time.
	revisions, err := p.store.Revisions(ctx)
	if err != nil {
		return fmt.Errorf("read the revisions of feeds: %w", err)
	}
	fingerprints, err := p.store.Fingerprints(ctx)
	if err != nil {
		return fmt.Errorf("read the fingerprints of feeds: %w", err)
	}
	feedsChanged, feedsErr := p.publishFeeds(ctx, revisions, fingerprints)
	articlesChanged, articlesErr := p.publishArticles(ctx, revisions[news.ArticlesName], everything)
	sourcesChanged, sourcesErr := p.publishSources(ctx, feedsChanged)
	err = errors.Join(feedsErr, articlesErr, sourcesErr)
	forgotten := err == nil && p.forgetRestored()
	if feedsChanged || articlesChanged || sourcesChanged || forgotten {
		p.replace(ownerSitemap, 0, p.sitemap())
	}
	return err
}

// takeConfig makes the configuration that Reconfigure gave the current one.
func (p *Publisher) takeConfig() {
	config := p.next.Swap(nil)
	if config == nil {
		return
	}
	p.config = *config
	p.configs++
	p.latest, p.latestChanged = news.Edition{Site: config.Site, Feed: config.Feeds[0]}, true
	p.files = fileCache{}
	p.site.Store(&config.Site)
	p.noteBelow()
	p.noteMoved()
	for _, o := range p.owners {
		o.made = false
	}
}

// publishFeeds makes the feeds that are stale, several at once, and serves
// them together; with a new configuration also what depends on that alone.
func (p *Publisher) publishFeeds(
	ctx context.Context, revisions map[string]int64, fingerprints map[string]string,
) (changed bool, err error) {
	stale := p.stale(revisions)
	owners, issues := make([]*owner, len(stale)), make([]issue, len(stale))
	for i := range stale {
		owners[i] = p.owner(feedOwner(stale[i].Name))
	}
	parallel(len(stale), func(i int) {
		name := stale[i].Name
		issues[i] = p.issue(ctx, owners[i], stale[i], stamp{revisions[name], fingerprints[name]})
	})
	var c change
	p.forget(&c)
	for i := range issues {
		if issues[i].err != nil {
			err = issues[i].err // one of them says enough: they share a store
			continue
		}
		p.noteIssue(&c, &issues[i], revisions[stale[i].Name])
	}
	if fixed := p.owner(ownerFixed); !fixed.made {
		p.note(&c, ownerFixed, 0, p.fixed())
	}
	p.install(&c)
	p.noteShown()
	p.streams.keep(p.config.Feeds)
	for i := range issues {
		switch revision := revisions[stale[i].Name]; {
		case issues[i].err != nil:
		case issues[i].held:
			p.streams.hold(stale[i].Name, issues[i].published, revision)
		default:
			p.streams.publish(issues[i].edition, revision)
		}
	}
	return len(c.made)+len(c.gone) > 0, err
}

// noteIssue adds a feed that was made to a change.
func (p *Publisher) noteIssue(c *change, i *issue, revision int64) {
	o := p.note(c, feedOwner(i.edition.Feed.Name), revision, i.outcome)
	o.expires, o.published = i.edition.Expires, i.published
	if i.held {
		o.expires = now().Add(heldRecheck)
	}
	if !i.held || len(p.latest.Items) == 0 { // after a start, little is better than nothing below articles
		p.noteLatest(i.edition)
	}
}

// noteShown tells which revisions the table shows.
func (p *Publisher) noteShown() {
	config := p.config
	shown, histories := make(map[string]int64, len(p.config.Feeds)), make(map[string]*history, len(p.config.Feeds))
	editions := make(map[string]*news.LastEdition, len(p.config.Feeds))
	for _, feed := range p.config.Feeds {
		o := p.owner(feedOwner(feed.Name))
		if !o.made {
			continue
		}
		shown[feed.Name] = o.revision
		editions[feed.Name] = o.published
		histories[feed.Name] = &history{
			config: &config, feed: feed, html: config.archivePage(),
			version: version{o.published.Revision, p.configs}, last: o.published.Entered,
		}
	}
	p.shown.Store(&shownFeeds{shown, editions})
	p.archives.histories.Store(&histories)
	signal(p.keeper.unkept)
}

// stale gives the feeds to be made again.
func (p *Publisher) stale(revisions map[string]int64) []news.Feed {
	var list []news.Feed
	at := now()
	for _, feed := range p.config.Feeds {
		o := p.owner(feedOwner(feed.Name))
		expired := !o.expires.IsZero() && !at.Before(o.expires)
		if !o.made || o.revision != revisions[feed.Name] || expired {
			list = append(list, feed)
		}
	}
	return list
}

// publishArticles makes the pages of articles and what lies beside them.
func (p *Publisher) publishArticles(ctx context.Context, revision int64, everything bool) (changed bool, err error) {
	o, started := p.owner(ownerArticles), now()
	told := !o.made || o.revision != revision
	p.publishFiles(told)
	below := p.latestChanged && (everything || !started.Before(p.articlesNext))
	if !told && !below {
		return false, nil
	}
	var articles []news.Item
	if p.config.Pages != nil {
		if articles, err = p.store.Articles(ctx); err != nil {
			return false, fmt.Errorf("read the local articles: %w", err)
		}
	}
	pages := p.articlePages(articles, &p.latest)
	p.aliases = aliasesOf(articles)
	p.noteMoved() // before the page at a former address goes, so that it never leads nowhere
	p.replace(ownerArticles, revision, pages)
	p.latestChanged = false
	p.articlesNext = now().Add(articlesRest * now().Sub(started))
	return true, nil
}

// publishFiles looks over what lies beside articles when that is due, or at
// once when an article changed: it may have come with a picture.
func (p *Publisher) publishFiles(atOnce bool) {
	files := p.owner(ownerFiles)
	if atOnce || !files.made || !now().Before(p.files.checked.Add(filesEvery)) {
		p.replace(ownerFiles, 0, p.scan(files.paths))
	}
}

// noteLatest keeps the head of the first feed's edition, without texts, and
// notes whether it differs from the one below the articles.
func (p *Publisher) noteLatest(edition *news.Edition) {
	if edition.Feed.Name != p.config.Feeds[0].Name {
		return
	}
	head := *edition
	head.Items = make([]news.Item, min(len(edition.Items), latestKept))
	head.Updated, head.Expires = time.Time{}, time.Time{}
	for i := range head.Items {
		item := edition.Items[i]
		item.Content, item.Summary, item.From.Settings = "", "", 0
		head.Items[i] = item
		head.Updated = later(head.Updated, changedAt(&item.Story))
	}
	if !reflect.DeepEqual(head, p.latest) {
		p.latest, p.latestChanged = head, true
		p.noteBelow()
	}
}

// replace makes an outcome the addresses and troubles of an owner at once.
func (p *Publisher) replace(name string, revision int64, out outcome) {
	var c change
	p.note(&c, name, revision, out)
	p.install(&c)
}

// note adds what became of an owner to a change.
func (p *Publisher) note(c *change, name string, revision int64, out outcome) *owner {
	o := p.owner(name)
	o.made, o.revision = true, revision
	c.replace(o, out.made)
	p.troubles.set(name, out.troubles)
	return o
}

// forget takes away what belongs to feeds that are configured no more.
func (p *Publisher) forget(c *change) {
	keep := map[string]bool{
		ownerArticles: true, ownerFiles: true, ownerFixed: true, ownerSitemap: true, ownerSources: true, ownerHealth: true,
		ownerRestored: true,
	}
	for _, feed := range p.config.Feeds {
		keep[feedOwner(feed.Name)] = true
	}
	for name, o := range p.owners {
		if !keep[name] {
			c.replace(o, nil)
			p.troubles.set(name, nil)
			delete(p.owners, name)
		}
	}
}

func (p *Publisher) owner(name string) *owner {
	o := p.owners[name]
	if o == nil {
		o = &owner{}
		p.owners[name] = o
	}
	return o
}

func feedOwner(name string) string { return "feed " + name }

// parallel calls do for 0 … n-1, as many at once as there are processors.
func parallel(n int, do func(i int)) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

func now() time.Time { return time.Now().UTC() }
