package main

import (
	"os"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// TestAcceptMoves follows permanent redirects over two days, then writes the
// addresses into the config.
func TestAcceptMoves(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	for i, name := range []string{"/plain", "/secret", "/twin", "/twins-target", "/new"} {
		up.Set(name, upstreamtest.RSS(name, upstreamtest.NewItem(i+1)))
	}
	up.Script("/plain", upstreamtest.Redirect(301, "/new"))
	up.Script("/secret", upstreamtest.Redirect(308, strings.Replace(up.URL("/new"), "127.0.0.1", "localhost", 1)))
	up.Script("/twin", upstreamtest.Redirect(301, "/twins-target"))
	s := newTestSite(t, siteConfig+
		sourceConfig("plain", up.URL("/plain"))+
		"# where the members are\n"+sourceConfig("secret", up.URL("/secret"))+"headers = { X-Key = \"key\" }\n"+
		sourceConfig("twin", up.URL("/twin"))+sourceConfig("twins-target", up.URL("/twins-target")))
	before, err := os.ReadFile(s.path("config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, back := range []string{"49h", "24h"} {
		if code := s.start(backdated, back, "refresh", "--all").wait(t); code != exitDone {
			t.Fatalf("%s ago: exit code %d", back, code)
		}
	}
	if out := s.run("sources", "--accept-moves"); out != "no new address to take\n" {
		t.Errorf("after two visits: %q", out)
	}
	s.run("refresh", "--all")
	if out := s.run("sources"); !strings.Contains(out, "permanently at "+up.URL("/new")) || !strings.Contains(out, "plain: `tributary sources --accept-moves`") {
		t.Errorf("sources doesn't tell the move:\n%s", out)
	}

	p := s.start(program, "sources", "--accept-moves")
	if code := p.wait(t); code != exitFailed {
		t.Errorf("exit code %d, want %d: two are left", code, exitFailed)
	}
	if want := "plain: " + up.URL("/plain") + " is now " + up.URL("/new") + "\n"; p.out.String() != want {
		t.Errorf("printed %q, want %q", p.out, want)
	}
	for _, want := range []string{"secret has moved to http://localhost", "credentials", "the address of twins-target"} {
		if !strings.Contains(p.messages.String(), want) {
			t.Errorf("the messages don't say %q:\n%s", want, p.messages)
		}
	}
	after, err := os.ReadFile(s.path("config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(string(before), up.URL("/plain"), up.URL("/new"), 1); string(after) != want {
		t.Errorf("the config is now:\n%s\nwant:\n%s", after, want)
	}

	asked := up.Count("/plain")
	out := s.run("refresh", "plain")
	if !strings.Contains(out, "plain   changed  0") || up.Count("/plain") != asked {
		t.Errorf("at its new address (%d requests to the old one):\n%s", up.Count("/plain")-asked, out)
	}
	if out := s.run("sources", "--json"); strings.Contains(out, `"name":"plain","url":"`+up.URL("/plain")) ||
		!strings.Contains(out, `"name":"plain","url":"`+up.URL("/new")+`","health":"ok"`) {
		t.Errorf("sources: %s", out)
	}
}

func TestTrusted(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		from, to string
		want     bool
		reason   string
	}{
		{"https://a.example/feed", "https://A.example:443/new", true, "the same origin, written otherwise"},
		{"http://a.example/feed", "https://a.example/feed", true, "encrypted now"},
		{"http://a.example:80/", "https://a.example:443/", true, "the same with ports"},
		{"https://a.example/", "http://a.example/", false, "readable by anyone on the way"},
		{"https://a.example/", "https://a.example:8443/", false, "another program may listen there"},
		{"http://a.example:8080/", "https://a.example/", false, "the same"},
		{"https://a.example/", "https://a.example.org/", false, "another host"},
		{"https://a.example/", "https://%zz/", false, "no address"},
	} {
		if got := trusted(row.from, row.to); got != row.want {
			t.Errorf("from %s to %s: %t, want %t: %s", row.from, row.to, got, row.want, row.reason)
		}
	}
}
