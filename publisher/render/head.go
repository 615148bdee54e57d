package render

import (
	"cmp"
	"strconv"
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
	hub         string      // may be empty
	icon        string      // may be empty
	podcast     podcast
	history     history
}

// history is where the document stands among the others of its feed
// (RFC 5005); what doesn't apply is empty.
type history struct {
	complete, archive bool
	current           string // from an archive page, the address of the feed
	prev, next        string // addresses of archive pages
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
		hub:         clean(options.Hub),
		icon:        clean(site.Icon),
		podcast:     newPodcast(edition),
	}
	h.author.Name = cmp.Or(h.author.Name, text(site.Title), h.title)
	if at := edition.History; at.Page > 0 {
		h.history.current, h.self = h.self, archivePage(page, at.Page, f)
	}
	h.history.place(edition.History, page, f)
	return h
}

func (h *history) place(at news.History, page string, f Format) {
	h.complete, h.archive = at.Complete, at.Page > 0 && !at.Open
	if at.Prev > 0 {
		h.prev = archivePage(page, at.Prev, f)
	}
	if at.Next > 0 {
		h.next = archivePage(page, at.Next, f)
	}
}

func archivePage(page string, n int, f Format) string {
	return page + "/archive/" + strconv.Itoa(n) + f.Extension
}

// links gives the links to the document itself, to the hub, and to the other
// documents of the history (RFC 5005 §4).
func (h *head) links() []link {
	links := []link{newLink("self", h.self, h.selfType, "")}
	if h.hub != "" {
		links = append(links, newLink("hub", h.hub, "", ""))
	}
	for _, to := range []struct{ rel, href string }{
		{"current", h.history.current}, {"prev-archive", h.history.prev}, {"next-archive", h.history.next},
	} {
		if to.href != "" {
			links = append(links, newLink(to.rel, to.href, h.selfType, ""))
		}
	}
	return links
}

// scope is what the rendering of an item depends on beside the item.
type scope struct {
	mode     news.ContentMode // of the feed
	language string           // of the feed, cleaned
	site     string           // its URL
}

func newScope(edition *news.Edition) scope {
	return scope{mode: edition.Feed.Content, language: language(edition.Site.Language), site: clean(edition.Site.URL)}
}
