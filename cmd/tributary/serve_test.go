package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// patience bounds how long a test waits for something that has to come. It is
// generous: what it guards is a hang, not a speed.
const patience = 20 * time.Second

// site is a folder with a config, and what runs on it.
type testSite struct {
	t   *testing.T
	dir string
}

func newTestSite(t *testing.T, config string) *testSite {
	t.Helper()
	s := &testSite{t: t, dir: t.TempDir()}
	s.write("config.toml", config)
	return s
}

func (s *testSite) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func (s *testSite) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command line in this process and gives its output.
func (s *testSite) run(args ...string) (stdout string) {
	s.t.Helper()
	var out, messages bytes.Buffer
	args = append(args, "--config", s.path("config.toml"))
	if code := run(s.t.Context(), args, strings.NewReader(""), &out, &messages); code != exitDone {
		s.t.Fatalf("tributary %s: exit code %d: %s", strings.Join(args, " "), code, messages.String())
	}
	return out.String()
}

// serve starts the server and gives its address; it ends with the test, or
// with stop.
func (s *testSite) serve() (address string, stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	out, messages := newLines(), new(lockedBuffer)
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--config", s.path("config.toml")}, strings.NewReader(""), out, messages)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if code := <-done; code != exitDone {
			s.t.Errorf("serve: exit code %d: %s", code, messages)
		}
	})
	s.t.Cleanup(stop)
	select {
	case line := <-out.lines:
		return strings.TrimSuffix(strings.TrimPrefix(line, "listening on "), "/"), stop
	case code := <-done:
		done <- code
		s.t.Fatalf("serve ended with %d: %s", code, messages)
	case <-time.After(patience):
		s.t.Fatalf("serve did not listen: %s", messages)
	}
	return "", nil
}

// lines is a writer that hands out whole lines.
type lines struct {
	lines chan string
	rest  []byte
}

func newLines() *lines { return &lines{lines: make(chan string, 16)} }

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		l.lines <- string(l.rest[:i])
		l.rest = l.rest[i+1:]
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// get fetches an address without decompression.
func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return answer(t, http.DefaultClient, request)
}

// answer is what a client is given.
func answer(t *testing.T, client *http.Client, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// await polls an address until its body has what is wanted.
func await(t *testing.T, url, want string) string {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if _, body := get(t, url); strings.Contains(body, want) {
			return body
		}
	}
	t.Fatalf("%s never had %q", url, want)
	return ""
}

const siteConfig = `
[site]
title = "Test"
url   = "http://localhost:8080"

[fetch]
allow_networks = ["127.0.0.0/8"]
schedule       = "@every 1s"

[[feed]]
name = "latest"

[[feed]]
name  = "quiet"
local = true
tags  = ["quiet"]
`

func sourceConfig(name, url string) string {
	return fmt.Sprintf("\n[[source]]\nname = %q\nurl = %q\n", name, url)
}

func TestServeFreshSite(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("samples", "file:samples.xml"))
	s.write("samples.xml", upstreamtest.RSS("Samples", upstreamtest.Items(3)...))
	s.write("articles/hello.md", "---\ntitle: Hello\ndate: 2026-01-02\n---\nText.\n")
	address, stop := s.serve()
	_, home := get(t, address+"/") // the first request already finds them
	for _, want := range []string{"Hello", upstreamtest.NewItem(1).Title} {
		if !strings.Contains(home, want) {
			t.Errorf("the first home page has no %q", want)
		}
	}
	if response, _ := get(t, address+"/articles/hello"); response.StatusCode != http.StatusOK {
		t.Errorf("article: status %d", response.StatusCode)
	}
	stop()
	if again, _ := s.serve(); true {
		if _, body := get(t, again+"/"); !strings.Contains(body, "Hello") {
			t.Error("after a restart the home page has lost the article")
		}
	}
}

func TestServeFollowsUpstream(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newTestSite(t, siteConfig+sourceConfig("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1)))))
	s.write("articles/calm.md", "---\ntitle: Calm\ndate: 2026-01-02\ntags: [quiet]\n---\nText.\n")
	address, _ := s.serve()
	await(t, address+"/latest.rss", upstreamtest.NewItem(1).Title)
	before := etags(t, address, "quiet")

	up.Set("/a", upstreamtest.RSS("A", upstreamtest.NewItem(2), upstreamtest.NewItem(1)))
	for _, format := range []string{".rss", ".atom", ".json"} {
		await(t, address+"/latest"+format, upstreamtest.NewItem(2).Title)
	}
	if after := etags(t, address, "quiet"); !maps.Equal(before, after) {
		t.Errorf("a feed without the story changed: %v, was %v", after, before)
	}
	response, body := get(t, address+"/quiet.rss", "If-None-Match", before[".rss"])
	if response.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("status %d with %d bytes, want 304 with none", response.StatusCode, len(body))
	}
}

// etags gives the ETag of each format of a feed.
func etags(t *testing.T, address, feed string) map[string]string {
	t.Helper()
	tags := make(map[string]string)
	for _, format := range []string{".rss", ".atom", ".json"} {
		response, _ := get(t, address+"/"+feed+format)
		tags[format] = response.Header.Get("ETag")
	}
	return tags
}

func TestServeFollowsArticles(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig)
	s.write("articles/one.md", "---\ntitle: First words\ndate: 2026-01-02\n---\nText.\n")
	address, _ := s.serve()
	await(t, address+"/", "First words")
	s.write("articles/two.md", "---\ntitle: Second words\ndate: 2026-01-03\n---\nText.\n")
	await(t, address+"/", "Second words")
	s.write("articles/one.md", "---\ntitle: Other words\ndate: 2026-01-02\n---\nText.\n")
	await(t, address+"/latest.json", "Other words")
	if err := os.Remove(s.path("articles/two.md")); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		response, _ := get(t, address+"/articles/two")
		if response.StatusCode == http.StatusNotFound {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a deleted article is still served")
		}
	}
}

func TestServeRefusesATakenAddress(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig)
	address, _ := s.serve()
	other := newTestSite(t, siteConfig)
	var messages bytes.Buffer
	args := []string{"serve", "--listen", strings.TrimPrefix(address, "http://"), "--config", other.path("config.toml")}
	code := run(t.Context(), args, strings.NewReader(""), io.Discard, &messages)
	if code != exitFailed || !strings.Contains(messages.String(), "--listen names another address") {
		t.Errorf("exit code %d: %s", code, messages.String())
	}
}

// TestBuildIsTheServer compares every file of a build with what the server
// gives at its address, byte for byte, and looks for addresses that a build
// lacks; at the root of a host and below a path of it.
func TestBuildIsTheServer(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/news"} {
		t.Run("at "+base+"/", func(t *testing.T) {
			t.Parallel()
			testBuildIsTheServer(t, base)
		})
	}
}

func testBuildIsTheServer(t *testing.T, base string) {
	config := strings.Replace(siteConfig, "http://localhost:8080", "http://localhost:8080"+base, 1)
	s := newTestSite(t, config+"[push]\nhub = \"builtin\"\n"+sourceConfig("samples", "file:samples.xml"))
	s.write("samples.xml", upstreamtest.Atom("Samples", upstreamtest.Items(130)...))
	s.write("articles/hello.md", "---\ntitle: Hello\ndate: 2026-01-02\n---\n![A dot](dot.svg)\n")
	s.write("articles/dot.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	s.run("build", "--out", s.path("public"))
	address, _ := s.serve()

	built := make(map[string]bool)
	root := os.DirFS(s.path("public"))
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		want, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		path := "/" + strings.TrimSuffix(strings.TrimSuffix(name, "index.html"), "/")
		built[path] = true
		_, got := get(t, address+path)
		if path == "/sources" {
			got, want = moment.ReplaceAllString(got, ""), moment.ReplaceAll(want, nil)
		}
		if got != string(want) {
			t.Errorf("%s: the server gives %d other bytes, the build %d", path, len(got), len(want))
		}
		if strings.Contains(string(want), `rel="hub"`) || strings.Contains(string(want), `"hubs"`) {
			t.Errorf("%s announces a hub that a static host doesn't have", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/latest", "/latest.rss", "/latest.atom", "/latest.json", "/latest/archive/1.json", "/latest/archive/2.atom", "/latest.opml", "/sources.opml", "/sitemap.xml", "/articles/hello", "/articles/dot.svg", "/robots.txt"} {
		if !built[path] {
			t.Errorf("the build has no %s: it has %q", path, slices.Sorted(maps.Keys(built)))
		}
	}
	for _, path := range linked(t, address) {
		if below, inside := strings.CutPrefix(path, base); !inside || !built[below] {
			t.Errorf("the home page links to %s, which the build lacks", path)
		}
	}
	if left, _ := filepath.Glob(s.path(".public*")); len(left) > 0 {
		t.Errorf("the build leaves %q", left)
	}
}

// moment is a time on a page. On that of the sources it moves with each visit,
// and the server visits them while it is asked.
var moment = regexp.MustCompile(`(?s)<time [^>]*>.*?</time>`)

var localLink = regexp.MustCompile(`(?:href|src)="(/[^"#]*)"`)

// linked gives the addresses of this site that the home page links to.
func linked(t *testing.T, address string) []string {
	t.Helper()
	_, body := get(t, address+"/")
	var paths []string
	for _, match := range localLink.FindAllStringSubmatch(body, -1) {
		paths = append(paths, match[1])
	}
	if len(paths) == 0 {
		t.Fatal("the home page links to nothing")
	}
	return paths
}

func TestServeReloads(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.NewItem(1)))
	s.write("b.xml", upstreamtest.RSS("B", upstreamtest.NewItem(2)))
	address, _ := s.serve()
	await(t, address+"/", upstreamtest.NewItem(1).Title)

	s.write("config.toml", siteConfig+"mistake = 1\n")
	s.write("config.toml", siteConfig+sourceConfig("a", "file:a.xml")+sourceConfig("b", "file:b.xml")+
		"[[feed]]\nname = \"just-b\"\nsources = [\"b\"]\n")
	await(t, address+"/just-b.json", upstreamtest.NewItem(2).Title)
	body := await(t, address+"/latest.json", upstreamtest.NewItem(2).Title)
	if !strings.Contains(body, upstreamtest.NewItem(1).Title) {
		t.Error("the source that was there has lost its story")
	}

	s.write("c.xml", upstreamtest.RSS("C", upstreamtest.NewItem(3)))
	s.write("more/c.toml", "[[feed]]\nname = \"more\"\n")
	s.write("config.toml", "include = [\"more/*.toml\"]\n"+siteConfig)
	await(t, address+"/more.rss", "<channel")
	s.write("more/c.toml", "[[feed]]\nname = \"more\"\n[[source]]\nname = \"c\"\nurl = \"file:../c.xml\"\n")
	await(t, address+"/more.rss", upstreamtest.NewItem(3).Title)
}

// A theme is taken when one of its files is saved; one with mistakes is not.
func TestServeReloadsTheTheme(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, strings.Replace(siteConfig, "[site]\n", "[site]\ntheme = \"look\"\n", 1))
	s.write("look/templates/feed.html", `{{define "main"}}first look{{end}}`)
	address, _ := s.serve()
	await(t, address+"/", "first look")
	s.write("look/templates/feed.html", `{{define "main"}}{{end`)
	s.write("look/static/custom.css", "body { color: red }")
	s.write("look/templates/feed.html", `{{define "main"}}second look{{end}}`)
	page := await(t, address+"/", "second look")
	if !strings.Contains(page, "/static/custom.") {
		t.Error("the page does not load the style that came")
	}
}

func TestServeKeepsAGoodConfig(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.NewItem(1)))
	p := s.start(program, "serve", "--listen", "127.0.0.1:0", "--watch=false")
	address := p.address(t)
	await(t, address+"/latest.json", upstreamtest.NewItem(1).Title)
	s.write("config.toml", siteConfig+"mistake = 1\n")
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.awaitLog(t, "the former one stays in force")
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.NewItem(3), upstreamtest.NewItem(1)))
	await(t, address+"/latest.json", upstreamtest.NewItem(3).Title)
}

func TestServeReadsArticlesThatChangedWhileItWasDown(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig)
	s.write("articles/one.md", "---\ntitle: First words\ndate: 2026-01-02\n---\nText.\n")
	address, stop := s.serve()
	await(t, address+"/", "First words")
	stop()
	s.write("articles/two.md", "---\ntitle: Second words\ndate: 2026-01-03\n---\nText.\n")
	address, _ = s.serve()
	await(t, address+"/", "Second words")
}
