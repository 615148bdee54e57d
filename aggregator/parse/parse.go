// Package parse turns the bytes of a feed document into a [news.Document]:
// RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0 (RFC 4287), JSON Feed 1 and 1.1.
//
// A document goes through four steps, each in its own file:
//
//	decode.go     bytes of any charset to valid UTF-8
//	rewrite.go    one linear pass: guards, mends and normalizes the markup
//	gofeed.go     gofeed's parsers for RSS, Atom and JSON, with panics caught
//	rss.go, …     gofeed's structures to ours
//
// The pass in the middle exists because gofeed alone is brittle and can be
// killed: nesting overflows its stack beyond recovery, namespaces make it
// quadratic, one bad byte loses the feed. What the pass hands on is small,
// well-formed and free of namespace declarations, comments, doctypes and
// markup inside text, so gofeed has nothing left to stumble over, and less
// to do. It is also where the text types, xml:base, xml:lang and ids that
// gofeed would lose are noted: see marker.go.
//
// Nothing here is safe to publish; that is what normalize is for.
package parse

import (
	"bytes"

	"tributary/internal/news"
)

// Options say what is known of a document besides its bytes.
type Options struct {
	ContentType string // the Content-Type header, or empty
	URL         string // the address it was fetched from, or empty; what its URLs are relative to
}

// Error says why a document gave no entries.
type Error struct {
	// Cause is CauseNotFeed, CauseMalformed, CauseLimit, or CauseForbidden
	// for the challenge page of a bot wall.
	Cause news.Cause
	// Detail says for the operator what the document was instead, or which
	// limit it broke: "an HTML page titled “Login”".
	Detail string
	// Empty is set for a well-formed feed that has no entries at all, such as
	// that of a blog without posts. It is the only error that comes with a
	// document.
	Empty bool
}

// Error says what the document was instead, or what is wrong with it.
func (e *Error) Error() string {
	if e.Cause == news.CauseNotFeed {
		return "not a feed but " + e.Detail
	}
	return e.Detail
}

// Parse reads a feed document. The result depends on nothing but body and
// opts. The body is not changed and nothing of it is kept but copies.
//
// Any error is an *[Error]. A document without entries is an error too, so
// that it never replaces one that had some; if it is a feed all the same,
// Error.Empty is set and the document comes with the error.
//
// Of XML only the first 8 MiB are read, of what is not in UTF-8 the first 4, to
// the end of an entry; a warning says so. Time and memory are linear in the length of the body, which the caller
// limits. Parse is safe for concurrent use.
func Parse(body []byte, opts Options) (*news.Document, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, &Error{Cause: news.CauseNotFeed, Detail: "an empty body"}
	}
	body, cutBefore := head(body)
	text, charsetNote := decode(body, opts.ContentType)
	text, cutAfter := head(text)
	doc, err := parseText(body, text, cutBefore || cutAfter, opts)
	if err != nil {
		return nil, err
	}
	if charsetNote != "" {
		doc.Warnings = append(doc.Warnings, charsetNote)
	}
	for i := range doc.Entries {
		doc.Entries[i].RawHash = hashEntry(&doc.Entries[i])
	}
	if len(doc.Entries) == 0 {
		return doc, &Error{Cause: news.CauseMalformed, Detail: "a feed (" + doc.Format + ") without entries", Empty: true}
	}
	return doc, nil
}

// parseText parses the text, in valid UTF-8, that a body holds, which may be
// cut off at its end.
func parseText(body, text []byte, cut bool, opts Options) (*news.Document, error) {
	if isJSON(text) {
		return parseJSON(text, opts)
	}
	root, ok := findRoot(text)
	if !ok {
		return nil, describe(body, text)
	}
	out, err := rewrite(text, cut, root, opts.URL)
	if err != nil {
		return nil, err
	}
	doc, err := parseXML(out)
	if err != nil {
		return nil, err
	}
	doc.Format = out.format
	if base := out.contexts[out.rootContext].base; base != opts.URL {
		doc.Base = base
	}
	doc.Warnings = out.warnings()
	doc.Partial = out.partial || out.mended&mendedEntries != 0
	return doc, nil
}
