package normalize

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tool skips a test that needs a program which isn't there, or fails it where
// nothing may be skipped. See docs/testing.md.
func tool(t *testing.T, name string, probe ...string) {
	t.Helper()
	if exec.Command(probe[0], probe[1:]...).Run() == nil {
		return
	}
	if os.Getenv("CI") == "true" || os.Getenv("TRIBUTARY_TOOLS") == "required" {
		t.Fatalf("needs %s", name)
	}
	t.Skipf("needs %s", name)
}

// chromium is a running browser that reaches no network: every request is
// answered or refused here.
type chromium struct {
	ctx          context.Context
	hooks, audit string // JavaScript
}

func startChromium(t *testing.T) *chromium {
	t.Helper()
	tool(t, "chromium", "chromium", "--version")
	alloc, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
		chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx, browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorDeny)); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &chromium{ctx, readScript(t, "hooks.js"), readScript(t, "audit.js")}
}

func readScript(t *testing.T, name string) string {
	t.Helper()
	script, err := os.ReadFile("testdata/browser/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// storiesURL is where the page with the stories seems to come from.
const storiesURL = "http://reader.test/stories"

// reportOnly forbids a page nothing, and makes it tell of all that a strict
// policy would have forbidden.
const reportOnly = "default-src 'none'; script-src 'report-sample'; style-src 'report-sample'; " +
	"img-src http: https:; media-src http: https:; frame-src https:; base-uri 'none'; form-action 'none'"

// storiesPage shows stories one below the other, without any protection.
var storiesPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stories</title><link rel="icon" href="/icon">
<script type="application/json" id="sources">{{.}}</script></head><body>
{{range $i, $s := .}}<div data-story="{{$i}}">{{$s}}</div>
{{end}}</body></html>`))

func renderStories(stories []string) []byte {
	unescaped := make([]template.HTML, len(stories))
	for i, s := range stories {
		unescaped[i] = template.HTML(s)
	}
	var body bytes.Buffer
	if err := storiesPage.Execute(&body, unescaped); err != nil {
		panic(err) // the template is ours
	}
	return body.Bytes()
}

// tab is one page with stories, and what it was seen to do.
type tab struct {
	ctx    context.Context
	body   []byte
	embeds []string

	mu       sync.Mutex
	told     []string // what scripts told, and navigations
	requests []request
}

type request struct {
	kind network.ResourceType
	url  string
}

// wrong is something that a story must not do; story is -1 when it can't be
// said which one did.
type wrong struct {
	story int
	what  string
}

// UnmarshalJSON reads the pairs that audit.js returns.
func (w *wrong) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&w.story, &w.what})
}

// open shows stories in a new tab and gives what they do wrong.
func (c *chromium) open(stories, embeds []string) ([]wrong, error) {
	ctx, cancel := chromedp.NewContext(c.ctx)
	defer cancel()
	ctx, expire := context.WithTimeout(ctx, 30*time.Second)
	defer expire()
	x := &tab{ctx: ctx, body: renderStories(stories), embeds: embeds}
	chromedp.ListenTarget(ctx, x.hear)
	var answer struct {
		Wrong  []wrong
		Images []string
	}
	list, err := json.Marshal(append([]string{}, embeds...))
	if err != nil {
		return nil, err
	}
	err = chromedp.Run(ctx,
		fetch.Enable(), runtime.AddBinding("__tell"),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(c.hooks).Do(ctx)
			return err
		}),
		chromedp.Navigate(storiesURL),
		chromedp.Evaluate("("+c.audit+")("+string(list)+")", &answer, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true)
		}))
	found := append(answer.Wrong, x.findings(answer.Images)...)
	if err != nil && len(found) > 0 {
		err = nil // a page that went elsewhere can't be audited
	}
	return found, err
}

// hear takes the events of a tab.
func (x *tab) hear(event any) {
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		go x.answer(e)
	case *runtime.EventBindingCalled:
		x.tell(e.Payload)
	case *page.EventJavascriptDialogOpening:
		x.tell("opens a dialog: " + e.Message)
	case *page.EventWindowOpen:
		x.tell("opens a window: " + e.URL)
	case *page.EventNavigatedWithinDocument:
		x.tell("navigates to " + e.URL)
	case *page.EventFrameRequestedNavigation:
		if !x.mayFrame(e.URL) {
			x.tell("navigates to " + e.URL)
		}
	}
}

func (x *tab) tell(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.told = append(x.told, what)
}

// pixel is a GIF of one pixel.
var pixel = base64.StdEncoding.EncodeToString([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))

// answer answers a request: the page itself, a picture or nothing. Every other
// picture is refused, so that both load and error happen.
func (x *tab) answer(e *fetch.EventRequestPaused) {
	ctx := cdp.WithExecutor(x.ctx, chromedp.FromContext(x.ctx).Target)
	if e.Request.URL == storiesURL && e.ResourceType == network.ResourceTypeDocument {
		fetch.FulfillRequest(e.RequestID, 200).WithBody(base64.StdEncoding.EncodeToString(x.body)).
			WithResponseHeaders([]*fetch.HeaderEntry{
				{Name: "Content-Type", Value: "text/html; charset=utf-8"},
				{Name: "Content-Security-Policy-Report-Only", Value: reportOnly},
			}).Do(ctx) // an error means that the tab is gone
		return
	}
	if strings.HasPrefix(e.Request.URL, storiesURL[:strings.LastIndexByte(storiesURL, '/')+1]+"icon") {
		fetch.FailRequest(e.RequestID, network.ErrorReasonConnectionRefused).Do(ctx) // likewise
		return
	}
	x.mu.Lock()
	x.requests = append(x.requests, request{e.ResourceType, e.Request.URL})
	refuse := len(x.requests)%2 == 0
	x.mu.Unlock()
	if refuse || e.ResourceType != network.ResourceTypeImage {
		fetch.FailRequest(e.RequestID, network.ErrorReasonConnectionRefused).Do(ctx) // likewise
		return
	}
	fetch.FulfillRequest(e.RequestID, 200).WithBody(pixel).
		WithResponseHeaders([]*fetch.HeaderEntry{{Name: "Content-Type", Value: "image/gif"}}).Do(ctx) // likewise
}

// findings are what was told, and the requests that nobody may make: all but
// those for pictures that stand in the page, and for frames that may.
func (x *tab) findings(images []string) []wrong {
	x.mu.Lock()
	defer x.mu.Unlock()
	var found []wrong
	for _, what := range x.told {
		found = append(found, wrong{-1, what})
	}
	for _, r := range x.requests {
		picture := r.kind == network.ResourceTypeImage && slices.Contains(images, r.url)
		if !picture && !(r.kind == network.ResourceTypeDocument && x.mayFrame(r.url)) {
			found = append(found, wrong{-1, fmt.Sprintf("requests %s (%s)", r.url, r.kind)})
		}
	}
	return found
}

func (x *tab) mayFrame(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && slices.ContainsFunc(x.embeds, func(host string) bool {
		return u.Host == host || strings.HasSuffix(u.Host, "."+host)
	})
}
