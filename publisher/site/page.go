package site

import (
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/news"
)

// latestShown is how many stories stand below an article.
const latestShown = 6

// FeedPage is the page of a feed.
type FeedPage struct {
	Edition news.Edition
	Feeds   []news.Feed // all of them, in the order of the config, for the navigation; the first is the home page
}

// ArticlePage is the page of a local article.
type ArticlePage struct {
	Article news.Item
	Feeds   []news.Feed
	Latest  news.Edition // shown below the article, which is left out of it; its Site is that of the page
	Preview *Preview     // nil: the article is published
}

// Preview makes a page that of an article which is not published yet: it says
// so, runs no script and asks search engines to leave it alone.
type Preview struct {
	Note string // what is said above the article
	// Base is the path below which everything is that the page loads and leads
	// to, in place of that of the site's URL.
	Base string
}

// NotFoundPage is the page for an address that is none.
type NotFoundPage struct {
	Site  news.Site
	Feeds []news.Feed
}

// Feed makes the page served at /NAME, and at / for the first feed: the same
// bytes, with / as the canonical address. An edition that is a page of the
// archive makes the page at /NAME/archive/N.
func (s *Site) Feed(p FeedPage) ([]byte, error) {
	e := &p.Edition
	v := newFrame(&e.Site, p.Feeds, e.Feed.Name)
	own := v.feed(&e.Feed)
	view := feedView{Feed: own, pager: v.archivePager(e)}
	v.Title = title(own.Title, e.Site.Title)
	v.Description = first(e.Feed.Description, e.Site.Description)
	v.Canonical = v.absolute(v.page(e.Feed.Name))
	v.OEmbed = v.oembed(v.Canonical)
	if page := e.History.Page; page > 0 {
		view.Archive, view.Span = strconv.Itoa(page), v.span(e.Items, e.Site.Location)
		v.Title = title(own.Title+", archive page "+view.Archive, e.Site.Title)
		v.Canonical, v.OEmbed = v.absolute("/"+e.Feed.Name+"/archive/"+view.Archive), ""
	}
	view.frame, view.Stories = v, v.stories(e.Items, e.Site.Location)
	return s.execute("feed.html", view)
}

// Article makes the page served at /articles/SLUG.
func (s *Site) Article(p ArticlePage) ([]byte, error) {
	e, item := &p.Latest, &p.Article
	base := basePath(&e.Site)
	if p.Preview != nil {
		base = p.Preview.Base
	}
	v := newFrameAt(base, &e.Site, p.Feeds, "")
	story := v.story(item, e.Site.Location)
	v.Title = title(story.Title, e.Site.Title)
	if p.Preview != nil {
		v.Title, v.Note, v.NoIndex = "Draft: "+v.Title, p.Preview.Note, true
	}
	v.Description = item.Excerpt
	v.Canonical = v.absolute("/articles/" + url.PathEscape(item.Slug))
	v.Type, v.Image = "article", item.Image
	v.Authors = item.Authors
	view := articleView{
		frame:   v,
		Story:   story,
		Content: template.HTML(v.ownLinks(item.Content)),
		Tags:    v.tags(item.Categories),
		Feed:    v.feed(&e.Feed),
	}
	if item.Updated.After(item.Published) {
		view.Updated = newStamp(item.Updated, e.Site.Location, e.Site.Language)
	}
	others := slices.DeleteFunc(slices.Clone(e.Items), func(other news.Item) bool {
		return other.Local && other.Slug == item.Slug
	})
	view.Latest = v.stories(others[:min(len(others), latestShown)], e.Site.Location)
	view.Data = v.posting(item)
	return s.execute("article.html", view)
}

// NotFound makes the page for an address that is none.
func (s *Site) NotFound(p NotFoundPage) ([]byte, error) {
	v := newFrame(&p.Site, p.Feeds, "")
	v.Title = title("Page not found", p.Site.Title)
	v.NoIndex = true
	return s.execute("notfound.html", v)
}

// title makes the title of a page, which tells pages of one site apart first.
func title(own, site string) string {
	if own == site || site == "" {
		return own
	}
	return own + " · " + site
}

// ownLinks makes an article's absolute links into the site and into itself
// relative again. They are absolute for feed readers; here they must work under
// another host name too, and a click on a footnote must not load the page anew.
func (f *frame) ownLinks(content string) string {
	self, site := template.HTMLEscapeString(f.Canonical), template.HTMLEscapeString(f.url)
	return strings.NewReplacer(
		` href="`+self+`#`, ` href="#`,
		` href="`+site+`/`, ` href="`+f.Base+`/`,
		` src="`+site+`/`, ` src="`+f.Base+`/`,
	).Replace(content)
}
