package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// forged is what an evil upstream writes to forge a line of a log or a page.
const forged = "x\r\nlevel=ERROR msg=forged\u2028time=1\u0085y\u009b31m\u202e\x1b[2J{\"level\":\"ERROR\"}\",\"msg\":\"forged"

// Secrets of the config appear in no log, page, figure or error, whatever goes
// wrong, and what upstreams write begins no line of a log.
func TestSecretsAndForgedLines(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	html := upstreamtest.Body("<!doctype html><title>"+strings.ReplaceAll(forged, "\x1b", "&#27;")+"</title>", "Content-Type", "text/html")
	secrets := []string{"s3cret-token", "s3cret-header", "s3cret-bearer", "s3cret-password", "s3cret-proxy", "s3cret-moved", "c3NjcmV0"}
	source := func(name, url, more string) string { return sourceConfig(name, url) + more + "\n" }
	config := strings.Replace(deskConfig, "[site]", "[site]\nadmin_token = \"s3cret-token\"", 1) +
		source("fine", up.Feed("/fine", upstreamtest.RSS(forged, upstreamtest.Item{ID: "1", Title: forged, Link: "https://x.example/1", Content: forged})), `headers = { X-Key = "s3cret-header" }`) +
		source("html", up.URL("/html"), `bearer = "s3cret-bearer"`) +
		source("refused", up.URL("/refused"), "username = \"jane\"\npassword = \"s3cret-password\"") +
		source("proxied", "http://upstream.example/feed", `proxy = "http://jane:s3cret-proxy@127.0.0.1:1"`) +
		source("moved", up.URL("/moved"), `headers = { Authorization = "Basic s3cret-header" }`) +
		source("lost", up.URL("/lost"), `headers = { Cookie = "s3cret-header" }`)
	up.Script("/html", html)
	up.Script("/refused", upstreamtest.Status(401, "Www-Authenticate", "Basic realm=\"s\""))
	up.Script("/moved", upstreamtest.Redirect(301, strings.Replace(up.URL("/new"), "http://", "http://u:s3cret-moved@", 1)))
	up.Set("/new", upstreamtest.RSS("New"))
	up.Script("/lost", upstreamtest.Redirect(302, "http://u:s3cret-moved@127.0.0.1:1/?key=s3cret-moved"))

	for _, format := range []string{"text", "json"} {
		s := newTestSite(t, config)
		p, public, admin := s.desk("--log-format", format, "--log-level", "debug")
		token := []string{"Authorization", "Bearer s3cret-token"}
		for _, path := range []string{"/fine", "/html", "/refused", "/moved", "/lost"} {
			p.awaitCount(t, up, path, 1)
		}
		for _, name := range []string{"proxied", "html", "refused", "lost", "fine"} {
			p.awaitLog(t, name)
		}
		_, refreshed, errors := s.try("refresh", "--all", "--log-level", "debug", "--log-format", format)
		said := map[string]string{"refresh": refreshed, "its errors": errors}
		for _, path := range []string{"/status", "/status.atom", "/metrics", "/readyz", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2"} {
			response, body := get(t, admin+path, token...)
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", path, response.StatusCode)
			}
			said[path] = body
		}
		for _, path := range []string{"/", "/latest.rss", "/latest.json", "/sources.opml"} {
			_, said["public "+path] = get(t, public+path)
		}
		_, said["the table"], _ = s.try("sources")
		_, said["sources --json"], _ = s.try("sources", "--json")
		_, body := get(t, admin+"/status", "Authorization", "Bearer wrong")
		said["a refusal"] = body
		s.write("config.toml", config+"titel = 1\n")
		said["the log"] = p.awaitLog(t, "the former one stays in force")
		_, _, said["a mistake"] = s.try("check")
		for where, text := range said {
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s tells %s", format, where, secret)
				}
			}
		}
		for _, where := range []string{"the log", "its errors"} {
			wholeLines(t, format, said[where])
		}
		for _, where := range []string{"the table", "/status", "/status.atom", "refresh"} {
			if strings.ContainsAny(said[where], "\r\x1b\u009b\u202e\u2028\u0085") || strings.Contains(said[where], "\nlevel=") {
				t.Errorf("%s: %s has control characters of an upstream: %q", format, where, said[where])
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

// A key in the address of a source is in nothing that is published, even where
// the source repeats it; the story is attributed all the same.
func TestKeysOfSourcesStayPrivate(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	echo := func(path string) string {
		return strings.Replace(upstreamtest.Atom("Keyed", upstreamtest.Items(60)...), "<id>https://example.org/</id>",
			"<id>"+path+"</id><link rel=\"self\" href=\""+path+"\"/><link href=\""+path+"\"/><logo>"+path+"</logo>", 1)
	}
	keyed := up.Feed("/keyed", echo(strings.Replace(up.URL("/keyed"), "http://", "http://ann:s3cret-user@", 1)+"?board=3&amp;token=s3cret-token"))
	open := up.Feed("/open?board=4", upstreamtest.RSS("Open", upstreamtest.Item{ID: "1", Title: "One", Link: "https://x.example/1"}))
	s := newTestSite(t, siteConfig+sourceConfig("keyed", keyed+"?board=3&token=s3cret-token&u=S3cretA1b2C3d4E5f6G7")+
		sourceConfig("open", open))
	s.run("build", "--out", s.path("public"))
	published := make(map[string]string)
	root := os.DirFS(s.path("public"))
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		published[name] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range published {
		for _, secret := range []string{"s3cret", "S3cret"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells a secret", name)
			}
		}
	}
	for _, name := range []string{"latest.rss", "latest.atom", "latest.json", "latest/archive/1.rss"} {
		if !strings.Contains(published[name], keyed+"?board=3") {
			t.Errorf("%s does not name the source of its stories", name)
		}
	}
	for _, name := range []string{"sources.opml", "latest.opml"} {
		if list := published[name]; !strings.Contains(list, open) || strings.Contains(list, keyed) {
			t.Errorf("%s should have what can be subscribed to, and nothing else: %s", name, list)
		}
	}
}

// wholeLines wants each line to be one that the program wrote.
func wholeLines(t *testing.T, format, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		ours := strings.HasPrefix(line, "time=20") || strings.HasPrefix(line, "tributary: ")
		if format == "json" {
			var fields map[string]any
			ours = strings.HasPrefix(line, "tributary: ") || json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] != "forged"
		}
		if !ours || strings.ContainsAny(line, "\r\x1b\u009b\u202e\u0085\u2028") {
			t.Errorf("%s: not a line of ours: %q", format, line)
		}
	}
}
