package parse

import (
	"bytes"
	"strings"
)

// content is what stands in a text element, as the scanner found it.
type content struct {
	raw      []byte // all of it, up to the end tag
	end      int    // position after the end tag
	markup   bool   // it contains tags
	special  bool   // it contains "<", "&" or "]]>": it can't be copied
	fragment int    // comments, CDATA sections and instructions in it
	alike    int    // elements in it whose names are much like its own
}

// readText reads a whole text element, whose start tag is in r.tag, and writes
// it as character data.
func (r *rewriter) readText(e element, space, local string) error {
	k := r.kindOf(e, space, local)
	if space == "xhtml" {
		space, local = "", "body"
	}
	name := r.writeStart(space, local, e)
	closed := r.tag.closed
	c := content{end: r.pos}
	if !closed {
		var err error
		if c, err = r.scanText(e.name); err != nil {
			return err
		}
	}
	if k == kindText && c.markup {
		k = kindHTML
	}
	if r.needsMarker(e, space) {
		r.text = appendMarker(r.text, k, e.context)
	}
	r.writeContent(c, k, e.role)
	r.writeEnd(name)
	r.pos = c.end
	r.bindings = r.bindings[:min(e.bindings, len(r.bindings))]
	return nil
}

// readValue reads an element whose value should be in an attribute, but stands
// between its tags.
func (r *rewriter) readValue(e element, space, local, attribute string) error {
	r.writeStart(space, local, e)
	c, err := r.scanText(e.name)
	if err != nil {
		return err
	}
	r.text = append(append(append(r.text[:len(r.text)-1], ' '), attribute...), '=', '"')
	r.appendEscaped(bytes.TrimSpace(r.appendText(nil, c.raw)))
	r.text = append(r.text, `"/>`...)
	r.pos = c.end
	r.bindings = r.bindings[:min(e.bindings, len(r.bindings))]
	return nil
}

// readName reads the name of an Atom person that stands in it bare.
func (r *rewriter) readName() {
	n := bytes.IndexByte(r.src[r.pos:], '<')
	if n < 0 {
		return
	}
	name := bytes.TrimSpace(r.src[r.pos : r.pos+n])
	if len(name) == 0 {
		return
	}
	r.text = append(r.text, "<name>"...)
	r.appendEscaped(r.decodeReferences(name))
	r.text = append(r.text, "</name>"...)
	r.pos += n
}

// needsMarker reports whether a text gets a marker: every Atom text that has a
// type or that gofeed would take for a URL, and others where gofeed can't know
// their base or language.
func (r *rewriter) needsMarker(e element, space string) bool {
	switch e.role {
	case roleMarked:
		return r.family == familyAtom && r.family.isNative(space) || e.context != r.context() || e.context != r.rootContext
	case roleAddress:
		return true
	}
	return false
}

// kindOf says how a text is to be read (RFC 4287 §3.1.1, §4.1.3.1; for Atom
// 0.3 its type and mode attributes).
func (r *rewriter) kindOf(e element, space, local string) kind {
	if space == "xhtml" {
		return kindXHTML
	}
	if r.family != familyAtom || e.role != roleMarked || !r.family.isNative(space) {
		return kindNone
	}
	mode := lower(r.tag.get("mode"))
	switch t := lower(bytes.TrimSpace(r.tag.get("type"))); {
	case mode == "base64" || t == "application/octet-stream":
		return kindData
	case t == "" && mode == "escaped":
		return kindHTML
	case t == "" || t == "text" || t == "text/plain":
		return kindText
	case t == "html" || t == "text/html":
		return kindHTML
	case strings.Contains(t, "xhtml"):
		return kindXHTML
	case strings.HasPrefix(t, "text/"):
		return kindText
	case local != "content":
		return kindText // a title can't be an image: the type is a mistake
	case strings.Contains(t, "/"):
		return kindOther
	}
	return kindText
}

// scanText finds the end of the text element called name. It ends at
//
//  1. its end tag, or one that is it but for a letter
//  2. an end tag of an element around it, or the start of an entry
//  3. the start tag of an element that only stands beside it
//  4. the end of the document
//
// The last three mean that its own end tag is missing.
func (r *rewriter) scanText(name []byte) (content, error) {
	start := r.pos
	c := content{}
	for pos := start; ; {
		i := bytes.IndexByte(r.src[pos:], '<')
		if i < 0 {
			r.mended |= mendedEnd
			return r.endText(c, start, len(r.src), len(r.src)), nil
		}
		pos += i
		rest := r.src[pos:]
		switch {
		case len(rest) > 1 && rest[1] == '/':
			found := r.src[pos+2 : nameEnd(r.src, pos+2)]
			if sameName(found, name) || r.isMistyped(found, name, r.src[start:pos], &c) {
				return r.endText(c, start, pos, pos+max(r.seek.past(rest, markupEnd, 2), 2)), nil
			}
			if r.isOpen(found) {
				r.mended |= mendedEnd
				return r.endText(c, start, pos, pos), nil
			}
			c.markup = c.markup || len(found) > 0
			pos += 2
		case len(rest) > 1 && (rest[1] == '!' || rest[1] == '?'):
			n := max(r.pastDeclaration(rest, name), 2)
			if c.fragment++; c.fragment > maxFragments {
				return c, limitError(maxFragments, "comments and CDATA sections inside one element")
			}
			pos += n
		default:
			child := r.src[pos+1 : nameEnd(r.src, pos+1)]
			if r.endsText(child) {
				r.mended |= mendedEnd
				return r.endText(c, start, pos, pos), nil
			}
			if len(child) > 0 {
				if err := r.count(1); err != nil {
					return c, err
				}
				c.markup = c.markup || readTag(r.src, pos, &r.tag)
			}
			pos++
		}
	}
}

// endText completes what scanText found.
func (r *rewriter) endText(c content, start, end, after int) content {
	c.raw, c.end = r.afford(r.src[start:end]), after
	c.special = bytes.IndexByte(c.raw, '<') >= 0 || bytes.IndexByte(c.raw, '&') >= 0 || bytes.Contains(c.raw, cdataEnd)
	return c
}

var (
	cdataStart = []byte("<![CDATA[")
	cdataEnd   = []byte("]]>")
)

// isMistyped reports whether the name of an end tag is that of the text but for
// one letter too much, too little or wrong, and nothing in the text before it
// has that name. No two names that we know are so alike, nor one of them and one
// of HTML.
func (r *rewriter) isMistyped(found, name, before []byte, c *content) bool {
	if len(name) < 5 || len(found) < len(name)-1 || len(found) > len(name)+1 || bytes.Equal(found, name) {
		return false
	}
	start := 0
	for start < min(len(found), len(name)) && found[start] == name[start] {
		start++
	}
	end := 0
	for end < min(len(found), len(name))-start && found[len(found)-1-end] == name[len(name)-1-end] {
		end++
	}
	if max(len(found), len(name))-start-end > 1 || c.alike > maxAlike {
		return false
	}
	if bytes.Contains(before, append([]byte{'<'}, found...)) {
		c.alike++
		return false
	}
	r.mended |= mendedEnd
	return true
}

// isOpen reports whether an element that we write is open under a name.
func (r *rewriter) isOpen(name []byte) bool {
	for i := len(r.stack) - 1; i >= max(0, len(r.stack)-4); i-- {
		if sameName(r.stack[i].name, name) {
			return true
		}
	}
	return false
}

// endsText reports whether a start tag inside a text shows that its end tag is
// missing. HTML has no element of these names.
func (r *rewriter) endsText(name []byte) bool {
	if bytes.Equal(name, r.entryName) {
		return true
	}
	if len(name) < 2 || len(r.stack) == 0 || r.stack[len(r.stack)-1].role != roleEntry {
		return false
	}
	switch string(name) {
	case "pubDate", "guid", "content:encoded", "dc:date", "dc:creator", "enclosure":
		return r.family == familyRSS
	case "updated", "published", "issued", "modified", "id":
		return r.family == familyAtom
	}
	return false
}
