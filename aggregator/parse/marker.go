package parse

import (
	"strconv"
	"strings"

	"tributary/internal/news"
)

// gofeed has no place for the type of an Atom text, for the xml:base and
// xml:lang in force, and it rewrites what it takes for URLs, ids among them.
// So the pass writes what it knows in front of the text itself, as a marker
//
//	U+FDD0 kind context ":"
//
// with kind a letter and context the decimal index of a [context]. U+FDD0 is a
// noncharacter that XML allows but no feed has a use for. The colon makes sure
// that gofeed's URL parser rejects a marked id and leaves it alone. A feed that
// contains markers of its own can only lie about its own texts: the kind is
// one of few and the index is checked.
const marker = "\uFDD0"

// kind says how a marked text is to be read.
type kind byte

const (
	kindText  kind = 't'
	kindHTML  kind = 'h'
	kindXHTML kind = 'x'
	kindNone  kind = 'n' // RSS leaves it open
	kindData  kind = 'b' // base64
	kindOther kind = 'm' // some other media type: no text for us
)

// context is what xml:base and xml:lang are at some element.
type context struct {
	base string // absolute if it or the document's URL is; may be empty
	lang string
}

// appendMarker marks the text that is appended next.
func appendMarker(out []byte, k kind, context int) []byte {
	out = append(out, marker...)
	out = append(out, byte(k))
	out = strconv.AppendInt(out, int64(context), 10)
	return append(out, ':')
}

// splitMarker takes the marker off a text and trims it. A text without one has
// kindNone and context -1.
func splitMarker(s string) (text string, k kind, context int) {
	rest, ok := strings.CutPrefix(s, marker)
	if !ok || rest == "" {
		return strings.TrimSpace(s), kindNone, -1
	}
	number, text, ok := strings.Cut(rest[1:], ":")
	context, err := strconv.Atoi(number)
	if !ok || err != nil {
		return strings.TrimSpace(s), kindNone, -1
	}
	return strings.TrimSpace(text), kind(rest[0]), context
}

// plain takes the marker off a text whose kind does not matter.
func plain(s string) string {
	text, _, _ := splitMarker(s)
	return text
}

// textType translates a kind.
func (k kind) textType() news.TextType {
	switch k {
	case kindText:
		return news.TextPlain
	case kindHTML, kindData:
		return news.TextHTML
	case kindXHTML:
		return news.TextXHTML
	}
	return ""
}
