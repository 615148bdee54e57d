package publisher

import (
	"fmt"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
	"tributary/publisher/site"
)

// Pages writes the HTML pages and what they load: a site.Site does. It is safe
// for concurrent use, and the same arguments give the same bytes.
type Pages interface {
	Feed(page site.FeedPage) ([]byte, error)
	Article(page site.ArticlePage) ([]byte, error)
	Sources(page site.SourcesPage) ([]byte, error)
	Tag(page site.TagPage) ([]byte, error)
	Tags(page site.TagsPage) ([]byte, error)
	NotFound(page site.NotFoundPage) ([]byte, error)
	Assets() []site.Asset
	EmbedPages
}

const (
	htmlType = "text/html; charset=utf-8"
	textType = "text/plain; charset=utf-8"
	tagsPath = "/tags"
)

// feedPages makes the page of a feed; that of the first feed is the home page
// too, with the same bytes.
func (p *Publisher) feedPages(out *outcome, edition *news.Edition) {
	paths := p.feedPagePaths(edition.Feed.Name)
	if len(paths) == 0 {
		return
	}
	body, err := p.config.Pages.Feed(site.FeedPage{Edition: *edition, Feeds: p.config.Feeds})
	for _, path := range paths {
		p.page(out, path, body, edition.Updated, err)
	}
}

// archivePage gives what makes HTML pages of archive pages, nil without pages.
func (c *Config) archivePage() func(*news.Edition, render.Options) (render.Rendered, error) {
	if c.Pages == nil {
		return nil
	}
	pages, feeds := c.Pages, c.Feeds
	return func(edition *news.Edition, _ render.Options) (render.Rendered, error) {
		body, err := pages.Feed(site.FeedPage{Edition: *edition, Feeds: feeds})
		return render.Rendered{Body: body, Items: len(edition.Items)}, err
	}
}

// feedPagePaths are the addresses of the page of a feed.
func (p *Publisher) feedPagePaths(feed string) []string {
	switch {
	case p.config.Pages == nil:
		return nil
	case feed == p.config.Feeds[0].Name:
		return []string{"/" + feed, "/"}
	default:
		return []string{"/" + feed}
	}
}

// articlePages makes the page of each local article, with the newest stories
// of the first feed below it.
func (p *Publisher) articlePages(articles []news.Item, latest *news.Edition) outcome {
	var out outcome
	if p.config.Pages == nil {
		return out
	}
	for i := range articles {
		article := &articles[i]
		if article.Slug == "" || strings.Contains(article.Slug, "/") {
			continue
		}
		body, err := p.config.Pages.Article(site.ArticlePage{Article: *article, Feeds: p.config.Feeds, Latest: *latest})
		p.page(&out, articlesPath+article.Slug, body, later(changedAt(&article.Story), latest.Updated), err)
	}
	p.tagPages(&out, articles)
	return out
}

// tagPages makes the pages of the articles' tags and the list of them; none
// when no article has any.
func (p *Publisher) tagPages(out *outcome, articles []news.Item) {
	tags := site.Tags(articles)
	if len(tags) == 0 {
		return
	}
	var newest time.Time
	for i := range tags {
		tag := &tags[i]
		var updated time.Time
		for j := range tag.Articles {
			updated = later(updated, changedAt(&tag.Articles[j].Story))
		}
		newest = later(newest, updated)
		for n := range tag.Pages() {
			body, err := p.config.Pages.Tag(site.TagPage{Site: p.config.Site, Feeds: p.config.Feeds, Tag: *tag, Page: n + 1})
			p.page(out, site.TagPath(tag.Slug, n+1), body, updated, err)
		}
	}
	body, err := p.config.Pages.Tags(site.TagsPage{Site: p.config.Site, Feeds: p.config.Feeds, Tags: tags})
	p.page(out, tagsPath, body, newest, err)
}

// fixed makes the addresses that depend on the configuration alone. Assets of
// former configurations stay: pages that caches hold still ask for them.
func (p *Publisher) fixed() outcome {
	var out outcome
	robots := fmt.Sprintf("User-agent: *\nAllow: /\n\nSitemap: %s%s\n", p.config.Site.URL, sitemapPath)
	out.made = append(out.made, p.make(Draft{
		Path: "/robots.txt", Kind: KindText, ContentType: textType, Body: []byte(robots),
	}))
	if p.config.Pages == nil {
		return out
	}
	for _, path := range p.owner(ownerFixed).paths {
		if r := p.Lookup(path); r != nil && r.Kind == KindAsset {
			out.made = append(out.made, keep(path))
		}
	}
	p.keepPinned(&out)
	p.fixedEmbeds(&out)
	for _, asset := range p.config.Pages.Assets() {
		out.made = append(out.made, p.make(Draft{
			Path: asset.Path, Kind: KindAsset, ContentType: asset.ContentType, Body: asset.Body,
		}))
	}
	body, err := p.config.Pages.NotFound(site.NotFoundPage{Site: p.config.Site, Feeds: p.config.Feeds})
	p.page(&out, NotFoundPath, body, time.Time{}, err)
	return out
}

// page adds a page, or leaves the last one in its place and says why.
func (p *Publisher) page(out *outcome, path string, body []byte, updated time.Time, err error) {
	if err != nil {
		out.fail(path, err)
		return
	}
	out.made = append(out.made, p.make(Draft{
		Path: path, Kind: KindPage, ContentType: htmlType, Body: body, Updated: updated, LastModified: now(),
	}))
}
