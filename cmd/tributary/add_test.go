package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tributary/internal/upstreamtest"
)

// TestAddScripts runs add against a site on loopback, at $UPSTREAM.
func TestAddScripts(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	const html = "text/html; charset=utf-8"
	up.Set("/", `<!DOCTYPE html><html><head><title>Harbor</title>
		<link rel="alternate" type="application/rss+xml" href="news.rss">
		<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments.rss">
		<link rel="alternate" type="application/atom+xml" href="/news.atom">`, "Content-Type", html)
	up.Set("/plain.html", "<!DOCTYPE html><title>Nothing here</title>")
	up.Set("/news.rss", upstreamtest.RSS("Harbor Café: News & more", upstreamtest.Items(4)...))
	up.Set("/same.rss", upstreamtest.RSS("Harbor Café: News & more", upstreamtest.Items(1)...))
	up.Set("/news.atom", upstreamtest.Atom("Harbor as Atom", upstreamtest.Items(2)...))
	up.Set("/comments.rss", upstreamtest.RSS("Comments on Harbor", upstreamtest.Items(1)...))
	up.Set("/lone.rss", upstreamtest.RSS("Lone", upstreamtest.Items(1)...))
	up.Set("/evil.rss", upstreamtest.RSS("Evil\u202e title", upstreamtest.Item{ID: "1", Title: "a\u009b31mb"}))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/add",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("UPSTREAM", up.URL(""))
			return nil
		},
	})
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, want, reason string }{
		{"The Go Blog", "the-go-blog", "plain"},
		{"Café Ærø & Söhne — l’été", "cafe-r-sohne-lete", "accents go, an apostrophe joins"},
		{"  A.  B!! ", "a-b", "dashes don't pile up"},
		{"新しい News", "news", "other scripts are left out"},
		{"日本語", "", "nothing is left"},
		{"Supercalifragilisticexpialidociousandmorethanthat", "supercalifragilisticexpialidociousandmore"[:40], "a long word is cut"},
		{"one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight", "cut at a word"},
		{"blog.example.org", "blog-example-org", "a host"},
	} {
		if got := nameOf(c.title); got != c.want {
			t.Errorf("%s: %q gives %q, want %q", c.reason, c.title, got, c.want)
		}
	}
}
