package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// withdrawn is in the titles, texts, links and file names of what is retracted,
// and nowhere else.
const withdrawn = "zyzzogeton"

// retractSite is a site whose stories are to be retracted: one that two sources
// carry, deep enough for archive pages, and an article.
type retractSite struct {
	*testSite
	up    *upstreamtest.Server
	items []upstreamtest.Item
}

const (
	withdrawnLink    = "https://example.org/" + withdrawn
	withdrawnArticle = "http://localhost:8080/articles/" + withdrawn
)

func newRetractSite(t *testing.T) *retractSite {
	t.Helper()
	r := &retractSite{up: upstreamtest.New(t), items: upstreamtest.Items(130)}
	r.items[20] = r.withdrawnItem("1", "")
	r.up.Set("/a", upstreamtest.RSS("A", r.items...))
	copied := r.withdrawnItem("copy", "?utm_source=b")
	r.up.Set("/b", upstreamtest.RSS("B", copied, upstreamtest.NewItem(501)))
	r.testSite = newTestSite(t, siteConfig+sourceConfig("a", r.up.URL("/a"))+sourceConfig("b", r.up.URL("/b"))+"tags = [\"quiet\"]\n")
	r.write("articles/"+withdrawn+".md", "---\ntitle: The "+withdrawn+"\ndate: 2026-02-01\ntags: [quiet, "+withdrawn+"]\n---\nText of the "+withdrawn+".\n")
	r.write("articles/other.md", "---\ntitle: Another\ndate: 2026-02-02\ntags: [quiet]\n---\nText.\n")
	return r
}

func (r *retractSite) withdrawnItem(id, query string) upstreamtest.Item {
	return upstreamtest.Item{
		ID: withdrawn + id, Title: "The " + withdrawn, Link: withdrawnLink + query, Content: "<p>About the " + withdrawn + ".</p>",
		Author: "Ann " + withdrawn, Date: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
	}
}

// files gives all files of a build, by address.
func (s *testSite) files(folder string) map[string]string {
	s.t.Helper()
	built := make(map[string]string)
	root := os.DirFS(s.path(folder))
	if err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(root, name)
		built["/"+strings.TrimSuffix(strings.TrimSuffix(name, "index.html"), "/")] = string(body)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return built
}

// addresses are those of a build, and those that only a server has.
func (r *retractSite) addresses() []string {
	r.t.Helper()
	r.run("build", "--out", r.path("before"))
	var list []string
	for path := range r.files("before") {
		list = append(list, path)
	}
	for _, feed := range []string{"latest", "quiet"} {
		list = append(list, "/oembed?url="+url.QueryEscape("http://localhost:8080/"+feed), "/"+feed+"/embed?limit=50")
	}
	return append(list, "/embed", "/oembed?url="+url.QueryEscape(withdrawnArticle))
}

// having gives the addresses that have a text, in the body or in a Link header.
func having(t *testing.T, server, text string, addresses []string) (found []string) {
	t.Helper()
	for _, path := range addresses {
		if response, body := get(t, server+path); strings.Contains(strings.ToLower(body), text) ||
			strings.Contains(strings.Join(response.Header["Link"], " "), text) {
			found = append(found, path)
		}
	}
	return found
}

// mustHaveNone checks every address of a server and every file of a build.
func (r *retractSite) mustHaveNone(when, server string, addresses []string) {
	r.t.Helper()
	if found := having(r.t, server, withdrawn, addresses); len(found) > 0 {
		r.t.Errorf("%s: it is still at %q", when, found)
	}
	if response, _ := get(r.t, server+"/articles/"+withdrawn); response.StatusCode != http.StatusNotFound {
		r.t.Errorf("%s: status %d at the article's address", when, response.StatusCode)
	}
	r.mustBuildNone(when)
}

func (r *retractSite) mustBuildNone(when string) {
	r.t.Helper()
	r.run("build", "--no-refresh", "--out", r.path("after"))
	for path, body := range r.files("after") {
		if strings.Contains(strings.ToLower(path+body), withdrawn) {
			r.t.Errorf("%s: the build has it at %s", when, path)
		}
	}
}

// follow opens the live stream of a feed and gives what it sends, line by line.
func (r *retractSite) follow(server, lastID string) <-chan string {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	r.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/latest/events", http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	lines := make(chan string, 1000)
	go func() {
		defer response.Body.Close()
		defer close(lines)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines
}

// awaitLine gives the first line with a prefix, and all before it.
func awaitLine(t *testing.T, lines <-chan string, prefix string) (line, before string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the stream ended without %q after:\n%s", prefix, before)
			}
			if strings.HasPrefix(line, prefix) {
				return line, before
			}
			before += line + "\n"
		case <-timeout:
			t.Fatalf("the stream had no %q but:\n%s", prefix, before)
		}
	}
}

// TestRetractEverywhere retracts a story and an article beside a running server
// and looks at every address, then brings the story back in every way there is.
func TestRetractEverywhere(t *testing.T) {
	t.Parallel()
	r := newRetractSite(t)
	addresses := r.addresses()
	p := r.start(program, "serve", "--listen", "127.0.0.1:0")
	server := p.address(t)
	live := r.follow(server, "")
	start, _ := awaitLine(t, live, "id: ")
	_, lastID, _ := strings.Cut(start, ": ")
	before := having(t, server, withdrawn, addresses)
	for _, path := range []string{
		"/", "/latest", "/latest.rss", "/latest.atom", "/latest.json", "/quiet.rss", "/latest/embed", "/latest/embed.json",
		"/latest/fragment.html", "/latest/embed?limit=50", "/latest/archive/1.rss", "/latest/archive/1.atom", "/latest/archive/1.json",
		"/latest/archive/1", "/sitemap.xml", "/articles/" + withdrawn, "/tags", "/tags/" + withdrawn, "/tags/quiet",
	} {
		if !strings.Contains(" "+strings.Join(before, " ")+" ", " "+path+" ") {
			t.Errorf("it was never at %s, but only at %q", path, before)
		}
	}

	for _, address := range []string{withdrawnLink, withdrawnArticle} {
		r.run("retract", address, "--reason", "told to")
	}
	done := time.Now()
	for len(having(t, server, withdrawn, before)) > 0 {
		if time.Since(done) > patience {
			t.Fatalf("after %v it is still at %q", time.Since(done), having(t, server, withdrawn, before))
		}
	}
	t.Logf("gone from %d addresses, all fetched one by one, %v after the command ended", len(before), time.Since(done))
	r.mustHaveNone("beside the server", server, addresses)
	if _, told := awaitLine(t, live, "event: reset"); strings.Contains(told, withdrawn) {
		t.Errorf("the live stream tells of it:\n%s", told)
	}
	if _, missed := awaitLine(t, r.follow(server, lastID), "id: "); strings.Contains(missed, withdrawn) || !strings.Contains(missed, "event: reset") {
		t.Errorf("who was away is told:\n%s", missed)
	}

	again := r.withdrawnItem("1", "")
	again.Title += ", sent again"
	r.items[20] = again
	fresh := upstreamtest.NewItem(900)
	r.up.Set("/a", upstreamtest.RSS("A", append([]upstreamtest.Item{fresh, r.withdrawnItem("churned", "")}, r.items...)...))
	r.up.Set("/b", upstreamtest.RSS("B", r.withdrawnItem("another id", "#b"), upstreamtest.NewItem(501)))
	r.write("articles/"+withdrawn+".md", "---\ntitle: The "+withdrawn+", written anew\ndate: 2026-02-01\n---\nText.\n")
	await(t, server+"/latest.json", fresh.Title)
	for _, name := range []string{"a", "b"} {
		r.run("refresh", name)
	}
	r.write("articles/third.md", "---\ntitle: A third one\ndate: 2026-02-03\n---\nText.\n")
	await(t, server+"/latest.json", "A third one") // the folder was read
	r.mustHaveNone("sent again", server, addresses)

	p.Process.Kill()
	p.wait(t)
	p = r.start(program, "serve", "--listen", "127.0.0.1:0")
	server = p.address(t)
	await(t, server+"/latest.json", fresh.Title)
	r.mustHaveNone("after a kill and a restart", server, addresses)

	p.Process.Kill()
	p.wait(t)
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(r.path("data/tributary.db" + end)); err != nil {
			t.Fatal(err)
		}
	}
	p = r.start(program, "serve", "--listen", "127.0.0.1:0")
	server = p.address(t)
	await(t, server+"/latest.json", fresh.Title)
	await(t, server+"/latest.json", upstreamtest.NewItem(501).Title)
	r.mustHaveNone("after the database was deleted", server, addresses)
	code, out, _ := r.try("explain", withdrawnLink, "--json")
	if code != exitDone || !strings.Contains(out, "told to") || !json.Valid([]byte(out)) {
		t.Errorf("explain tells nothing of it, exit code %d: %s", code, out)
	}
}
