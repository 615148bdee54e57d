package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/internal/httpscript"
	"tributary/internal/upstreamtest"
)

// httpConfig is a site with something at every kind of address. Nothing on it
// changes while it is looked at.
const httpConfig = `
[site]
title = "Test"
url   = "http://localhost:8080PATH"

[push]
hub = "https://hub.example/"

[redirects]
"/atom.xml"  = "/latest.atom"
"/old"       = "https://elsewhere.example/new"
"/quiet.rss" = "/latest.rss"

[[feed]]
name = "latest"

[[feed]]
name = "quiet"
tags = ["quiet"]
`

// newHTTPSite gives such a site below a path of its host.
func newHTTPSite(t *testing.T, path string) *testSite {
	t.Helper()
	s := newTestSite(t, strings.Replace(httpConfig, "PATH", path, 1)+sourceConfig("samples", "file:samples.xml"))
	s.write("samples.xml", upstreamtest.Atom("Samples", upstreamtest.Items(130)...))
	s.write("articles/hello.md", "---\ntitle: Hello\ndate: 2026-01-02\naliases: [hi]\n---\n![A dot](dot.svg) and a [talk](talk.mp3).\n")
	s.write("articles/dot.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	s.write("articles/talk.mp3", strings.Repeat("0123456789", 1000))
	return s
}

// TestHTTP runs the scripts for the rules of HTTP that readers, caches and
// browsers rely on against a running server.
func TestHTTP(t *testing.T) {
	t.Parallel()
	addresses, variables := make(map[string]string), make(map[string]map[string]string)
	for _, path := range []string{"", "/news"} {
		s := newHTTPSite(t, path)
		addresses[path], _ = s.serve()
		root := strings.TrimSuffix(addresses[path], path)
		awaitBrotli(t, root+path+"/latest.rss", root+path+"/latest.json", root+path+"/", root+path+"/404")
		_, home := get(t, root+path+"/")
		variables[path] = map[string]string{
			"{url}":   "http://localhost:8080" + path,
			"{style}": regexp.MustCompile(`href="([^"]*/static/style\.[^"]*)"`).FindStringSubmatch(home)[1],
		}
		addresses[path] = root
	}
	start := func(path string) httpscript.Start {
		return func(t *testing.T, setup []string) string {
			if path == "" && len(setup) > 0 {
				t.Fatalf("unknown lines %q", setup)
			}
			return addresses[path]
		}
	}
	t.Run("rules", func(t *testing.T) {
		httpscript.RunAll(t, "testdata/http/[0-9]*.txt", variables[""], start(""))
	})
	t.Run("redirects", func(t *testing.T) {
		httpscript.Run(t, "testdata/http/redirects.txt", variables[""], start(""))
	})
	t.Run("subpath", func(t *testing.T) {
		httpscript.Run(t, "testdata/http/subpath.txt", variables["/news"], start("/news"))
	})
}

// awaitBrotli waits until brotli, which is made behind the serving, is there.
func awaitBrotli(t *testing.T, urls ...string) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for _, url := range urls {
		for deadline := time.Now().Add(patience); ; <-ticker.C {
			response, _ := get(t, url, "Accept-Encoding", "br")
			if response.Header.Get("Content-Encoding") == "br" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s never came in brotli", url)
			}
		}
	}
}
