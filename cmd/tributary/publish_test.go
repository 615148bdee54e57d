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

// TestHoldAfterOtherSettings changes how a source is read while a server runs.
// What the next visit loses was meant; what a later one loses is held, although
// no story has changed in between.
func TestHoldAfterOtherSettings(t *testing.T) {
	t.Parallel()
	items := upstreamtest.Items(20)
	for _, test := range []struct {
		reason string
		visits int // under the new settings before stories are lost
		held   bool
	}{
		{"lost by the change", 0, false},
		{"lost afterwards", 2, true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			config := deskConfig + sourceConfig("mirror", up.Feed("/mirror", upstreamtest.RSS("Mirror", items...))) +
				"mirror = true\nschedule = \"@every 1s\"\n"
			s := newTestSite(t, config)
			p, public, admin := s.desk("--watch=false")
			await(t, public+"/latest.json", items[10].Title)
			if test.visits == 0 {
				up.Script("/mirror", upstreamtest.Status(503, "Retry-After", "2"), upstreamtest.Serve) // not before the change
				p.awaitLog(t, "source not read")
				up.Set("/mirror", upstreamtest.RSS("Mirror", items[:2]...))
			}
			s.write("config.toml", config+"images = \"strip\"\n")
			if code, _, messages := s.try("reload", "--admin", strings.TrimPrefix(admin, "http://")); code != exitDone {
				t.Fatalf("reload: %s", messages)
			}
			if !test.held {
				awaitWithout(t, public+"/latest.json", items[10].Title)
				return
			}
			p.awaitCount(t, up, "/mirror", up.Count("/mirror")+test.visits)
			up.Set("/mirror", upstreamtest.RSS("Mirror", items[:2]...))
			p.awaitLog(t, "held: 18 of 20")
			if _, body := get(t, public+"/latest.json"); !strings.Contains(body, items[10].Title) {
				t.Error("readers lost what is held")
			}
		})
	}
}

// awaitWithout waits until a document has a text no more.
func awaitWithout(t *testing.T, address, text string) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if _, body := get(t, address); !strings.Contains(body, text) {
			return
		}
	}
	t.Fatalf("%s still has %q", address, text)
}
