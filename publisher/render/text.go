package render

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// clean makes a text fit for XML 1.0 (§2.2 Char, §2.11 line ends) and so for
// JSON. Text that is fit already, nearly all of it, comes back as it is.
//
//  1. Control characters go, also those that XML only discourages: validators
//     take them, and U+FFFD, for signs of a wrong encoding (BadCharacters).
//  2. Invalid UTF-8 becomes a question mark. A U+FFFD that was there stays.
//  3. Line ends become LF, because a parser reads CR LF as LF.
func clean(s string) string {
	if firstUnfit(s) == len(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "?")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == nextLine:
			return '\n'
		case legal(r) && !isControl(r):
			return r
		}
		return -1
	}, s)
}

// firstUnfit gives the offset of the first byte that clean would change, or
// the length of s.
func firstUnfit(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !legal(r) || isControl(r) {
			return i
		}
		i += size
	}
	return len(s)
}

// nextLine is the line end of some mainframes.
const nextLine = '\u0085'

// isControl reports whether XML 1.0 allows the character but discourages it as
// a control character (§2.2).
func isControl(r rune) bool { return 0x7f <= r && r <= 0x9f }

// legal reports whether XML 1.0 allows the character (§2.2). Surrogates need
// no test: UTF-8 has none.
func legal(r rune) bool {
	if r < ' ' {
		return r == '\t' || r == '\n' || r == '\r'
	}
	return r != '\uFFFE' && r != '\uFFFF'
}

// text cleans what stands alone in an element and must not look empty.
func text(s string) string { return strings.TrimSpace(clean(s)) }

// texts cleans each of s and drops what is empty.
func texts(s []string) []string {
	out := make([]string, 0, len(s))
	for _, one := range s {
		if one = text(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// headingLength is how many characters of an excerpt stand in for a title.
const headingLength = 80

// opening gives the start of a plain text as a title: cut between words where
// there is a space, with an ellipsis.
func opening(s string) string {
	runes := 0
	for i := range s {
		if runes == headingLength {
			cut := s[:i]
			if space := strings.LastIndexByte(cut, ' '); space > i/2 {
				cut = cut[:space]
			}
			return cut + "…"
		}
		runes++
	}
	return s
}

// languageTag is what Atom's schema and every reader take for a language:
// the shape of BCP 47 (RFC 5646 §2.1) with a primary language of two or three
// letters. Readers reject a feed for a bad one, so we rather say none.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// language gives a language tag, mended from POSIX's en_US, or "".
func language(tag string) string {
	tag = strings.ReplaceAll(tag, "_", "-")
	if !languageTag.MatchString(tag) {
		return ""
	}
	return tag
}
