package main

import (
	"os"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// TestLayersOfSettings pulls sources whose settings come from [fetch], from the
// [host] of their address and from themselves, one of them in an included file,
// and looks at what the upstream was asked and at what is published.
func TestLayersOfSettings(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	site := func(i int) string { return upstreamtest.RSS("A", upstreamtest.NewItem(i)) }
	local := func(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }
	s := newTestSite(t, `
include = ["sources.d/*.toml"]

[site]
title = "Test"

[fetch]
allow_networks = ["127.0.0.0/8", "::1/128"]
user_agent     = "all/1.0"
content        = "title"

[host.localhost]
user_agent = "host/1.0"
headers    = { X-Host = "yes" }
tags       = ["of-host"]

[[feed]]
name = "latest"

[[feed]]
name = "hosted"
tags = ["of-host"]
`+sourceConfig("plain", up.Feed("/plain", site(1)))+sourceConfig("own", local(up.Feed("/own", site(2))))+`
user_agent = "own/1.0"
headers    = { X-Own = "yes" }
tags       = []
`)
	s.write("sources.d/more.toml", sourceConfig("hosted", local(up.Feed("/hosted", site(3))))+"content = \"full\"\n")
	s.run("build", "--out", s.path("public"))
	for _, test := range []struct{ path, agent, host, own, reason string }{
		{"/plain", "all/1.0", "", "", "what [fetch] says, and no other host's"},
		{"/hosted", "host/1.0", "yes", "", "its [host] goes over [fetch], in an included file too"},
		{"/own", "own/1.0", "yes", "yes", "its own goes over both; headers add up"},
	} {
		header := up.Last(test.path).Header
		if header.Get("User-Agent") != test.agent || header.Get("X-Host") != test.host || header.Get("X-Own") != test.own {
			t.Errorf("%s: asked with %v", test.reason, header)
		}
	}
	read := func(name string) string {
		data, err := os.ReadFile(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	latest, hosted := read("public/latest.json"), read("public/hosted.json")
	for i, inHosted := range map[int]bool{1: false, 2: false, 3: true} {
		item := upstreamtest.NewItem(i)
		if !strings.Contains(latest, item.Title) || strings.Contains(hosted, item.Title) != inHosted {
			t.Errorf("story %d: in hosted %t", i, !inHosted)
		}
		if full := i == 3; strings.Contains(latest, "The text of story "+item.Title[len("Story "):]) != full {
			t.Errorf("story %d has its content: %t", i, !full)
		}
	}
}
