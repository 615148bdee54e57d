package parse

import (
	"bytes"
	"encoding/xml"
	"io"
)

// A CDATA section or comment that lost its end, as it does where a program cuts
// a text to a length, goes on to the end of the next one, maybe entries later,
// and an end tag of the feed that came too early hides what follows. Both are
// what XML says, so the pass must read it so; but a document in which it
// matters is not well-formed. If the pass found fewer entries than there are
// tags of entries, it is run again and these two things are taken for mistakes:
//
//  1. a section that contains the end tag of an entry before a start tag of
//     one (in the other order it is an example of a feed, or some entries that
//     were commented out)
//  2. the end tag of the root before the last start tag of an entry
//
// What comes out counts if it has more entries and the document is not
// well-formed.

// entryTags counts the start tags of entries in a text, wherever they may stand,
// and gives the position of the last one.
func entryTags(text, name []byte) (count, last int) {
	start := append([]byte{'<'}, name...)
	for pos := 0; ; pos += len(start) {
		i := bytes.Index(text[pos:], start)
		if i < 0 {
			return count, last
		}
		pos += i
		if end := pos + len(start); end < len(text) && !isName(text[end]) {
			count, last = count+1, pos
		}
	}
}

// pastDeclaration gives the length of the section that b starts with, as it
// does for seeker; in salvage only up to where it must have been torn: the end
// tag of the text called name that it stands in, or that of the entry.
func (r *rewriter) pastDeclaration(b, name []byte) int {
	n := r.seek.pastDeclaration(b)
	if !r.salvage || n == 0 || r.tears >= maxTears {
		return n
	}
	end := bytes.Index(b[:n], append([]byte("</"), r.entryName...))
	if end < 0 || bytes.Contains(b[:end], append([]byte{'<'}, r.entryName...)) {
		return n
	}
	r.tears++
	if name != nil {
		if i := bytes.Index(b[:end], append([]byte("</"), name...)); i >= 0 {
			return i
		}
	}
	return end
}

// isWellFormed reports whether a text is well-formed XML, with one root.
func isWellFormed(text []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is UTF-8 by now
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		}
		if roots > 1 {
			return false
		}
	}
}
