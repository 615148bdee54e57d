package normalize

import (
	"net/url"
	"slices"

	"tributary/internal/news"
)

// place is where a document stands: what relative URLs in it may mean. Each
// part is nil when unknown or not http(s).
type place struct {
	fetched *url.URL // the address that it came from
	base    *url.URL // what it says that its URLs are relative to
	site    *url.URL // its home page
}

func newPlace(doc *news.Document, opts *Options) place {
	p := place{fetched: resolve(nil, opts.URL)}
	p.base = join(p.fetched, doc.Base)
	site := doc.Link
	if opts.Source != nil && opts.Source.Site != "" {
		site = opts.Source.Site
	}
	p.site = join(p.document(), site)
	return p
}

// document is what URLs of the document's own head are relative to.
func (p place) document() *url.URL { return first(p.base, p.fetched) }

// hosts are those of the feed itself: the one that served it and its home.
func (p place) hosts() []string {
	var hosts []string
	for _, u := range []*url.URL{p.fetched, p.site} {
		if u != nil && !slices.Contains(hosts, u.Hostname()) {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}

// spot is where one entry of a document stands.
type spot struct {
	place
	own  *url.URL // what it says that its URLs are relative to
	link *url.URL // where a person reads it
}

func (p place) spot(e *news.Entry) spot {
	s := spot{place: p, own: join(p.document(), e.Base)}
	s.link = resolve(first(s.own, p.base, p.site, p.fetched), e.Link)
	return s
}

// text is what URLs in one of the entry's texts are relative to: xml:base if
// there is any, else the story's link, else the site (RFC 3986 §5.1).
func (s spot) text(t news.Text) *url.URL {
	return first(join(first(s.own, s.document()), t.Base), s.own, s.base, s.link, s.site, s.fetched)
}

// join resolves ref against base; unlike resolve it has no answer for an empty
// ref.
func join(base *url.URL, ref string) *url.URL {
	if ref == "" {
		return nil
	}
	return resolve(base, ref)
}

func first(urls ...*url.URL) *url.URL {
	for _, u := range urls {
		if u != nil {
			return u
		}
	}
	return nil
}
