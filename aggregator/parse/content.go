package parse

import (
	"bytes"
	"html"
	"time"
)

// writeContent writes the value of a text element.
func (r *rewriter) writeContent(c content, k kind, role role) {
	if role == roleDate {
		r.writeDate(c)
		return
	}
	if !c.special {
		r.text = append(r.text, c.raw...)
		return
	}
	if !c.markup && c.fragment == 1 && isCDATA(c.raw) {
		r.text = append(r.text, bytes.TrimSpace(c.raw)...)
		return
	}
	r.text = append(r.text, cdataStart...)
	start := len(r.text)
	if c.markup || k == kindXHTML {
		r.text = r.appendMarkup(r.text, c.raw, k == kindXHTML)
	} else {
		r.text = r.appendText(r.text, c.raw)
	}
	r.splitCDATA(start)
	r.text = append(r.text, cdataEnd...)
}

// isCDATA reports whether a text is one whole CDATA section.
func isCDATA(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return bytes.HasPrefix(raw, cdataStart) && bytes.Index(raw, cdataEnd) == len(raw)-len(cdataEnd)
}

// splitCDATA makes sure that what was written since start does not end the
// CDATA section that it stands in.
func (r *rewriter) splitCDATA(start int) {
	if bytes.Contains(r.text[start:], cdataEnd) {
		split := bytes.ReplaceAll(r.text[start:], cdataEnd, []byte("]]]]><![CDATA[>"))
		r.text = append(r.text[:start], split...)
	}
}

// writeDate writes a date. One that we understand is written in the form that
// gofeed tries first; the others are left to gofeed, which knows many more, but
// for what is too long for a date: each of its layouts would copy that.
func (r *rewriter) writeDate(c content) {
	r.scratch = r.appendText(r.scratch[:0], c.raw)
	if len(r.scratch) > maxDate {
		return
	}
	if t, ok := parseDate(string(r.scratch)); ok {
		r.text = t.AppendFormat(r.text, time.RFC3339Nano)
		return
	}
	start := len(r.text)
	r.text = append(append(r.text, cdataStart...), r.scratch...)
	r.splitCDATA(start + len(cdataStart))
	r.text = append(r.text, cdataEnd...)
}

// appendText appends a text without tags: references are resolved, CDATA is
// copied, comments go.
func (r *rewriter) appendText(out, raw []byte) []byte {
	var seek seeker
	for {
		i := bytes.IndexByte(raw, '<')
		if i < 0 {
			return r.appendDecoded(out, raw)
		}
		out = r.appendDecoded(out, raw[:i])
		raw = raw[i:]
		var n int
		if out, n = r.appendDeclaration(out, raw, &seek, false); n == 0 {
			r.mended |= mendedMarkup
			out, n = append(out, '<'), 1
		}
		raw = raw[n:]
	}
}

// appendMarkup appends a text that is markup, as markup: tags and references
// stay, comments go. In XHTML a CDATA section is text (so what it contains is
// escaped) and names lose the prefix of their namespace; elsewhere it is the
// markup itself.
func (r *rewriter) appendMarkup(out, raw []byte, xhtml bool) []byte {
	var seek seeker
	for {
		i := bytes.IndexByte(raw, '<')
		if i < 0 {
			return r.appendDeclared(out, raw)
		}
		out = r.appendDeclared(out, raw[:i])
		raw = raw[i:]
		var n int
		if out, n = r.appendDeclaration(out, raw, &seek, xhtml); n == 0 {
			out, n = r.appendTag(out, raw, xhtml)
		}
		raw = raw[n:]
	}
}

// appendDeclaration appends what a CDATA section contains, and nothing for a
// comment or instruction. It gives the length read, 0 when raw starts with
// something else.
func (r *rewriter) appendDeclaration(out, raw []byte, seek *seeker, escape bool) ([]byte, int) {
	if len(raw) < 2 || raw[1] != '!' && raw[1] != '?' {
		return out, 0
	}
	n := seek.pastDeclaration(raw)
	if !bytes.HasPrefix(raw, cdataStart) {
		return out, n
	}
	inner := raw[len(cdataStart):]
	if n == 0 {
		r.mended |= mendedEnd
		n = len(raw)
	} else {
		inner = raw[len(cdataStart) : n-len(cdataEnd)]
	}
	if !escape {
		return append(out, inner...), n
	}
	for _, c := range inner {
		switch c {
		case '<':
			out = append(out, "&lt;"...)
		case '&':
			out = append(out, "&amp;"...)
		default:
			out = append(out, c)
		}
	}
	return out, n
}

// appendTag appends the tag at the start of raw up to its attributes, or an
// escaped "<". It gives the length read.
func (r *rewriter) appendTag(out, raw []byte, xhtml bool) ([]byte, int) {
	at := 1
	if len(raw) > 1 && raw[1] == '/' {
		at = 2
	}
	end := nameEnd(raw, at)
	if end == at {
		r.mended |= mendedMarkup
		return append(out, "&lt;"...), 1
	}
	name := raw[at:end]
	if xhtml {
		if prefix, local := splitName(name); len(prefix) > 0 && len(local) > 0 {
			name = local
		}
	}
	return append(append(out, raw[:at]...), name...), end
}

// appendDeclared appends text that is markup. Of its references only those are
// resolved that HTML would not: to entities that the document declared, and to
// characters that may not be there, which go.
func (r *rewriter) appendDeclared(out, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(out, raw...)
		}
		out = append(out, raw[:i]...)
		raw = raw[i:]
		n := 1
		if end := bytes.IndexByte(raw[:min(len(raw), longestEntity)], ';'); end > 1 && r.resolves(raw[:end+1]) {
			out, n = r.appendReference(out, raw)
		} else {
			out = append(out, '&')
		}
		raw = raw[n:]
	}
}

// resolves reports whether a reference in markup is ours to resolve.
func (r *rewriter) resolves(reference []byte) bool {
	if reference[1] != '#' {
		_, ok := r.entities[string(reference[1:len(reference)-1])]
		return ok
	}
	for _, c := range html.UnescapeString(string(reference)) {
		if !isChar(c) {
			return true
		}
	}
	return false
}
