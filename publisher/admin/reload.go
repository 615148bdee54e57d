package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxForm bounds the form of an action in bytes.
const maxForm = 64 << 10

// reload takes the config as it is now. The status is 200 when it was taken,
// 422 when it has mistakes, 409 when the asker means the server of another
// config, 500 when it could not be taken as a whole. A browser is sent back to
// the status page, which tells.
func (h *Handler) reload(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		plain(w, http.StatusBadRequest, "not a form")
		return
	}
	if h.o.Reload == nil {
		plain(w, http.StatusNotFound, "this server doesn't reload")
		return
	}
	if meant := r.PostForm.Get("config"); meant != "" && h.o.Config != nil && meant != h.o.Config().Path {
		answerJSON(w, http.StatusConflict, Reloaded{
			Error: fmt.Sprintf("the server here runs another config, %s", h.o.Config().Path),
		})
		return
	}
	reloaded := h.o.Reload(r.Context())
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/status", http.StatusSeeOther)
		return
	}
	status := http.StatusOK
	switch {
	case reloaded.Mistakes != "":
		status = http.StatusUnprocessableEntity
	case reloaded.Error != "":
		status = http.StatusInternalServerError
	}
	answerJSON(w, status, reloaded)
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client is gone: nobody to tell
}
