package publisher

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tributary/internal/news"
)

const (
	// keepBatch is how many renditions are written down in one step: others
	// may write to the store in between.
	keepBatch = 64
	// keepRest is how long nothing is written after that: a feed that changes
	// every second need not go to the disk every second, and what was changed
	// has its brotli by then.
	keepRest = 5 * time.Second
	// lastKeep bounds the last writing, when the program stops.
	lastKeep = 2 * time.Second
)

// keeper writes the table down, behind the serving.
type keeper struct {
	store  Renditions    // nil: nothing is kept
	unkept chan struct{} // holds a token when the table may have news

	mu    sync.Mutex            // held while writing; guards what follows
	kept  map[string]*Rendition // as the store has them
	shown map[string]int64      // the revisions of feeds that the store has with them
	// editions are those that the store has.
	editions map[string]*news.LastEdition
	failing  bool // the last attempt failed, which is logged once
}

// Restore puts what was kept into the table, with the addresses that depend on
// the configuration alone. It is there until Publish or Run made it again,
// with its dates and codings where nothing has changed. current reports
// whether no story has come or gone since, so that it may be served already.
// It is called once, before both.
func (p *Publisher) Restore(ctx context.Context) (current bool, err error) {
	if p.keeper.store == nil {
		return false, nil
	}
	kept, err := p.keeper.store.Kept(ctx)
	if err != nil {
		return false, fmt.Errorf("read what was published: %w", err)
	}
	revisions, err := p.store.Revisions(ctx)
	if err != nil {
		return false, fmt.Errorf("read the revisions of feeds: %w", err)
	}
	p.publishing.Lock()
	defer p.publishing.Unlock()
	p.takeConfig()
	var c change
	for i := range kept.Renditions {
		r := restore(&kept.Renditions[i])
		c.made = append(c.made, made{path: r.Path, after: r})
		p.keeper.kept[r.Path] = r
		o := p.owner(ownerRestored)
		if r.Path == sitemapPath {
			o = p.owner(ownerSitemap)
		}
		o.paths = append(o.paths, r.Path)
	}
	p.install(&c)
	p.restored = true
	p.keeper.shown = kept.Revisions
	for feed, last := range kept.Editions {
		p.owner(feedOwner(feed)).published = &last
		p.keeper.editions[feed] = &last
	}
	p.replace(ownerFixed, 0, p.fixed())
	current = true
	for _, feed := range p.config.Feeds {
		shown, known := kept.Revisions[feed.Name]
		current = current && known && shown == revisions[feed.Name]
	}
	return current, nil
}

// forgetRestored takes away what came back from the store and belongs to
// nobody now: addresses of feeds that are configured no more.
func (p *Publisher) forgetRestored() bool {
	o := p.owners[ownerRestored]
	if o == nil {
		return false
	}
	delete(p.owners, ownerRestored)
	owned := make(map[string]bool)
	for _, other := range p.owners {
		for _, path := range other.paths {
			owned[path] = true
		}
	}
	c := change{gone: slices.DeleteFunc(o.paths, func(path string) bool { return owned[path] })}
	p.install(&c)
	return len(c.gone) > 0
}

// keepAll keeps what is new in the table until ctx ends, and then once more, so
// that the next start finds it current.
func (p *Publisher) keepAll(ctx context.Context) {
	for retry := firstRetry; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			continue
		case <-p.keeper.unkept:
		}
		if p.keep(ctx) == nil {
			retry = firstRetry
			sleep(ctx, keepRest)
			continue
		}
		signal(p.keeper.unkept)
		sleep(ctx, retry)
		retry = min(2*retry, lastRetry)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastKeep)
	defer cancel()
	_ = p.keep(ctx) // it is logged
}

// keep writes down what differs from what is kept. What another process has
// kept with the same bytes gives its date to ours.
func (p *Publisher) keep(ctx context.Context) (err error) {
	k := &p.keeper
	if k.store == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	shown := p.shown.Load() // before the table, which is as new or newer
	put, gone := k.differing(*p.table.Load())
	for len(put) > keepBatch && err == nil {
		err = p.keepBatch(ctx, put[:keepBatch], nil, nil)
		put = put[keepBatch:]
	}
	if err == nil && (len(put)+len(gone) > 0 || !maps.Equal(shown.revisions, k.shown) || !maps.Equal(shown.editions, k.editions)) {
		err = p.keepBatch(ctx, put, shown, gone)
	}
	p.tellKept(ctx, err)
	return err
}

// differing gives what the store doesn't have as the table has it, feeds first.
func (k *keeper) differing(now table) (put []*Rendition, gone []string) {
	for path, r := range now {
		if worthKeeping(r) && k.kept[path] != r {
			put = append(put, r)
		}
	}
	for path := range k.kept {
		if now[path] == nil {
			gone = append(gone, path)
		}
	}
	slices.SortFunc(put, feedsFirst)
	return put, gone
}

// newEditions gives those that the store doesn't have.
func (k *keeper) newEditions(shown *shownFeeds) map[string]news.LastEdition {
	list := make(map[string]news.LastEdition)
	for feed, last := range shown.editions {
		if k.editions[feed] != last {
			list[feed] = *last
		}
	}
	return list
}

// worthKeeping leaves out what is quickly made and seldom asked for: pages of
// articles, which change with every story below them and may be thousands,
// what lies beside those, and assets, which are in the program, except for
// those that an earlier program had and other sites may have pinned.
func worthKeeping(r *Rendition) bool {
	return (r.Kind != KindAsset || pinned(r.Path)) && r.Kind != KindFile && !strings.HasPrefix(r.Path, articlesPath)
}

// keepBatch writes some of it down; shown is nil while more is to come.
func (p *Publisher) keepBatch(ctx context.Context, batch []*Rendition, shown *shownFeeds, gone []string) error {
	put := news.Kept{Renditions: make([]news.KeptRendition, len(batch))}
	for i, r := range batch {
		put.Renditions[i] = r.toKeep()
	}
	if shown != nil {
		put.Revisions, put.Editions = shown.revisions, p.keeper.newEditions(shown)
	}
	modified, err := p.keeper.store.Keep(ctx, put, gone)
	if err != nil {
		return err
	}
	if shown != nil {
		p.keeper.shown, p.keeper.editions = shown.revisions, shown.editions
	}
	for _, r := range batch {
		p.keeper.kept[r.Path] = r
	}
	for _, path := range gone {
		delete(p.keeper.kept, path)
	}
	if len(modified) == 0 {
		return nil
	}
	p.swap.Lock()
	defer p.swap.Unlock()
	next := maps.Clone(*p.table.Load())
	for _, r := range batch {
		if at, other := modified[r.Path]; other && next[r.Path] == r {
			next[r.Path] = r.redated(at)
			p.keeper.kept[r.Path] = next[r.Path]
		}
	}
	p.table.Store(&next)
	return nil
}

// tellKept logs when keeping begins to fail, and when it works again.
func (p *Publisher) tellKept(ctx context.Context, err error) {
	switch failing := p.keeper.failing; {
	case err != nil && ctx.Err() != nil: // says nothing about the store
	case err != nil && !failing:
		p.log.Warn("what is published can't be kept for the next start; it is served all the same", "error", err)
		p.keeper.failing = true
	case err == nil && failing:
		p.log.Info("what is published is kept again")
		p.keeper.failing = false
	}
}

// toKeep gives the rendition as the store keeps it.
func (r *Rendition) toKeep() news.KeptRendition {
	return news.KeptRendition{
		Path: r.Path, Kind: string(r.Kind), ContentType: r.ContentType, Links: r.Links,
		Updated: r.Updated, Tag: r.Plain.ETag, LastModified: r.LastModified, DateShared: r.DateShared,
		Body: r.Body, Gzip: r.Gzip.body(), Brotli: r.Brotli.body(), BrotliTried: !r.untried,
	}
}

// restore makes the rendition that was kept.
func restore(k *news.KeptRendition) *Rendition {
	r := &Rendition{untried: !k.BrotliTried, Draft: Draft{
		Path: k.Path, Kind: Kind(k.Kind), ContentType: k.ContentType, Links: k.Links, Body: k.Body,
		Updated: k.Updated, LastModified: k.LastModified, DateShared: k.DateShared,
	}}
	r.assemble(k.Tag, k.Gzip, k.Brotli)
	return r
}
