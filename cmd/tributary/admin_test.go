package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

// desk starts a server with an admin listener and gives its two addresses.
func (s *testSite) desk(args ...string) (p *process, public, admin string) {
	s.t.Helper()
	return s.deskOf(program, "", args...)
}

// deskOf is desk with another program, which takes an argument of its own.
func (s *testSite) deskOf(name, own string, args ...string) (p *process, public, admin string) {
	s.t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	if own != "" {
		args = append([]string{own}, args...)
	}
	p = s.start(name, args...)
	public = p.address(s.t)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if _, line, ok := strings.Cut(p.out.String(), "\nadmin on "); ok && strings.HasSuffix(line, "/\n") {
			return p, public, strings.TrimSuffix(line, "/\n")
		}
	}
	s.t.Fatalf("no admin address in %q: %s", p.out.String(), p.messages)
	return nil, "", ""
}

// try runs a command line and gives its exit code and output.
func (s *testSite) try(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, messages bytes.Buffer
	args = append(args, "--config", s.path("config.toml"))
	code = run(s.t.Context(), args, strings.NewReader(""), &out, &messages)
	return code, out.String(), messages.String()
}

// sourceRows are the rows of sources --json by name.
func (s *testSite) sourceRows() map[string]sourceJSON {
	s.t.Helper()
	var list []sourceJSON
	if err := json.Unmarshal([]byte(s.run("sources", "--json")), &list); err != nil {
		s.t.Fatal(err)
	}
	rows := make(map[string]sourceJSON)
	for _, row := range list {
		if !strings.HasPrefix(row.Name, "@") {
			rows[row.Name] = row
		}
	}
	return rows
}

const deskConfig = `
[site]
title = "Test"

[fetch]
allow_networks = ["127.0.0.0/8"]
schedule       = "@daily"
`

// A source that dies, moves, turns into something else or is walled off is
// named within one visit, wherever an operator looks; so is its recovery.
func TestOperatorsAreTold(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	rss := upstreamtest.RSS("A", upstreamtest.NewItem(1))
	cases := []struct {
		name                  string
		breaks                upstreamtest.Action
		health                string
		reason, advice, event string // words of each
		recovery              string
	}{
		{"dies", upstreamtest.Status(500), "failing", "status 500", "wait a day", "dies can't be read", "dies works again"},
		{"missing", upstreamtest.Status(404), "failing", "status 404", "tributary add", "missing can't be read", "missing works again"},
		{"gone", upstreamtest.Gone(), "gone", "status 410", "take it out", "gone is gone", "gone works again"},
		{"moves", upstreamtest.Redirect(301, up.Feed("/new", rss)), "ok", "permanent redirect to " + up.URL("/new"), "three visits", "moves is permanently redirected", "moves answers at its own address"},
		{"html", upstreamtest.Body("<!doctype html><html><head><title>This domain is for sale</title></head></html>", "Content-Type", "text/html"), "failing",
			"an HTML page titled “This domain is for sale”", "tributary add", "html can't be read", "html works again"},
		{"wall", upstreamtest.Status(403, "Cf-Mitigated", "challenge"), "failing", "a bot wall", "User-Agent", "wall can't be read", "wall works again"},
		{"challenge", upstreamtest.Body("<!doctype html><title>Just a moment...</title><script src=\"/cdn-cgi/challenge-platform/x.js\"></script>", "Content-Type", "text/html"), "failing",
			"a bot wall", "User-Agent", "challenge can't be read", "challenge works again"},
		{"cut", upstreamtest.Body("<rss><channel><item>", "Content-Type", "application/rss+xml", "Content-Encoding", "gzip"), "failing", "", "", "cut can't be read", "cut works again"},
	}
	config := deskConfig
	for _, c := range cases {
		config += sourceConfig(c.name, up.Feed("/"+c.name, rss))
	}
	s := newTestSite(t, config)
	p, public, admin := s.desk("--watch=false")
	for _, c := range cases {
		p.awaitCount(t, up, "/"+c.name, 1)
	}
	await(t, public+"/latest.json", upstreamtest.NewItem(1).Title)
	look := func() (rows map[string]sourceJSON, page, feed string) {
		_, page = get(t, admin+"/status")
		_, feed = get(t, admin+"/status.atom")
		return s.sourceRows(), page, strings.ReplaceAll(feed, "&#39;", "'")
	}
	if _, _, feed := look(); !strings.Contains(feed, "<feed") || strings.Contains(feed, "<entry>") {
		t.Errorf("before anything happened the feed has entries:\n%s", feed)
	}

	for _, c := range cases {
		up.Script("/"+c.name, c.breaks)
	}
	if code, out, messages := s.try("refresh", "--all"); code != exitFailed {
		t.Fatalf("exit code %d: %s%s", code, out, messages)
	}
	rows, page, feed := look()
	for _, c := range cases {
		row := rows[c.name]
		if string(row.Health) != c.health || row.Reason == "" || !strings.Contains(row.Reason, c.reason) || !strings.Contains(row.Advice, c.advice) || row.Advice == "" {
			t.Errorf("sources --json: %+v", row)
		}
		_, below, _ := strings.Cut(page, `<tr id="source-`+c.name+`">`)
		shown, _, _ := strings.Cut(below, "</tr>")
		if !strings.Contains(shown, c.reason) || !strings.Contains(shown, `health `+c.health+`"`) || c.health != "ok" && !strings.Contains(shown, `class="failed"`) {
			t.Errorf("/status: %s: %s", c.name, shown)
		}
		if strings.Count(feed, "<title>"+c.event+"</title>") != 1 {
			t.Errorf("/status.atom has no %q", c.event)
		}
	}

	for _, c := range cases {
		up.Script("/" + c.name)
	}
	args := []string{"refresh"}
	for _, c := range cases {
		args = append(args, c.name) // by name: what is gone is asked again
	}
	s.run(args...)
	rows, _, feed = look()
	for _, c := range cases {
		if row := rows[c.name]; row.Health != "ok" || row.Reason != "" || row.Advice != "" || row.MovedTo != "" {
			t.Errorf("sources --json after the recovery: %+v", row)
		}
		if strings.Count(feed, "<title>"+c.recovery+"</title>") != 1 {
			t.Errorf("/status.atom has no %q", c.recovery)
		}
	}
	if code, _, messages := s.try("reload", "--admin", strings.TrimPrefix(admin, "http://")); code != exitDone {
		t.Errorf("reload: %d %s", code, messages)
	}
}

// No address, no listener, and a document that is not there any more: named at
// the first visit, dead after a month of them, and well at the first success.
func TestOperatorsAreToldOfTheDead(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	serveFeed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = w.Write([]byte(upstreamtest.RSS("Deaf", upstreamtest.NewItem(1))))
	})
	deaf := httptest.NewServer(serveFeed)
	s := newTestSite(t, deskConfig+sourceConfig("deaf", deaf.URL)+sourceConfig("lost", "http://no-such-host.invalid/feed")+
		sourceConfig("missing", up.URL("/missing")))
	address := deaf.Listener.Addr().String()
	deaf.Close()
	visit := func(back string) map[string]sourceJSON {
		if code := s.start(backdated, back, "refresh", "--all").wait(t); code != exitFailed {
			t.Fatalf("%s ago: exit code %d", back, code)
		}
		return s.sourceRows()
	}
	words := map[string]string{"deaf": "refused", "lost": "no-such-host.invalid", "missing": "status 404"}
	causes := map[string]news.Cause{"deaf": news.CauseConnect, "lost": news.CauseDNS, "missing": news.CauseNotFound}
	rows := visit("745h")
	for name, cause := range causes {
		if row := rows[name]; row.Health != news.HealthFailing || row.Last.Cause != cause || !strings.Contains(row.Reason, words[name]) {
			t.Errorf("after one visit: %+v, %+v", row, row.Last)
		}
	}
	for name, row := range visit("0h") {
		if row.Health != news.HealthDead || !strings.HasPrefix(row.Advice, "it has failed for 30 days") || !strings.Contains(row.Reason, words[name]) {
			t.Errorf("after a month: %+v", row)
		}
	}
	_, _, admin := s.desk("--watch=false")
	_, page := get(t, admin+"/status")
	_, feed := get(t, admin+"/status.atom")
	feed = strings.ReplaceAll(feed, "&#39;", "'")
	for name := range causes {
		_, below, _ := strings.Cut(page, `<tr id="source-`+name+`">`)
		if shown, _, _ := strings.Cut(below, "</tr>"); !strings.Contains(shown, `health dead"`) || !strings.Contains(shown, words[name]) {
			t.Errorf("/status: %s", shown)
		}
		for _, event := range []string{" can't be read", " is dead"} {
			if strings.Count(feed, "<title>"+name+event+"</title>") != 1 {
				t.Errorf("/status.atom has no %q: %s", name+event, feed)
			}
		}
	}

	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("somebody else has %s by now: %v", address, err)
	}
	deaf = &httptest.Server{Listener: listener, Config: &http.Server{Handler: serveFeed}}
	deaf.Start()
	defer deaf.Close()
	up.Set("/missing", upstreamtest.RSS("Missing", upstreamtest.NewItem(2)))
	s.run("refresh", "deaf", "missing")
	rows = s.sourceRows()
	_, feed = get(t, admin+"/status.atom")
	for _, name := range []string{"deaf", "missing"} {
		if row := rows[name]; row.Health != news.HealthOK || row.Reason != "" || row.Failures != 0 {
			t.Errorf("once it works: %+v", row)
		}
		if !strings.Contains(feed, "<title>"+name+" works again</title>") {
			t.Errorf("/status.atom: %s", feed)
		}
	}
}

// A broken save leaves everything running and says so in the log, on the page
// and in the feed; a good one is taken at once, and says so too.
func TestABrokenSaveIsTold(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	good := deskConfig + sourceConfig("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1))))
	s := newTestSite(t, good)
	p, public, admin := s.desk()
	await(t, public+"/latest.json", upstreamtest.NewItem(1).Title)
	s.write("config.toml", good+"titel = \"x\"\n[fetsh]\n")
	p.awaitLog(t, "the former one stays in force")
	page := await(t, admin+"/status", "The config was not taken")
	for _, want := range []string{"unknown key &#34;titel&#34;", "unknown key &#34;fetsh&#34;", "did you mean"} {
		if !strings.Contains(page, want) {
			t.Errorf("/status does not tell %q", want)
		}
	}
	if body := await(t, admin+"/status.atom", "the config was not taken"); !strings.Contains(body, "titel") {
		t.Error("/status.atom does not tell the mistake")
	}
	await(t, admin+"/metrics", "\ntributary_config_valid 0\n")
	if code, out, messages := s.try("reload"); code != exitUsage || out != "" || !strings.Contains(messages, "titel") || !strings.Contains(messages, "fetsh") {
		t.Errorf("reload of a broken config: %d %q %q", code, out, messages)
	}
	if response, _ := get(t, public+"/latest.rss"); response.StatusCode != http.StatusOK {
		t.Errorf("the feed answers %d", response.StatusCode)
	}

	s.write("config.toml", good+sourceConfig("b", up.Feed("/b", upstreamtest.RSS("B", upstreamtest.NewItem(2)))))
	await(t, public+"/latest.json", upstreamtest.NewItem(2).Title)
	await(t, admin+"/status.atom", "the config is taken again")
	await(t, admin+"/metrics", "\ntributary_config_valid 1\n")
	if _, page := get(t, admin+"/status"); strings.Contains(page, "<h2>The config was not taken") {
		t.Error("/status still tells of the mistakes")
	}
	if n := up.Count("/a"); n != 1 {
		t.Errorf("the source that was there was asked %d times, want once", n)
	}
}

// A saved config adds a source, which is pulled at once. What is on record of
// the others, when they are due and what they are asked with among it, stays.
func TestAGoodSaveTouchesNoOtherSource(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	config := deskConfig
	for _, name := range []string{"well", "broken", "walled"} {
		config += sourceConfig(name, up.Feed("/"+name, upstreamtest.RSS(name, upstreamtest.NewItem(1))))
	}
	up.Script("/broken", upstreamtest.Serve, upstreamtest.Status(500))
	up.Script("/walled", upstreamtest.Status(403, "Cf-Mitigated", "challenge"))
	s := newTestSite(t, config)
	p, public, _ := s.desk()
	states := func() map[string]news.SourceState {
		db, err := sqlite.Open(t.Context(), s.path("data/tributary.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		list, err := db.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		byName := make(map[string]news.SourceState)
		for _, state := range list {
			if state.Name != news.ArticlesName && state.Name != "added" {
				byName[state.Name] = state
			}
		}
		return byName
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C { // until all three are on record
		is := states()
		if is["well"].Loaded && is["broken"].Loaded && is["walled"].Failures > 0 {
			break
		}
	}
	s.try("refresh", "broken") // it worked, and fails now
	before := states()
	if before["well"].Validators.ETag == "" || before["broken"].Failures != 1 || before["walled"].Failures != 1 {
		t.Fatalf("nothing to keep: %+v", before)
	}

	s.write("config.toml", config+"[fetsh]\n")
	p.awaitLog(t, "the former one stays in force")
	added := sourceConfig("added", up.Feed("/added", upstreamtest.RSS("Added", upstreamtest.NewItem(2))))
	s.write("config.toml", config+added)
	await(t, public+"/latest.json", upstreamtest.NewItem(2).Title)
	if diff := cmp.Diff(before, states()); diff != "" {
		t.Errorf("other sources changed: -before +after:\n%s", diff)
	}
	if well, broken := up.Count("/well"), up.Count("/broken"); well != 1 || broken != 2 {
		t.Errorf("asked %d and %d times, want 1 and 2", well, broken)
	}
}

func TestReloadAsksTheServer(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	config := deskConfig + sourceConfig("a", up.Feed("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1))))
	withToken := func(token, rest string) string {
		return strings.Replace(rest, "[site]", "[site]\nadmin_token = \""+token+"\"", 1)
	}
	s := newTestSite(t, withToken("t0ken", config))
	p, public, admin := s.desk("--watch=false")
	address := strings.TrimPrefix(admin, "http://")
	if response, _ := get(t, admin+"/status"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the token: %d", response.StatusCode)
	}
	s.write("config.toml", withToken("t0ken", config)+sourceConfig("b", up.Feed("/b", upstreamtest.RSS("B", upstreamtest.NewItem(2)))))
	code, out, messages := s.try("reload", "--admin", address)
	if code != exitDone || out != "config taken: 2 sources, 1 feed\n" {
		t.Errorf("reload: %d %q %q", code, out, messages)
	}
	await(t, public+"/latest.json", upstreamtest.NewItem(2).Title)

	s.write("config.toml", withToken("t0ken", strings.Replace(config, "[site]", "[site]\nlisten = \"localhost:1\"", 1)))
	if code, out, _ := s.try("reload", "--admin", address); code != exitDone || strings.Contains(out, "restart") {
		t.Errorf("--listen goes over the file, so nothing changes: %d %q", code, out)
	}
	s.write("config.toml", withToken("t0ken", config)+"[articles]\ndir = \"texts\"\n")
	if code, out, _ := s.try("reload", "--admin", address); code != exitDone || !strings.Contains(out, "a restart of serve is needed for: articles.dir\n") {
		t.Errorf("reload with another folder: %d %q", code, out)
	}

	s.write("config.toml", withToken("other", config))
	if code, _, messages := s.try("reload", "--admin", address); code != exitFailed || !strings.Contains(messages, "another admin_token") || strings.Contains(messages, "t0ken") {
		t.Errorf("reload with another token: %d %q", code, messages)
	}
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if response, _ := get(t, admin+"/status", "Authorization", "Bearer other"); response.StatusCode == http.StatusOK {
			break
		}
	}
	for token, want := range map[string]int{"t0ken": http.StatusUnauthorized, "other": http.StatusOK} {
		if response, _ := get(t, admin+"/status", "Authorization", "Bearer "+token); response.StatusCode != want {
			t.Errorf("with %s once the other one is taken: status %d", token, response.StatusCode)
		}
	}

	// The server of another site answers on the address that the config names.
	other := newTestSite(t, withToken("other", config))
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary, "reload", "--config", other.path("config.toml"))
	command.Args[0], command.Env = program, append(os.Environ(), "TRIBUTARY_ADMIN="+address)
	said, _ := command.CombinedOutput()
	if command.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(said), "runs another config, "+s.path("config.toml")) {
		t.Errorf("reload of another site: %d %q", command.ProcessState.ExitCode(), said)
	}
}

// An address that the operator chose must be free; the default one need not.
func TestAdminAddressIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := newTestSite(t, siteConfig)
	code, _, messages := s.try("serve", "--listen", "127.0.0.1:0", "--admin", listener.Addr().String())
	if code != exitFailed || !strings.Contains(messages, "[site] admin or --admin") {
		t.Errorf("a chosen address: %d %q", code, messages)
	}
	code, _, messages = s.try("serve", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0")
	if code != exitUsage || !strings.Contains(messages, "needs an admin_token") {
		t.Errorf("an exposed address: %d %q", code, messages)
	}
}

func TestAdminIsApart(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig)
	p, public, admin := s.desk()
	for _, path := range []string{"/status", "/status.atom", "/metrics", "/readyz", "/debug/pprof/", "/-/reload"} {
		if response, _ := get(t, public+path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s on the public listener: status %d", path, response.StatusCode)
		}
	}
	for path, want := range map[string]int{
		"/status": 200, "/status.atom": 200, "/metrics": 200, "/healthz": 200, "/debug/pprof/": 200, "/debug/pprof/goroutine?debug=1": 200,
		"/latest": 404, "/latest.rss": 404,
	} {
		if response, _ := get(t, admin+path); response.StatusCode != want {
			t.Errorf("%s on the admin listener: status %d, want %d", path, response.StatusCode, want)
		}
	}
	await(t, admin+"/readyz", "ready")
	if response, _ := get(t, admin+"/debug/pprof/profile?seconds=1"); response.StatusCode != 200 {
		t.Errorf("a profile: status %d", response.StatusCode)
	}
	await(t, admin+"/metrics", `tributary_http_requests_total{class="4xx",route="/NAME"}`)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d", code)
	}

	off := s.start(program, "serve", "--listen", "127.0.0.1:0", "--admin", "")
	off.address(t)
	if out := off.out.String(); strings.Contains(out, "admin on") {
		t.Errorf("an admin listener that was turned off: %q", out)
	}
	puller := s.start(program, "serve", "--roles", "pull", "--admin", "127.0.0.1:0")
	<-puller.out.first
	line := strings.TrimSuffix(strings.TrimPrefix(puller.out.String(), "admin on "), "/\n")
	await(t, line+"/readyz", "ready")
}

// What visitors ask for makes no series of its own.
func TestMetricsDontGrow(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.NewItem(1)))
	_, public, admin := s.desk("--watch=false")
	await(t, admin+"/readyz", "ready")
	series := func() (names []string) {
		_, body := get(t, admin+"/metrics")
		for line := range strings.Lines(body) {
			if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "tributary_http_") {
				names = append(names, name)
			}
		}
		return names
	}
	forms := []string{"/%s", "/%s.rss", "/%s.php", "/%s/embed", "/%s/archive/1.rss", "/articles/%s", "/tags/%s", "/-/%s", "/oembed?url=%s", "/.well-known/%s"}
	ask := func(name string) {
		for _, form := range forms {
			get(t, public+strings.Replace(form, "%s", name, 1))
		}
	}
	ask("nobody")
	before := series()
	for i := range 20 {
		ask(fmt.Sprintf("x%d-%%22%%0a", i))
	}
	if diff := cmp.Diff(before, series()); diff != "" || len(before) == 0 {
		t.Errorf("the series of requests: -before +after:\n%s", diff)
	}
}
