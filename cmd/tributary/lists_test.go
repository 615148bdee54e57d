package main

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// listOf writes a reading list of feeds at addresses.
func listOf(addresses ...string) string {
	var b strings.Builder
	b.WriteString(`<opml version="2.0"><body>`)
	for i, address := range addresses {
		fmt.Fprintf(&b, `<outline type="rss" text="Listed blog %d" xmlUrl=%q/>`, i+1, address)
	}
	b.WriteString(`</body></opml>`)
	return b.String()
}

// listsConfig is a site that follows a list, and opens a host of its sources.
func listsConfig(up *upstreamtest.Server, opml string) string {
	host := netip.MustParseAddrPort(strings.TrimPrefix(up.URL(""), "http://")).String()
	return fmt.Sprintf("%s\n[host.%q]\nallow_networks = [\"127.0.0.0/8\"]\n\n[[reading_list]]\nopml = %q\ntags = [\"listed\"]\n\n[[feed]]\nname = \"latest\"\ntags = [\"listed\"]\n",
		bareConfig, host, opml)
}

// TestRefreshReadingList follows a list on disk with refresh: sources come, are
// pulled at once under the settings of their host, and go.
func TestRefreshReadingList(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", upstreamtest.RSS("A", upstreamtest.Items(2)...))
	up.Set("/b", upstreamtest.RSS("B", upstreamtest.Items(3)...))
	s := newTestSite(t, listsConfig(up, "roll.opml"))
	s.write("roll.opml", listOf(up.URL("/a"), up.URL("/b")))
	s.run("refresh")
	rows := s.sourceRows()
	if len(rows) != 2 || rows["listed-blog-1"].Stories != 2 || rows["listed-blog-2"].Stories != 3 || rows["listed-blog-1"].List != s.path("roll.opml") {
		t.Fatalf("%+v", rows)
	}
	if table := s.run("sources"); !strings.Contains(table, "from "+s.path("roll.opml")) {
		t.Errorf("the table doesn't tell the list:\n%s", table)
	}
	if plan := s.run("plan"); !strings.Contains(plan, "nothing would change") {
		t.Errorf("sources of lists are no part of the config, but: %s", plan)
	}

	s.write("roll.opml", "<opml><body><outline xmlUrl=")
	s.run("refresh")
	if rows := s.sourceRows(); len(rows) != 2 {
		t.Errorf("a torn list takes sources away: %+v", rows)
	}
	s.write("roll.opml", listOf("https://127.0.0.1/elsewhere", up.URL("/b"))) // its own title, another address
	s.run("refresh", "listed-blog-2")
	rows = s.sourceRows()
	if _, there := rows["listed-blog-1"]; there || rows["listed-blog-2"].Stories != 3 || len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
}

// TestServeReadingList lets a list change while the server runs.
func TestServeReadingList(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", upstreamtest.RSS("A", upstreamtest.Item{ID: "a", Title: "From the first", Date: time.Now().Add(-time.Hour)}))
	up.Set("/b", upstreamtest.RSS("B", upstreamtest.Item{ID: "b", Title: "From the second", Date: time.Now().Add(-time.Hour)}))
	s := newTestSite(t, listsConfig(up, "roll.opml"))
	s.write("roll.opml", listOf(up.URL("/a")))
	p := s.start(program, "serve", "--listen", "127.0.0.1:0")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.messages)
		}
	})
	address := p.address(t)
	await(t, address+"/latest.json", "From the first")
	s.write("roll.opml", listOf(up.URL("/b")))
	await(t, address+"/latest.json", "From the second")
	if _, body := get(t, address+"/latest.json"); strings.Contains(body, "From the first") {
		t.Error("the source that left the list is still published")
	}
}

// TestServeDisagrees applies another config beside a running server: it says
// so and pulls nothing, until a reload applies its own again.
func TestServeDisagrees(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/feed", upstreamtest.RSS("Samples", upstreamtest.Items(2)...))
	own := siteConfig + sourceConfig("samples", up.URL("/feed"))
	s := newTestSite(t, own)
	p := s.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	await(t, address+"/latest.json", upstreamtest.NewItem(2).Title)
	s.write("other.toml", siteConfig+sourceConfig("samples", up.URL("/feed"))+"tags = [\"other\"]\n")
	var messages strings.Builder
	if code := run(t.Context(), []string{"refresh", "--config", s.path("other.toml")}, nil, io.Discard, &messages); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &messages)
	}
	p.awaitLog(t, "another process has applied a different config")
	asked := up.Count("/feed")
	s.write("config.toml", own+"# the same, saved again\n")
	p.awaitLog(t, "pulling goes on") // two looks later: time for two visits
	if n := up.Count("/feed"); n > asked+1 {
		t.Errorf("%d visits under a config that is not the applied one", n-asked)
	}
	up.Set("/feed", upstreamtest.RSS("Samples", upstreamtest.Items(3)...))
	await(t, address+"/latest.json", upstreamtest.NewItem(3).Title)
}
