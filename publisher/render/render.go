// Package render writes an edition in one format: the bytes of a rendition,
// without its validators and encodings.
//
// Start at [Formats], the one table of what we write; a further format is one
// more file and one more line there. [Format.Render] is a pure function: the
// same edition gives the same bytes on every machine. Each item is rendered
// by itself, from the item and its [scope] alone, so one that can't be
// rendered is left out alone and a fragment can be kept as long as both stay
// the same. [Format.Verify] reads the bytes again before they are published.
//
// The documents follow RSS 2.0, RFC 4287 (Atom) and JSON Feed 1.1, and carry
// the same facts as far as each format has words for them.
package render

import (
	"errors"
	"fmt"
	"io"
	"time"

	"tributary/internal/news"
)

// Formats are the feed formats that we write, in the order in which pages
// offer them. It is a table to read, never to change.
var Formats = []Format{
	{
		Name: "rss", Extension: ".rss", ContentType: "application/rss+xml; charset=utf-8",
		item: newRSSItem, encoder: newXMLEncoder, document: rssDocumentBytes, count: countRSS,
	},
	{
		Name: "atom", Extension: ".atom", ContentType: "application/atom+xml; charset=utf-8",
		item: newAtomEntry, encoder: newXMLEncoder, document: atomDocumentBytes, count: countAtom, ranked: true,
	},
	{
		Name: "json", Extension: ".json", ContentType: "application/feed+json; charset=utf-8",
		item: newJSONItem, encoder: newJSONEncoder, document: jsonDocumentBytes, count: countJSON,
	},
}

// Format is one way to write an edition.
type Format struct {
	Name        string // "rss"
	Extension   string // ".rss": what follows the feed's name in its address
	ContentType string // of a response, with its charset

	item     func(*entry) any        // what encodes to its fragment
	encoder  func(io.Writer) encoder // of fragments
	document func(h *head, fragments [][]byte) ([]byte, error)
	count    func(body []byte) (int, error) // of items, of a sound document
	ranked   bool                           // no two items may have changed in one second: see ranks
}

// Options are what an edition doesn't know of its publication.
type Options struct {
	// TTL is how long a reader may wait before it asks again, in whole
	// minutes; 0 says nothing.
	TTL time.Duration
	// Hub is the address of the WebSub hub that tells of changes; empty for
	// none (WebSub §4).
	Hub string
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
	head := newHead(edition, f, options)
	scope := newScope(edition)
	writer := f.newWriter()
	if options.Last != nil {
		writer.last = options.Last.fragments
	}
	var out Rendered
	parts, sums := make([][]byte, 0, len(edition.Items)), make([]uint64, 0, len(edition.Items))
	var fresh [][]byte
	seen := make(map[string]bool, len(edition.Items))
	rank := f.ranks(edition)
	for i := range edition.Items {
		item := &edition.Items[i]
		scope.rank = rank(i)
		sum := sumOf(item, scope)
		fragment, err := writer.fragment(item, scope, sum)
		if err == nil && seen[item.PublicID] {
			err = errTwice
		}
		if err != nil {
			out.Left = append(out.Left, Omission{Story: item.Key, Err: err})
			continue
		}
		seen[item.PublicID] = true
		parts, sums = append(parts, fragment), append(sums, sum)
		if _, known := writer.last[sum]; !known {
			fresh = append(fresh, fragment)
		}
	}
	body, err := f.document(head, parts)
	if err != nil {
		return Rendered{}, fmt.Errorf("render feed %s as %s: %w", edition.Feed.Name, f.Name, err)
	}
	out.Body, out.Items, out.fragments = body, len(parts), locate(body, sums, parts)
	out.Proof, out.ProofItems = body, len(fresh)
	if len(fresh) < len(parts) {
		if out.Proof, err = f.document(head, fresh); err != nil {
			return Rendered{}, fmt.Errorf("render feed %s as %s: %w", edition.Feed.Name, f.Name, err)
		}
	}
	return out, nil
}
