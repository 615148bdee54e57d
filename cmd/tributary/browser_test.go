package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPatience bounds how long a browser may take to start, and to show and
// use a page: on a busy machine each step of it waits for its turn.
const browserPatience = 4 * time.Minute

// chromium is a running browser that reaches this machine only.
type chromium struct {
	ctx        context.Context
	hooks, axe string // JavaScript
}

func startChromium(t *testing.T) *chromium {
	t.Helper()
	tool(t, "chromium", "chromium", "--version")
	tool(t, "axe-core (npm --prefix publisher/serve/testdata/axe install)", "test", "-e", axePath)
	alloc, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.WSURLReadTimeout(browserPatience))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &chromium{ctx, script(t, "../../aggregator/normalize/testdata/browser/hooks.js") + shifts, script(t, axePath)}
}

const axePath = "../../publisher/serve/testdata/axe/node_modules/axe-core/axe.min.js"

func script(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shifts adds up the layout shifts of a page.
const shifts = `
window.__shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });`

// audit scrolls through a page that was not looked at yet, waits for its
// pictures, and gives what axe-core finds, the shift, and what looks wrong by
// itself. What another look moves is no fault of the page.
const audit = `(async () => {
  if (window.__seen) {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    window.__shift = 0;
  }
  for (let y = 0; !window.__seen && y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  scrollTo({ top: 0, behavior: "instant" });
  await Promise.all([...document.images].map((i) => i.complete || new Promise((done) => { i.onload = i.onerror = done; })));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  window.__seen = true;
  const wrong = [];
  if (window.axe) for (const v of (await axe.run(document, { resultTypes: ["violations"], ...window.__only })).violations) {
    for (const n of v.nodes) wrong.push(v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary);
  }
  if (window.__shift > 0) wrong.push("layout shift " + window.__shift);
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push("scrolls sideways by " + wide + " px: " +
    [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth).slice(0, 3).map((e) => e.outerHTML.slice(0, 300)));
  return wrong;
})()`

// look is how a page is shown.
type look struct {
	name        string
	width       int64
	dark, print bool
	brief       bool   // without axe-core
	shot        string // file to write a picture to; empty for none
}

// visit shows a page in a tab of its own, as one look after the other without
// loading it again, and gives all that is wrong with it.
func (c *chromium) visit(address string, looks ...look) (wrong []string, err error) {
	ctx, cancel := chromedp.NewContext(c.ctx)
	defer cancel()
	ctx, expire := context.WithTimeout(ctx, browserPatience)
	defer expire()
	own, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	v := &visitor{ctx: ctx, host: own.Host}
	chromedp.ListenTarget(ctx, v.hear)
	hook := chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(c.hooks).Do(ctx)
		return err
	})
	err = chromedp.Run(ctx, fetch.Enable(), log.Enable(), runtime.AddBinding("__tell"), hook, looks[0].emulate(), chromedp.Navigate(address))
	for _, as := range looks {
		var found []string
		if err == nil {
			found, err = c.look(ctx, as)
		}
		for _, w := range found {
			v.tell("%s: %s", as.name, w)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wrong, err
}

// emulate shows a page so.
func (as *look) emulate() chromedp.Action {
	scheme, media := "light", ""
	if as.dark {
		scheme = "dark"
	}
	if as.print {
		media = "print"
	}
	return chromedp.Tasks{
		emulation.SetDeviceMetricsOverride(as.width, 900, 1, as.width < 500),
		emulation.SetEmulatedMedia().WithMedia(media).WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
	}
}

// look looks at the page of a tab and gives what is wrong with it.
func (c *chromium) look(ctx context.Context, as look) (found []string, err error) {
	axe := `window.axe || ` + c.axe
	if as.dark { // nothing but colors differs from the light page
		axe += `;window.__only = { runOnly: ["color-contrast"] };0`
	}
	if as.brief {
		axe = "delete window.axe"
	}
	actions := []chromedp.Action{
		as.emulate(),
		chromedp.Evaluate(axe, nil),
		chromedp.Evaluate(audit, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
	}
	var picture []byte
	if as.shot != "" {
		actions = append(actions, chromedp.CaptureScreenshot(&picture))
	}
	if err = chromedp.Run(ctx, actions...); err == nil && as.shot != "" {
		err = os.WriteFile(as.shot, picture, 0o644)
	}
	return found, err
}

// visitor is a tab: it lets a page load what is its own, and pictures.
type visitor struct {
	ctx  context.Context
	host string

	mu    sync.Mutex
	wrong []string
}

func (v *visitor) tell(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

func (v *visitor) hear(event any) {
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		go v.answer(e)
	case *runtime.EventBindingCalled:
		v.tell("%s", e.Payload)
	case *runtime.EventExceptionThrown:
		v.tell("exception: %s", e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		missing := strings.Contains(e.Entry.Text, "404 (Not Found)") && strings.HasSuffix(e.Entry.URL, "/nowhere")
		if e.Entry.Level == log.LevelError && !missing {
			v.tell("console: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		v.tell("opens a dialog: %s", e.Message)
	}
}

// pixel is a GIF of one pixel.
var pixel = base64.StdEncoding.EncodeToString([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))

func (v *visitor) answer(e *fetch.EventRequestPaused) {
	ctx := cdp.WithExecutor(v.ctx, chromedp.FromContext(v.ctx).Target) // errors below mean that the tab is gone
	u, err := url.Parse(e.Request.URL)
	switch {
	case err == nil && (u.Host == v.host || u.Scheme == "data"):
		fetch.ContinueRequest(e.RequestID).Do(ctx)
	case e.ResourceType == network.ResourceTypeImage:
		if e.Request.Headers["Referer"] != nil {
			v.tell("tells %s where it comes from", e.Request.URL)
		}
		fetch.FulfillRequest(e.RequestID, 200).WithBody(pixel).
			WithResponseHeaders([]*fetch.HeaderEntry{{Name: "Content-Type", Value: "image/gif"}}).Do(ctx)
	default:
		v.tell("requests %s (%s)", e.Request.URL, e.ResourceType)
		fetch.FailRequest(e.RequestID, network.ErrorReasonConnectionRefused).Do(ctx)
	}
}
