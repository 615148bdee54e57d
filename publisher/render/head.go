package render

import (
	"cmp"
	"strings"
	"time"

	"tributary/internal/news"
)

// generator names the program in every document. It carries no version: the
// same edition must give the same bytes on nodes of different versions.
const generator = "Tributary"

// head is what every format says of the feed itself, cleaned.
type head struct {
	title       string // never empty
	description string // may be empty
	page        string // the feed's HTML page; its id too, the same in every format
	self        string // this document
	selfType    string // media type of this document, without parameters
	language    string
	author      news.Person // with a name
	updated     time.Time   // zero when the edition is empty
	ttl         int         // minutes; 0 says nothing
}

func newHead(edition *news.Edition, f Format, options Options) *head {
	site, feed := &edition.Site, &edition.Feed
	mediaType, _, _ := strings.Cut(f.ContentType, ";")
	page := clean(site.URL + "/" + feed.Name)
	h := &head{
		title:       cmp.Or(text(feed.Title), text(site.Title), feed.Name),
		description: cmp.Or(text(feed.Description), text(site.Description)),
		page:        page,
		self:        page + f.Extension,
		selfType:    mediaType,
		language:    language(site.Language),
		author:      cleanPerson(site.Author),
		updated:     edition.Updated,
		ttl:         int(options.TTL / time.Minute),
	}
	h.author.Name = cmp.Or(h.author.Name, text(site.Title), h.title)
	return h
}

// scope is what the rendering of an item depends on beside the item.
type scope struct {
	mode     news.ContentMode // of the feed
	language string           // of the feed, cleaned
}

func newScope(edition *news.Edition) scope {
	return scope{mode: edition.Feed.Content, language: language(edition.Site.Language)}
}
