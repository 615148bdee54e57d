// Package site makes the HTML pages that people read: a feed and its archive, a
// local article with the latest stories below it, the sources, the articles with
// a tag, and the page for what is not there.
//
// The pages work without a script (a small one makes dates relative and copies
// addresses), carry no inline style, load nothing from elsewhere but the
// stories' own pictures, and depend on nothing but what they are made
// from: the same input gives the same bytes at any time on any machine. They
// link to each other by path, below the path of the site's URL, so that they
// work under another host name too; canonical links and feed addresses are
// absolute.
package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed templates static
var builtin embed.FS

// pages are the templates that stand for a page; the others are shared by them.
var pages = []string{
	"feed.html", "article.html", "sources.html", "tag.html", "tags.html", "notfound.html",
	"chooser.html", "embed.html", "fragment.html",
}

// Site makes pages by its templates. It is safe for concurrent use.
type Site struct {
	templates map[string]*template.Template // by page
	assets    []Asset
	script    Asset // of the element <latest-articles>; one of assets
}

// New makes a site of the built-in templates and styles. A file of theme
// replaces the built-in one of the same name: templates/layout.html,
// templates/story.html, templates/feed.html, templates/article.html,
// templates/sources.html, templates/tag.html, templates/tags.html,
// templates/notfound.html, static/style.css, static/page.js, static/icon.svg. If it has a
// static/custom.css, the pages load that after the style sheet, and a template may name any other
// file below static/ as {{asset .Base "logo.svg"}}. Nil means no theme. Everything
// is read once, here. The error names the file that is wrong.
func New(theme fs.FS) (*Site, error) {
	files, err := overlay(theme)
	if err != nil {
		return nil, err
	}
	if err := files.buildEmbed(); err != nil {
		return nil, err
	}
	s := &Site{templates: map[string]*template.Template{}}
	names := map[string]string{} // hashed paths by name below static/
	for _, name := range files.names("static/") {
		asset := newAsset(strings.TrimPrefix(name, "static/"), files[name])
		names[strings.TrimPrefix(name, "static/")] = asset.Path
		s.assets = append(s.assets, asset)
		if name == embedScript {
			s.script = asset
		}
	}
	for _, page := range pages {
		if s.templates[page], err = parse(files, page, names); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parse reads the templates of one page: every shared one and its own.
func parse(files files, page string, assets map[string]string) (*template.Template, error) {
	t := template.New("site").Funcs(template.FuncMap{
		"asset": func(base, name string) (string, error) {
			if p, ok := assets[name]; ok {
				return base + p, nil
			}
			return "", fmt.Errorf("no file static/%s", name)
		},
		"has": func(name string) bool { return assets[name] != "" },
	})
	for _, name := range files.names("templates/") {
		file := path.Base(name)
		if file != page && slices.Contains(pages, file) {
			continue
		}
		if _, err := t.New(file).Parse(string(files[name])); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// execute runs the template of a page.
func (s *Site) execute(page string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.templates[page].ExecuteTemplate(&b, "layout.html", view); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}
