package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDrafts looks at drafts as an editor does: on the admin pages, while they
// are written, with their pictures, behind the token; and nowhere else.
func TestDrafts(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, `
[site]
title       = "Test"
url         = "http://localhost:8080/news"
admin_token = "s3cret-token"
`)
	s.write("articles/out.md", "---\ntitle: Already out\ndate: 2026-01-02\n---\nOut.\n")
	s.write("articles/pier.md", "---\ntitle: The old pier\ndraft: true\ntags: [sea]\n---\n![Pier](sub/pier.svg) [out](out.md) [home](/) First words.\n")
	s.write("articles/sub/pier.svg", `<svg xmlns="http://www.w3.org/2000/svg" width="31" height="17"/>`)
	s.write("articles/later.md", "---\ntitle: Much later\ndate: 2099-12-24\n---\nLater.\n")
	s.write("articles/secret.txt", "beside")
	if err := os.Symlink("../config.toml", s.path("articles/config.txt")); err != nil {
		t.Fatal(err)
	}
	_, public, admin := s.desk()
	public = strings.TrimSuffix(public, "/")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	see := func(path string, wants ...string) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("editor", "s3cret-token")
		response, body := answer(t, client, request)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q in %d\n%s", path, want, response.StatusCode, body)
			}
		}
		return response, body
	}
	for _, path := range []string{"/drafts", "/drafts/articles/pier", "/drafts/articles/sub/pier.svg"} {
		if response, _ := get(t, admin+path); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without the token: %d", path, response.StatusCode)
		}
	}
	see("/status", `<a href="/drafts">Drafts</a>`)
	_, body := see("/drafts", "The old pier", `href="/drafts/articles/pier"`, "articles/pier.md: has no date", "Much later", "2099-12-24")
	if strings.Contains(body, "Already out") {
		t.Error("what is published is among the drafts")
	}
	response, body := see("/drafts/articles/pier", "<strong>Draft</strong>", `content="noindex"`, "First words", "The old pier",
		`src="/drafts/articles/sub/pier.svg"`, `width="31" height="17"`, `href="/drafts/articles/out"`, "Already out", `href="/drafts/tags/sea"`)
	if strings.Contains(body, "page.js") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("a draft may run scripts: %q", response.Header)
	}
	style := regexp.MustCompile(`href="(/drafts/static/style[^"]+)"`).FindStringSubmatch(body)
	if style == nil {
		t.Fatalf("no style in\n%s", body)
	}
	if response, _ := see(style[1], ".draft"); response.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the style is %q", response.Header)
	}
	if response, _ := see("/drafts/articles/sub/pier.svg", "<svg"); response.Header.Get("Content-Type") != "image/svg+xml" ||
		!strings.HasPrefix(response.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the picture: %q", response.Header)
	}
	see("/drafts/articles/later", "to be published 2099-12-24")
	see("/drafts/static/nothing.css", "not found")
	for path, to := range map[string]string{ // the rest is the public site's
		"/drafts/articles/out": "/articles/out", "/drafts/tags/sea": "/tags/sea", "/drafts/": "/",
		"/drafts/articles/pier.md": "/articles/pier.md",
	} {
		if response, body := see(path); response.StatusCode != http.StatusFound || response.Header.Get("Location") != "http://localhost:8080/news"+to {
			t.Errorf("%s: %d %q %s", path, response.StatusCode, response.Header.Get("Location"), body)
		}
	}

	if _, body := see("/drafts/articles/config.txt"); strings.Contains(body, "s3cret") {
		t.Error("a link leads out of the folder")
	}

	// A saved file shows at once, and a torn one says where.
	s.write("articles/pier.md", "---\ntitle: The old pier\ndraft: true\n---\nSecond words.\n")
	see("/drafts/articles/pier", "Second words")
	s.write("articles/pier.md", "---\ntitle: [The old pier\ndraft: true\n---\nThird words.\n")
	see("/drafts/articles/pier", "articles/pier.md:", "front matter is not YAML")
	see("/drafts", "articles/pier.md:")

	// None of it is public.
	s.write("articles/pier.md", "---\ntitle: The old pier\ndraft: true\n---\nSecond words.\n")
	s.run("build", "--out", s.path("public"))
	for _, path := range []string{"/articles/pier", "/articles/later", "/drafts"} {
		if response, _ := get(t, public+path); response.StatusCode != http.StatusNotFound {
			t.Errorf("public %s: %d", path, response.StatusCode)
		}
	}
	for _, path := range []string{"/", "/latest.rss", "/latest.atom", "/latest.json", "/sitemap.xml", "/latest/embed.json"} {
		if _, body := get(t, public+path); strings.Contains(body, "old pier") || strings.Contains(body, "Much later") || strings.Contains(body, "/later") {
			t.Errorf("public %s tells of a draft", path)
		}
	}
	for _, name := range []string{"public/articles/pier", "public/articles/later", "public/drafts"} {
		if _, err := os.Stat(s.path(name)); err == nil {
			t.Errorf("a build has %s", name)
		}
	}
}

// TestDraftsInBrowser looks at the pages of drafts as TestPagesInBrowser does at
// the public ones: the picture is there, nothing is refused, nothing moves.
func TestDraftsInBrowser(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	s := newTestSite(t, siteConfig)
	s.write("articles/out.md", "---\ntitle: Already out\ndate: 2026-01-02\n---\nOut.\n")
	s.write("articles/pier.md", "---\ntitle: The old pier\ndraft: true\ntags: [sea]\nsummary: A walk.\n---\n![Pier](pier.svg)\n\nTwice a year the tide uncovers the piles.\n")
	s.write("articles/pier.svg", `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="200"><path fill="#468" d="M0 0h600v200H0z"/></svg>`)
	s.write("articles/torn.md", "---\ntitle: Torn\n")
	_, _, admin := s.desk()
	for name, path := range map[string]string{"drafts": "/drafts", "draft": "/drafts/articles/pier"} {
		t.Run(name, func(t *testing.T) { c.checkPage(t, admin+path, name) })
	}
}
