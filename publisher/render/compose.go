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

	parts []part
	left  []Omission
	fresh int // parts that are not of the last document
}

// part is an item that has its place in the document.
type part struct {
	key      fragmentKey
	known    []byte // as the last document has it; nil: it is fresh
	from, to int    // where it is in the room of the items, then in the document
}

// compose writes all items, those of the last document as they stand there. The
// bytes it gives have no spare room: they are kept for long.
func (c *composition) compose() Rendered {
	c.collect()
	body := append(make([]byte, 0, c.size()), c.frame.start...)
	for i := range c.parts {
		p := &c.parts[i]
		text := p.known
		if text == nil {
			text = c.items.room[p.from:p.to]
		}
		body = c.frame.next(body, i)
		p.from = len(body)
		body = append(body, text...)
		p.to = len(body)
	}
	body = append(body, c.frame.end...)

	out := Rendered{Body: body, Proof: body, Items: len(c.parts), Left: c.left, ProofItems: c.fresh}
	if c.fresh < len(c.parts) {
		out.Proof = c.proof(body)
	}
	out.fragments = make(fragments, len(c.parts))
	for _, p := range c.parts {
		out.fragments[p.key] = body[p.from:p.to:p.to]
	}
	return out
}

// collect finds the parts of the document, and writes the fresh ones into the
// room of the items.
func (c *composition) collect() {
	edition := c.items.edition
	n := len(edition.Items)
	c.parts = make([]part, 0, n)
	if c.items.room = c.items.room[:0]; len(c.last) == 0 && cap(c.items.room) == 0 {
		c.items.room = make([]byte, 0, c.items.size)
	}
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
}

// add adds an item, unless it can't be told or another one has its id.
func (c *composition) add(i, rank int, twice bool) error {
	p := part{key: fragmentKey{c.items.sums[i], rank}}
	p.known = c.last[p.key]
	var e *entry
	if p.known == nil {
		var err error
		if e, err = c.items.entry(i); err != nil {
			return err
		}
	}
	if twice {
		return errTwice
	}
	if p.known == nil {
		p.from = len(c.items.room)
		c.items.room = c.format.item(c.items.room, e, rank)
		p.to = len(c.items.room)
		c.fresh++
	}
	c.parts = append(c.parts, p)
	return nil
}

// size gives how long the document will be, to a few bytes.
func (c *composition) size() int {
	size := len(c.frame.start) + len(c.frame.end) + len(c.items.room)
	for i := range c.parts {
		size += len(c.parts[i].known) + len(c.frame.between) + 1
	}
	return size
}

// proof gives the document with nothing but what is fresh in it.
func (c *composition) proof(body []byte) []byte {
	out := make([]byte, 0, len(c.frame.start)+len(c.frame.end)+len(c.items.room)+(len(c.frame.between)+1)*c.fresh)
	out = append(out, c.frame.start...)
	items := 0
	for _, p := range c.parts {
		if p.known == nil {
			out = append(c.frame.next(out, items), body[p.from:p.to]...)
			items++
		}
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
