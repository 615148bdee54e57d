package serve

import (
	"net/http"
	"path"
	"strconv"
	"strings"

	"tributary/publisher"
)

const (
	allow = "GET, HEAD"
	// A preflight's answer may be kept for a day: it never depends on anything.
	preflightAge = "86400"
	// A moved address is kept for an hour only, so that a mistake in the
	// redirects heals. Browsers keep a 301 without a limit for ever.
	redirectCache = "public, max-age=3600"
)

// allowed answers a request that is neither GET nor HEAD and reports false for it.
func allowed(w http.ResponseWriter, r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodOptions:
		preflight(w)
	default:
		w.Header().Set("Allow", allow)
		plain(w, r, http.StatusMethodNotAllowed, "method not allowed: "+allow+" only")
	}
	return false
}

// preflight lets any script send conditional requests (Fetch §3.2.2).
func preflight(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", allow)
	header.Set("Access-Control-Allow-Headers", "*")
	header.Set("Access-Control-Max-Age", preflightAge)
	header.Set("Allow", allow)
	w.WriteHeader(http.StatusNoContent)
}

func redirect(w http.ResponseWriter, to string) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", redirectCache)
	header.Set("Location", to)
	header.Set("Content-Length", "0")
	w.WriteHeader(http.StatusMovedPermanently)
}

// notFound answers with the site's own page where a page was asked for: where
// the last part of the path has no extension, or .html.
func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) {
	page := h.renditions.Lookup(publisher.NotFoundPath)
	name := path.Base(r.URL.Path)
	if page == nil || strings.Contains(name, ".") && path.Ext(name) != ".html" {
		plain(w, r, http.StatusNotFound, "not found")
		return
	}
	asked := askedBy(r.Header)
	v := negotiated(&asked, page)
	header := w.Header()
	setFields(header, v.Header)
	for _, name := range []string{"Etag", "Last-Modified", "Link"} {
		header.Del(name)
	}
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(v.Body)
	}
}

// plain answers with a line of text that no cache keeps.
func plain(w http.ResponseWriter, r *http.Request, status int, line string) {
	line += "\n"
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(line)))
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(line))
	}
}
