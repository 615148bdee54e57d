package publisher

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// sourcesName is the list of all sources in an address. No feed has that name.
const sourcesName = "sources"

// publishSources makes the subscription lists: of all sources, and of those of
// each feed. There is nothing to do as long as the sources are the same.
func (p *Publisher) publishSources(ctx context.Context) error {
	infos, err := p.store.SourceInfos(ctx)
	if err != nil {
		return fmt.Errorf("read the sources: %w", err)
	}
	if p.owner(ownerSources).made && reflect.DeepEqual(infos, p.sources) {
		return nil
	}
	p.sources = infos
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
