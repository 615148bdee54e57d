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

// describe says what a document is that is no feed.
func describe(text []byte) *Error {
	head := text[:min(len(text), 64<<10)]
	folded := bytes.ToLower(head)
	has := func(s string) bool { return bytes.Contains(folded, []byte(s)) }
	if has("<html") || has("<!doctype html") || has("<head") || has("<body") {
		return describePage(head, has)
	}
	e := &Error{Cause: news.CauseNotFeed}
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) == 0:
		e.Detail = "an empty body"
	case bytes.HasPrefix(trimmed, []byte("[")):
		e.Detail = "a JSON list that is not a JSON Feed"
	case bytes.HasPrefix(trimmed, []byte("<")) && has("<opml"):
		e.Detail = "an OPML list of feeds"
	case bytes.HasPrefix(trimmed, []byte("<")) && (has("<urlset") || has("<sitemapindex")):
		e.Detail = "an XML sitemap"
	case bytes.HasPrefix(trimmed, []byte("<")):
		e.Detail = "an XML document that is not a feed" + rootName(head)
	default:
		kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
		e.Detail = fmt.Sprintf("%s, not a feed: it starts with %q", kind, excerpt(string(trimmed), 40))
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

// rootName gives the name of the first element, for a message.
func rootName(head []byte) string {
	for pos := 0; ; pos++ {
		i := bytes.IndexByte(head[pos:], '<')
		if i < 0 {
			return ""
		}
		pos += i
		if end := nameEnd(head, pos+1); end > pos+1 {
			return ": its root is <" + excerpt(string(head[pos+1:end]), 40) + ">"
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
