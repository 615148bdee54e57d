package serve_test

import (
	"net/http"
	"strings"
	"testing"

	"tributary/internal/httpscript"
	"tributary/publisher/serve"
)

// renamed is a table with redirects.
type renamed struct {
	table
	to map[string]string
}

func (r renamed) Moved(path string) string { return r.to[path] }

// TestScripts runs testdata/*.txt against a server on loopback. Lines before
// the first request configure it:
//
//	base /news        the site's base path
//	redirect FROM TO  a configured redirect
//
// What plain requests ask for must hold for both ways that they may go.
func TestScripts(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]func(http.Handler) http.Handler{
		"fast path":      func(handler http.Handler) http.Handler { return handler },
		"net/http alone": alone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runScripts(t, path)
		})
	}
}

func runScripts(t *testing.T, path func(http.Handler) http.Handler) {
	httpscript.RunAll(t, "testdata/*.txt", nil, func(t *testing.T, setup []string) string {
		options, site := serve.Options{}, renamed{site(), map[string]string{}}
		for _, line := range setup {
			switch kind, rest, _ := strings.Cut(line, " "); kind {
			case "base":
				options.BasePath = rest
			case "redirect":
				from, to, _ := strings.Cut(rest, " ")
				site.to[from] = to
			default:
				t.Fatalf("unknown line %q", line)
			}
		}
		address, _ := startHandler(t, path(serve.New(site, nil, options, nil)))
		return address
	})
}
