package render

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The items of a document are most of its bytes, and to encode them by
// reflection is most of what rendering costs. What follows appends their
// structs as encoding/xml and encoding/json write them, byte by byte; tests
// compare the two.

// xmlEscapes are what encoding/xml writes for characters of ASCII.
var xmlEscapes = [utf8.RuneSelf]string{
	'"': "&#34;", '\'': "&#39;", '&': "&amp;", '<': "&lt;", '>': "&gt;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;",
}

// appendEscaped appends a text as it stands in an element or an attribute.
func appendEscaped(to []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		size, escape := 1, ""
		if c := s[i]; c < utf8.RuneSelf {
			if escape = xmlEscapes[c]; escape == "" && c < ' ' {
				escape = "\ufffd"
			}
		} else {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 || !legal(r) {
				escape = "\ufffd"
			}
		}
		if escape != "" {
			to = append(append(to, s[done:i]...), escape...)
			done = i + size
		}
		i += size
	}
	return append(to, s[done:]...)
}

// appendAttr appends an attribute, and nothing for an empty one.
func appendAttr(to []byte, name, value string) []byte {
	if value == "" {
		return to
	}
	return appendRequiredAttr(to, name, value)
}

func appendRequiredAttr(to []byte, name, value string) []byte {
	to = append(append(append(to, ' '), name...), `="`...)
	return append(appendEscaped(to, value), '"')
}

// appendStart and appendEnd append the tags of an element without attributes.
func appendStart(to []byte, name string) []byte { return append(append(append(to, '<'), name...), '>') }
func appendEnd(to []byte, name string) []byte {
	return append(append(append(to, "</"...), name...), '>')
}

// appendElement appends an element that holds a text, and nothing for an empty
// one.
func appendElement(to []byte, name, text string) []byte {
	if text == "" {
		return to
	}
	return appendRequired(to, name, text)
}

func appendRequired(to []byte, name, text string) []byte {
	return appendEnd(appendEscaped(appendStart(to, name), text), name)
}

func appendPlain(to []byte, name string, text *plain) []byte {
	if text == nil {
		return to
	}
	return appendEnd(append(appendStart(to, name), text.XML...), name)
}

func appendMarkup(to []byte, name string, m *markup) []byte {
	if m == nil {
		return to
	}
	to = appendAttr(append(append(to, '<'), name...), "type", m.Type)
	return appendEnd(appendCDATA(append(to, '>'), m.HTML), name)
}

// appendCDATA appends a section, in two where the text would end it.
func appendCDATA(to []byte, text string) []byte {
	if text == "" {
		return to
	}
	to = append(to, "<![CDATA["...)
	for {
		before, after, found := strings.Cut(text, "]]>")
		if to = append(to, before...); !found {
			return append(to, "]]>"...)
		}
		to, text = append(to, "]]]]><![CDATA[>"...), after
	}
}

func appendLink(to []byte, name string, l *link) []byte {
	to = appendRequiredAttr(append(append(to, '<'), name...), "href", l.Href)
	to = appendAttr(appendAttr(appendAttr(to, "rel", l.Rel), "type", l.Type), "length", l.Length)
	return appendEnd(append(appendAttr(to, "title", l.Title), '>'), name)
}

func (m *media) append(to []byte) []byte {
	if m.Content != nil {
		to = appendRequiredAttr(append(to, "<media:content"...), "url", m.Content.URL)
		to = append(appendRequiredAttr(to, "medium", m.Content.Medium), "></media:content>"...)
	}
	if m.Thumbnail != nil {
		to = appendRequiredAttr(append(to, "<media:thumbnail"...), "url", m.Thumbnail.URL)
		to = append(to, "></media:thumbnail>"...)
	}
	return to
}

func (t *episodeTags) append(to []byte) []byte {
	to = appendElement(to, "itunes:duration", t.Duration)
	to = appendNumber(to, "itunes:episode", t.Number)
	to = appendNumber(to, "itunes:season", t.Season)
	to = appendElement(to, "itunes:episodeType", t.Kind)
	to = appendElement(to, "itunes:explicit", t.Explicit)
	if t.Image != nil {
		to = appendRequiredAttr(append(to, "<itunes:image"...), "href", t.Image.Href)
		to = append(to, "></itunes:image>"...)
	}
	return to
}

// appendNumber appends an element that holds a number, and nothing for 0.
func appendNumber(to []byte, name string, n int) []byte {
	if n == 0 {
		return to
	}
	return appendEnd(strconv.AppendInt(appendStart(to, name), int64(n), 10), name)
}
