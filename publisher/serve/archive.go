package serve

import (
	"net/http"
	"strings"
)

// archiveInfix is in the path of every archive page.
const archiveInfix = "/archive/"

// archive answers for archive pages, which are made when they are asked for.
// It reports false where there is none.
func (h *Handler) archive(w http.ResponseWriter, r *http.Request, path string) bool {
	if !strings.Contains(path, archiveInfix) {
		return false
	}
	rendition, err := h.renditions.Archive(r.Context(), path)
	switch {
	case err != nil && r.Context().Err() != nil: // the client is gone: nobody to tell, and nothing is wrong
	case err != nil:
		h.log.Error("archive page not made", "path", path, "error", err)
		w.Header().Set("Retry-After", "30")
		plain(w, r, http.StatusServiceUnavailable, "this page can't be made at the moment")
	case rendition == nil:
		return false
	default:
		answer(w, r, rendition)
	}
	return true
}
