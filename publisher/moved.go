package publisher

import (
	"fmt"
	"html"
	"maps"
	"path"
	"strings"

	"tributary/internal/news"
)

// moved maps paths to where they lead now: a path of the site, or an absolute
// URL.
type moved map[string]string

// Moved gives where a path that has no rendition leads now: a path below the
// site's, or an absolute URL; "" when nowhere. It takes no lock.
//
//  1. What the configuration redirects goes first.
//  2. A former slug of an article leads to the article.
//
// Whoever serves looks for a rendition first: what is there is not redirected.
func (p *Publisher) Moved(path string) string { return (*p.moved.Load())[path] }

// noteMoved works out anew what leads elsewhere.
func (p *Publisher) noteMoved() {
	all := maps.Clone(p.aliases)
	if all == nil {
		all = moved{}
	}
	maps.Copy(all, p.config.Redirects)
	p.moved.Store(&all)
}

// aliasesOf gives the addresses that articles had before.
func aliasesOf(articles []news.Item) moved {
	aliases := moved{}
	for i := range articles {
		article := &articles[i]
		for _, former := range article.FormerSlugs {
			if from := articlesPath + former; article.Slug != "" && aliases[from] == "" {
				aliases[from] = articlesPath + article.Slug
			}
		}
	}
	for i := range articles {
		delete(aliases, articlesPath+articles[i].Slug)
	}
	return aliases
}

// MovedPages gives a page for each address that Moved knows, for hosts that can't
// redirect: it sends browsers on and names the new address to search engines.
// Addresses that are none of a page, as /atom.xml, have none, nor have those
// that are taken.
func (p *Publisher) MovedPages() map[string]*Rendition {
	site := strings.TrimSuffix(p.site.Load().URL, "/")
	table := *p.table.Load()
	pages := map[string]*Rendition{}
	for from, to := range *p.moved.Load() {
		ext := path.Ext(from)
		switch {
		case path.Clean(from) != from || from == "/" || strings.ContainsAny(from, "\\\x00\n\r"), ext != "" && ext != ".html":
			continue
		case table[from] != nil, table[from+"/index.html"] != nil, table[strings.TrimSuffix(from, "/index.html")] != nil:
			continue
		}
		if strings.HasPrefix(to, "/") {
			to = site + to
		}
		pages[from] = NewRendition(Draft{Path: from, Kind: KindPage, ContentType: htmlType, Body: movedPage(to)}, nil)
	}
	return pages
}

// movedPage is a page that sends on to another address.
func movedPage(to string) []byte {
	to = html.EscapeString(to)
	return fmt.Appendf(nil, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Moved</title>
<meta name="robots" content="noindex">
<link rel="canonical" href="%[1]s">
<meta http-equiv="refresh" content="0; url=%[1]s">
</head>
<body>
<p>This page is at <a href="%[1]s">%[1]s</a> now.</p>
</body>
</html>
`, to)
}
