package render

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads XML of the kind that encoders write, ten times as fast as
// encoding/xml, which has to be able to read everything.
type scanner struct {
	rest  []byte
	open  [][]byte // names, from the root on
	attrs [][]byte // of one tag
	// spaces are the prefixes that the root declares.
	spaces [][]byte
}

// scanXML counts the elements that stand exactly at path, which starts at the
// root. ok means that the document is well-formed (XML 1.0 §2.1), its prefixes
// are declared (Namespaces in XML 1.0 §5) and its root is the one of path.
// Otherwise nothing is known: comments, instructions, another header, a document
// type, names beyond ASCII, prefixes that are declared below the root, and what
// is not well-formed are for a parser to tell apart.
func scanXML(body []byte, path []string) (count int, ok bool) {
	if !plainText(body) {
		return 0, false
	}
	s := scanner{rest: bytes.TrimPrefix(body, []byte(xml.Header))}
	for roots := 0; ; {
		text, more := s.until('<')
		if len(s.open) == 0 && len(bytes.Trim(text, " \t\r\n")) > 0 || !soundText(text) {
			return 0, false
		}
		if !more {
			return count, roots == 1 && len(s.open) == 0
		}
		depth := len(s.open)
		started, sound := s.markup()
		if !sound {
			return 0, false
		}
		if depth == 0 && started != nil {
			if roots++; string(started) != path[0] || roots > 1 {
				return 0, false
			}
		}
		if depth == len(path)-1 && string(started) == path[depth] && s.stands(path[:depth]) {
			count++
		}
	}
}

// plainText reports whether all of a text are characters that XML allows (XML
// 1.0 §2.2). Where eight bytes have neither a control character nor what may
// begin U+FFFE or U+FFFF, as nearly all have, they are looked at together.
func plainText(text []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	rest := text
	for len(rest) > 0 {
		if len(rest) >= 8 {
			eight := binary.LittleEndian.Uint64(rest)
			lead := eight ^ noCharacterLead*ones // zero where that byte is
			// The high bit of each byte that is less than a space, or zero, and
			// perhaps of one behind it.
			if ((eight-' '*ones)&^eight|(lead-ones)&^lead)&high == 0 {
				rest = rest[8:]
				continue
			}
		}
		for _, c := range rest[:min(len(rest), 8)] {
			switch {
			case c >= ' ' && c != noCharacterLead || c == '\n' || c == '\t' || c == '\r':
			case c < ' ' || bytes.HasPrefix(rest, []byte("\ufffe")) || bytes.HasPrefix(rest, []byte("\uffff")):
				return false
			}
			rest = rest[1:]
		}
	}
	return utf8.Valid(text)
}

// noCharacterLead is the byte that U+FFFE and U+FFFF begin with in UTF-8, which
// XML has no place for.
const noCharacterLead = 0xef

// soundText reports whether text between tags, or in an attribute, has nothing
// but predefined entities and characters by number, and no end of a CDATA
// section.
func soundText(text []byte) bool {
	if bytes.Contains(text, []byte("]]>")) {
		return false
	}
	for {
		at := bytes.IndexByte(text, '&')
		if at < 0 {
			return true
		}
		text = text[at+1:]
		end := bytes.IndexByte(text[:min(len(text), 10)], ';')
		if end < 0 || !soundReference(string(text[:end])) {
			return false
		}
		text = text[end+1:]
	}
}

func soundReference(name string) bool {
	digits, numeric := strings.CutPrefix(name, "#")
	if !numeric {
		return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos"
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	return err == nil && utf8.ValidRune(rune(n)) && plainText(utf8.AppendRune(nil, rune(n)))
}

// stands reports whether the open elements, as far as path goes, are its own.
func (s *scanner) stands(path []string) bool {
	return slices.EqualFunc(s.open[:len(path)], path, func(name []byte, want string) bool { return string(name) == want })
}

// until gives what comes before c and goes past c; all of the rest and false
// where there is none.
func (s *scanner) until(c byte) (before []byte, found bool) {
	before, s.rest, found = bytes.Cut(s.rest, []byte{c})
	return before, found
}

func (s *scanner) skipPast(end string) (found bool) {
	_, s.rest, found = bytes.Cut(s.rest, []byte(end))
	return found
}

// markup reads what follows a "<": a start tag, whose name it gives, an end tag
// or a CDATA section.
func (s *scanner) markup() (started []byte, sound bool) {
	switch {
	case bytes.HasPrefix(s.rest, []byte("/")):
		name, found := s.until('>')
		last := len(s.open) - 1
		if !found || last < 0 || !bytes.Equal(name[1:], s.open[last]) {
			return nil, false
		}
		s.open = s.open[:last]
		return nil, true
	case bytes.HasPrefix(s.rest, []byte("![CDATA[")):
		return nil, len(s.open) > 0 && s.skipPast("]]>")
	default:
		return s.startTag()
	}
}

// startTag reads a start tag or an empty element.
func (s *scanner) startTag() ([]byte, bool) {
	name := s.name()
	if len(name) == 0 {
		return nil, false
	}
	for s.attrs = s.attrs[:0]; ; {
		spaced := s.skipSpace()
		switch {
		case bytes.HasPrefix(s.rest, []byte(">")):
			s.rest = s.rest[1:]
			sound := s.declared(name)
			s.open = append(s.open, name)
			return name, sound
		case bytes.HasPrefix(s.rest, []byte("/>")):
			s.rest = s.rest[2:]
			return name, s.declared(name)
		case !spaced || !s.attribute():
			return nil, false
		}
	}
}

// declared reports whether the prefixes of a tag's names are, and notes which
// ones the tag declares itself, as only the root may.
func (s *scanner) declared(name []byte) bool {
	for _, attr := range s.attrs {
		if prefix, found := bytes.CutPrefix(attr, []byte("xmlns:")); found {
			if s.spaces = append(s.spaces, prefix); len(s.open) > 0 {
				return false
			}
		}
	}
	return s.known(name) && !slices.ContainsFunc(s.attrs, func(attr []byte) bool {
		return !bytes.HasPrefix(attr, []byte("xmlns:")) && !s.known(attr)
	})
}

// known reports whether the prefix of a name is declared; none needs to be, nor
// does "xml" (§3).
func (s *scanner) known(name []byte) bool {
	colon := bytes.IndexByte(name, ':')
	return colon < 0 || string(name[:colon]) == "xml" ||
		slices.ContainsFunc(s.spaces, func(prefix []byte) bool { return bytes.Equal(prefix, name[:colon]) })
}

func (s *scanner) attribute() bool {
	name := s.name()
	if len(name) == 0 || !bytes.HasPrefix(s.rest, []byte(`="`)) {
		return false
	}
	for _, other := range s.attrs {
		if bytes.Equal(name, other) {
			return false
		}
	}
	s.attrs = append(s.attrs, name)
	s.rest = s.rest[2:]
	value, found := s.until('"')
	return found && bytes.IndexByte(value, '<') < 0 && soundText(value)
}

// name reads a name in ASCII with at most one colon; empty when there is none.
func (s *scanner) name() []byte {
	end, colons := 0, 0
	for ; end < len(s.rest); end++ {
		c := s.rest[end]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if c == ':' && end > 0 {
			colons++
		} else if !letter && (end == 0 || c != '-' && c != '.' && (c < '0' || c > '9')) {
			break
		}
	}
	if colons > 1 || end > 0 && s.rest[end-1] == ':' {
		return nil
	}
	name := s.rest[:end]
	s.rest = s.rest[end:]
	return name
}

func (s *scanner) skipSpace() (skipped bool) {
	at := 0
	for at < len(s.rest) && (s.rest[at] == ' ' || s.rest[at] == '\n' || s.rest[at] == '\t' || s.rest[at] == '\r') {
		at++
	}
	s.rest = s.rest[at:]
	return at > 0
}
