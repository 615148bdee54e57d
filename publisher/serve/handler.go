// Package serve is the public HTTP face: it hands out renditions as they are.
//
// A request costs one map look-up. Headers and bodies were made when the
// rendition was, so a handler only chooses between them; see [Handler].
package serve

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"tributary/internal/codec"
	"tributary/internal/news"
	"tributary/publisher"
)

// Renditions is where the bytes come from.
type Renditions interface {
	// Lookup gives what is served at a path below the site's URL, nil when
	// there is nothing. It is called for every request, from many goroutines.
	Lookup(path string) *publisher.Rendition
	// Ready is closed once everything is there that will be: until then, a
	// path without a rendition may yet get one.
	Ready() <-chan struct{}
	// Archive gives what Lookup can't: archive pages, made when they are asked
	// for; nil where there is none. An error is a passing one.
	Archive(ctx context.Context, path string) (*publisher.Rendition, error)
	// Moved gives where a path leads that is nothing else: a path below the
	// site's URL, or an absolute URL; "" when nowhere.
	Moved(path string) string
}

// Options are what the site's configuration says about serving.
type Options struct {
	// BasePath is the path of the site's URL without a slash at its end:
	// "" or "/news". Every address but /healthz lives below it.
	BasePath string
	// Site and Feeds are what /oembed knows pages by; without feeds there is
	// no such address.
	Site  news.Site
	Feeds []news.Feed
}

// Handler answers GET, HEAD and OPTIONS for all addresses of the site:
//
//  1. Any other method gets 405 with Allow, whatever the address: nothing here
//     knows another one.
//  2. A path that has a rendition is answered with it, in the content coding
//     that the client likes best, or with 304. The type never depends on
//     Accept, and A-IM (RFC 3229) is ignored: readers ask for it that cannot
//     read the answer.
//  3. Of files beside articles, one range of bytes can be had.
//  4. Routes that are no renditions come next.
//  5. While renditions are still being made after a start, a request for
//     another path waits for them, at most 5 s, then gets 503.
//  6. Archive pages, streams of events and redirects come next. A path with a
//     slash too many is redirected to the one without.
//  7. What is left is 404: a page where an HTML page was asked for.
//
// Errors carry CORS headers too, so that a script can tell them from a broken
// network, but never the cache headers of a success.
type Handler struct {
	renditions Renditions
	events     Events
	log        *slog.Logger
	followers  atomic.Int64 // open streams
	options    atomic.Pointer[Options]
}

// New makes a handler; it serves at once whatever renditions hold. Without
// events, which may be nil, there are no streams; without log, which may be
// nil too, slog's default one is used.
func New(renditions Renditions, events Events, options Options, log *slog.Logger) *Handler {
	h := &Handler{renditions: renditions, events: events, log: log}
	if log == nil {
		h.log = slog.Default()
	}
	h.Configure(options)
	return h
}

// Configure takes other options, for requests that come from now on. Options
// must not be changed afterwards.
func (h *Handler) Configure(options Options) { h.options.Store(&options) }

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r) {
		return
	}
	options := h.options.Load()
	path, inside := below(r.URL.Path, options.BasePath)
	if inside && h.found(w, r, path) {
		return
	}
	h.elsewhere(w, r, options, path, inside)
}

// below gives the part of a path that follows the base path, whose last
// segment has to be a whole one: "/newsletter" is not below "/news".
func below(path, base string) (rest string, inside bool) {
	rest, inside = strings.CutPrefix(path, base)
	return rest, inside && (rest == "" || rest[0] == '/')
}

// found answers a path that has a rendition.
func (h *Handler) found(w http.ResponseWriter, r *http.Request, path string) bool {
	rendition := h.lookup(path)
	if rendition == nil {
		return false
	}
	answer(w, r, rendition)
	return true
}

// lookup gives what readers are to see at a path.
func (h *Handler) lookup(path string) *publisher.Rendition {
	if path == publisher.NotFoundPath {
		return nil
	}
	return h.renditions.Lookup(path)
}

// answer sends a rendition or a part of it, or says that the client has it
// already.
func answer(w http.ResponseWriter, r *http.Request, rendition *publisher.Rendition) {
	if refused(r.Header, rendition) {
		plain(w, r, http.StatusPreconditionFailed, "this is not what is there now")
		return
	}
	asked := askedBy(r.Header)
	if v := revalidated(&asked, rendition); v != nil {
		setFields(w.Header(), v.Revalidated)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	v := negotiated(&asked, rendition)
	patient(w, rendition)
	if partial(w, r, rendition, v) {
		return
	}
	setFields(w.Header(), v.Header)
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(v.Body) // the client is gone: nobody to tell
	}
}

// negotiated chooses the variant to send.
func negotiated(asked *asked, rendition *publisher.Rendition) *publisher.Variant {
	accept := asked.encoding
	if accept == "" || rendition.Gzip == nil && rendition.Brotli == nil {
		return rendition.Plain
	}
	var coding string
	switch {
	case rendition.Brotli == nil:
		coding = codec.Negotiate(accept, "gzip")
	case rendition.Gzip == nil:
		coding = codec.Negotiate(accept, "br")
	default:
		coding = codec.Negotiate(accept, "br", "gzip")
	}
	return rendition.Lookup(coding)
}

// field gives a field's value; several lines are joined, as they mean the same
// (RFC 9110 §5.3). The name must be in canonical form.
func field(header http.Header, name string) string {
	switch values := header[name]; len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	default:
		return strings.Join(values, ", ")
	}
}

// setFields hands ready values to net/http, which only reads them.
func setFields(header http.Header, fields []publisher.Field) {
	for i := range fields {
		header[fields[i].Name] = fields[i].Values
	}
}
