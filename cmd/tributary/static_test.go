package main

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const staticDoc = "../../docs/static.md"

// staticSite is a build and the server of the same site.
type staticSite struct {
	*testSite
	address string   // of the server
	paths   []string // of all that was built
}

func newStaticSite(t *testing.T) *staticSite {
	t.Helper()
	s := &staticSite{testSite: newHTTPSite(t, "")}
	s.write("config.toml", strings.Replace(httpConfig, "http://localhost:8080PATH", "https://example.org", 1)+sourceConfig("samples", "file:samples.xml"))
	s.run("build", "--out", s.path("public"))
	s.address, _ = s.serve()
	err := fs.WalkDir(os.DirFS(s.path("public")), ".", func(name string, entry fs.DirEntry, err error) error {
		if moved := slices.Contains([]string{"old/index.html", "articles/hi/index.html"}, name); err == nil && moved {
			return nil // serve redirects
		}
		if err == nil && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && name != "404.html" {
			s.paths = append(s.paths, "/"+strings.TrimSuffix(strings.TrimSuffix(name, "index.html"), "/"))
		}
		return err
	})
	if err != nil || len(s.paths) < 20 {
		t.Fatalf("the build has %q, %v", s.paths, err)
	}
	return s
}

// example gives a block of the manual.
func example(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile(staticDoc)
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "\n```"+language+"\n")
	block, _, found := strings.Cut(block, "\n```\n")
	if !found {
		t.Fatalf("%s has no %s", staticDoc, language)
	}
	return block + "\n"
}

// replaced is strings.Replace that fails when there is nothing to replace.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the example has no %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// TestStaticHosts runs web servers with the examples of the manual on a build,
// and compares what they send with what serve sends.
func TestStaticHosts(t *testing.T) {
	t.Parallel()
	s := newStaticSite(t)
	for _, host := range []struct {
		name, language string
		probe          []string
		start          func(t *testing.T, s *staticSite, dir, address, config string) *exec.Cmd
	}{
		{"nginx (nginx-light)", "nginx", []string{"nginx", "-v"}, startNginx},
		{"caddy", "caddyfile", []string{"caddy", "version"}, startCaddy},
	} {
		t.Run(host.language, func(t *testing.T) {
			t.Parallel()
			tool(t, host.name, host.probe...)
			address := freeAddress(t)
			cmd := host.start(t, s, t.TempDir(), address, example(t, host.language))
			runHost(t, cmd, address)
			for _, path := range s.paths {
				s.compare(t, "http://"+address, path)
			}
			s.compareErrors(t, "http://"+address)
		})
	}
}

func startNginx(t *testing.T, s *staticSite, dir, address, config string) *exec.Cmd {
	config = replaced(t, config, "listen 80;", "listen "+address+";", "/srv/tributary/public", s.path("public"))
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // else it can't read the test's folders
	}
	config = user + "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" + config + "}\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		config = strings.Replace(config, "access_log off;\n", fmt.Sprintf("access_log off;\n%s_temp_path %s/%s;\n", kind, dir, kind), 1)
	}
	return exec.Command("nginx", "-c", written(t, dir, "nginx.conf", config))
}

func startCaddy(t *testing.T, s *staticSite, dir, address, config string) *exec.Cmd {
	config = replaced(t, config, "example.org {", "http://"+address+" {", "/srv/tributary/public", s.path("public"))
	config = "{\n\tadmin off\n\tauto_https off\n}\n" + config
	cmd := exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", written(t, dir, "Caddyfile", config))
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return cmd
}

func written(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// freeAddress is one that nobody listens on, most likely still in a moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// runHost runs a web server until the test ends and waits until it answers.
func runHost(t *testing.T, cmd *exec.Cmd, address string) {
	t.Helper()
	messages := new(lockedBuffer)
	cmd.Stdout, cmd.Stderr = messages, messages
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ticker.C:
		case <-ended:
			t.Fatalf("%s: %s", cmd, messages)
		case <-ctx.Done():
			t.Fatalf("%s does not listen: %s", cmd, messages)
		}
	}
}

var archivePath = regexp.MustCompile(`/archive/\d+\.`)

// compare looks at one address on a host and on our server.
func (s *staticSite) compare(t *testing.T, host, path string) {
	t.Helper()
	want, wantBody := get(t, s.address+path)
	got, body := get(t, host+path)
	if got.StatusCode != want.StatusCode || body != wantBody {
		t.Errorf("%s: status %d with %d bytes, serve has %d with %d", path, got.StatusCode, len(body), want.StatusCode, len(wantBody))
		return
	}
	for _, name := range []string{
		"Content-Type", "X-Content-Type-Options", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
		"Content-Security-Policy", "Cache-Control", "Link",
	} {
		if name == "Cache-Control" && archivePath.MatchString(path) {
			continue // shorter there: a host can't tell which page still grows
		}
		if got.Header.Get(name) != want.Header.Get(name) {
			t.Errorf("%s: %s is %q, serve has %q", path, name, got.Header.Get(name), want.Header.Get(name))
		}
	}
	if again, _ := get(t, host+path, "If-None-Match", got.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("%s: asked again with ETag %q: status %d", path, got.Header.Get("ETag"), again.StatusCode)
	}
}

func (s *staticSite) compareErrors(t *testing.T, host string) {
	t.Helper()
	want, wantBody := get(t, s.address+"/nothing")
	got, body := get(t, host+"/nothing")
	if got.StatusCode != http.StatusNotFound || body != wantBody {
		t.Errorf("unknown address: status %d with %d bytes, want 404 with %d", got.StatusCode, len(body), len(wantBody))
	}
	for _, name := range []string{"Content-Type", "X-Content-Type-Options", "Access-Control-Allow-Origin"} {
		if got.Header.Get(name) != want.Header.Get(name) {
			t.Errorf("unknown address: %s is %q, serve has %q", name, got.Header.Get(name), want.Header.Get(name))
		}
	}
	if strings.Contains(got.Header.Get("Cache-Control"), "max-age") {
		t.Errorf("an error is kept: %q", got.Header.Get("Cache-Control"))
	}
	if hidden, _ := get(t, host+"/.tributary-export"); hidden.StatusCode != http.StatusNotFound {
		t.Errorf("the manifest has status %d, want 404", hidden.StatusCode)
	}
}

// TestStaticHeadersFile compares the example of a _headers file: each header
// comes from one rule and is what serve sends.
func TestStaticHeadersFile(t *testing.T) {
	t.Parallel()
	s := newStaticSite(t)
	var patterns []string
	rules := make(map[string]http.Header)
	for line := range strings.Lines(example(t, "_headers")) {
		name, value, isField := strings.Cut(strings.TrimSpace(line), ": ")
		if !strings.HasPrefix(line, " ") {
			patterns = append(patterns, name)
			rules[name] = http.Header{}
		} else if isField {
			rules[patterns[len(patterns)-1]].Add(name, value)
		}
	}
	used := make(map[string]bool)
	for _, address := range s.paths {
		want, _ := get(t, s.address+address)
		from := make(map[string]string)
		for _, pattern := range patterns {
			if !matches(pattern, address) {
				continue
			}
			used[pattern] = true
			for name, values := range rules[pattern] {
				if from[name] != "" {
					t.Errorf("%s: %s stands at %s and at %s", address, name, from[name], pattern)
				}
				from[name] = pattern
				if !slices.Equal(values, want.Header.Values(name)) {
					t.Errorf("%s: %s is %q, serve has %q", address, name, values, want.Header.Values(name))
				}
			}
		}
	}
	if len(used) != len(patterns) || len(patterns) < 5 {
		t.Errorf("of the rules %q only %v fit anything", patterns, used)
	}
}

// matches lets a star stand for anything, slashes too.
func matches(pattern, address string) bool {
	before, after, starred := strings.Cut(pattern, "*")
	if !starred {
		return path.Clean(pattern) == path.Clean(address)
	}
	return len(address) >= len(before)+len(after) && strings.HasPrefix(address, before) && strings.HasSuffix(address, after)
}
