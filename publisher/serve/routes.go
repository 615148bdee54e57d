package serve

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// routes are the addresses that are no renditions, by path below the base.
var routes = map[string]http.HandlerFunc{
	healthPath: health,
}

// healthPath is served below the base path and at the root: whoever checks
// whether the process lives need not know the site's URL.
const healthPath = "/healthz"

// health says that the process lives and answers. Whether it does its work
// well is for the admin listener to say.
func health(w http.ResponseWriter, r *http.Request) {
	plain(w, r, http.StatusOK, "ok")
}

// elsewhere answers for a path without a rendition.
func (h *Handler) elsewhere(w http.ResponseWriter, r *http.Request, options *Options, path string, inside bool) {
	if !inside {
		path = ""
	}
	if r.URL.Path == healthPath {
		path = healthPath
	}
	if route, ok := routes[path]; ok {
		route(w, r)
		return
	}
	if inside && path == oembedPath && len(options.Feeds) > 0 {
		if allowed(w, r) {
			oembed(w, r, options)
		}
		return
	}
	switch ready, waited := h.awaitReady(r); {
	case !ready:
		notReady(w, r)
		return
	case waited && inside && h.found(w, r, path):
		return
	}
	if inside && (h.archive(w, r, path) || h.follow(w, r, path)) {
		return
	}
	if to := h.target(r, options, path, inside); to != "" {
		redirect(w, to)
		return
	}
	h.notFound(w, r)
}

// readyWait is how long a request waits for a rendition after a start.
const readyWait = 5 * time.Second

// awaitReady waits until all renditions are there that will be, or the client
// is gone. It reports whether they are, and whether that took any time.
func (h *Handler) awaitReady(r *http.Request) (ready, waited bool) {
	select {
	case <-h.renditions.Ready():
		return true, false
	default:
	}
	timer := time.NewTimer(readyWait)
	defer timer.Stop()
	select {
	case <-h.renditions.Ready():
		return true, true
	case <-timer.C:
	case <-r.Context().Done():
	}
	return false, true
}

// notReady asks the client to come back.
func notReady(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "5")
	plain(w, r, http.StatusServiceUnavailable, "starting: not everything is published yet")
}

// target says where a path is now; "" when nowhere.
func (h *Handler) target(r *http.Request, options *Options, path string, inside bool) string {
	if !inside {
		return ""
	}
	if to := h.renditions.Moved(path); to != "" {
		return options.to(to)
	}
	if path == "" { // "/news" for "/news/"
		return local(r, options.BasePath+"/")
	}
	trimmed := strings.TrimRight(path, "/")
	switch {
	case trimmed == path || trimmed == "":
		return ""
	case h.published(r, trimmed):
		return local(r, options.BasePath+trimmed)
	}
	if to := h.renditions.Moved(trimmed); to != "" {
		return options.to(to)
	}
	return ""
}

// to gives the address of where something moved to.
func (o *Options) to(address string) string {
	if strings.HasPrefix(address, "/") {
		return o.BasePath + address
	}
	return address
}

// published reports whether there is a rendition at a path, made on demand or
// not.
func (h *Handler) published(r *http.Request, path string) bool {
	if h.renditions.Lookup(path) != nil {
		return true
	}
	if !strings.Contains(path, archiveInfix) {
		return false
	}
	page, err := h.renditions.Archive(r.Context(), path)
	return err == nil && page != nil
}

// local is the address of a path of ours, with the request's query.
func local(r *http.Request, path string) string {
	return (&url.URL{Path: path, RawQuery: r.URL.RawQuery}).String()
}
