package parse

import (
	"bytes"
	"html"
	"regexp"
	"unicode/utf8"
)

// entities are what a DOCTYPE declares, by name. Only plain text counts: no
// external entity is ever read and none expands into another, so there is no
// way to make a small document large.
type entities map[string]string

var entityDeclaration = regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][\w.-]*)\s+(?:"([^"]*)"|'([^']*)')\s*>`)

// readEntities reads the entities of a DOCTYPE.
func readEntities(doctype []byte) entities {
	if !bytes.Contains(doctype, []byte("<!ENTITY")) {
		return nil
	}
	found := entities{}
	for _, m := range entityDeclaration.FindAllSubmatch(doctype, maxEntities) {
		value := string(m[2]) + string(m[3])
		if len(value) <= maxEntity {
			found[string(m[1])] = html.UnescapeString(value)
		}
	}
	return found
}

// longestEntity is enough for every name of HTML and any number.
const longestEntity = 40

// appendReference appends what the reference at the start of s, which is an
// "&", stands for, and gives the reference's length: 1 with a bare "&".
func (r *rewriter) appendReference(out, s []byte) ([]byte, int) {
	end := bytes.IndexByte(s[:min(len(s), longestEntity)], ';')
	if end < 2 {
		r.mended |= mendedAmpersand
		return append(out, '&'), 1
	}
	switch name := s[1:end]; string(name) {
	case "lt":
		return append(out, '<'), 4
	case "gt":
		return append(out, '>'), 4
	case "amp":
		return append(out, '&'), 5
	case "quot":
		return append(out, '"'), 6
	case "apos":
		return append(out, '\''), 6
	default:
		if value, ok := r.entities[string(name)]; ok && r.expansion < maxExpansion {
			r.expansion += len(value)
			return append(out, value...), end + 1
		}
	}
	return r.appendNamed(out, s[:end+1])
}

// appendNamed appends what a reference of HTML stands for. HTML's own rules
// would take "&copy=2;" for "©=2;", which destroys addresses, so only a name
// that needs its semicolon counts.
func (r *rewriter) appendNamed(out, reference []byte) ([]byte, int) {
	ref := string(reference)
	text := html.UnescapeString(ref)
	if text == ref || len(text) > 1 && text[len(text)-1] == ';' {
		r.mended |= mendedAmpersand
		return append(out, '&'), 1
	}
	if ref[1] != '#' {
		r.mended |= mendedEntity
	}
	for _, c := range text {
		if isChar(c) {
			out = utf8.AppendRune(out, c)
		}
	}
	return out, len(reference)
}

// isChar reports whether XML allows a character (XML 1.0 §2.2). U+FFFD is what
// a reference to an impossible character gives, and goes too.
func isChar(c rune) bool {
	switch {
	case c < ' ':
		return c == '\t' || c == '\n' || c == '\r'
	case c >= 0xfffd && c <= 0xffff:
		return false
	}
	return c < 0xd800 || c >= 0xe000
}
