package parse

import "bytes"

// delimiter ends a piece of markup.
type delimiter int

const (
	commentEnd delimiter = iota
	sectionEnd
	instructionEnd
	markupEnd
)

var delimiters = [...][]byte{
	commentEnd:     []byte("-->"),
	sectionEnd:     cdataEnd,
	instructionEnd: []byte("?>"),
	markupEnd:      []byte(">"),
}

// seeker looks for delimiters in one text, front to back. It remembers which
// of them come no more: else a document of nothing but "<!--" would be searched
// to its end from every one of them.
type seeker [len(delimiters)]bool

// past gives the length of b up to the end of the first delimiter after skip
// bytes, or 0 when there is none.
func (s *seeker) past(b []byte, d delimiter, skip int) int {
	if s[d] || skip > len(b) {
		return 0
	}
	i := bytes.Index(b[skip:], delimiters[d])
	if i < 0 {
		s[d] = true
		return 0
	}
	return skip + i + len(delimiters[d])
}

// pastDeclaration gives the length of the comment, CDATA section, instruction
// or other declaration that b, which starts with "<!" or "<?", starts with; 0
// when it never ends.
func (s *seeker) pastDeclaration(b []byte) int {
	switch {
	case bytes.HasPrefix(b, cdataStart):
		return s.past(b, sectionEnd, len(cdataStart))
	case bytes.HasPrefix(b, []byte("<!--")):
		return s.past(b, commentEnd, 4)
	case b[1] == '?':
		return s.past(b, instructionEnd, 2)
	}
	return 0
}
