package parse

import (
	"bytes"
	"unicode/utf8"
)

// What is read of a document that is larger than we need. Past these it isn't
// refused but cut, where an entry ends: feeds put their newest entries first,
// and of thousands only some hundred are taken in the end. Each byte and each
// element is held several times over on its way through the parser, so these
// bound the memory that one source costs.
const (
	maxText          = 8 << 20 // bytes, before and after decoding
	maxElementText   = 2 << 20 // bytes of one text; escaping may make it several times as long
	maxKept          = 100_000 // elements that are handed on
	maxEntryElements = 2_000   // elements of one entry that are handed on; the others are left out
)

// Enough is how many bytes of a body Parse needs to see: it reads less, and
// the last one tells it that there are more.
const Enough = maxText + 1

// head gives what is read of a document, up to the end of a tag, and whether
// that is not all of it. Of what is not in UTF-8 it is half as much: it grows
// when it is decoded, and is held twice. JSON can't be cut: half of it is none.
func head(text []byte) (kept []byte, cut bool) {
	if len(text) <= maxText || isJSON(text) {
		return text, false
	}
	most := maxText
	if !utf8.Valid(text) {
		most /= 2
	}
	if end := bytes.LastIndexByte(text[:most], '>'); end > most/2 && wideEncoding(text) == nil {
		return text[:end+1], true
	}
	return text[:most], true
}

// spent reports whether no more entries are to be read.
func (r *rewriter) spent() bool { return r.kept > maxKept || len(r.text) > maxText }

// stop ends the pass before the next entry.
func (r *rewriter) stop() {
	r.pos = len(r.src)
	r.mended |= mendedCut
}

// keep counts an element that is to be handed on, and reports false when its
// entry has too many.
func (r *rewriter) keep() bool {
	if r.inEntry++; r.inEntry > maxEntryElements {
		r.mended |= mendedMany
		return false
	}
	r.kept++
	return true
}

// afford gives what is handed on of a raw text, to the end of a tag.
func (r *rewriter) afford(raw []byte) []byte {
	switch {
	case len(raw) <= maxElementText && len(r.text) <= 2*maxText:
		return raw
	case len(r.text) > 2*maxText:
		r.mended |= mendedMany
		return nil
	}
	r.mended |= mendedLong
	raw = raw[:maxElementText]
	if end := bytes.LastIndexByte(raw, '>'); end > maxElementText/2 {
		return raw[:end+1]
	}
	return bytes.ToValidUTF8(raw, nil) // half a character may be left
}

// dropUnfinished takes back the entry in which a cut document ends, unless it
// is all that there is.
func (r *rewriter) dropUnfinished() {
	last := len(r.entries) - 1
	if last < 1 || r.entries[last].end != 0 {
		return
	}
	for depth := len(r.stack) - 1; depth >= 0; depth-- {
		if r.stack[depth].role == roleEntry {
			r.text = r.text[:r.entries[last].start]
			r.entries = r.entries[:last]
			r.stack = r.stack[:depth]
			return
		}
	}
}
