package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"tributary/internal/news"
	"tributary/publisher"
	"tributary/publisher/serve"
	sitepages "tributary/publisher/site"
)

// needs skips a test that needs a program which isn't there, or fails it where
// nothing may be skipped. See docs/testing.md.
func needs(t *testing.T, name string, there bool) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") == "true" || os.Getenv("TRIBUTARY_TOOLS") == "required":
		t.Fatalf("needs %s", name)
	default:
		t.Skipf("needs %s", name)
	}
}

// startBrowser starts a browser that reaches this machine only.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	needs(t, "chromium", exec.Command("chromium", "--version").Run() == nil)
	alloc, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1000, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// tab is one page of a browser and what it was heard to do.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	told []string // by scripts, dialogs and broken policies
}

// hooks tell what a page must not do, and find what embeds show.
const hooks = `
addEventListener("securitypolicyviolation", (e) => __tell("breaks " + e.violatedDirective + ": " + e.blockedURI));
addEventListener("error", (e) => { if (e.message) __tell("fails: " + e.message) });
window.alert = (what) => __tell("alert " + what);
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((e) => e.value))).observe({ type: "layout-shift", buffered: true });
window.element = (i = 0) => document.querySelectorAll("latest-articles")[i];
window.rows = (i) => [...element(i)?.shadowRoot?.querySelectorAll("li") ?? []];
window.titles = (i) => rows(i).map((row) => row.querySelector(".la-title").textContent).join("|");
`

// open opens an address in a tab of its own, after some actions.
func open(t *testing.T, browser context.Context, address string, before ...chromedp.Action) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, expire := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(expire)
	x := &tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventBindingCalled:
			x.tell(e.Payload)
		case *page.EventJavascriptDialogOpening:
			x.tell("opens a dialog: " + e.Message)
		}
	})
	before = append([]chromedp.Action{
		runtime.AddBinding("__tell"),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(hooks).Do(ctx)
			return err
		}),
	}, before...)
	x.do(append(before, chromedp.Navigate(address))...)
	return x
}

func (x *tab) tell(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.told = append(x.told, what)
}

// quiet fails when the page did what it must not.
func (x *tab) quiet() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, what := range x.told {
		x.t.Errorf("the page %s", what)
	}
}

func (x *tab) do(actions ...chromedp.Action) {
	x.t.Helper()
	if err := chromedp.Run(x.ctx, actions...); err != nil {
		x.t.Fatal(err)
	}
}

// eval gives the value of an expression in the page, once it is there.
func (x *tab) eval(expression string, value any) {
	x.t.Helper()
	x.do(chromedp.Evaluate(expression, value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
}

// text is eval for a string.
func (x *tab) text(expression string) (value string) {
	x.t.Helper()
	x.eval("String("+expression+")", &value)
	return value
}

// until waits until an expression is true.
func (x *tab) until(expression string) {
	x.t.Helper()
	var came bool
	x.eval(fmt.Sprintf(`(async () => {
		for (const end = Date.now() + 15000; Date.now() < end; await new Promise((r) => setTimeout(r, 20))) if (%s) return true;
		return false;
	})()`, expression), &came)
	if !came {
		x.t.Fatalf("%s never came true; the rows are %q", expression, x.text("titles()"))
	}
}

// shelf is a store with one feed in it.
type shelf struct {
	publisher.Store // nothing else is asked
	mu              sync.Mutex
	revision        int64
	items           []news.Item
}

func (s *shelf) put(items ...news.Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	s.items = items
}

func (s *shelf) Revisions(context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]int64{"latest": s.revision}, nil
}

func (s *shelf) Newest(_ context.Context, _ string, after news.Cursor, limit int, _ news.Remembered) ([]news.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after != (news.Cursor{}) {
		return nil, nil
	}
	return slices.Clone(s.items[:min(limit, len(s.items))]), nil
}

func (s *shelf) Articles(context.Context) ([]news.Item, error) { return nil, nil }

func (s *shelf) Entered(context.Context, string, int64) (int64, []news.StoryKey, error) {
	return 0, nil, nil
}

// Fingerprints name no feed: what leaves this one was meant to.
func (s *shelf) Fingerprints(context.Context) (map[string]string, error) { return nil, nil }

// Spread gives all of them: no source floods this feed.
func (s *shelf) Spread(ctx context.Context, feed string, _, limit int, known news.Remembered) ([]news.Item, error) {
	return s.Newest(ctx, feed, news.Cursor{}, limit, known)
}

// Fates tells that everything that left was taken out on purpose.
func (s *shelf) Fates(_ context.Context, _ string, stories []news.LastStory) ([]news.Fate, string, error) {
	fates := make([]news.Fate, len(stories))
	for i := range fates {
		fates[i].Retracted = true
	}
	return fates, "", nil
}

func (s *shelf) Sources(context.Context) ([]news.SourceState, error) { return nil, nil }

func (s *shelf) SourceInfos(context.Context) ([]news.SourceInfo, error) { return nil, nil }

// item is a story of so many minutes ago.
func item(title, link string, minutes int) news.Item {
	at := time.Now().UTC().Add(-time.Duration(minutes) * time.Minute)
	return news.Item{
		Story: news.Story{
			Key: news.StoryKey(int64(1_000_000 - minutes)), PublicID: fmt.Sprintf("urn:story:%d:%x", minutes, title), Title: title, Link: link,
			Date: at, Published: at, Changed: at,
		},
		From: news.SourceInfo{Name: "gazette", Title: "Harbor Gazette", Site: "https://gazette.example/"},
	}
}

// pitch is a site of ours, and a site of others that embeds it.
type pitch struct {
	t         *testing.T
	store     *shelf
	publisher *publisher.Publisher
	site      string // URL of ours, below a path
	host      string // URL of the other one
	pages     map[string]hostPage

	mu       sync.Mutex
	requests []string // "/path status", of ours
	broken   bool     // ours closes every connection
	failing  bool     // ours answers 500
	delay    time.Duration
}

// hostPage is a page of another site.
type hostPage struct{ policy, kind, body string }

func newPitch(t *testing.T, items ...news.Item) *pitch {
	t.Helper()
	p := &pitch{t: t, store: &shelf{}, pages: map[string]hostPage{}}
	p.store.put(items...)
	pages, err := sitepages.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.site = "http://" + listener.Addr().String() + "/news"
	about := news.Site{Title: "The Observer", URL: p.site, Language: "en", Location: time.UTC}
	feeds := []news.Feed{{Name: "latest", Title: "Our latest articles", Limit: 50, MaxShare: 1, Content: news.ContentFull}}
	p.publisher = publisher.New(publisher.Options{
		Store: p.store, Config: publisher.Config{Site: about, Feeds: feeds, Pages: pages},
	})
	p.publish()
	handler := serve.New(p.publisher, p.publisher, serve.Options{BasePath: "/news", Site: about, Feeds: feeds}, nil)
	ours := &httptest.Server{Listener: listener, Config: &http.Server{Handler: p.watch(handler)}}
	ours.Start()
	other := httptest.NewServer(http.HandlerFunc(p.serveHost))
	p.host = other.URL
	t.Cleanup(func() { other.CloseClientConnections(); other.Close() })
	t.Cleanup(func() { ours.CloseClientConnections(); ours.Close() })
	return p
}

func (p *pitch) publish() {
	p.t.Helper()
	if err := p.publisher.Publish(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	for _, trouble := range p.publisher.Troubles() {
		p.t.Errorf("trouble: %+v", trouble)
	}
}

func (p *pitch) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// noted is a response whose status is written down before it is sent.
type noted struct {
	http.ResponseWriter
	note func(status int)
}

func (n *noted) WriteHeader(status int) {
	n.note(status)
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// watch notes requests, and does to them what a test asks for.
func (p *pitch) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		broken, failing, delay := p.broken, p.failing, p.delay
		p.mu.Unlock()
		time.Sleep(delay) // a slow server, not a wait for something
		w = &noted{w, func(status int) {
			p.set(func() {
				p.requests = append(p.requests, fmt.Sprintf("%s %d", strings.TrimPrefix(r.URL.Path, "/news"), status))
			})
		}}
		switch {
		case broken:
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				conn.Close()
			}
		case failing:
			http.Error(w, "failing", http.StatusInternalServerError)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// asked gives the requests since the last call, in order.
func (p *pitch) asked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.requests)
	list := strings.Join(p.requests, ", ")
	p.requests = nil
	return list
}

func (p *pitch) serveHost(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	page, ok := p.pages[r.URL.Path]
	p.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if page.policy != "" {
		w.Header().Set("Content-Security-Policy", page.policy)
	}
	if page.kind == "" {
		page.kind = "text/html; charset=utf-8"
	}
	w.Header().Set("Content-Type", page.kind)
	_, _ = w.Write([]byte(page.body))
}

// strict is the policy of a site that trusts ours with one script and its data.
func (p *pitch) strict() string {
	origin := strings.TrimSuffix(p.site, "/news")
	return fmt.Sprintf("default-src 'none'; script-src %s; connect-src %s; style-src 'none'", origin, origin)
}

// hosted gives the address of a page of the other site.
func (p *pitch) hosted(path, policy, html, head, body string) string {
	p.set(func() {
		p.pages[path] = hostPage{policy: policy, body: fmt.Sprintf(
			"<!doctype html><html %s><head><meta charset=utf-8><title>Host</title>%s</head><body>%s</body></html>", html, head, body)}
	})
	return p.host + path
}

// script is the line that loads our script.
func (p *pitch) script() string { return `<script src="` + p.site + `/embed.js" async></script>` }

// accessible runs axe on the page.
func (x *tab) accessible(name string) {
	x.t.Helper()
	const where = "testdata/axe/node_modules/axe-core/axe.min.js"
	axe, err := os.ReadFile(where)
	needs(x.t, "axe-core (npm --prefix publisher/serve/testdata/axe install)", err == nil)
	x.do(chromedp.Evaluate(string(axe), nil))
	var result string
	x.eval(`axe.run().then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, ...v.nodes.map((n) => n.html.slice(0, 200) + " " + n.failureSummary)])))`, &result)
	var violations [][]string
	if err := json.Unmarshal([]byte(result), &violations); err != nil {
		x.t.Fatal(err)
	}
	for _, v := range violations {
		x.t.Errorf("%s: axe: %s", name, strings.Join(v, "\n"))
	}
}
