package serve_test

import (
	"strings"
	"testing"

	"tributary/internal/httpscript"
	"tributary/publisher/serve"
)

// TestScripts runs testdata/*.txt against a server on loopback. Lines before
// the first request configure it:
//
//	base /news        the site's base path
//	redirect FROM TO  a configured redirect
func TestScripts(t *testing.T) {
	t.Parallel()
	httpscript.RunAll(t, "testdata/*.txt", nil, func(t *testing.T, setup []string) string {
		options := serve.Options{Redirects: map[string]string{}}
		for _, line := range setup {
			switch kind, rest, _ := strings.Cut(line, " "); kind {
			case "base":
				options.BasePath = rest
			case "redirect":
				from, to, _ := strings.Cut(rest, " ")
				options.Redirects[from] = to
			default:
				t.Fatalf("unknown line %q", line)
			}
		}
		address, _ := start(t, options)
		return address
	})
}
