package publisher

import (
	"fmt"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/publisher/site"
)

// Pages writes the HTML pages and what they load: a site.Site does. It is safe
// for concurrent use, and the same arguments give the same bytes.
type Pages interface {
	Feed(page site.FeedPage) ([]byte, error)
	Article(page site.ArticlePage) ([]byte, error)
	NotFound(page site.NotFoundPage) ([]byte, error)
	Assets() []site.Asset
	EmbedPages
}

const (
	htmlType = "text/html; charset=utf-8"
	textType = "text/plain; charset=utf-8"
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
	return out
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
