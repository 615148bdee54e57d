package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// rest reads the small tables.
func (b *builder) rest(top *table) {
	b.config.articles = top.doc.resolve(b.config.articles)
	if t := top.table("articles", "[articles]"); t != nil {
		dir := ""
		if t.text("dir", &dir) {
			b.config.articles = t.doc.resolve(dir)
		}
		t.finish()
	}
	if t := top.table("redirects", "[redirects]"); t != nil {
		b.redirects(t)
	}
	if t := top.table("push", "[push]"); t != nil {
		t.checked("hub", &b.config.hub, func(hub string) (string, error) {
			if hub == "builtin" {
				return hub, nil
			}
			return checkWeb(hub)
		})
		t.finish()
	}
	for _, t := range top.tables("reading_list", "[[reading_list]]") {
		b.readingList(t)
	}
}

func (b *builder) redirects(t *table) {
	for from := range t.values {
		var to string
		if !t.text(from, &to) {
			continue
		}
		u, err := url.Parse(from)
		switch {
		case err != nil || !strings.HasPrefix(from, "/") || u.Host != "" || u.RawQuery != "" || u.Fragment != "":
			t.fail(from, fmt.Sprintf("%q is no path that can be redirected", from), `write the old path, as in "/atom.xml"`)
		case from == to:
			t.fail(from, fmt.Sprintf("%q is redirected to itself", from), "write where it is now, or take the line out")
		case strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//"):
			b.config.redirects[from] = to
		default:
			if _, err := checkWeb(to); err != nil {
				t.fail(from, fmt.Sprintf("%q is no target of a redirect", to), `write a path, as in "/latest.atom", or an http(s) URL`)
				continue
			}
			b.config.redirects[from] = to
		}
	}
}

// defaultListSchedule is how often a reading list is looked at.
const defaultListSchedule = "@daily"

func (b *builder) readingList(t *table) {
	list := ReadingList{Schedule: defaultListSchedule}
	set := t.checked("opml", &list.OPML, func(s string) (string, error) {
		if strings.Contains(s, "://") || strings.Contains(s, "${") {
			return checkWeb(s)
		}
		return filepath.Clean(t.doc.resolve(s)), nil
	})
	t.checked("schedule", &list.Schedule, func(spec string) (string, error) {
		if spec == "adaptive" {
			return "", errors.New("a reading list has no stories to adapt to: write when to look at it, as in \"@daily\"")
		}
		return b.schedule(spec)
	})
	t.texts("tags", &list.Tags, anyText)
	if set {
		b.unique(t, b.opml, "opml", list.OPML, "another [[reading_list]] has this opml", "take one of them out")
		b.config.lists = append(b.config.lists, list)
		if filepath.IsAbs(list.OPML) {
			b.config.files = append(b.config.files, list.OPML)
		}
	} else if !t.has("opml") || t.values["opml"] == "" {
		t.failHere("a [[reading_list]] needs an opml", `add one, as in opml = "https://example.org/blogroll.opml"`)
	}
	t.finish()
}
