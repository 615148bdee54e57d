package render

import (
	"bytes"

	"tributary/internal/news"
)

// encoder is what encoding/xml and encoding/json have in common.
type encoder interface {
	Encode(v any) error
}

// writer writes the fragments of one document, one after the other, with an
// encoder and a buffer that they share: one of each an item would be most of
// what rendering allocates.
type writer struct {
	format  Format
	buffer  bytes.Buffer
	encoder encoder
	last    fragments // of the last document; may be nil
}

func (f Format) newWriter() *writer {
	w := &writer{format: f}
	w.encoder = f.encoder(&w.buffer)
	return w
}

// fragment gives one item's bytes. They depend on nothing but the item, the
// scope and the format; sum is that of item and scope.
func (w *writer) fragment(item *news.Item, scope scope, sum uint64) ([]byte, error) {
	if known, ok := w.last[sum]; ok {
		return known, nil
	}
	entry, err := newEntry(item, scope)
	if err != nil {
		return nil, err
	}
	w.buffer.Reset()
	if err := w.encoder.Encode(w.format.item(entry)); err != nil {
		w.encoder = w.format.encoder(&w.buffer) // the old one may have elements open
		return nil, err
	}
	return bytes.Clone(bytes.TrimSuffix(w.buffer.Bytes(), []byte("\n"))), nil
}
