package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"tributary/internal/rule"
)

// source reads a [[source]] over its [host] block over [fetch].
func (b *builder) source(t *table) {
	var name, text string
	var at address
	hasName := t.checked("name", &name, checkName)
	hasURL := t.checked("url", &text, func(s string) (_ string, err error) {
		at, err = checkSource(t.doc, s)
		return at.text, err
	})
	for _, need := range []struct{ key, example string }{{"name", "my-blog"}, {"url", "https://example.org/feed.xml"}} {
		if !t.has(need.key) || t.values[need.key] == "" {
			t.failHere("a [[source]] needs a "+need.key, fmt.Sprintf("add one, as in %s = %q", need.key, need.example))
		}
	}
	s := b.layers.of(at)
	if !t.read() { // most sources are a name and an address
		b.own(t, &s)
	}
	t.finish()
	if hasName {
		b.unique(t, b.names, "name", name, "another source is named "+name, "name it otherwise, or take one of them out")
	}
	if hasURL {
		b.unique(t, b.urls, "url", at.alike(), "another source has this url", "take one of them out: a source may have several tags and be in several feeds")
	}
	s.Name, s.URL = name, text
	s.Fetch.Unpaced = !s.paced && (s.IsFile() || at.inside(s.Fetch.AllowNetworks))
	b.config.byName[name] = len(b.config.sources)
	b.config.sources = append(b.config.sources, s.Source)
}

// unique notes where a value is defined, and tells the second time.
func (b *builder) unique(t *table, seen map[string]definition, key, value, message, hint string) {
	if before, ok := seen[value]; ok {
		t.fail(key, message+": see "+before.String(), hint)
		return
	}
	seen[value] = definition{t, key}
}

// definition is where a value was defined. Its place is looked up only when
// somebody asks: there are tens of thousands.
type definition struct {
	table *table
	key   string
}

// String gives file and line.
func (d definition) String() string { return d.table.placeOf(d.key) }

// checkHostPort wants what a [host."…"] block can be named: a host or
// address, with a port or without.
func checkHostPort(text string) (string, error) {
	host := strings.ToLower(text)
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", fmt.Errorf("%q is no host: write a name without scheme and path", text)
		}
		if net.ParseIP(name) != nil {
			return host, nil
		}
		_, err := checkHost(name)
		return host, err
	}
	if net.ParseIP(host) != nil {
		return host, nil
	}
	return checkHost(host)
}

// where reads a rule and puts its mistakes into the place of the file.
func where(t *table, to *string) {
	var source string
	if !t.text("where", &source) {
		return
	}
	_, err := rule.Compile(source)
	var bad *rule.Error
	switch {
	case err == nil:
		*to = source
	case errors.As(err, &bad):
		t.ruleError(source, bad)
	default:
		t.fail("where", "where: "+err.Error(), "")
	}
}

// ruleError shows a mistake inside a rule. When the rule stands in the file as
// it is, without escapes, the place is exact; otherwise it is told in words.
func (t *table) ruleError(source string, bad *rule.Error) {
	at := t.doc.place(join(t.path, "where"))
	before, _, verbatim := strings.Cut(at.raw, source)
	if !verbatim {
		t.fail("where", fmt.Sprintf("where: %s (at %d:%d of the rule)", bad.Message, bad.Line, bad.Column), bad.Hint)
		return
	}
	offset := at.value + len(before)
	lines := strings.SplitAfter(source, "\n")
	for _, line := range lines[:bad.Line-1] {
		offset += len(line)
	}
	column := 1
	for i := range lines[bad.Line-1] + " " {
		if column == bad.Column {
			offset += i
			break
		}
		column++
	}
	t.note(t.doc.errorAt(offset, "where: "+bad.Message, bad.Hint))
}
