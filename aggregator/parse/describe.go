package parse

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"strings"
	"unicode/utf8"

	"tributary/internal/news"
)

// describe says what a document is that is no feed. The body is what arrived,
// the text what became of it.
func describe(body, text []byte) *Error {
	head := text[:min(len(text), 64<<10)]
	folded := bytes.ToLower(head)
	has := func(s string) bool { return bytes.Contains(folded, []byte(s)) }
	e := &Error{Cause: news.CauseNotFeed}
	trimmed := strings.TrimSpace(string(head))
	switch name := rootName(head); {
	case trimmed == "":
		e.Detail = "an empty body"
	case name == "opml":
		e.Detail = "an OPML list of feeds"
	case name == "urlset" || name == "sitemapindex":
		e.Detail = "an XML sitemap"
	case has("<html") || has("<!doctype html") || has("<head") || has("<body"):
		return describePage(head, has)
	case trimmed[0] == '[':
		e.Detail = "a JSON list"
	case trimmed[0] == '<' && name != "":
		e.Detail = "an XML document with the root <" + name + ">"
	default:
		media, _, _ := strings.Cut(http.DetectContentType(body), ";")
		e.Detail = fmt.Sprintf("%s, not a feed: it starts with %q", media, excerpt(trimmed, 40))
	}
	return e
}

// describePage says what an HTML page is: the challenge of a bot wall, or a
// page with a title.
func describePage(head []byte, has func(string) bool) *Error {
	switch {
	case has("challenge-platform") || has("cf-chl") || has("just a moment...") && has("cloudflare"):
		return &Error{Cause: news.CauseForbidden, Detail: "a Cloudflare challenge"}
	case has("captcha-delivery.com") || has("datadome"):
		return &Error{Cause: news.CauseForbidden, Detail: "a DataDome challenge"}
	case has("_incapsula_resource"):
		return &Error{Cause: news.CauseForbidden, Detail: "an Imperva challenge"}
	case has("anubis_challenge") || has("making sure you&#39;re not a bot"):
		return &Error{Cause: news.CauseForbidden, Detail: "an Anubis challenge"}
	}
	e := &Error{Cause: news.CauseNotFeed, Detail: "an HTML page without a title"}
	if title := pageTitle(head); title != "" {
		e.Detail = "an HTML page titled “" + title + "”"
	}
	return e
}

// pageTitle gives the title of an HTML page, folded into one line.
func pageTitle(head []byte) string {
	i := bytes.Index(bytes.ToLower(head), []byte("<title"))
	if i < 0 {
		return ""
	}
	rest := head[i:]
	start, end := bytes.IndexByte(rest, '>'), bytes.Index(bytes.ToLower(rest), []byte("</title"))
	if start < 0 || end < start {
		return ""
	}
	return excerpt(html.UnescapeString(string(rest[start+1:end])), 100)
}

// rootName gives the name of the first element, in lower case; "" without one.
func rootName(head []byte) string {
	for pos := 0; ; pos++ {
		i := bytes.IndexByte(head[pos:], '<')
		if i < 0 {
			return ""
		}
		pos += i
		if end := nameEnd(head, pos+1); end > pos+1 {
			return lower(head[pos+1 : end])
		}
	}
}

// excerpt folds white space and cuts a text to at most max characters.
func excerpt(s string, max int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return string([]rune(s)[:max-1]) + "…"
}
