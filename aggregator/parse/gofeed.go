package parse

import (
	"bytes"
	"fmt"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"

	"tributary/internal/news"
)

// parseXML has gofeed read a rewritten document. When that fails, or yields
// fewer entries than the pass saw, each entry is read by itself, so that one
// bad entry never costs its neighbors.
func parseXML(w *rewritten) (*news.Document, error) {
	read, entries := readRSS, w.entries
	if w.family == familyAtom {
		read = readAtom
	}
	doc, err := read(w, w.text)
	if err == nil && len(doc.Entries) >= len(entries) {
		return doc, nil
	}
	if doc == nil {
		if doc, err = read(w, w.head()); err != nil {
			return nil, &Error{Cause: news.CauseMalformed, Detail: "a feed that can't be read: " + err.Error()}
		}
	}
	doc.Entries = nil
	for _, at := range entries {
		one, err := read(w, w.alone(at))
		if err != nil {
			w.mended |= mendedEntries
			w.partial = true
			continue
		}
		doc.Entries = append(doc.Entries, one.Entries...)
	}
	return doc, nil
}

// head gives the document without its entries.
func (w *rewritten) head() []byte {
	out := make([]byte, 0, len(w.text)/2)
	pos := 0
	for _, at := range w.entries {
		out = append(out, w.text[pos:at.start]...)
		pos = at.end
	}
	return append(out, w.text[pos:]...)
}

// alone gives a document with one entry only.
func (w *rewritten) alone(at span) []byte {
	before, after := "<rss><channel>", "</channel></rss>"
	if w.family == familyAtom {
		before, after = "<feed>", "</feed>"
	}
	return append(append([]byte(before), w.text[at.start:at.end]...), after...)
}

func readRSS(w *rewritten, text []byte) (doc *news.Document, err error) {
	defer recovered(&err)
	feed, err := (&rss.Parser{}).Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return w.fromRSS(feed), nil
}

func readAtom(w *rewritten, text []byte) (doc *news.Document, err error) {
	defer recovered(&err)
	feed, err := (&atom.Parser{}).Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return w.fromAtom(feed), nil
}

func readJSON(text []byte) (feed *json.Feed, err error) {
	defer recovered(&err)
	return (&json.Parser{}).Parse(bytes.NewReader(text))
}

// recovered turns a panic of the parser into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the parser panicked: %v", p)
	}
}
