package publisher

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	sitemapPath = "/sitemap.xml"
	sitemapHead = xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n"
	sitemapTail = "</urlset>\n"
	// sitemapMost is how many addresses one sitemap may hold by its protocol.
	sitemapMost = 50_000
)

// sitemap makes the list of all pages for search engines, as they are in the
// table: home and feeds first, then the articles, each by path. The first feed's
// page is there as the home page only, which it names as the canonical one. Of more than a
// sitemap may hold, those that changed last are in it.
func (p *Publisher) sitemap() outcome {
	var pages []*Rendition
	twin := "/" + p.config.Feeds[0].Name
	for path, r := range *p.table.Load() {
		if r.Kind == KindPage && path != NotFoundPath && path != twin {
			pages = append(pages, r)
		}
	}
	byPath := func(a, b *Rendition) int { return strings.Compare(sitemapKey(a.Path), sitemapKey(b.Path)) }
	if len(pages) > sitemapMost {
		slices.SortFunc(pages, func(a, b *Rendition) int { return cmp.Or(b.Updated.Compare(a.Updated), byPath(a, b)) })
		pages = pages[:sitemapMost]
	}
	slices.SortFunc(pages, byPath)
	var newest time.Time
	b := bytes.NewBufferString(sitemapHead)
	for _, r := range pages {
		newest = later(newest, r.Updated)
		b.WriteString("<url><loc>")
		_ = xml.EscapeText(b, []byte(p.config.Site.URL+(&url.URL{Path: r.Path}).EscapedPath())) // a buffer takes everything
		b.WriteString("</loc>")
		if !r.Updated.IsZero() {
			b.WriteString("<lastmod>" + r.Updated.Truncate(time.Second).Format(time.RFC3339) + "</lastmod>")
		}
		b.WriteString("</url>\n")
	}
	b.WriteString(sitemapTail)
	return outcome{made: []made{p.make(Draft{
		Path: sitemapPath, Kind: KindText, ContentType: "application/xml; charset=utf-8",
		Body: b.Bytes(), Updated: newest, LastModified: now(),
	})}}
}

// sitemapKey puts articles behind the rest.
func sitemapKey(path string) string {
	if strings.HasPrefix(path, articlesPath) {
		return "1" + path
	}
	return "0" + path
}
