package upstreamtest

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Action answers one request in place of a page. It may call serve, which
// answers from the page's content as usual. Actions that wait end when the
// client goes away or the test ends.
type Action func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc)

// Serve answers as usual; it follows faults in a script.
func Serve(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) { serve(w, r) }

// Status answers with a status, a word of text and headers given as names and
// values in turn.
func Status(code int, header ...string) Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		setPairs(w.Header(), header)
		w.WriteHeader(code)
		if code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified {
			_, _ = io.WriteString(w, http.StatusText(code))
		}
	}
}

// Gone answers 410.
func Gone() Action { return Status(http.StatusGone) }

// Body answers 200 with these bytes and headers, without validators.
func Body(body string, header ...string) Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		setPairs(w.Header(), header)
		_, _ = io.WriteString(w, body)
	}
}

// With answers as usual, with headers given as names and values in turn over
// the usual ones: an empty value leaves one out. A 304 carries them too.
func With(header ...string) Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(&headerWriter{ResponseWriter: w, pairs: header}, r)
	}
}

// headerWriter changes headers at the last moment.
type headerWriter struct {
	http.ResponseWriter
	pairs []string
	wrote bool
}

func (w *headerWriter) WriteHeader(code int) {
	if !w.wrote {
		w.wrote = true
		setPairs(w.Header(), w.pairs)
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *headerWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Redirect sends the client elsewhere: 301, 302, 303, 307 or 308.
func Redirect(code int, location string) Action {
	return Status(code, "Location", location)
}

// RedirectChain makes path the first of n redirects that end at target, and
// returns its address.
func (s *Server) RedirectChain(path string, code, n int, target string) string {
	for i := range n {
		here, next := path, target
		if i > 0 {
			here = path + "-" + strconv.Itoa(i)
		}
		if i < n-1 {
			next = path + "-" + strconv.Itoa(i+1)
		}
		s.Script(here, Redirect(code, next))
	}
	return s.URL(path)
}

// RedirectLoop makes two paths redirect to each other, and returns the address
// of the first.
func (s *Server) RedirectLoop(path string, code int) string {
	s.Script(path, Redirect(code, path+"-back"))
	s.Script(path+"-back", Redirect(code, path))
	return s.URL(path)
}

// SlowHeader waits before it answers as usual.
func SlowHeader(d time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if pause(r, d) {
			serve(w, r)
		}
	}
}

// SlowBody sends the header at once, then body in pieces of size bytes with a
// pause before each.
func SlowBody(body string, size int, d time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		flush(w)
		for rest := body; rest != "" && pause(r, d); {
			n := min(size, len(rest))
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				return
			}
			flush(w)
			rest = rest[n:]
		}
	}
}

// Stall sends a header and never a body.
func Stall() Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		flush(w)
		<-r.Context().Done()
	}
}

// Endless sends piece for ever.
func Endless(piece string) Action {
	block := strings.Repeat(piece, 1+32<<10/max(1, len(piece)))
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, block); err != nil {
				return
			}
		}
	}
}

// Cookies answers as usual with n cookies of about 50 bytes.
func Cookies(n int) Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		for i := range n {
			w.Header().Add("Set-Cookie", "visit"+strconv.Itoa(i)+"=0123456789abcdef; Path=/; Max-Age=86400")
		}
		serve(w, r)
	}
}

// BigHeader answers as usual with one header of size bytes.
func BigHeader(size int) Action {
	return With("X-Padding", strings.Repeat("x", size))
}

// StuckETag answers as usual, but with the same ETag for ever and 304 to
// whoever has it, even after the content changed.
func StuckETag(tag string) Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if r.Header.Get("If-None-Match") == tag {
			Status(http.StatusNotModified, "ETag", tag)(w, r, serve)
			return
		}
		With("ETag", tag)(w, r, serve)
	}
}

// FreshETag answers 200 with another ETag each time and no Last-Modified,
// though the content stays the same.
func FreshETag() Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
		tag := `"` + strconv.FormatInt(time.Now().UnixNano(), 36) + `"`
		With("ETag", tag, "Last-Modified", "")(w, r, serve)
	}
}

// pause waits and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
