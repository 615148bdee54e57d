package render_test

import (
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// podcastRules hold where there are tags of podcasts.
var podcastRules = []rule{
	{"MissingItunesElement", func(d *validated) (out []string) {
		if !d.hasEpisodes() {
			return nil
		}
		for _, name := range []string{"itunes:category", "itunes:explicit"} {
			if len(d.feed.all(name)) == 0 {
				out = append(out, name)
			}
		}
		if len(d.feed.all("language")) == 0 && d.feed.attr("xml:lang") == "" {
			out = append(out, "language")
		}
		return out
	}},
	{"MissingItunesEmail", func(d *validated) []string {
		if d.hasEpisodes() && len(d.feed.all("itunes:owner")) == 0 {
			return []string{"itunes:owner"}
		}
		return nil
	}},
	{"InvalidItunesEmail", func(d *validated) []string {
		return d.texts("itunes:email", func(s string) bool { _, err := mail.ParseAddress(s); return err == nil })
	}},
	{"InvalidItunesCategory", func(d *validated) (out []string) {
		for _, n := range d.feed.all("itunes:category") {
			if !slices.Contains([]string{"Arts", "Business", "News", "Science", "Technology"}, n.attr("text")) {
				out = append(out, n.attr("text"))
			}
		}
		return out
	}},
	{"InvalidDuration", func(d *validated) []string { return d.texts("itunes:duration", durationShape.MatchString) }},
	{"InvalidItunesEpisode", func(d *validated) []string { // InvalidPositiveInteger
		return append(d.texts("itunes:episode", positive), d.texts("itunes:season", positive)...)
	}},
	{"InvalidItunesEpisodeType", func(d *validated) []string {
		return d.texts("itunes:episodeType", func(s string) bool { return slices.Contains([]string{"full", "trailer", "bonus"}, s) })
	}},
	{"InvalidTrueFalse", func(d *validated) []string {
		return d.texts("itunes:explicit", func(s string) bool { return s == "true" || s == "false" })
	}},
	{"TooLong", func(d *validated) []string {
		short := func(s string) bool { return len([]rune(s)) <= 255 }
		return append(d.texts("itunes:author", short), d.texts("itunes:name", short)...)
	}},
	{"UnsupportedItunesFormat", func(d *validated) (out []string) {
		for _, item := range d.items {
			for _, file := range item.all("enclosure") {
				supported := []string{".m4a", ".mp3", ".mov", ".mp4", ".m4v", ".pdf", ".epub"}
				if len(item.all("itunes:duration")) > 0 && !slices.Contains(supported, path.Ext(file.attr("url"))) {
					out = append(out, file.attr("url"))
				}
			}
		}
		return out
	}},
}

var durationShape = regexp.MustCompile(`^\d+(:[0-5]\d(:[0-5]\d)?)?$`)

func positive(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}

// hasEpisodes reports whether an item has a tag of podcasts.
func (d *validated) hasEpisodes() bool {
	return slices.ContainsFunc(d.items, func(item node) bool {
		return slices.ContainsFunc(item.Nodes, func(n node) bool { return strings.HasPrefix(n.name(), "itunes:") })
	})
}

// texts gives the texts of the named elements that are not good.
func (d *validated) texts(name string, good func(string) bool) (out []string) {
	d.each(func(_, n *node) {
		if n.name() == name && !good(n.Text) {
			out = append(out, n.Text)
		}
	})
	return out
}
