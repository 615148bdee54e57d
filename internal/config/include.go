package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// included reads the files of the include key, in the order of the key and by
// name within a pattern, each one once. A pattern may match nothing; a file
// that is named must be there.
func (b *builder) included(top *table) []*document {
	var patterns []string
	top.texts("include", &patterns, anyText)
	var out []*document
	for i, pattern := range patterns {
		at := join(join("", "include"), strconv.Itoa(i))
		found, err := filepath.Glob(top.doc.resolve(pattern))
		if err != nil {
			top.failAt(at, fmt.Sprintf("include: %q is no pattern", pattern), `as in "sources.d/*.toml"`)
			continue
		}
		if len(found) == 0 && !strings.ContainsAny(pattern, "*?[") {
			top.failAt(at, fmt.Sprintf("include: there is no file %q", pattern), `only a pattern, as in "sources.d/*.toml", may match nothing`)
		}
		for _, path := range found {
			if slices.Contains(b.config.files, path) {
				continue
			}
			b.config.files = append(b.config.files, path)
			if doc := b.read(top, at, path); doc != nil {
				out = append(out, doc)
			}
		}
	}
	return out
}

// read reads one included file. Its mistakes name it the way the main file is
// named: relative to where the operator stands.
func (b *builder) read(top *table, at, path string) *document {
	data, edited := b.edited[path]
	var err error
	if !edited {
		data, err = readFile(path)
	}
	if err != nil {
		top.failAt(at, "include: "+err.Error(), "")
		return nil
	}
	b.config.noteRead(path, data)
	shown := path
	if relative, err := filepath.Rel(top.doc.dir, path); err == nil && !filepath.IsAbs(top.doc.name) {
		shown = filepath.Join(filepath.Dir(top.doc.name), relative)
	}
	doc, mistake := parseDocument(shown, path, data)
	if mistake != nil {
		b.errs = append(b.errs, mistake)
		return nil
	}
	return doc
}

// include reads the sources and feeds of an included file. Nothing else is
// allowed there: one place says what the site is.
func (b *builder) include(doc *document) {
	t := doc.top(&b.errs)
	t.title = "an included file, which has only [[source]] and [[feed]]"
	b.sourcesAndFeeds(t)
	t.finish()
}
