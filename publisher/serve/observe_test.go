package serve_test

import (
	"io"
	"net/http"
	"sync"
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

func TestObserved(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []serve.Request
	done := make(chan struct{}, 8)
	address, client := startHandler(t, serve.New(site(), nil, serve.Options{}, nil).Observed(func(r serve.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r)
		done <- struct{}{}
	}))
	for _, path := range []string{"/latest.rss", "/nothing/at/all"} {
		response, err := client.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		<-done
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 2 || seen[0].Route != "/NAME.rss" || seen[0].Status != http.StatusOK || seen[0].Stream ||
		seen[1].Route != "other" || seen[1].Status != http.StatusNotFound {
		t.Errorf("seen %+v", seen)
	}
}
