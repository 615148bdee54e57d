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
	from := 0 // what is not appended yet and needs no change
	for i := 0; i < len(s); {
		if plainASCII[s[i]] {
			i++
			continue
		}
		out = append(out, s[from:i]...)
		r, size := utf8.DecodeRuneInString(s[i:])
		switch i += size; {
		case r == '\r':
			if i == len(s) || s[i] != '\n' {
				out = append(out, '\n')
			}
		case r < utf8.RuneSelf && escape && prints(r):
			out = append(out, escapes[r]...)
		case prints(r):
			out = utf8.AppendRune(out, r)
		}
		from = i
	}
	return append(out, s[from:]...)
}

// escapes are those of the characters that mean something in HTML.
var escapes = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&#34;", '\'': "&#39;"}

// plainASCII are the bytes that appendClean copies as they are.
var plainASCII = func() (plain [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		plain[c] = prints(c) && escapes[c] == ""
	}
	return plain
}()
