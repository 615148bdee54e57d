package site

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tributary/internal/news"
)

// ArticlesPerPage is how many articles the page of a tag shows.
const ArticlesPerPage = 50

// Tag is a tag with the local articles that have it.
type Tag struct {
	Name     string // as the newest article writes it
	Slug     string // see TagSlug
	Articles []news.Item
}

// Tags gives the tags of articles by slug, each with its articles in their
// order. Tags that differ in case only are one.
func Tags(articles []news.Item) []Tag {
	bySlug := map[string]int{}
	var tags []Tag
	for i := range articles {
		for _, name := range articles[i].Categories {
			slug := TagSlug(name)
			if slug == "" {
				continue
			}
			at, known := bySlug[slug]
			if !known {
				at = len(tags)
				bySlug[slug] = at
				tags = append(tags, Tag{Name: name, Slug: slug})
			}
			tag := &tags[at]
			if n := len(tag.Articles); n == 0 || tag.Articles[n-1].Slug != articles[i].Slug {
				tag.Articles = append(tag.Articles, articles[i])
			}
		}
	}
	slices.SortFunc(tags, func(a, b Tag) int { return cmp.Compare(a.Slug, b.Slug) })
	return tags
}

// TagSlug gives the last part of the address of a tag: in lower case, with
// hyphens for blanks, and without what has a meaning in paths, on the disk of
// a static site too. It is empty for a tag that can have no page.
func TagSlug(tag string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(tag) {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(`/\:*?"<>|`, r):
			r = '-'
		case !unicode.IsPrint(r):
			continue
		}
		if r == '-' && strings.HasSuffix(b.String(), "-") {
			continue
		}
		b.WriteRune(r)
	}
	slug := strings.Trim(b.String(), "-.")
	if len(slug) > 200 { // names of files have 255 bytes at most
		return ""
	}
	return slug
}

// TagPath gives the path of a page of a tag, below the site's.
func TagPath(slug string, page int) string { return numbered("/tags/"+slug, page) }

// TagPage is a page of a tag.
type TagPage struct {
	Site  news.Site
	Feeds []news.Feed
	Tag   Tag
	Page  int // from 1
}

// TagsPage is the list of all tags.
type TagsPage struct {
	Site  news.Site
	Feeds []news.Feed
	Tags  []Tag
}

type tagView struct {
	frame
	Tag     string
	Count   string
	Stories []story
	pager
}

type tagsView struct {
	frame
	Tags []tagLink
}

// tagLink leads to the page of a tag.
type tagLink struct {
	Name, URL, Count string
}

// Pages is how many pages a tag has.
func (t *Tag) Pages() int { return max(1, (len(t.Articles)+ArticlesPerPage-1)/ArticlesPerPage) }

// Tag makes a page of a tag, served at /tags/SLUG.
func (s *Site) Tag(p TagPage) ([]byte, error) {
	v := newFrame(&p.Site, p.Feeds, "")
	v.Title = title(p.Tag.Name, p.Site.Title)
	v.Description = "Articles about " + p.Tag.Name + "."
	path := "/tags/" + url.PathEscape(p.Tag.Slug)
	v.Canonical = v.absolute(numbered(path, p.Page))
	from := (p.Page - 1) * ArticlesPerPage
	shown := p.Tag.Articles[from:min(from+ArticlesPerPage, len(p.Tag.Articles))]
	return s.execute("tag.html", tagView{
		frame: v, Tag: p.Tag.Name, Count: count(len(p.Tag.Articles), "article", "articles"),
		Stories: v.stories(shown, p.Site.Location), pager: v.pages(path, p.Page, p.Tag.Pages()),
	})
}

// Tags makes the list of all tags, served at /tags.
func (s *Site) Tags(p TagsPage) ([]byte, error) {
	v := newFrame(&p.Site, p.Feeds, "")
	v.Title = title("Tags", p.Site.Title)
	v.Description = "What our articles are about."
	v.Canonical = v.absolute("/tags")
	view := tagsView{frame: v}
	for i := range p.Tags {
		tag := &p.Tags[i]
		view.Tags = append(view.Tags, tagLink{
			Name: tag.Name, URL: v.Base + "/tags/" + url.PathEscape(tag.Slug),
			Count: count(len(tag.Articles), "article", "articles"),
		})
	}
	return s.execute("tags.html", view)
}

// tags links the tags of an article to their pages.
func (f *frame) tags(names []string) []tagLink {
	var links []tagLink
	for _, name := range names {
		tag := tagLink{Name: name}
		if slug := TagSlug(name); slug != "" {
			tag.URL = f.Base + "/tags/" + url.PathEscape(slug)
		}
		links = append(links, tag)
	}
	return links
}

// pager leads from a page of a list to the ones beside it.
type pager struct {
	Newer, Older link   // without a URL: there is none
	Where        string // which page this is; empty when it is the only one
}

// pages leads through numbered pages at a path below the site's.
func (f *frame) pages(path string, page, last int) pager {
	var p pager
	if last > 1 {
		p.Where = "Page " + strconv.Itoa(page) + " of " + strconv.Itoa(last)
	}
	if page > 1 {
		p.Newer = link{Title: "Previous page", URL: f.Base + numbered(path, page-1)}
	}
	if page < last {
		p.Older = link{Title: "Next page", URL: f.Base + numbered(path, page+1)}
	}
	return p
}

// archivePager leads from the page of a feed into its archive and through it.
func (f *frame) archivePager(e *news.Edition) pager {
	var p pager
	path := func(page int) string { return f.Base + "/" + e.Feed.Name + "/archive/" + strconv.Itoa(page) }
	if e.History.Prev > 0 {
		p.Older = link{Title: "Older stories", URL: path(e.History.Prev)}
	}
	switch {
	case e.History.Page == 0:
	case e.History.Next > 0:
		p.Newer = link{Title: "Newer stories", URL: path(e.History.Next)}
	default:
		p.Newer = link{Title: "Newest stories", URL: f.Base + f.page(e.Feed.Name)}
	}
	return p
}

// span says over which days the stories of an archive page spread.
func (f *frame) span(items []news.Item, zone *time.Location) string {
	if len(items) == 0 {
		return ""
	}
	if zone == nil {
		zone = time.UTC
	}
	from, to := items[0].Date, items[0].Date
	for i := range items {
		if at := items[i].Date; at.Before(from) {
			from = at
		} else if at.After(to) {
			to = at
		}
	}
	layout := time.DateOnly
	if primary(f.Lang) == "en" {
		layout = "January 2, 2006"
	}
	first, last := from.In(zone).Format(layout), to.In(zone).Format(layout)
	if first == last {
		return first
	}
	return first + " – " + last
}
