package serve_test

import (
	"io"
	"net/http"
	"testing"

	"tributary/publisher/serve"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "/latest": "/NAME", "/latest.rss": "/NAME.rss", "/a.atom": "/NAME.atom", "/a.b.json": "/NAME.json",
		"/latest.opml": "/NAME.opml", "/sources.opml": "/sources.opml", "/sources": "/sources", "/robots.txt": "/robots.txt",
		"/latest/archive/12.rss": "/NAME/archive/N.rss", "/latest/archive/x/y": "other", "/latest/events": "/NAME/events",
		"/articles/a/b.png": "/articles/SLUG", "/tags/x": "/tags/TAG", "/static/a.css": "/static/FILE",
		"/healthz": "/healthz", "/wp-login.php": "/NAME", "/a/b/c/d": "other", "": "other", "*": "other",
	} {
		if got := serve.Route(path, ""); got != want {
			t.Errorf("Route(%q) = %q, want %q", path, got, want)
		}
		if path == "/healthz" || path == "" || path == "*" {
			continue
		}
		if got := serve.Route("/news"+path, "/news"); got != want {
			t.Errorf("below a base path: Route(%q) = %q, want %q", path, got, want)
		}
	}
	if got := serve.Route("/latest.rss", "/news"); got != "other" {
		t.Errorf("outside of the base path: %q", got)
	}
	if got := serve.Route("/healthz", "/news"); got != "/healthz" {
		t.Errorf("the probe outside of the base path: %q", got)
	}
}

// The fast path and net/http count alike.
func TestObserved(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]func(http.Handler) http.Handler{
		"fast path":      func(handler http.Handler) http.Handler { return handler },
		"net/http alone": alone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan serve.Request, 8)
			address, client := startHandler(t, path(serve.New(site(), nil, serve.Options{BasePath: "/news"}, nil).Observed(
				func(r serve.Request) { seen <- r })))
			for _, tc := range []struct {
				path, tags, route string
				status            int
			}{
				{"/news/latest.rss", "", "/NAME.rss", http.StatusOK},
				{"/news/latest.rss", "*", "/NAME.rss", http.StatusNotModified},
				{"/news/nothing/at/all", "", "other", http.StatusNotFound},
				{"/news/latest", "", "/NAME", http.StatusOK},
			} {
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address+tc.path, nil)
				if tc.tags != "" {
					request.Header.Set("If-None-Match", tc.tags)
				}
				response, err := client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if r := <-seen; r.Route != tc.route || r.Status != tc.status || r.Stream || r.Took <= 0 {
					t.Errorf("%s: seen %+v, want %s with %d", tc.path, r, tc.route, tc.status)
				}
			}
			if len(seen) > 0 {
				t.Errorf("seen %+v once more", <-seen)
			}
		})
	}
}
