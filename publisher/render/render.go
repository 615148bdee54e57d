// Package render writes an edition in one format: the bytes of a rendition,
// without its validators and encodings.
//
// Start at [Formats], the one table of what we write; a further format is one
// more file and one more line there. [Format.Render] is a pure function: the
// same edition gives the same bytes on every machine. Each item is rendered
// by itself, from the item and its [scope] alone, so one that can't be
// rendered is left out alone and a fragment can be kept as long as both stay
// the same. What the formats of one edition have in common is worked out once
// by [Prepare]. [Format.Verify] reads the bytes again before they are published.
//
// The documents follow RSS 2.0, RFC 4287 (Atom) and JSON Feed 1.1, and carry
// the same facts as far as each format has words for them.
package render

import (
	"errors"
	"fmt"
	"time"

	"tributary/internal/news"
)

// Formats are the feed formats that we write, in the order in which pages
// offer them. It is a table to read, never to change.
var Formats = []Format{
	{
		Name: "rss", Extension: ".rss", ContentType: "application/rss+xml; charset=utf-8",
		item: appendRSSItem, around: aroundRSS, count: countRSS,
	},
	{
		Name: "atom", Extension: ".atom", ContentType: "application/atom+xml; charset=utf-8",
		item: appendAtomEntry, around: aroundAtom, count: countAtom, ranked: true,
	},
	{
		Name: "json", Extension: ".json", ContentType: "application/feed+json; charset=utf-8",
		item: appendJSONItem, around: aroundJSON, count: countJSON,
	},
}

// Format is one way to write an edition.
type Format struct {
	Name        string // "rss"
	Extension   string // ".rss": what follows the feed's name in its address
	ContentType string // of a response, with its charset

	item   func(to []byte, e *entry, rank int) []byte // appends the fragment of an item
	around func(*head) (frame, error)                 // the document without items
	count  func(body []byte) (int, error)             // of items, of a sound document
	ranked bool                                       // no two items may have changed in one second: see ranks
}

// Options are what an edition doesn't know of its publication.
type Options struct {
	// TTL is how long a reader may wait before it asks again, in whole
	// minutes; 0 says nothing.
	TTL time.Duration
	// Hub is the address of the WebSub hub that tells of changes; empty for
	// none (WebSub §4).
	Hub string
	// Items is what [Prepare] gave for the edition; nil prepares it for this
	// format alone.
	Items *Items
	// Last is what the same format gave for the last edition of the feed, read
	// back and found good; nil for none. Items that are the same are taken from
	// there.
	Last *Rendered
}

// Rendered is an edition in one format.
type Rendered struct {
	Body  []byte
	Items int        // in Body
	Left  []Omission // what is not in Body, in the order of the edition
	// Proof is what has to be read back to vouch for Body: Body itself, or the
	// same document with nothing but the ProofItems that are not of Last.
	Proof      []byte
	ProofItems int

	fragments fragments // of Body
}

// Omission is a story that could not be rendered.
type Omission struct {
	Story news.StoryKey
	Err   error // why, for the operator
}

// errTwice is the reason of an item whose id another one of the edition has.
var errTwice = errors.New("another story of the feed has the same public id")

// Render writes the edition. A story that can't be written is left out alone
// and told in Left; an error means that there is no document at all.
func (f Format) Render(edition *news.Edition, options Options) (Rendered, error) {
	frame, err := f.around(newHead(edition, f, options))
	if err != nil {
		return Rendered{}, fmt.Errorf("render feed %s as %s: %w", edition.Feed.Name, f.Name, err)
	}
	d := composition{format: f, frame: frame, items: options.Items}
	if d.items == nil || d.items.edition != edition {
		d.items = Prepare(edition)
	}
	if options.Last != nil {
		d.last = options.Last.fragments
	}
	return d.compose(), nil
}
