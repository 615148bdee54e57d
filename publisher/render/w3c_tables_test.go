package render_test

import (
	"strings"

	"golang.org/x/text/language"
)

// children are the elements that the validator knows, by parent, as far as we
// write them.
var children = map[string][]string{
	"rss": {"channel"},
	"channel": {
		"title", "link", "description", "language", "lastBuildDate", "generator", "ttl", "managingEditor", "dc:creator",
		"image", "atom:link", "fh:complete", "fh:archive", "item",
		"itunes:author", "itunes:category", "itunes:explicit", "itunes:image", "itunes:owner",
	},
	"image":        {"url", "title", "link"},
	"itunes:owner": {"itunes:name", "itunes:email"},
	"item": {
		"comments", "enclosure", "guid", "pubDate", "title", "link", "dc:creator", "category", "description",
		"content:encoded", "atom:updated", "dc:rights", "source", "atom:link", "media:content", "media:thumbnail",
		"itunes:duration", "itunes:episode", "itunes:season", "itunes:episodeType", "itunes:explicit", "itunes:image",
	},
	"atom:feed": {
		"atom:title", "atom:id", "atom:updated", "atom:icon", "atom:subtitle", "atom:author", "atom:generator", "atom:link",
		"fh:complete", "fh:archive", "atom:entry",
		"itunes:author", "itunes:category", "itunes:explicit", "itunes:image", "itunes:owner",
	},
	"atom:author": {"atom:name", "atom:uri", "atom:email"},
	"atom:entry": {
		"atom:title", "atom:updated", "atom:id", "atom:rights", "atom:published", "atom:author", "atom:category", "atom:link",
		"atom:summary", "atom:content", "atom:source", "media:content", "media:thumbnail",
		"itunes:duration", "itunes:episode", "itunes:season", "itunes:episodeType", "itunes:explicit", "itunes:image",
	},
	"atom:source": {"atom:id", "atom:title", "atom:updated", "atom:author", "atom:link"},
}

// attributes are those that the validator knows, by element.
var attributes = map[string][]string{
	"rss":             {"version"},
	"guid":            {"isPermaLink"},
	"enclosure":       {"url", "length", "type"},
	"source":          {"url"},
	"atom:link":       {"href", "rel", "type", "title", "length"},
	"atom:category":   {"term"},
	"atom:summary":    {"type"},
	"atom:content":    {"type"},
	"media:content":   {"url", "medium"},
	"media:thumbnail": {"url"},
	"itunes:image":    {"href"},
	"itunes:category": {"text"},
}

// severalTimes are the elements that may stand more than once in their parent.
var severalTimes = []string{
	"item", "category", "dc:creator", "atom:link", "atom:entry", "atom:author", "atom:category", "media:thumbnail",
}

// isLanguage reports whether the first part of a tag is a language of ISO 639.
func isLanguage(tag string) bool {
	first, _, _ := strings.Cut(tag, "-")
	_, err := language.ParseBase(first)
	return err == nil
}
