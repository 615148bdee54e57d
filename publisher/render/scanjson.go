package render

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep values may lie in each other, for the scanner to vouch
// for them. Ours lie five deep.
const maxNesting = 32

// jsonScanner reads JSON as strictly as encoding/json, several times as fast: it
// builds nothing.
type jsonScanner struct {
	body []byte
	at   int
	root int // keys of the root that say what there is: see member
	// What the root says.
	version string
	items   int
}

// scanJSON counts the items of a JSON Feed. ok means that the document is sound
// (RFC 8259), and that its root says once which version it is and once, in a
// list of objects, which items it has. Otherwise nothing is known: it is for a
// parser to tell what is wrong.
func scanJSON(body []byte) (version string, items int, ok bool) {
	s := jsonScanner{body: body}
	if !utf8.Valid(body) || !s.skipTo('{') || !s.members(1) {
		return "", 0, false
	}
	s.skipSpace()
	return s.version, s.items, s.at == len(body) && s.root == 2
}

// next gives the byte that comes next, 0 at the end.
func (s *jsonScanner) next() byte {
	if s.at < len(s.body) {
		return s.body[s.at]
	}
	return 0
}

func (s *jsonScanner) skipSpace() {
	for s.at < len(s.body) && (s.body[s.at] == ' ' || s.body[s.at] == '\n' || s.body[s.at] == '\t' || s.body[s.at] == '\r') {
		s.at++
	}
}

// skipTo goes past c, if that is what comes next, spaces aside.
func (s *jsonScanner) skipTo(c byte) bool {
	s.skipSpace()
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// members reads the rest of an object.
func (s *jsonScanner) members(depth int) bool {
	if s.skipTo('}') {
		return true
	}
	for depth <= maxNesting {
		s.skipSpace()
		key, sound := s.text()
		if !sound || !s.skipTo(':') || !s.member(key, depth) {
			return false
		}
		if s.skipTo('}') {
			return true
		}
		if !s.skipTo(',') {
			return false
		}
	}
	return false
}

// member reads the value of a key, and notes what the root says.
func (s *jsonScanner) member(key []byte, depth int) bool {
	if depth > 1 {
		return s.value(depth)
	}
	s.skipSpace()
	switch name := string(key); {
	case name == "version":
		s.root++
		version, sound := s.text()
		s.version = string(version)
		return sound
	case name == "items":
		s.root++
		list := s.next() == '['
		s.at++
		items, sound := s.elements(depth+1, true)
		s.items = items
		return list && sound
	case strings.EqualFold(name, "version"), strings.EqualFold(name, "items"), bytes.IndexByte(key, '\\') >= 0:
		return false // a lenient reader may take them for the ones above
	}
	return s.value(depth)
}

// elements reads the rest of a list, whose values must be objects if that is
// asked for, and counts them.
func (s *jsonScanner) elements(depth int, objects bool) (count int, sound bool) {
	if s.skipTo(']') {
		return 0, true
	}
	for depth <= maxNesting {
		s.skipSpace()
		if objects && s.next() != '{' || !s.value(depth) {
			return 0, false
		}
		count++
		if s.skipTo(']') {
			return count, true
		}
		if !s.skipTo(',') {
			return 0, false
		}
	}
	return 0, false
}

// value reads any value.
func (s *jsonScanner) value(depth int) (sound bool) {
	s.skipSpace()
	switch c := s.next(); c {
	case '"':
		_, sound = s.text()
	case '{':
		s.at++
		sound = s.members(depth + 1)
	case '[':
		s.at++
		_, sound = s.elements(depth+1, false)
	case 't':
		sound = s.word("true")
	case 'f':
		sound = s.word("false")
	case 'n':
		sound = s.word("null")
	default:
		sound = s.number()
	}
	return sound
}

func (s *jsonScanner) word(word string) bool {
	found := bytes.HasPrefix(s.body[s.at:], []byte(word))
	s.at += len(word)
	return found
}

// text reads a string and gives what is between its quotes.
func (s *jsonScanner) text() (raw []byte, sound bool) {
	if s.next() != '"' {
		return nil, false
	}
	start := s.at + 1
	for i := start; i < len(s.body); i++ {
		switch c := s.body[i]; {
		case c == '"':
			s.at = i + 1
			return s.body[start:i], true
		case c < ' ':
			return nil, false
		case c == '\\':
			size := escapeSize(s.body[i:])
			if size == 0 {
				return nil, false
			}
			i += size - 1
		}
	}
	return nil, false
}

// escapeSize gives the length of the escape that text begins with, 0 when it is
// none.
func escapeSize(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if hex := '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'; !hex {
				return 0
			}
		}
		return 6
	}
	return 0
}

// number reads a number (RFC 8259 §6).
func (s *jsonScanner) number() bool {
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else if !s.digits() {
		return false
	}
	if s.next() == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if s.next()|0x20 == 'e' {
		s.at++
		if s.next() == '+' || s.next() == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

// digits reads one digit or more.
func (s *jsonScanner) digits() bool {
	start := s.at
	for '0' <= s.next() && s.next() <= '9' {
		s.at++
	}
	return s.at > start
}
