package parse

import "bytes"

// tag is a start tag as it stands in the source. Its slices point into it.
type tag struct {
	name    []byte // qualified
	attrs   []attribute
	closed  bool // ends with "/>"
	unclean bool // had to be mended: no quotes, no value
	end     int  // position after ">"
}

// attribute is one attribute of a tag. The value is raw: entities stand in it.
type attribute struct {
	name, value []byte
}

// get gives the raw value of the attribute with a name, ignoring case.
func (t *tag) get(name string) []byte {
	for _, a := range t.attrs {
		if len(a.name) == len(name) && bytes.EqualFold(a.name, []byte(name)) {
			return a.value
		}
	}
	return nil
}

// readTag reads the start tag at src[at], which is a "<", into t, whose memory
// it uses again. It reports false where no tag can be made out: no name, a "<"
// before the ">", or no end.
func readTag(src []byte, at int, t *tag) bool {
	i := nameEnd(src, at+1)
	*t = tag{name: src[at+1 : i], attrs: t.attrs[:0]}
	if len(t.name) == 0 {
		return false
	}
	for {
		i = skipSpace(src, i)
		if i >= len(src) {
			return false
		}
		switch src[i] {
		case '>':
			t.end = i + 1
			return true
		case '<':
			return false
		case '/', '"', '\'', '=':
			t.closed = src[i] == '/' && i+1 < len(src) && src[i+1] == '>'
			i++
		default:
			if i = t.readAttribute(src, i); i < 0 {
				return false
			}
		}
	}
}

// readAttribute reads the attribute at src[i] and gives the position after it,
// or -1 when its value never ends.
func (t *tag) readAttribute(src []byte, i int) int {
	start := i
	for i < len(src) && !isSpace(src[i]) && src[i] != '=' && src[i] != '>' && src[i] != '<' && src[i] != '/' {
		i++
	}
	name := src[start:i]
	if i = skipSpace(src, i); i >= len(src) || src[i] != '=' {
		t.attrs = append(t.attrs, attribute{name, nil})
		t.unclean = true
		return i
	}
	if i = skipSpace(src, i+1); i >= len(src) {
		return -1
	}
	if quote := src[i]; quote == '"' || quote == '\'' {
		n := bytes.IndexByte(src[i+1:], quote)
		if n < 0 {
			return -1
		}
		if end := tornValue(src[i+1 : i+1+n]); end >= 0 {
			t.attrs = append(t.attrs, attribute{name, src[i+1 : i+1+end]})
			t.unclean = true
			return i + 1 + end
		}
		t.attrs = append(t.attrs, attribute{name, src[i+1 : i+1+n]})
		return i + n + 2
	}
	start = i
	for i < len(src) && !isSpace(src[i]) && src[i] != '>' && src[i] != '<' {
		i++
	}
	if i < len(src) && src[i] == '>' && i > start && src[i-1] == '/' {
		i-- // <a b=c/> is an empty element
	}
	t.attrs = append(t.attrs, attribute{name, src[start:i]})
	t.unclean = true
	return i
}

// tornValue gives the end of an attribute value that has lost its quote, so that
// it seems to end at one of a later tag; -1 if all is well. No value of XML may
// contain a "<", but some do; one tag right behind another is what none contains.
func tornValue(value []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(value[at:], '<')
		if i < 0 {
			return -1
		}
		at += i
		if end := bytes.TrimRight(value[:at], " \t\r\n"); len(end) > 0 && end[len(end)-1] == '>' {
			return bytes.IndexByte(value, '>')
		}
	}
}

// nameEnd gives the end of the name that starts at src[i]; i if none does.
func nameEnd(src []byte, i int) int {
	if i >= len(src) || !isNameStart(src[i]) {
		return i
	}
	for i < len(src) && isName(src[i]) {
		i++
	}
	return i
}

func skipSpace(src []byte, i int) int {
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isNameStart(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isName(c byte) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == ':' || c == '-' || c == '.'
}

// splitName splits a qualified name. A name with several colons keeps all but
// the first in its local part.
func splitName(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}
