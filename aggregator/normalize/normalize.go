// Package normalize makes a document's stories safe, absolute and plain: HTML
// is sanitised, URLs are resolved, text loses its markup. What comes out can be
// published as it is; what came in never can.
//
// Start at [Normalizer.Batch]. It is stateless: what a story is called is
// decided here from the document alone, and everything that needs to know what
// is stored already (aliases, dates, copies) is decided by merge. The document
// is not changed.
package normalize

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"

	"tributary/internal/news"
)

// maxStories is how many stories of one document are read.
const maxStories = 500

// Normalizer turns documents into batches. It is safe for concurrent use.
type Normalizer struct {
	policies sync.Map // embed hosts joined by spaces → *bluemonday.Policy
}

// New returns a Normalizer.
func New() *Normalizer { return &Normalizer{} }

// Options say for whom a document is normalized.
type Options struct {
	// Source is where the document comes from, as configured. Its Content,
	// Images, Embeds, Identity, Author and Site count. Nil means defaults.
	Source *news.Source

	// URL is the address that was really fetched, after redirects.
	URL string

	// Seen has the RawHash of stored stories by ID. Those that still have it
	// are only listed, in Batch.Unchanged. A Story's RawHash is mixed with all
	// else that decides its looks, the source's settings and PolicyVersion, so
	// a change of these brings every story anew.
	Seen map[string]uint64
}

// IDs gives the Story.ID of each story that Batch would find, in its order, at
// a small part of the cost: what the store has to be asked for Seen. Seen
// itself does not matter.
func (n *Normalizer) IDs(doc *news.Document, opts Options) []string {
	named, _ := identify(doc, newPlace(doc, &opts), opts.identity())
	ids := make([]string, len(named))
	for i := range named {
		ids[i] = named[i].id
	}
	return ids
}

// Batch normalizes a document. At most 500 stories are taken, the first ones;
// entries that come twice are taken once. Warnings are the document's and
// those about what was left out.
func (n *Normalizer) Batch(doc *news.Document, opts Options) *news.Batch {
	w := n.newWriter(doc, &opts)
	batch := w.head()
	named, warnings := identify(doc, w.place, opts.identity())
	batch.Warnings = append(slices.Clone(doc.Warnings), warnings...)
	for i := range named {
		id, e := named[i].id, named[i].entry
		if hash, ok := opts.Seen[id]; ok && e.RawHash != 0 && hash == w.rawHash(e) {
			batch.Unchanged = append(batch.Unchanged, id)
			continue
		}
		if batch.Stories == nil {
			batch.Stories = make([]news.Story, 0, len(named)-i)
		}
		batch.Stories = append(batch.Stories, w.story(id, e))
	}
	if w.cut > 0 {
		batch.Warnings = append(batch.Warnings, fmt.Sprintf("the content of %s was cut at %d KB", stories(w.cut), maxContent>>10))
	}
	if w.bare > 0 {
		batch.Warnings = append(batch.Warnings, "the texts of "+stories(w.bare)+" wait for the next change: there is more markup than is read at once")
	}
	return batch
}

// writer normalizes the entries of one document.
type writer struct {
	rules
	doc     *news.Document
	place   place
	source  news.Source
	policy  *bluemonday.Policy
	authors []news.Person // of stories without their own
	cut     int           // stories whose content was too long
	cost    int           // of sanitizing so far, see maxCost
	bare    int           // stories whose texts were left out for it
	origin  *url.URL      // the host that the document really came from; nil when unknown
	looks   uint64        // hash of all beside the entry that decides a story's looks
}

func (n *Normalizer) newWriter(doc *news.Document, opts *Options) *writer {
	w := &writer{doc: doc, place: newPlace(doc, opts)}
	if opts.Source != nil {
		w.source = *opts.Source
	}
	w.embeds = embedHosts(w.source.Embeds)
	w.strip = w.source.Images == news.ImagesStrip
	w.policy = n.policy(w.embeds)
	w.looks = looksHash(&w.source)
	w.origin = w.place.fetched
	if w.source.IsFile() { // its operator knows where it is from
		w.origin = resolve(nil, w.source.Site)
	}
	if author := plainHTML(w.source.Author); author != "" {
		w.authors = []news.Person{{Name: author}}
	} else {
		w.authors = people(w.place.document(), doc.Authors)
	}
	return w
}

// policy is bluemonday's for these embed hosts. Policies are slow to make and,
// once made, safe to share.
func (n *Normalizer) policy(embeds []string) *bluemonday.Policy {
	key := strings.Join(embeds, " ")
	if known, ok := n.policies.Load(key); ok {
		return known.(*bluemonday.Policy)
	}
	made, _ := n.policies.LoadOrStore(key, newPolicy(embeds))
	return made.(*bluemonday.Policy)
}

// head is what the document says about itself.
func (w *writer) head() *news.Batch {
	doc, base := w.doc, w.place.document()
	return &news.Batch{
		Format:      fold(doc.Format, maxText),
		Title:       plain(doc.Title),
		Link:        absolute(base, doc.Link),
		Self:        absolute(base, doc.Self),
		ID:          verbatim(doc.ID),
		Description: plain(doc.Description),
		Language:    language(doc.Language),
		Rights:      plain(doc.Rights),
		Generator:   plainHTML(doc.Generator),
		Image:       absolute(base, doc.Image),
		Updated:     date(doc.Updated),
		Authors:     people(base, doc.Authors),
		Categories:  categories(doc.Categories),
		Refresh:     doc.Refresh,
		Partial:     doc.Partial,
		Deleted:     w.deletions(),
	}
}

// deletions are the entries that the document takes back, as far as its
// stories go by the ids that it names them by.
func (w *writer) deletions() []news.Deletion {
	if w.source.Identity == news.IdentityLink || w.source.Identity == news.IdentityTitle {
		return nil
	}
	var list []news.Deletion
	for _, d := range w.doc.Deleted[:min(len(w.doc.Deleted), maxStories)] {
		if id := shortID(verbatim(d.ID)); id != "" {
			list = append(list, news.Deletion{ID: id, When: date(d.When)})
		}
	}
	return list
}

func (o *Options) identity() news.IdentityMode {
	if o.Source == nil {
		return news.IdentityID
	}
	return o.Source.Identity
}

// stories says how many, in words for the operator.
func stories(n int) string {
	if n == 1 {
		return "1 story"
	}
	return fmt.Sprintf("%d stories", n)
}
