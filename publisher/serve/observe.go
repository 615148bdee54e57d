package serve

import (
	"net/http"
	"strings"
	"time"

	"tributary/internal/fastpath"
)

// Request is what an observer learns of an answered request.
type Request struct {
	Route  string        // the template of its address, of a bounded set
	Status int           // 0 when the client was gone before there was one
	Took   time.Duration // until the handler had ended; for a stream its life
	Stream bool          // of events
}

// Observed is h with an observer, which must not block. It has the fast path of
// [Run] like h itself.
func (h *Handler) Observed(observe func(Request)) http.Handler { return &observed{h, observe} }

type observed struct {
	*Handler
	observe func(Request)
}

// ServeHTTP answers one request.
func (o *observed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	noted := noted{ResponseWriter: w}
	o.Handler.ServeHTTP(&noted, r)
	o.note(r.URL.Path, noted.status, time.Since(started))
}

// Answered notes what the fast path answered.
func (o *observed) Answered(r *fastpath.Request, status int, took time.Duration) {
	o.note(r.Path, status, took)
}

func (o *observed) note(path string, status int, took time.Duration) {
	route := Route(path, o.options.Load().BasePath)
	o.observe(Request{Route: route, Status: status, Took: took, Stream: route == routeEvents})
}

// Followers is how many streams of events are open.
func (h *Handler) Followers() int64 { return h.followers.Load() }

// noted notes the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(b []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	return n.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

const (
	routeEvents = "/NAME/events"
	routeOther  = "other"
)

// Route gives the template of an address, as docs/readers.md writes it. It goes
// by the form of the path alone: what is not there has a route too, and the set
// of them is bounded whatever is asked for.
func Route(path, basePath string) string {
	if path == healthPath {
		return healthPath
	}
	own, inside := below(path, basePath)
	if !inside || own == "" {
		return routeOther
	}
	first, rest, deeper := strings.Cut(own[1:], "/")
	switch {
	case own == "/", first == "sources" && !deeper, own == "/robots.txt", own == "/sitemap.xml",
		own == "/sources.opml", own == "/oembed", own == "/embed.js", own == "/embed", own == healthPath:
		return own
	case !deeper:
		return "/NAME" + extension(first)
	}
	switch first {
	case "articles":
		return "/articles/SLUG"
	case "tags":
		return "/tags/TAG"
	case "static":
		return "/static/FILE"
	case "websub":
		return "/websub"
	}
	return routeBelow(rest)
}

// routeBelow is the route of what lies below a feed.
func routeBelow(rest string) string {
	switch rest {
	case "events", "embed", "embed.json", "fragment.html":
		return "/NAME/" + rest
	}
	if page, ok := strings.CutPrefix(rest, "archive/"); ok && !strings.Contains(page, "/") {
		return "/NAME/archive/N" + extension(page)
	}
	return routeOther
}

// extension is that of a format of feeds; nothing for any other.
func extension(name string) string {
	for _, known := range []string{".rss", ".atom", ".json", ".opml"} {
		if strings.HasSuffix(name, known) {
			return known
		}
	}
	return ""
}
