// Package admin is the HTTP face for operators: how the sources are, what can't
// be published, figures and profiles. It listens apart from the public one and
// shows nothing to anybody else; see [Handler] for who that is.
//
// Make a [Handler] with [New], give it to the server that [NewServer] makes.
// What happens is kept in [Events], which others tell of it.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tributary/internal/news"
	"tributary/publisher"
)

// Store is what the pages read. Implementations are safe for concurrent use.
type Store interface {
	// Sources gives the state of every configured source, by name.
	Sources(ctx context.Context) ([]news.SourceState, error)
	// Visits gives the last visits of a source, newest first.
	Visits(ctx context.Context, source news.SourceKey) ([]news.Visit, error)
	// Failures gives the last visits, newest first, of each configured source
	// that has a failed one among them.
	Failures(ctx context.Context) (map[news.SourceKey][]news.Visit, error)
	// Revisions gives the revision of every feed; it is asked for to see whether
	// the store can be read.
	Revisions(ctx context.Context) (map[string]int64, error)
}

// Page is a page that another package makes.
type Page struct {
	Path    string // as in "/explain"; one that ends in a slash takes all below it
	Title   string // in the navigation; empty: not there
	Handler http.Handler
}

// Config is how the config of the running server stands.
type Config struct {
	Path     string    // of the file
	Taken    time.Time // when the one in force was read
	Read     time.Time // when it was read last
	Mistakes string    // why what was read last is not in force; empty when it is
	Restart  []string  // keys whose change needs a restart
}

// Reloaded is what became of a reload that somebody asked for.
type Reloaded struct {
	Taken    bool     `json:"taken"`
	Sources  int      `json:"sources,omitempty"`
	Feeds    int      `json:"feeds,omitempty"`
	Restart  []string `json:"restart,omitempty"`  // keys whose change needs a restart
	Mistakes string   `json:"mistakes,omitempty"` // in the config; nothing has changed
	Error    string   `json:"error,omitempty"`    // not the config's; it may be taken in part
}

// ReloadPath is where a POST reloads the config. The form value "config", when
// there is one, must be the path of the config in force.
const ReloadPath = "/-/reload"

// Options are what New needs. Funcs that are nil have nothing to tell.
type Options struct {
	Site    news.Site
	Version string
	Roles   []string
	Store   Store   // required
	Events  *Events // required
	// Token is what visitors must have; empty lets everybody in, which only
	// a loopback listener may do. SetToken replaces it.
	Token string
	// Loopback says that the listener is on this machine only. Host is then the
	// only name it may be asked under, beside those that mean this machine.
	Loopback bool
	Host     string

	Troubles   func() []publisher.Trouble
	Published  <-chan struct{} // closed once everything was published; nil: this node publishes nothing
	Config     func() Config
	Reload     func(ctx context.Context) Reloaded
	StoreBytes func() int64
	Metrics    http.Handler
	Pages      []Page
	Now        func() time.Time // nil: time.Now
	Log        *slog.Logger     // nil: slog.Default()
}

// Handler answers operators:
//
//  1. On a loopback listener the Host header must name this machine, or Host:
//     a page of elsewhere whose name was made to mean this machine (DNS
//     rebinding) gets 421.
//  2. With a token, all but /healthz and /readyz wants it: as bearer, or as
//     the password of Basic credentials, whatever the user. It is compared in
//     constant time. Without it the answer is 401.
//  3. GET and HEAD change nothing. A POST is an action; one that a browser sends
//     from a page of elsewhere gets 403.
//  4. No answer may be stored, none may be framed, and pages run no script.
type Handler struct {
	o       Options
	mux     *http.ServeMux
	actions map[string]http.HandlerFunc
	token   atomic.Pointer[hash]
	origin  *http.CrossOriginProtection
	started time.Time
	moves   moves
}

// New makes a handler. It refuses a listener that others reach and no token
// guards.
func New(o Options) (*Handler, error) {
	if o.Token == "" && !o.Loopback {
		return nil, errors.New("the admin pages can be reached from other machines: that needs an admin_token")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Handler{o: o, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(), started: o.Now()}
	h.token.Store(hashed(o.Token))
	h.actions = map[string]http.HandlerFunc{ReloadPath: h.reload}
	for path, handler := range h.routes() {
		h.mux.Handle(path, handler)
	}
	return h, nil
}

// routes are the addresses that answer to GET.
func (h *Handler) routes() map[string]http.Handler {
	routes := map[string]http.Handler{
		"/{$}":                 http.RedirectHandler("/status", http.StatusSeeOther),
		"/status":              http.HandlerFunc(h.status),
		"/status.atom":         http.HandlerFunc(h.atom),
		"/healthz":             http.HandlerFunc(healthz),
		"/readyz":              http.HandlerFunc(h.readyz),
		"/debug/pprof/":        http.HandlerFunc(pprof.Index),
		"/debug/pprof/cmdline": http.HandlerFunc(pprof.Cmdline),
		"/debug/pprof/profile": http.HandlerFunc(pprof.Profile),
		"/debug/pprof/symbol":  http.HandlerFunc(pprof.Symbol),
		"/debug/pprof/trace":   http.HandlerFunc(pprof.Trace),
	}
	if h.o.Metrics != nil {
		routes["/metrics"] = h.o.Metrics
	}
	for _, page := range h.o.Pages {
		routes[page.Path] = page.Handler
	}
	return routes
}

// open are the addresses that ask for no token: probes can't send one. They
// tell nothing but yes or no.
var open = []string{"/healthz", "/readyz"}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if !h.rightHost(r) {
		plain(w, http.StatusMisdirectedRequest, "the admin pages don't answer under this name; use localhost, or the host of [site] admin")
		return
	}
	if !slices.Contains(open, r.URL.Path) && !h.admitted(r) {
		w.Header().Add("WWW-Authenticate", `Basic realm="tributary", charset="UTF-8"`)
		w.Header().Add("WWW-Authenticate", `Bearer realm="tributary"`)
		plain(w, http.StatusUnauthorized, "this needs the admin_token: as bearer, or as password with any user name")
		return
	}
	action, isAction := h.actions[r.URL.Path]
	switch {
	case isAction && r.Method == http.MethodPost:
		if err := h.origin.Check(r); err != nil {
			plain(w, http.StatusForbidden, "a page of elsewhere can't do this")
			return
		}
		action(w, r)
	case isAction:
		notAllowed(w, http.MethodPost)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		notAllowed(w, "GET, HEAD")
	default:
		h.mux.ServeHTTP(w, r)
	}
}

func notAllowed(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	plain(w, http.StatusMethodNotAllowed, "method not allowed: "+allow+" only")
}

// secure sets what all answers carry.
func secure(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

// plain answers with a line of text.
func plain(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(line + "\n"))
}

func healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// readyTimeout bounds how long the store may take to show that it can be read.
const readyTimeout = 2 * time.Second

// readyz tells whether this node does its work: its store can be read, and
// everything was published once.
func (h *Handler) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	var missing []string
	if _, err := h.o.Store.Revisions(ctx); err != nil {
		missing = append(missing, "the store can't be read")
		h.o.Log.Warn("not ready: the store can't be read", "error", err)
	}
	if h.o.Published != nil {
		select {
		case <-h.o.Published:
		default:
			missing = append(missing, "not everything is published yet")
		}
	}
	if len(missing) > 0 {
		plain(w, http.StatusServiceUnavailable, strings.Join(missing, "\n"))
		return
	}
	plain(w, http.StatusOK, "ready")
}

// NewServer gives a server with limits that keep slow requests from holding it
// up, but long enough for a profile of some minutes.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}
