package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

const mirrorConfig = `
[site]
title = "Test"
url   = "http://localhost:8080"

[[source]]
name     = "mirror"
url      = "file:mirror.xml"
mirror   = true
schedule = "@yearly"
`

// TestPublishBesideServe lets a held feed through while two servers run on the
// same database.
func TestPublishBesideServe(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, mirrorConfig)
	items := upstreamtest.Items(20)
	s.write("mirror.xml", upstreamtest.RSS("Mirror", items...))
	first := s.start(program, "serve", "--listen", "127.0.0.1:0")
	addresses := []string{first.address(t) + "/latest.rss"}
	second := s.start(program, "serve", "--listen", "127.0.0.1:0", "--roles", "publish")
	addresses = append(addresses, second.address(t)+"/latest.rss")
	gone := items[10].Title
	before := await(t, addresses[0], gone)
	awaitSame(t, addresses)

	s.write("mirror.xml", upstreamtest.RSS("Mirror", items[:2]...))
	refresh := s.start(program, "refresh", "mirror")
	if code := refresh.wait(t); code != exitFailed || !strings.Contains(refresh.messages.String(), "held: 18 of 20") {
		t.Fatalf("exit code %d: %s", code, refresh.messages)
	}
	for i, p := range []*process{first, second} {
		p.awaitLog(t, "held: 18 of 20")
		if _, body := get(t, addresses[i]); body != before {
			t.Errorf("server %d does not keep the last edition", i)
		}
	}

	if out := s.run("publish", "--force", "latest"); out != "latest: let through\n" {
		t.Errorf("told %q", out)
	}
	for _, p := range []*process{first, second} {
		p.awaitLog(t, "published again")
	}
	if _, body := awaitSame(t, addresses); strings.Contains(body, gone) || !strings.Contains(body, items[0].Title) {
		t.Errorf("not let through: %s", body)
	}
}

// awaitSame waits until all addresses give the same bytes under the same
// validators, and gives them.
func awaitSame(t *testing.T, addresses []string) (*http.Response, string) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	var problem string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		problem = ""
		wanted, body := get(t, addresses[0])
		for _, address := range addresses[1:] {
			response, other := get(t, address)
			for _, field := range []string{"Etag", "Last-Modified"} {
				if a, b := wanted.Header.Get(field), response.Header.Get(field); a == "" || a != b {
					problem = field + ": " + a + " and " + b
				}
			}
			if other != body {
				problem = "the bodies differ"
			}
		}
		if problem == "" {
			return wanted, body
		}
	}
	t.Fatalf("the servers don't agree: %s", problem)
	return nil, ""
}
