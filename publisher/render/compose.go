package render

import "bytes"

// frame is a document without its items.
type frame struct {
	start, end []byte
	between    string // two items; each begins a line besides, for people who look
}

// cutFrame gives the frame of a document that was encoded without items: end
// is how it has to end.
func cutFrame(document []byte, end, between string) (frame, bool) {
	start, found := bytes.CutSuffix(document, []byte(end))
	return frame{start: start, end: document[len(start):], between: between}, found
}

// composition is a document that is being put together.
type composition struct {
	format Format
	frame  frame
	items  *Items
	last   fragments // of the last document; may be nil

	body []byte
	left []Omission
	// parts are what was written, known by keys.
	parts []span
	keys  []fragmentKey
	fresh []span // those that are not of the last document
}

// span is a range of bytes of a body.
type span struct{ from, to int }

// compose writes all items, those of the last document as they stand there.
// The bytes it gives have no spare room: they are kept for long.
func (c *composition) compose() Rendered {
	edition := c.items.edition
	n := len(edition.Items)
	c.body = append(c.items.room[:0], c.frame.start...)
	c.parts, c.keys = make([]span, 0, n), make([]fragmentKey, 0, n)
	seen := make(map[string]bool, n)
	rank := c.format.ranks(edition)
	for i := range edition.Items {
		item := &edition.Items[i]
		if err := c.add(i, rank(i), seen[item.PublicID]); err != nil {
			c.left = append(c.left, Omission{Story: item.Key, Err: err})
			continue
		}
		seen[item.PublicID] = true
	}
	c.body = append(c.body, c.frame.end...)
	c.items.room = c.body

	out := Rendered{Body: bytes.Clone(c.body), Items: len(c.parts), Left: c.left, ProofItems: len(c.fresh)}
	out.Proof = out.Body
	if len(c.fresh) < len(c.parts) {
		out.Proof = c.proof(out.Body)
	}
	out.fragments = make(fragments, len(c.parts))
	for i, at := range c.parts {
		out.fragments[c.keys[i]] = out.Body[at.from:at.to:at.to]
	}
	return out
}

// add writes an item, unless it can't be told or another one has its id.
func (c *composition) add(i, rank int, twice bool) error {
	key := fragmentKey{c.items.sums[i], rank}
	known, ok := c.last[key]
	var e *entry
	if !ok {
		var err error
		if e, err = c.items.entry(i); err != nil {
			return err
		}
	}
	if twice {
		return errTwice
	}
	c.body = c.frame.next(c.body, len(c.parts))
	at := span{from: len(c.body)}
	if ok {
		c.body = append(c.body, known...)
	} else {
		c.body = c.format.item(c.body, e, rank)
	}
	at.to = len(c.body)
	c.parts, c.keys = append(c.parts, at), append(c.keys, key)
	if !ok {
		c.fresh = append(c.fresh, at)
	}
	return nil
}

// proof gives the document with nothing but what is fresh in it.
func (c *composition) proof(body []byte) []byte {
	size := len(c.frame.start) + len(c.frame.end)
	for _, at := range c.fresh {
		size += at.to - at.from + len(c.frame.between) + 1
	}
	out := append(make([]byte, 0, size), c.frame.start...)
	for i, at := range c.fresh {
		out = append(c.frame.next(out, i), body[at.from:at.to]...)
	}
	return append(out, c.frame.end...)
}

// next appends what comes before the item after so many.
func (f *frame) next(to []byte, items int) []byte {
	if items > 0 {
		to = append(to, f.between...)
	}
	return append(to, '\n')
}
