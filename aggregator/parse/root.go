package parse

import "bytes"

// root is where the feed starts within a document.
type root struct {
	start   int    // position of its start tag
	family  family // its vocabulary
	wrap    string // the element that gofeed expects around it, if it isn't there
	doctype []byte // the DOCTYPE before it, if any
}

// roots are the elements that a feed can start with, by lower-case local name.
// The last three are feeds whose outer elements were lost, and the Atom entry
// document (RFC 4287 §2).
var roots = map[string]root{
	"rss":     {family: familyRSS},
	"rdf":     {family: familyRSS},
	"feed":    {family: familyAtom},
	"channel": {family: familyRSS, wrap: "rss"},
	"entry":   {family: familyAtom, wrap: "feed"},
}

// findRoot looks for the start tag of a feed. Anything may stand before it,
// such as the warnings of a script, but not an HTML page.
func findRoot(text []byte) (root, bool) {
	var doctype []byte
	var seek seeker
	for pos := 0; ; {
		i := bytes.IndexByte(text[pos:], '<')
		if i < 0 {
			return root{}, false
		}
		pos += i
		rest := text[pos:]
		switch {
		case doctype == nil && hasPrefixFold(rest, "<!doctype"):
			doctype = rest[:doctypeEnd(rest)]
			pos += len(doctype)
		case len(rest) > 1 && (rest[1] == '!' || rest[1] == '?'):
			pos += max(seek.pastDeclaration(rest), 2)
		default:
			_, local := splitName(text[pos+1 : nameEnd(text, pos+1)])
			name := lower(local)
			if found, ok := roots[name]; ok {
				found.start, found.doctype = pos, doctype
				return found, true
			}
			if name == "html" || name == "head" || name == "body" {
				return root{}, false
			}
			pos++
		}
	}
}

// doctypeEnd gives the length of a DOCTYPE with its internal subset.
func doctypeEnd(b []byte) int {
	open := bytes.IndexByte(b, '[')
	if end := bytes.IndexByte(b, '>'); end >= 0 && (open < 0 || end < open) {
		return end + 1
	}
	if open >= 0 {
		if i := bytes.IndexByte(b[open:], ']'); i >= 0 {
			if end := bytes.IndexByte(b[open+i:], '>'); end >= 0 {
				return open + i + end + 1
			}
		}
	}
	return 2
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// lower gives a short name in lower case, and "" for one that is too long to
// be a name we know.
func lower(name []byte) string {
	var b [32]byte
	if len(name) > len(b) {
		return ""
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b[i] = c
	}
	return string(b[:len(name)])
}
