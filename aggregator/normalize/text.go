package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"tributary/internal/news"
)

// maxText is the length in bytes of a title or any other plain text.
const maxText = 1 << 10

// plain makes plain text of a text construct. Markup is only looked for where
// the type says that there may be some:
//
//  1. Tags of HTML go, script and its like with their content; text that only
//     looks like a tag stays: "1 < 2", "List<String>", and "<b>" when nothing
//     ever ends it, since a title about a tag is likelier than half a markup.
//  2. Entities are decoded once: "AT&amp;T" is "AT&T", "&amp;lt;" is "&lt;".
//  3. Space is folded, control and BiDi characters go, and what is longer than
//     1 KB is cut at a word.
func plain(t news.Text) string {
	if t.Type == news.TextPlain {
		return fold(t.Value, maxText)
	}
	return plainHTML(t.Value)
}

func plainHTML(s string) string {
	switch {
	case !strings.ContainsAny(s, "<&"):
		return fold(s, maxText)
	case !strings.Contains(s, "<"):
		return fold(html.UnescapeString(s), maxText)
	}
	return fold(stripTags(s), maxText)
}

// stripTags takes the tags out of s and decodes the rest.
func stripTags(s string) string {
	ended := endTags(s)
	var b strings.Builder
	skip := ""
	for z := html.NewTokenizer(strings.NewReader(s)); b.Len() <= 4*maxText; {
		kind := z.Next()
		raw := string(z.Raw()) // before the tokenizer changes it in place
		switch kind {
		case html.ErrorToken:
			if skip == "" && strings.HasPrefix(raw, "<") {
				b.WriteString(html.UnescapeString(raw)) // "<" and no ">" after it
			}
			return b.String()
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := z.TagName()
			tag := string(name)
			switch _, drop := dropped[tag]; {
			case skip != "":
			case drop && kind == html.StartTagToken && ended[tag]:
				skip = tag
			case looksLikeTag(tag, attrs, ended):
				writeBreak(&b, tag)
				z.NextIsNotRawText()
			default:
				b.WriteString(html.UnescapeString(raw))
				z.NextIsNotRawText()
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch tag := string(name); {
			case skip == tag:
				skip = ""
			case skip != "" || isHTML(tag):
				writeBreak(&b, tag)
			default:
				b.WriteString(html.UnescapeString(raw))
			}
		}
	}
	return b.String()
}

// writeBreak keeps the words apart that an element with a line of its own does.
func writeBreak(b *strings.Builder, tag string) {
	if e := elements[tag]; e != nil && e.breaks {
		b.WriteByte(' ')
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

// fold makes one line of s: white space becomes single spaces, none at its
// ends, characters that do not show go, and it is cut after limit bytes at most.
func fold(s string, limit int) string {
	if isFolded(s) && len(s) <= limit {
		return s
	}
	b := make([]byte, 0, min(len(s), limit+utf8.UTFMax))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = len(b) > 0
			continue
		}
		if !prints(r) || isBidi(r) {
			continue
		}
		if space {
			b, space = append(b, ' '), false
		}
		if b = utf8.AppendRune(b, r); len(b) > limit {
			return cutWord(string(b), limit)
		}
	}
	return string(b)
}

// isFolded reports whether s is ASCII that fold would not change.
func isFolded(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return before != ' ' || s == ""
}

// cutWord cuts folded text that is too long to limit bytes, ellipsis included.
func cutWord(s string, limit int) string {
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	if space := strings.LastIndexByte(s[:end+1], ' '); space > end/2 {
		end = space
	}
	return strings.TrimRight(s[:end], " ") + ellipsis
}

// prints reports whether a character may stand in text: XML can carry it
// (XML 1.0 §2.2), and it is neither a control nor a byte order mark.
func prints(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return true
	case r < ' ' || 0x7f <= r && r < 0xa0:
		return false
	}
	return r != '\ufeff' && r&0xfffe != 0xfffe && !(0xfdd0 <= r && r <= 0xfdef)
}

// isBidi reports whether a character changes the direction of what follows it
// (UAX #9 §2): in a title, that of the page around it.
func isBidi(r rune) bool {
	switch {
	case r == '\u061c', r == '\u200e', r == '\u200f':
		return true
	}
	return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// appendClean appends text without the characters that don't print, with line
// ends as \n, and escaped for HTML in the way bluemonday does, if asked to.
func appendClean(out []byte, s string, escape bool) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if prints(r) {
				out = utf8.AppendRune(out, r)
			}
			i += size
			continue
		}
		i++
		switch {
		case c == '\r':
			if i == len(s) || s[i] != '\n' {
				out = append(out, '\n')
			}
		case c < ' ' && c != '\t' && c != '\n' || c == 0x7f:
		case escape:
			out = appendEscaped(out, c)
		default:
			out = append(out, c)
		}
	}
	return out
}

func appendEscaped(out []byte, c byte) []byte {
	switch c {
	case '&':
		return append(out, "&amp;"...)
	case '<':
		return append(out, "&lt;"...)
	case '>':
		return append(out, "&gt;"...)
	case '"':
		return append(out, "&#34;"...)
	case '\'':
		return append(out, "&#39;"...)
	}
	return append(out, c)
}
