package explain

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("explain").Funcs(template.FuncMap{
	"stamp": func(t time.Time) string { return stamp(t) },
}).Parse(pageText))

// view is what the page shows.
type view struct {
	Address string
	Report  *Report // nil: nothing was asked, or there is nothing
	Problem string
}

// Handler answers `?url=ADDRESS` with the trace of a story as a page, and
// without it with a form that asks for one. It is for operators: whoever mounts
// it keeps others out. current gives the explainer of the config in force.
func Handler(current func() *Explainer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed: GET, HEAD only", http.StatusMethodNotAllowed)
			return
		}
		v := view{Address: r.URL.Query().Get("url")}
		status := http.StatusOK
		if v.Address != "" {
			report, err := current().Explain(r.Context(), v.Address)
			switch {
			case errors.Is(err, ErrUnknown):
				status, v.Problem = http.StatusNotFound, err.Error()
			case err != nil:
				status, v.Problem = http.StatusServiceUnavailable, "the store can't be read: "+err.Error()
			}
			v.Report = report
		}
		show(w, status, &v)
	})
}

func show(w http.ResponseWriter, status int, v *view) {
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		http.Error(w, "the page can't be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the visitor is gone
}
