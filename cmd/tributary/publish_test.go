package main

import (
	"cmp"
	"fmt"
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
	addresses := []string{first.address(t)}
	second := s.start(program, "serve", "--listen", "127.0.0.1:0", "--roles", "publish")
	addresses = append(addresses, second.address(t))
	gone := items[10].Title
	before := await(t, addresses[0]+"/latest.rss", gone)
	awaitSame(t, addresses)

	s.write("mirror.xml", upstreamtest.RSS("Mirror", items[:2]...))
	refresh := s.start(program, "refresh", "mirror")
	if code := refresh.wait(t); code != exitFailed || !strings.Contains(refresh.messages.String(), "held: 18 of 20") {
		t.Fatalf("exit code %d: %s", code, refresh.messages)
	}
	for i, p := range []*process{first, second} {
		p.awaitLog(t, "held: 18 of 20")
		if _, body := get(t, addresses[i]+"/latest.rss"); body != before {
			t.Errorf("server %d does not keep the last edition", i)
		}
	}

	if out := s.run("publish", "--force", "latest"); out != "latest: let through\n" {
		t.Errorf("told %q", out)
	}
	for _, p := range []*process{first, second} {
		p.awaitLog(t, "published again")
	}
	awaitSame(t, addresses)
	if _, body := get(t, addresses[1]+"/latest.rss"); strings.Contains(body, gone) || !strings.Contains(body, items[0].Title) {
		t.Errorf("not let through: %s", body)
	}
}

// awaitSame waits until all servers give the same bytes under the same
// validators, for every document and coding.
func awaitSame(t *testing.T, servers []string) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	var problem string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		problem = ""
		for _, path := range []string{"/", "/latest", "/latest.rss", "/latest.atom", "/latest.json", "/latest.opml"} {
			for _, coding := range []string{"identity", "gzip", "br"} {
				for _, server := range servers[1:] {
					problem = cmp.Or(problem, difference(t, servers[0]+path, server+path, coding))
				}
			}
		}
		if problem == "" {
			return
		}
	}
	t.Fatalf("the servers don't agree: %s", problem)
}

// difference tells what differs between what two addresses give.
func difference(t *testing.T, a, b, coding string) string {
	t.Helper()
	one, body := get(t, a, "Accept-Encoding", coding)
	other, bodyOther := get(t, b, "Accept-Encoding", coding)
	for _, field := range []string{"Etag", "Last-Modified", "Content-Encoding", "Content-Type"} {
		if is, was := one.Header.Get(field), other.Header.Get(field); is != was || is == "" && field != "Content-Encoding" {
			return fmt.Sprintf("%s as %s: %s %q and %q", a, coding, field, is, was)
		}
	}
	if body != bodyOther {
		return fmt.Sprintf("%s as %s: the bytes differ", a, coding)
	}
	return ""
}
