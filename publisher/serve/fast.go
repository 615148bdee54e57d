package serve

import (
	"net/http"
	"strings"
	"time"

	"tributary/internal/fastpath"
	"tributary/publisher"
)

// Answer answers a plain GET of a rendition that is there as ServeHTTP would,
// without net/http. Files beside articles are left to that: parts can be had of
// them, and large ones take more time than other answers may.
func (h *Handler) Answer(r *fastpath.Request) (fastpath.Response, bool) {
	path, inside := strings.CutPrefix(r.Path, h.options.Load().BasePath)
	if !inside {
		return fastpath.Response{}, false
	}
	rendition := h.lookup(path)
	if rendition == nil || rendition.Kind == publisher.KindFile {
		return fastpath.Response{}, false
	}
	asked := asked{r.AcceptEncoding, r.IfNoneMatch, r.IfModifiedSince}
	if v := revalidated(&asked, rendition); v != nil {
		return fastpath.Response{Status: http.StatusNotModified, Fields: v.RevalidatedLines()}, true
	}
	v := negotiated(&asked, rendition)
	return fastpath.Response{Status: http.StatusOK, Fields: v.Lines(), Body: v.Body}, true
}

// Answered does nothing; see Observed.
func (h *Handler) Answered(*fastpath.Request, int, time.Duration) {}
