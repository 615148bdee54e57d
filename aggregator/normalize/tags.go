package normalize

import (
	"strings"

	"golang.org/x/net/html"
)

// stripTags takes the tags out of s and decodes the rest, see plain. It stops
// once there is more than any caller keeps.
func stripTags(s string) string {
	t := stripper{z: html.NewTokenizer(strings.NewReader(s)), ended: endTags(s)}
	for t.out.Len() <= 4*maxText && t.next() {
	}
	return t.out.String()
}

// stripper is the state of stripTags.
type stripper struct {
	z     *html.Tokenizer
	ended map[string]bool // names that have an end tag somewhere
	skip  string          // the dropped element that we are in
	out   strings.Builder
}

func (t *stripper) next() bool {
	kind := t.z.Next()
	raw := string(t.z.Raw()) // before the tokenizer changes it in place
	switch kind {
	case html.ErrorToken:
		if t.skip == "" && strings.HasPrefix(raw, "<") {
			t.literal(raw) // "<", and no ">" after it
		}
		return false
	case html.TextToken:
		if t.skip == "" {
			t.out.Write(t.z.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		t.start(raw, kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		t.end(raw)
	case html.CommentToken, html.DoctypeToken: // nobody reads them
	}
	return true
}

func (t *stripper) start(raw string, selfClosing bool) {
	name, attrs := t.z.TagName()
	tag := string(name)
	if t.skip != "" {
		return
	}
	if _, drop := dropped[tag]; drop && !selfClosing && t.ended[tag] {
		t.skip = tag
		return
	}
	t.z.NextIsNotRawText()
	if looksLikeTag(tag, attrs, t.ended) {
		t.part(tag)
	} else {
		t.literal(raw)
	}
}

func (t *stripper) end(raw string) {
	name, _ := t.z.TagName()
	switch tag := string(name); {
	case t.skip == tag:
		t.skip = ""
	case t.skip != "":
	case isHTML(tag):
		t.part(tag)
	default:
		t.literal(raw)
	}
}

// literal keeps what only looks like a tag.
func (t *stripper) literal(raw string) { t.out.WriteString(html.UnescapeString(raw)) }

// part keeps the words apart that an element with a line of its own does.
func (t *stripper) part(tag string) {
	if e := elements[tag]; e != nil && e.breaks {
		t.out.WriteByte(' ')
	}
}

// looksLikeTag reports whether a start tag in a text is one, see plain.
func looksLikeTag(tag string, attrs bool, ended map[string]bool) bool {
	if !isHTML(tag) {
		return false
	}
	if e := elements[tag]; e != nil && (e.void || e.closes != nil) {
		return true // has no end tag, or may leave it out
	}
	return attrs || ended[tag]
}

// endTags are the names of all end tags in s.
func endTags(s string) map[string]bool {
	names := map[string]bool{}
	for _, part := range strings.Split(s, "</")[1:] {
		end := strings.IndexFunc(part, func(r rune) bool { return r == '>' || r == '/' || r <= ' ' })
		if 0 < end && end <= 16 {
			names[strings.ToLower(part[:end])] = true
		}
	}
	return names
}

// obsolete are elements of HTML that we neither keep nor drop with what they
// contain.
var obsolete = map[string]bool{
	"html": true, "head": true, "body": true, "meta": true, "link": true, "base": true,
	"form": true, "input": true, "button": true, "label": true, "fieldset": true, "legend": true,
	"option": true, "optgroup": true, "output": true, "progress": true, "meter": true,
	"font": true, "center": true, "big": true, "blink": true, "marquee": true, "nobr": true,
	"acronym": true, "basefont": true, "dir": true, "menu": true, "frame": true, "embed": true,
	"param": true, "track": true, "map": true, "area": true, "dialog": true, "data": true,
}

func isHTML(tag string) bool {
	_, drop := dropped[tag]
	return drop || elements[tag] != nil || obsolete[tag]
}
