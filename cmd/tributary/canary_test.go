package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// canaryEnv is a variable that TestMain sets, for configs to use.
const (
	canaryEnv   = "TRIBUTARY_TEST_CANARY"
	canaryValue = canary + "-of-the-environment"
)

// canary is part of every secret of the test below.
const canary = "canary5ecret"

// canarySite has a secret wherever a config may have one, and sources that
// fail in all ways while these are in use.
func canarySite(t *testing.T) *testSite {
	t.Helper()
	up := upstreamtest.New(t)
	secret := func(name string) string { return canary + "-" + name }
	access := []string{
		fmt.Sprintf("headers = { X-Key = %q }", secret("header")),
		fmt.Sprintf("headers = { Authorization = \"Basic %s\", Cookie = \"id=${%s}\" }", secret("basic"), canaryEnv),
		fmt.Sprintf("bearer = \"${%s}\"", canaryEnv),
		fmt.Sprintf("username = \"jane\"\npassword = %q", secret("password")),
	}
	fails := map[string]upstreamtest.Action{
		"fine": nil, "gone": upstreamtest.Status(410), "denied": upstreamtest.Status(401, "Www-Authenticate", "Basic realm=\"x\""),
		"broken": upstreamtest.Status(500), "limited": upstreamtest.Status(429, "Retry-After", "60"),
		"page":  upstreamtest.Body("<!doctype html><title>A page</title>", "Content-Type", "text/html"),
		"moved": upstreamtest.Redirect(301, strings.Replace(up.URL("/fine"), "http://", "http://u:"+secret("moved")+"@", 1)+"?key="+secret("moved")),
		"loop":  upstreamtest.Redirect(302, "/loop?key="+secret("loop")),
		"lost":  upstreamtest.Redirect(302, "http://u:"+secret("lost")+"@127.0.0.1:1/?key="+secret("lost")),
		"cut":   func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { panic(http.ErrAbortHandler) },
		"echo": func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { // repeats what it was asked for
			http.Error(w, fmt.Sprint(r.URL, r.Header), http.StatusForbidden)
		},
	}
	config := strings.Replace(deskConfig, "[site]", "[site]\nadmin_token = \""+secret("admin")+"\"", 1)
	n := 0
	for name, answer := range fails {
		if up.Feed("/"+name, upstreamtest.RSS(name, upstreamtest.Item{ID: name, Title: "Story of " + name, Link: "https://x.example/" + name})); answer != nil {
			up.Script("/"+name, answer)
		}
		config += sourceConfig(name, up.URL("/"+name)+"?token="+secret("query")) + access[n%len(access)] + "\n"
		n++
	}
	for name, address := range map[string]string{
		"nohost": "http://nowhere.invalid/feed", "refused": "http://127.0.0.1:1/feed", "private": "http://10.0.0.1/feed", "tls": strings.Replace(up.URL("/tls"), "http:", "https:", 1),
	} {
		config += sourceConfig(name, address+"?token="+secret("query")) + access[n%len(access)] + "\n"
		n++
	}
	config += sourceConfig("proxied", "http://upstream.example/feed") + fmt.Sprintf("proxy = \"http://jane:%s@127.0.0.1:1\"\n", secret("proxy"))
	config += sourceConfig("socks", "http://upstream.example/socks") + fmt.Sprintf("proxy = \"socks5://jane:${%s}@127.0.0.1:1\"\n", canaryEnv)
	return newTestSite(t, config)
}

// TestCanaries has everything said that the program can say, in every format,
// and looks for a secret in it.
func TestCanaries(t *testing.T) {
	t.Parallel()
	s := canarySite(t)
	config := script(t, s.path("config.toml"))
	said := make(map[string]string)
	note := func(args ...string) {
		code, out, messages := s.try(args...)
		said[strings.Join(args, " ")] = fmt.Sprint(code, out, messages)
	}
	for _, format := range []string{"text", "json"} {
		note("refresh", "--all", "--log-level", "debug", "--log-format", format)
	}
	note("refresh", "--all", "--json")
	p, public, admin := s.desk("--log-level", "debug", "--watch=false")
	for _, args := range [][]string{
		{"check"}, {"check", "--online"}, {"check", "--online", "--json"}, {"sources"}, {"sources", "--json"}, {"sources", "--accept-moves"},
		{"explain", "https://x.example/fine"}, {"explain", "https://x.example/fine", "--json"}, {"explain", "https://x.example/none"},
		{"retract", "https://x.example/fine"}, {"explain", "https://x.example/fine"}, {"plan"}, {"plan", "--json"}, {"reload"},
		{"build", "--out", s.path("public")}, {"version", "--json"},
	} {
		note(args...)
	}
	s.write("other.toml", strings.ReplaceAll(strings.ReplaceAll(config, "s5://", "p://"), canary, canary+"-other"))
	note("plan", s.path("other.toml"))
	note("plan", s.path("other.toml"), "--json")
	for what, mistake := range map[string]string{
		"a password in a URL":  sourceConfig("w", "http://u:"+canary+"@x.example/"),
		"a bearer that is two": "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nbearer = [\"" + canary + "\"]\n",
		"a key misspelled":     "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\npasword = \"" + canary + "\"\n",
		"a header with a line": "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nheaders = { X = \"" + canary + "\\n\" }\n",
		"a header that is one": "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nheaders = { X = [\"" + canary + "\"] }\n",
		"a quote missing":      "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nbearer = \"" + canary + "\n",
		"a variable missing":   "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nbearer = \"" + canary + "${TRIBUTARY_TEST_NOT_SET}\"\n",
		"a proxy of no kind":   "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nproxy = \"gopher://u:" + canary + "@x.example\"\n",
		"two kinds of access":  "[[source]]\nname = \"w\"\nurl = \"https://x.example/w\"\nbearer = \"" + canary + "\"\nusername = \"u\"\npassword = \"" + canary + "\"\n",
		"a token on two lines": "[site]\nadmin_token = \"" + canary + "\"\n",
	} {
		s.write("config.toml", config+mistake)
		note("check")
		said["check: "+what] = said["check"]
		delete(said, "check")
		if !strings.HasPrefix(said["check: "+what], fmt.Sprint(exitUsage)) {
			t.Errorf("%s is no mistake: %s", what, said["check: "+what])
		}
		get(t, admin+"/status", "Authorization", "Bearer "+canary+"-admin")
		note("reload")
		said["reload: "+what] = said["reload"]
		reloadBy(t, admin, canary+"-admin")
	}
	token := []string{"Authorization", "Bearer " + canary + "-admin"}
	for _, path := range []string{"/status", "/status.atom", "/metrics", "/readyz", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2",
		"/explain?url=" + url.QueryEscape("https://x.example/fine"), "/nowhere"} {
		response, body := get(t, admin+path, token...)
		said["admin "+path] = fmt.Sprint(response.Header, body)
	}
	for _, path := range []string{"/", "/latest.rss", "/latest.atom", "/latest.json", "/latest.opml", "/sources.opml", "/sources", "/latest/embed.json", "/nowhere"} {
		response, body := get(t, public+path)
		said["public "+path] = fmt.Sprint(response.Header, body)
	}
	if args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.Process.Pid)); err == nil {
		said["the process list"] = string(args)
	}
	said["the log"] = p.awaitLog(t, "the former one stays in force") + p.out.String()
	for path, body := range s.files("public") {
		said["build "+path] = body
	}
	journals, err := filepath.Glob(s.path("data/*.journal"))
	if err != nil || len(journals) != 1 {
		t.Fatalf("journals %q, %v", journals, err)
	}
	for _, name := range append(journals, s.path("data/tributary.db")) {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, %v: others may read it", name, info, err)
		}
	}
	for _, name := range journals {
		// Like the database it has the addresses of sources as they are configured,
		// which it knows them by.
		said["the journal"] = strings.ReplaceAll(script(t, name), "?token="+canary+"-query", "")
	}
	for where, text := range said {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("%s tells a secret: …%s…", where, text[max(0, i-300):min(len(text), i+60)])
		}
	}
	if len(said) < 60 || !json.Valid([]byte(strings.TrimPrefix(said["sources --json"], "0"))) {
		t.Errorf("only %d things were said; sources --json: %s", len(said), said["sources --json"])
	}
}

// reloadBy asks for a reload as the button on /status does.
func reloadBy(t *testing.T, admin, token string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin+"/-/reload", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
