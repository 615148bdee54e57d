package publisher

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
	"tributary/publisher/site"
)

// The health of sources changes with each visit and shows in no revision: their
// pages are looked over every sourcesEvery, as long as caches keep a page, and
// sourcesSoon after the last time when stories came.
const (
	sourcesEvery = 5 * time.Minute
	sourcesSoon  = 15 * time.Second
)

// sourcesName is the list of all sources in an address. No feed has that name.
const sourcesName = "sources"

// publishSources makes what tells of sources, when it is due: subscription lists,
// which depend on what feeds show, and pages. What is known of the sources is
// read once for both.
func (p *Publisher) publishSources(ctx context.Context, feedsChanged bool) (changed bool, err error) {
	lists := feedsChanged || !p.owner(ownerSources).made
	pages := p.pagesOfSourcesDue(lists)
	if !lists && !pages {
		return false, nil
	}
	infos, err := p.store.SourceInfos(ctx)
	if err != nil {
		return false, fmt.Errorf("read the sources: %w", err)
	}
	if lists {
		if err := p.publishLists(infos); err != nil {
			return false, err
		}
	}
	if pages {
		return true, p.publishHealth(ctx, infos)
	}
	return false, nil
}

// pagesOfSourcesDue reports whether the pages of the sources are to be made now.
// They come sooner when the lists have to be looked at.
func (p *Publisher) pagesOfSourcesDue(lists bool) bool {
	if p.config.Pages == nil {
		p.sourcesNext = time.Time{}
		return false
	}
	if lists {
		p.sourcesNext = sooner(p.sourcesNext, p.sourcesMade.Add(sourcesSoon))
	}
	return !p.owner(ownerHealth).made || !now().Before(p.sourcesNext)
}

// publishHealth makes the pages of the sources.
func (p *Publisher) publishHealth(ctx context.Context, infos []news.SourceInfo) error {
	states, err := p.store.Sources(ctx)
	if err != nil {
		return fmt.Errorf("read the health of the sources: %w", err)
	}
	p.replace(ownerHealth, 0, p.sourcePages(infos, states))
	p.sourcesMade = now()
	p.sourcesNext = p.sourcesMade.Add(sourcesEvery)
	return nil
}

// byTitle gives sources in the order of their titles, whatever their case.
func byTitle(infos []news.SourceInfo) []*news.SourceInfo {
	type titled struct {
		title string
		info  *news.SourceInfo
	}
	list := make([]titled, len(infos))
	for i := range infos {
		list[i] = titled{strings.ToLower(infos[i].Title), &infos[i]}
	}
	slices.SortStableFunc(list, func(a, b titled) int { return strings.Compare(a.title, b.title) })
	sorted := make([]*news.SourceInfo, len(list))
	for i := range list {
		sorted[i] = list[i].info
	}
	return sorted
}

// sourcePages makes the pages one after the other: what they show of a source
// takes a kilobyte.
func (p *Publisher) sourcePages(infos []news.SourceInfo, states []news.SourceState) outcome {
	known := make(map[news.SourceKey]*news.SourceState, len(states))
	for i := range states {
		known[states[i].Key] = &states[i]
	}
	sorted := byTitle(infos)
	var out outcome
	var list []site.SourceStatus
	last := max(1, (len(sorted)+site.SourcesPerPage-1)/site.SourcesPerPage)
	for n := range last {
		from := n * site.SourcesPerPage
		list = appendStatuses(list[:0], sorted[from:min(from+site.SourcesPerPage, len(sorted))], known)
		body, err := p.config.Pages.Sources(site.SourcesPage{
			Site: p.config.Site, Feeds: p.config.Feeds, Sources: list,
			All: len(sorted), Page: n + 1, Last: last, Now: now(),
		})
		p.page(&out, site.SourcesPath(n+1), body, time.Time{}, err)
	}
	return out
}

// appendStatuses puts together what is known of sources.
func appendStatuses(list []site.SourceStatus, infos []*news.SourceInfo, known map[news.SourceKey]*news.SourceState) []site.SourceStatus {
	for _, info := range infos {
		status := site.SourceStatus{Info: *info, State: news.SourceState{Health: news.HealthNew}}
		if state := known[info.Key]; state != nil {
			status.State = *state
		}
		list = append(list, status)
	}
	return list
}

// sooner gives the earlier of two moments; zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// publishLists makes the subscription lists: of all sources, and of those of
// each feed. There is nothing to do as long as the sources are the same.
func (p *Publisher) publishLists(infos []news.SourceInfo) error {
	sum, err := sumOf(infos)
	if err != nil {
		return err
	}
	if p.owner(ownerSources).made && sum == p.sources {
		return nil
	}
	p.sources = sum
	var out outcome
	p.subscriptions(&out, sourcesName, p.config.Site.Title, infos)
	for i := range p.config.Feeds {
		feed := &p.config.Feeds[i]
		p.subscriptions(&out, feed.Name, feed.Title, slices.DeleteFunc(slices.Clone(infos), func(from news.SourceInfo) bool {
			return !takesFrom(feed, &from)
		}))
	}
	p.replace(ownerSources, 0, out)
	return nil
}

// sumOf sums up what is known of sources. It is held in place of them: they take
// half a kilobyte each.
func sumOf(infos []news.SourceInfo) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	encoder := json.NewEncoder(hash)
	for i := range infos {
		if err := encoder.Encode(&infos[i]); err != nil {
			return sum, fmt.Errorf("source %s: %w", infos[i].Name, err)
		}
	}
	hash.Sum(sum[:0])
	return sum, nil
}

func (p *Publisher) subscriptions(out *outcome, name, title string, infos []news.SourceInfo) {
	path := "/" + name + ".opml"
	body, err := render.OPML(&p.config.Site, title, infos)
	if err != nil {
		out.fail(path, err)
		return
	}
	out.made = append(out.made, p.make(Draft{
		Path: path, Kind: KindText, ContentType: render.OPMLType, Body: body, LastModified: now(),
	}))
}

// takesFrom reports whether stories of a source can come into a feed, rules
// over single stories aside.
func takesFrom(feed *news.Feed, from *news.SourceInfo) bool {
	if len(feed.Sources) > 0 && !slices.Contains(feed.Sources, from.Name) {
		return false
	}
	return len(feed.Tags) == 0 || slices.ContainsFunc(feed.Tags, func(tag string) bool {
		return slices.ContainsFunc(from.Tags, func(other string) bool { return strings.EqualFold(tag, other) })
	})
}
