package admin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher"
	"tributary/publisher/admin"
)

var update = flag.Bool("update", false, "write golden files anew")

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// store holds fixed sources with fixed visits.
type store struct {
	states []news.SourceState
	visits map[news.SourceKey][]news.Visit // newest first
	err    error
}

func (s *store) Sources(context.Context) ([]news.SourceState, error) { return s.states, s.err }

func (s *store) Visits(_ context.Context, key news.SourceKey) ([]news.Visit, error) {
	return s.visits[key], s.err
}

func (s *store) Failures(context.Context) (map[news.SourceKey][]news.Visit, error) {
	failures := map[news.SourceKey][]news.Visit{}
	for key, visits := range s.visits {
		for i := range visits {
			if visits[i].Failed() {
				failures[key] = visits
			}
		}
	}
	return failures, s.err
}

func (s *store) Revisions(context.Context) (map[string]int64, error) { return nil, s.err }

const hour = time.Hour

// example is a source of each kind, with what an evil upstream could write.
func example() *store {
	s := &store{visits: map[news.SourceKey][]news.Visit{}}
	add := func(state news.SourceState, visits ...news.Visit) {
		state.Key = news.SourceKey(len(s.states) + 1)
		if len(visits) > 0 {
			state.Last = visits[0]
		}
		s.states, s.visits[state.Key] = append(s.states, state), visits
	}
	ok := func(ago, took time.Duration) news.Visit {
		return news.Visit{At: now.Add(-ago), Duration: took, Outcome: news.OutcomeUnchanged, Status: 304}
	}
	bad := func(ago time.Duration, cause news.Cause, detail string) news.Visit {
		return news.Visit{At: now.Add(-ago), Duration: hour / 720, Outcome: news.OutcomeFailed, Cause: cause, Detail: detail}
	}
	changed := news.Visit{At: now.Add(-2 * hour), Duration: 1200 * time.Millisecond, Outcome: news.OutcomeChanged, Status: 200, New: 3}
	add(news.SourceState{Name: "calm", URL: "https://jane:s3cret@calm.example/feed?token=s3cret", Health: news.HealthOK, Since: now.Add(-99 * hour),
		Due: now.Add(hour / 2), Stories: 40}, ok(hour/2, 80*time.Millisecond), changed, ok(3*hour, 2*time.Second))
	add(news.SourceState{Name: "evil", URL: "https://evil.example/feed", Health: news.HealthFailing, Since: now.Add(-hour), Due: now.Add(hour), Failures: 1},
		bad(hour, news.CauseNotFeed, "not a feed but an HTML page titled \"<script>alert(1)</script>\r\nlevel=ERROR msg=forged\""), ok(2*hour, 0))
	add(news.SourceState{Name: "back", URL: "https://back.example/feed", Health: news.HealthOK, Since: now.Add(-hour), Due: now.Add(hour)},
		ok(hour, time.Second), bad(3*hour, news.CauseTimeout, "too slow: no answer within 30 s"), ok(5*hour, 0))
	add(news.SourceState{Name: "left", URL: "https://left.example/feed", Health: news.HealthGone, Since: now.Add(-4 * hour), Due: now.AddDate(100, 0, 0)},
		bad(4*hour, news.CauseGone, "status 410 Gone"), ok(5*hour, 0))
	add(news.SourceState{Name: "asleep", URL: "file:/srv/feeds/a.xml", Health: news.HealthOK, Since: now.Add(-99 * hour), Due: now.Add(-5 * hour)}, ok(6*hour, 0))
	add(news.SourceState{Name: "fresh", URL: "https://fresh.example/feed", Health: news.HealthNew})
	add(news.SourceState{Name: "away", URL: "https://away.example/feed", Health: news.HealthMoved, Since: now.Add(-7 * hour), Due: now.Add(hour),
		MovedTo: "https://u:s3cret@new.example/f", MovedSince: now.Add(-60 * hour), Warnings: []string{"3 dates could not be read"}}, ok(7*hour, 0))
	return s
}

// options are those of a server with some trouble.
func options(s *store) admin.Options {
	clock := func() time.Time { return now }
	events := admin.NewEvents(clock)
	published := make(chan struct{})
	close(published)
	trouble := publisher.Trouble{Where: "/latest.rss", Detail: "it does not read back: <b>", Since: now.Add(-20 * time.Minute)}
	events.Trouble(trouble, false)
	return admin.Options{
		Site: news.Site{Title: "Probe & Co", URL: "https://probe.example/news"}, Version: "1.2.3", Roles: []string{"pull", "publish"},
		Store: s, Events: events, Loopback: true, Host: "desk.internal",
		Troubles: func() []publisher.Trouble { return []publisher.Trouble{trouble} }, Published: published,
		Config: func() admin.Config {
			return admin.Config{
				Path: "/srv/config.toml", Taken: now.Add(-49 * hour), Read: now.Add(-time.Minute), Restart: []string{"site.listen"},
				Mistakes: "config.toml:3:1: unknown key \"titel\" in [site]\n    3 | titel = \"x\"\n      | ^ did you mean \"title\"?",
			}
		},
		Reload:     func(context.Context) admin.Reloaded { return admin.Reloaded{Taken: true, Sources: 2, Feeds: 1} },
		StoreBytes: func() int64 { return 5 << 20 },
		Metrics:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
		Pages: []admin.Page{{Path: "/explain", Title: "Explain a story", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "explained "+r.URL.Query().Get("url"))
		})}},
		Now: clock, Log: slog.New(slog.DiscardHandler),
	}
}

func handler(t *testing.T, o admin.Options) *admin.Handler {
	t.Helper()
	h, err := admin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask makes one request; header is pairs of name and value.
func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		if request.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestWhoGetsIn(t *testing.T) {
	t.Parallel()
	token := func(o admin.Options) admin.Options { o.Token = "t0ken"; return o }
	far := func(o admin.Options) admin.Options { o.Loopback = false; return token(o) }
	same := func(o admin.Options) admin.Options { return o }
	for _, test := range []struct {
		reason  string
		options func(admin.Options) admin.Options
		method  string
		path    string
		header  []string
		status  int
	}{
		{"this machine", same, "GET", "/status", nil, 200},
		{"by address", same, "GET", "/status", []string{"Host", "127.0.0.1:8081"}, 200},
		{"by IPv6 address", same, "GET", "/status", []string{"Host", "[::1]:8081"}, 200},
		{"without a port", same, "GET", "/status", []string{"Host", "LOCALHOST."}, 200},
		{"the configured host", same, "GET", "/status", []string{"Host", "Desk.internal:8081"}, 200},
		{"a rebound name", same, "GET", "/status", []string{"Host", "evil.example"}, 421},
		{"a name that looks like this machine", same, "GET", "/status", []string{"Host", "127.0.0.1.evil.example"}, 421},
		{"another machine's address", same, "GET", "/status", []string{"Host", "10.0.0.1"}, 421},
		{"a rebound probe", same, "GET", "/healthz", []string{"Host", "evil.example"}, 421},
		{"a rebound action", same, "POST", admin.ReloadPath, []string{"Host", "evil.example"}, 421},
		{"a token is wanted once there is one", token, "GET", "/status", nil, 401},
		{"a probe needs none", far, "GET", "/healthz", nil, 200},
		{"nor does readiness", far, "GET", "/readyz", nil, 200},
		{"profiles do", far, "GET", "/debug/pprof/", nil, 401},
		{"so do metrics", far, "GET", "/metrics", nil, 401},
		{"so do pages of others", far, "GET", "/explain", nil, 401},
		{"so does what is not there", far, "GET", "/nothing", nil, 401},
		{"bearer", far, "GET", "/status", []string{"Authorization", "Bearer t0ken"}, 200},
		{"the scheme in lower case", far, "GET", "/status", []string{"Authorization", "bearer t0ken"}, 200},
		{"another token", far, "GET", "/status", []string{"Authorization", "Bearer t0ke"}, 401},
		{"an empty token", far, "GET", "/status", []string{"Authorization", "Bearer "}, 401},
		{"as password", far, "GET", "/status.atom", []string{"Authorization", basic("reader", "t0ken")}, 200},
		{"as user name", far, "GET", "/status.atom", []string{"Authorization", basic("t0ken", "")}, 401},
		{"in the URL", far, "GET", "/status?token=t0ken", nil, 401},
		{"any name does with a token", far, "GET", "/status", []string{"Authorization", "Bearer t0ken", "Host", "status.example"}, 200},
		{"an action", same, "POST", admin.ReloadPath, nil, 200},
		{"an action of our own page", same, "POST", admin.ReloadPath, []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"an action of a page of elsewhere", same, "POST", admin.ReloadPath, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"the same by an old browser", same, "POST", admin.ReloadPath, []string{"Origin", "https://evil.example"}, 403},
		{"a browser's stored password is no excuse", far, "POST", admin.ReloadPath, []string{"Authorization", basic("", "t0ken"), "Sec-Fetch-Site", "cross-site"}, 403},
		{"an action without a token", far, "POST", admin.ReloadPath, nil, 401},
		{"an action by GET", same, "GET", admin.ReloadPath, nil, 405},
		{"no action", same, "POST", "/status", nil, 405},
		{"no action either", same, "DELETE", "/status", nil, 405},
		{"nothing there", same, "GET", "/latest.rss", nil, 404},
		{"the door", same, "GET", "/", nil, 303},
	} {
		o := options(example())
		header := test.header
		if len(header) == 0 || header[0] != "Host" && header[len(header)-2] != "Host" {
			header = append([]string{"Host", "localhost:8081"}, header...)
		}
		got := ask(handler(t, test.options(o)), test.method, "http://localhost"+test.path, header...)
		if got.Code != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.reason, got.Code, test.status, got.Body)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
		} {
			if value := got.Header().Get(name); value != want {
				t.Errorf("%s: %s is %q, want %q", test.reason, name, value, want)
			}
		}
		if csp := got.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", test.reason, csp)
		}
		if challenge := got.Header().Values("WWW-Authenticate"); (got.Code == 401) != (len(challenge) == 2) {
			t.Errorf("%s: challenges %q", test.reason, challenge)
		}
		if allow := got.Header().Get("Allow"); (got.Code == 405) != (allow != "") {
			t.Errorf("%s: Allow is %q", test.reason, allow)
		}
		if got.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins may read it", test.reason)
		}
	}
}

// Another token holds at once; a listener that others reach is never left
// without one.
func TestSetToken(t *testing.T) {
	t.Parallel()
	for _, loopback := range []bool{true, false} {
		o := options(example())
		o.Token, o.Loopback = "first", loopback
		h := handler(t, o)
		for _, step := range []struct{ set, give string }{{"second", "second"}, {"", "second"}, {"third", "third"}} {
			h.SetToken(step.set)
			if got := ask(h, "GET", "/status", "Host", "localhost", "Authorization", "Bearer "+step.give).Code; got != http.StatusOK {
				t.Errorf("loopback %t, set to %q: with %q status %d", loopback, step.set, step.give, got)
			}
			want := http.StatusUnauthorized
			if step.set == "" && loopback {
				want = http.StatusOK
			}
			if got := ask(h, "GET", "/status", "Host", "localhost").Code; got != want {
				t.Errorf("loopback %t, set to %q: without one status %d, want %d", loopback, step.set, got, want)
			}
		}
	}
}

func TestAnExposedListenerNeedsAToken(t *testing.T) {
	t.Parallel()
	o := options(example())
	o.Loopback = false
	if _, err := admin.New(o); err == nil || !strings.Contains(err.Error(), "admin_token") {
		t.Errorf("got %v", err)
	}
}

func TestReadyz(t *testing.T) {
	t.Parallel()
	s, waiting := example(), make(chan struct{})
	for _, test := range []struct {
		err       error
		published chan struct{}
		status    int
		want      string
	}{
		{nil, nil, 200, "ready\n"}, // a node that publishes nothing
		{nil, waiting, 503, "not everything is published yet\n"},
		{errors.New("/srv/secret.db: disk I/O error"), waiting, 503, "the store can't be read\nnot everything is published yet\n"},
	} {
		o := options(s)
		s.err, o.Published = test.err, test.published
		got := ask(handler(t, o), "GET", "http://localhost/readyz")
		if got.Code != test.status || got.Body.String() != test.want {
			t.Errorf("%v: %d %q, want %d %q", test.err, got.Code, got.Body, test.status, test.want)
		}
	}
	for _, path := range []string{"/status", "/status.atom"} {
		got := ask(handler(t, options(s)), "GET", "http://localhost"+path)
		if got.Code != 503 || strings.Contains(got.Body.String(), "secret") || strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s without a store: %d %q", path, got.Code, got.Body)
		}
	}
}

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", name, got)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := handler(t, options(example()))
	for path, name := range map[string]string{"/status": "status.html", "/status.atom": "status.atom"} {
		got := strings.ReplaceAll(ask(h, "GET", "http://localhost:8081"+path).Body.String(), runtime.Version(), "goVERSION")
		for _, bad := range []string{"s3cret", "<script", "read back: <b>", "\r", "\nlevel=", "style=\"", "onclick"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		golden(t, name, got)
	}
}

var styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// The policy lets the page have the style that it has, by the hash of its bytes.
func TestStyleIsAllowed(t *testing.T) {
	t.Parallel()
	got := ask(handler(t, options(example())), "GET", "http://localhost/status")
	found := styleElement.FindStringSubmatch(got.Body.String())
	if found == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(found[1]))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if csp := got.Header().Get("Content-Security-Policy"); !strings.Contains(csp, want) {
		t.Errorf("Content-Security-Policy %q has no %s", csp, want)
	}
}

var statusIDs = regexp.MustCompile(`<id>([^<]*)</id>`)

// The feed reads as Atom (RFC 4287 §4.1.1): newest first, ids that never change.
func TestAtom(t *testing.T) {
	t.Parallel()
	s := example()
	h := handler(t, options(s))
	body := ask(h, "GET", "http://localhost:8081/status.atom").Body.String()
	var feed struct {
		Updated string `xml:"updated"`
		Author  string `xml:"author>name"`
		Entry   []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(body), &feed); err != nil {
		t.Fatal(err)
	}
	if len(feed.Entry) < 6 || feed.Author == "" || feed.Updated != feed.Entry[0].Updated {
		t.Fatalf("feed %+v", feed)
	}
	seen := map[string]bool{}
	for i, e := range feed.Entry {
		at, err := time.Parse(time.RFC3339, e.Updated)
		if err != nil || e.ID == "" || e.Title == "" || e.Content == "" || seen[e.ID] {
			t.Errorf("entry %+v: %v", e, err)
		}
		if seen[e.ID] = true; i > 0 {
			if before, _ := time.Parse(time.RFC3339, feed.Entry[i-1].Updated); before.Before(at) {
				t.Errorf("entry %d is newer than the one before", i)
			}
		}
	}
	// Another process, under another address, has the same ids for what is stored.
	o := options(s)
	o.Events = admin.NewEvents(nil)
	other := ask(handler(t, o), "GET", "http://127.0.0.1:9/status.atom").Body.String()
	for _, match := range statusIDs.FindAllStringSubmatch(other, -1) {
		if !strings.Contains(body, match[0]) {
			t.Errorf("another process has %s", match[1])
		}
	}
}

func TestAtomIsBounded(t *testing.T) {
	t.Parallel()
	s := &store{visits: map[news.SourceKey][]news.Visit{}}
	for i := range 300 {
		state := news.SourceState{Key: news.SourceKey(i + 1), Name: fmt.Sprint("s", i), Health: news.HealthFailing, Due: now.Add(hour)}
		state.Last = news.Visit{At: now.Add(time.Duration(-i) * time.Second), Outcome: news.OutcomeFailed, Cause: news.CauseDNS}
		s.states, s.visits[state.Key] = append(s.states, state), []news.Visit{state.Last}
	}
	h := handler(t, options(s))
	body := ask(h, "GET", "http://localhost/status.atom").Body.String()
	if n := strings.Count(body, "<entry>"); n != 100 || !strings.Contains(body, "s0 can") || strings.Contains(body, "s100 can") {
		t.Errorf("%d entries", n)
	}
	page := ask(h, "GET", "http://localhost/status").Body.String()
	if n := strings.Count(page, "<tr id="); n != 100 || !strings.Contains(page, "1–100 of 300") || !strings.Contains(page, "/status?page=2") {
		t.Errorf("%d rows on the first page", n)
	}
	page = ask(h, "GET", "http://localhost/status?page=99").Body.String()
	if !strings.Contains(page, "201–300 of 300") || strings.Contains(page, "page=4") {
		t.Error("the last page is not the last")
	}
	page = ask(h, "GET", "http://localhost/status?source=s250").Body.String()
	if strings.Count(page, "<tr id=") != 1 || !strings.Contains(page, `id="source-s250"`) {
		t.Error("one source alone is not shown alone")
	}
}

// What is over is told too.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	s := example()
	at := now
	o := options(s)
	o.Events = admin.NewEvents(func() time.Time { return at })
	h := handler(t, o)
	feed := func() string { return ask(h, "GET", "http://localhost/status.atom").Body.String() }
	feed()
	trouble := publisher.Trouble{Where: "/latest.rss", Detail: "broken", Since: now.Add(-hour)}
	o.Events.Trouble(trouble, false)
	o.Events.Trouble(trouble, true)
	for range 3 {
		at = at.Add(time.Second)
		o.Events.ConfigRead("config.toml:1:1: a mistake")
	}
	at = at.Add(time.Second)
	o.Events.ConfigRead("")
	o.Events.ConfigRead("")
	status := func() bool {
		return strings.Contains(ask(h, "GET", "http://localhost/status").Body.String(), "<h2>Another process has applied a different config")
	}
	for _, differs := range []bool{false, true, true, false, false} {
		at = at.Add(time.Second)
		if o.Events.Disagreed(differs); status() != differs {
			t.Errorf("the page says of disagreement %t, want %t", !differs, differs)
		}
	}
	s.states[6].MovedTo, s.states[6].Health = "", news.HealthOK
	body := feed()
	for want, times := range map[string]int{
		"can&#39;t be published as it should be": 1, "/latest.rss is published again": 1,
		"the config was not taken": 1, "the config is taken again": 1,
		"another process has applied a different config": 1, "process&#39;s own again": 1, "away answers at its own address": 1, "away has moved": 0,
	} {
		if got := strings.Count(body, want); got != times {
			t.Errorf("%q stands there %d times, want %d", want, got, times)
		}
	}
	if again := feed(); again != body {
		t.Error("the feed changed though nothing happened")
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reloaded admin.Reloaded
		form     string
		accept   string
		status   int
		want     string
	}{
		{admin.Reloaded{Taken: true, Sources: 2}, "", "", 200, `{"taken":true,"sources":2}`},
		{admin.Reloaded{Taken: true}, "config=%2Fsrv%2Fconfig.toml", "", 200, `"taken":true`},
		{admin.Reloaded{Taken: true}, "config=%2Fother.toml", "", 409, "/srv/config.toml"},
		{admin.Reloaded{Mistakes: "a mistake"}, "", "", 422, `"mistakes":"a mistake"`},
		{admin.Reloaded{Error: "disk full"}, "", "", 500, `"error":"disk full"`},
		{admin.Reloaded{Mistakes: "a mistake"}, "", "text/html,*/*", 303, ""},
	} {
		o := options(example())
		o.Reload = func(context.Context) admin.Reloaded { return test.reloaded }
		request := httptest.NewRequest("POST", "http://localhost"+admin.ReloadPath, strings.NewReader(test.form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Accept", test.accept)
		got := httptest.NewRecorder()
		handler(t, o).ServeHTTP(got, request)
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%+v: %d %s, want %d with %s", test.reloaded, got.Code, got.Body, test.status, test.want)
		}
	}
}
