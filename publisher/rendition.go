package publisher

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// Draft is what a rendition is made from.
type Draft struct {
	Path        string // as in the URL, without the site's sub-path: "/latest.rss"
	Kind        Kind
	ContentType string
	Links       []string  // Link header values (RFC 8288)
	Body        []byte    // not to be changed afterwards
	Updated     time.Time // newest change of what it shows, as its stories tell; zero when nothing does
	// LastModified is when the bytes came to be these: now, but for files.
	// Zero sends no date.
	LastModified time.Time
	// DateShared: earlier bytes had the same LastModified, which hence proves
	// nothing. NewRendition sets it.
	DateShared bool
}

// Rendition is the bytes of one address with all that a response needs. It is
// never changed after it was made; a newer one takes its place as a whole.
// What it points to is shared between goroutines: read only.
type Rendition struct {
	Draft
	Plain  *Variant
	Gzip   *Variant // nil when it would not be smaller
	Brotli *Variant // nil until made in the background, or when it would not be smaller

	// Modified is Draft.LastModified as the header has it; empty when unknown.
	Modified string
	// untried is set until brotli was attempted.
	untried bool
}

// Variant is a rendition's body in one content coding.
type Variant struct {
	Body []byte
	ETag string // strong and quoted (RFC 9110 §8.8.3), its own for each coding
	// Header is what a 200 carries, Revalidated what a 304 does: no field that
	// describes a body (RFC 9110 §15.4.5).
	Header, Revalidated []Field
	// lines are those of Header as HTTP/1.1 sends them, those of Revalidated
	// first, which are so many bytes.
	lines       []byte
	revalidated int
}

// Lines is Header as HTTP/1.1 sends it, with a CRLF behind each line. It is not
// to be changed, as is what RevalidatedLines gives.
func (v *Variant) Lines() []byte { return v.lines }

// RevalidatedLines is Revalidated as HTTP/1.1 sends it.
func (v *Variant) RevalidatedLines() []byte { return v.lines[:v.revalidated:v.revalidated] }

// Field is one header field with its name in canonical form. The values may
// be handed to net/http as they are: nobody may write to them.
type Field struct {
	Name   string
	Values []string
}

// NewRendition makes the rendition of a draft with gzip at once; brotli, which
// costs ten times as much, is for later. Before is the last rendition of the
// same address, if there is one:
//
//  1. With the same bytes, those are used again with their ETag and
//     Last-Modified, and before itself is returned if nothing differs that a
//     client could see.
//  2. Other bytes have a later Last-Modified (RFC 9110 §8.8.2). A date is of
//     whole seconds, so two changes may share one: then DateShared is set.
//     Whoever asks by date alone is never told that an old copy is good,
//     whichever way the stories' own dates went.
func NewRendition(draft Draft, before *Rendition) *Rendition {
	draft.LastModified = draft.LastModified.UTC().Truncate(time.Second)
	if before == nil || !bytes.Equal(before.Body, draft.Body) {
		if before != nil && !draft.LastModified.IsZero() {
			draft.LastModified = later(draft.LastModified, before.LastModified)
			draft.DateShared = draft.LastModified.Equal(before.LastModified)
		}
		r := &Rendition{Draft: draft, untried: compressible(&draft)}
		var gzip []byte
		if r.untried {
			gzip = gzipped(draft.Body)
		}
		r.assemble(entityTag(draft.Body), gzip, nil)
		return r
	}
	if before.sameHead(&draft) {
		return before
	}
	draft.Body, draft.LastModified, draft.DateShared = before.Body, before.LastModified, before.DateShared
	r := &Rendition{Draft: draft, untried: before.untried}
	r.assemble(before.Plain.ETag, before.Gzip.body(), before.Brotli.body())
	return r
}

// WithBrotli gives the rendition with coded, its body in brotli, as a further
// variant; nil notes that brotli was tried and is not worth having.
func (r *Rendition) WithBrotli(coded []byte) *Rendition {
	next := &Rendition{Draft: r.Draft}
	next.assemble(r.Plain.ETag, r.Gzip.body(), coded)
	return next
}

// redated gives the same rendition with another Last-Modified.
func (r *Rendition) redated(at time.Time) *Rendition {
	next := &Rendition{Draft: r.Draft, untried: r.untried}
	next.LastModified = at.UTC()
	next.assemble(r.Plain.ETag, r.Gzip.body(), r.Brotli.body())
	return next
}

// Lookup gives the variant in a content coding, "" for none; nil when the
// rendition has no such variant.
func (r *Rendition) Lookup(coding string) *Variant {
	switch coding {
	case "":
		return r.Plain
	case "gzip":
		return r.Gzip
	case "br":
		return r.Brotli
	default:
		return nil
	}
}

func (r *Rendition) sameHead(draft *Draft) bool {
	return r.Path == draft.Path && r.Kind == draft.Kind && r.ContentType == draft.ContentType &&
		r.Updated.Equal(draft.Updated) && slices.Equal(r.Links, draft.Links)
}

func (v *Variant) body() []byte {
	if v == nil {
		return nil
	}
	return v.Body
}

// entityTag names the bytes. It depends on nothing else, so every node that
// serves the same bytes gives the same tag.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// NotFoundPath is the address of the page for addresses that are none. Static
// hosts look for it under this name.
const NotFoundPath = "/404.html"
