package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/postgrestest"
	"tributary/internal/upstreamtest"
)

const migrateConfig = `
[site]
database = "DATABASE"
title = "Test"
url   = "http://localhost:8080"

[fetch]
allow_networks = ["127.0.0.0/8"]
schedule       = "@yearly"

[[feed]]
name = "latest"

[[feed]]
name    = "gated"
sources = ["mirror"]
`

// grown is a site that has a history of all kinds: an archive, copies, a story
// under a second id, a retracted one, one with its full text, an article with a
// former address, and a feed that is held. use has it work with a database.
func grown(t *testing.T, up *upstreamtest.Server) (s *testSite, use func(database string)) {
	t.Helper()
	items := upstreamtest.Items(130)
	twin := upstreamtest.NewItem(120)
	twin.ID = "urn:twin:120"
	text := "<p>" + strings.Repeat("The whole text, with a point to make. ", 60) + "</p>"
	page := upstreamtest.Item{ID: "urn:page", Title: "On a page", Date: items[0].Date, Content: "<p>Begins …</p>",
		Link: up.Feed("/page", "<html><head><title>On a page</title></head><body><article><h1>On a page</h1>"+text+text+"</article></body></html>", "Content-Type", "text/html")}
	config := migrateConfig + sourceConfig("many", up.Feed("/many", upstreamtest.RSS("Many", items...))) +
		sourceConfig("twin", "file:twin.xml") +
		sourceConfig("pages", up.Feed("/pages", upstreamtest.RSS("Pages", page))) + "\nfull_text = true\n" +
		sourceConfig("mirror", "file:mirror.xml") + "\nmirror = true\n"
	s = newTestSite(t, "")
	use = func(database string) { s.write("config.toml", strings.Replace(config, "DATABASE", database, 1)) }
	use("data/tributary.db")
	odd := upstreamtest.NewItem(300)
	odd.Link = "https://example.org/odd"
	s.write("twin.xml", upstreamtest.Atom("Twin", twin, odd))
	s.write("mirror.xml", upstreamtest.RSS("Mirror", mirrored(20)...))
	s.write("articles/hello.md", "---\ntitle: Hello\ndate: 2026-01-02\naliases: [hi]\n---\nText.\n")
	s.run("refresh")

	renamed := items[5]
	renamed.ID = "urn:renamed"
	up.Set("/many", upstreamtest.RSS("Many", append([]upstreamtest.Item{upstreamtest.NewItem(131)}, append(items[:5:5], append([]upstreamtest.Item{renamed}, items[6:]...)...)...)...))
	s.write("mirror.xml", upstreamtest.RSS("Mirror", mirrored(2)...))
	if code, _, messages := s.try("refresh", "--all"); code != exitFailed || !strings.Contains(messages, "held: 18 of 21") {
		t.Fatalf("no feed is held: exit code %d: %s", code, messages)
	}
	s.run("retract", items[3].Link, "--reason", "libel")
	return s, use
}

// mirrored are n items of the mirrored source.
func mirrored(n int) (items []upstreamtest.Item) {
	for i := range n {
		item := upstreamtest.NewItem(200 + i)
		item.ID, item.Link = fmt.Sprintf("urn:mirror:%d", i), fmt.Sprintf("https://mirror.example/%d", i)
		items = append(items, item)
	}
	return items
}

// answers is what a server says to readers: status, validators and bytes.
func (s *testSite) answers() map[string]string {
	s.t.Helper()
	address, stop := s.serve()
	defer stop()
	said := make(map[string]string)
	for _, path := range []string{
		"/", "/latest", "/latest.rss", "/latest.atom", "/latest.json", "/latest.opml", "/latest/archive/1.rss", "/latest/archive/2.json",
		"/gated", "/gated.rss", "/gated.atom", "/gated.json", "/articles/hello", "/articles/hi", "/latest/embed.json", "/sources.opml",
	} {
		response, body := get(s.t, address+path)
		if response.StatusCode >= http.StatusBadRequest {
			s.t.Fatalf("%s: %s", path, response.Status)
		}
		modified := response.Header.Get("Last-Modified")
		if strings.HasPrefix(path, "/articles/") {
			modified = "" // when the process read the article
		}
		said[path] = fmt.Sprintf("%s\nETag: %s\nLast-Modified: %s\n\n%s", response.Status, response.Header.Get("ETag"), modified, body)
	}
	return said
}

// moved moves the site and gives the table that was printed.
func (s *testSite) moved(from, to string) (rows map[string]movedJSON) {
	s.t.Helper()
	var list []movedJSON
	if err := json.Unmarshal([]byte(s.run("migrate", "--json", "--from", from, "--to", to)), &list); err != nil {
		s.t.Fatal(err)
	}
	rows = make(map[string]movedJSON)
	for _, row := range list {
		rows[row.Table] = row
	}
	return rows
}

// TestMigrate moves a grown site to PostgreSQL and back. Readers notice nothing,
// and no source brings a story twice.
func TestMigrate(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	server := strings.Replace(postgrestest.URL(t), "tributary@", "tributary:s3cret@", 1)
	s, use := grown(t, up)
	files := func(folder string) map[string]string {
		if code, _, messages := s.try("build", "--no-refresh", "--out", s.path(folder)); code != exitFailed || !strings.Contains(messages, "held: 18 of 21") {
			t.Fatalf("build: exit code %d: %s", code, messages)
		}
		return s.files(folder)
	}
	said := s.answers()
	built := files("sqlite")
	if !strings.Contains(said["/gated.rss"], "https://mirror.example/19") || strings.Contains(said["/latest/archive/1.rss"], "libel") {
		t.Fatal("the site has not grown as it should")
	}

	first := s.moved("sqlite:"+s.path("data/tributary.db"), server)
	for _, table := range []string{"sources", "schedule", "source_infos", "visits", "stories", "aliases", "tombstones", "identities", "standings",
		"decisions", "feeds", "feed_story", "feed_sources", "editions", "renditions", "full_text_sources", "full_texts", "chores", "applied"} {
		if first[table].Rows == 0 {
			t.Errorf("the site has nothing in table %s, so it shows nothing about it", table)
		}
	}
	if diff := cmp.Diff(first, s.moved(server, "sqlite:"+s.path("at-once/site.db"))); diff != "" {
		t.Errorf("moved there (-) and at once back (+): %s", diff)
	}
	use(server)
	if diff := cmp.Diff(said, s.answers()); diff != "" {
		t.Errorf("served from SQLite (-) and PostgreSQL (+): %.3000s", diff)
	}
	if diff := cmp.Diff(built, files("postgres")); diff != "" {
		t.Errorf("built from SQLite (-) and PostgreSQL (+): %.3000s", diff)
	}
	s.quiet("PostgreSQL")
	said, built = s.answers(), files("postgres")

	s.moved(server, "sqlite:"+s.path("back/site.db"))
	if journal, err := os.ReadFile(s.path("back/site.journal")); err != nil || !strings.Contains(string(journal), `"reason":"libel"`) {
		t.Errorf("the retraction is not in the journal: %v: %s", err, journal)
	}
	use("back/site.db")
	if diff := cmp.Diff(said, s.answers()); diff != "" {
		t.Errorf("served from PostgreSQL (-) and SQLite again (+): %.3000s", diff)
	}
	if diff := cmp.Diff(built, files("sqlite")); diff != "" {
		t.Errorf("built from PostgreSQL (-) and SQLite again (+): %.3000s", diff)
	}
	s.quiet("SQLite again")
	up.Set("/many", upstreamtest.RSS("Many", upstreamtest.NewItem(140)))
	if _, out, _ := s.try("refresh", "many"); !strings.Contains(out, "1 new story") {
		t.Errorf("a new story: %s", out)
	}
}

// quiet pulls all sources: none has anything new, and upstreams are asked
// whether anything changed.
func (s *testSite) quiet(name string) {
	s.t.Helper()
	_, out, messages := s.try("refresh", "--all")
	if !strings.Contains(out, " 0 new stories") && !regexp.MustCompile(`(?m)^many +unchanged`).MatchString(out) {
		s.t.Errorf("%s: all sources pulled again: %s%s", name, out, messages)
	}
	if !regexp.MustCompile(`(?m)^many +unchanged`).MatchString(out) {
		s.t.Errorf("%s: the validators are lost: %s%s", name, out, messages)
	}
}

// Trouble with a server is told with a cure and without its password.
func TestMigrateTrouble(t *testing.T) {
	t.Parallel()
	server := strings.Replace(postgrestest.URL(t), "tributary@", "tributary:s3cret@", 1)
	s := newTestSite(t, bareConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.Items(3)...))
	s.run("refresh")
	file := "sqlite:" + s.path("data/tributary.db")
	for _, test := range []struct {
		reason, from, to string
		code             int
		want             string
	}{
		{"a server that isn't there", file, "postgres://jane:s3cret@127.0.0.1:1/x", exitFailed, "see that PostgreSQL runs"},
		{"a source on a server that is new", server, "sqlite:" + s.path("new.db"), exitFailed, "nothing is stored in the source"},
		{"a URL of another kind", file, "mysql://jane:s3cret@db/x", exitUsage, `not "mysql"`},
		{"a first move", file, server, exitDone, "the same in both databases; now set database in the config to what --to says"},
		{"a second one", file, server, exitFailed, "the target is not empty"},
		{"onto itself", server, server, exitUsage, "the same database"},
	} {
		code, out, messages := s.try("migrate", "--from", test.from, "--to", test.to)
		if code != test.code || !strings.Contains(out+messages, test.want) {
			t.Errorf("%s: exit code %d: %s%s", test.reason, code, out, messages)
		}
		if strings.Contains(out+messages, "s3cret") {
			t.Errorf("%s: the password is told: %s%s", test.reason, out, messages)
		}
	}
	if _, err := os.Stat(s.path("new.db")); err == nil {
		t.Error("a file was made for nothing")
	}
}

// A server that has the source open is told of.
func TestMigrateBesideServe(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, bareConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.Items(3)...))
	p := s.start(program, "serve", "--listen", "127.0.0.1:0")
	await(t, p.address(t)+"/latest.rss", upstreamtest.NewItem(1).Title)
	code, out, messages := s.try("migrate", "--from", "sqlite:"+s.path("data/tributary.db"), "--to", "sqlite:"+s.path("copy.db"))
	if code != exitDone || !strings.Contains(messages, "another process has") {
		t.Errorf("exit code %d: %s%s", code, out, messages)
	}
}
