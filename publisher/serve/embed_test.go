package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"tributary/internal/news"
)

// five are stories of five dates, newest first.
func five() []news.Item {
	return []news.Item{
		item("First of them", "https://gazette.example/1", 5),
		item("Second", "https://gazette.example/2", 130),
		item("Third", "https://gazette.example/3", 3*24*60+5),
		item("Fourth", "https://gazette.example/4", 20*24*60),
		item("Fifth", "https://gazette.example/5", 30*24*60),
	}
}

// TestEmbedInBrowser shows what we give to other sites in a real browser, on
// pages of another origin.
func TestEmbedInBrowser(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for _, tt := range []struct {
		name string
		test func(t *testing.T, browser context.Context)
	}{
		{"strict policy", testEmbedStrictPolicy},
		{"attacks", testEmbedAttacks},
		{"direction", testEmbedDirection},
		{"keeps the old list", testEmbedKeepsTheOldList},
		{"fallback", testEmbedFallback},
		{"live", testEmbedLive},
		{"comes back", testEmbedComesBack},
		{"pinned", testEmbedPinned},
		{"does not shift", testEmbedDoesNotShift},
		{"lets go what is out of sight", testEmbedLetsGo},
		{"frame resizes", testFrameResizes},
		{"framed", testOnlyTheEmbedIsFramed},
		{"accessible", testEmbedPagesAreAccessible},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, browser) })
	}
}

const (
	plainEmbed = `<latest-articles feed="latest" limit="3"><a href="https://example.org/">fallback</a></latest-articles>`
	ready      = `rows().length > 0`
)

// Under the strictest policy that lets it in at all: one request, then 304.
func testEmbedStrictPolicy(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	address := p.hosted("/", p.strict(), `lang="de"`, p.script(), plainEmbed+strings.Replace(plainEmbed, "3", "2", 1))
	x := open(t, browser, address)
	x.until(`rows(0).length && rows(1).length`)
	if got := x.text("titles(0)"); got != "First of them|Second|Third" {
		t.Errorf("titles %q", got)
	}
	if got := x.text("titles(1)"); got != "First of them|Second" {
		t.Errorf("titles of the second %q", got)
	}
	if got, want := x.text(`rows().map((r) => r.querySelector("time").textContent).join("|")`), "vor 5 Minuten|vor 2 Stunden|vor 3 Tagen"; got != want {
		t.Errorf("times %q, want %q", got, want)
	}
	if got := x.text(`rows()[0].querySelector("a").href + " " + rows()[0].querySelector(".la-meta").textContent`); got != "https://gazette.example/1 Harbor Gazette · vor 5 Minuten" {
		t.Errorf("the first row is %q", got)
	}
	if got := x.text(`getComputedStyle(rows()[0]).height + getComputedStyle(rows()[0]).display`); got != "80pxflex" {
		t.Errorf("the style sheet is not in use: %s", got)
	}
	if got := p.asked(); got != "/embed.js 200, /latest/embed.json 200" {
		t.Errorf("requests %s", got)
	}
	for range 2 {
		x.do(chromedp.Reload())
		x.until(ready)
		if got := p.asked(); strings.Contains(got, " 200") || strings.Count(got, "/latest/embed.json 304") != 1 {
			t.Errorf("requests of another visit: %s", got)
		}
	}
	x.quiet()
}

// attacks are titles that would do harm as markup, and links that would as links.
var attacks = []string{
	`<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `</a><svg onload=alert(1)>`, `"><iframe srcdoc="<script>alert(1)</script>">`,
	`javascript:alert(1)`, ` javascript:alert(1)`, "java\nscript:alert(1)", `JaVaScRiPt:alert(1)`, `data:text/html,<script>alert(1)</script>`,
	`vbscript:msgbox(1)`, `//evil.example/`, `{{constructor.constructor("alert(1)")()}}`, `blob:https://a.example/x`, `file:///etc/passwd`,
}

// Whatever stands in titles and links is text, on every way to other sites.
func testEmbedAttacks(t *testing.T, browser context.Context) {
	t.Parallel()
	vectors := attacks
	if shared, err := os.ReadFile("../../../shared/xss/vectors.json"); err == nil {
		var list []struct{ HTML string }
		if err := json.Unmarshal(shared, &list); err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			vectors = append(vectors, v.HTML)
		}
	} else {
		t.Log("without ../shared/xss: the attacks of this file only")
	}
	p := newPitch(t)
	address := p.hosted("/", "", "", p.script(), strings.Replace(plainEmbed, "3", "10\" thumbnails data-x=\"", 1))
	x := open(t, browser, address)
	x.until(`element().feed?.data`)
	for start := 0; start < len(vectors); start += 10 {
		batch := vectors[start:min(start+10, len(vectors))]
		var items []news.Item
		for i, v := range batch {
			it := item(v, v, i+1)
			it.PublicID = fmt.Sprintf("urn:vector:%d", start+i)
			it.Image, it.From.Title = v, v
			items = append(items, it)
		}
		p.store.put(items...)
		p.publish()
		var list struct{ Items []struct{ Title string } }
		if err := json.Unmarshal(p.publisher.Lookup("/latest/embed.json").Body, &list); err != nil {
			t.Fatal(err)
		}
		x.eval(`element().feed.load()`, nil)
		x.until(fmt.Sprintf(`rows().length == %d`, len(list.Items)))
		var got []string
		x.eval(`rows().map((r) => r.querySelector(".la-title").textContent)`, &got)
		for i := range list.Items {
			if i < len(got) && got[i] != list.Items[i].Title {
				t.Errorf("title %q is shown as %q", list.Items[i].Title, got[i])
			}
		}
		x.harmless(`element().shadowRoot`)
		for _, path := range []string{"/latest/embed", "/latest/fragment.html"} {
			// As markup, on a page that protects nothing.
			x.eval(fmt.Sprintf(`{ const d = new DOMParser().parseFromString(%s, "text/html");
				window.parsed = d.querySelector("latest-articles") ?? d.body; }`, quote(string(p.publisher.Lookup(path).Body))), nil)
			x.harmless(`parsed`)
		}
	}
	// Opened as they are, scripts and all.
	y := open(t, browser, p.site+"/latest/embed?thumbnails=1")
	y.until(ready)
	y.harmless(`element().shadowRoot`)
	x.quiet()
	y.quiet()
}

func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return string(quoted)
}

// harmless looks for elements and links that don't belong to a list.
func (x *tab) harmless(root string) {
	x.t.Helper()
	if got := x.text(`[...` + root + `.querySelectorAll("*")].filter((e) =>
		!["DIV", "OL", "LI", "A", "SPAN", "BDI", "TIME", "SLOT", "SCRIPT"].includes(e.tagName) && !(e.tagName == "IMG" && e.className == "la-image" && /^https?:/.test(e.src))
		|| e.tagName == "SCRIPT" && !e.src.includes("/static/")
		|| [...e.attributes].some((a) => /^on|^style$/.test(a.name) && e.className != "la-box")
		|| e.tagName == "A" && !/^https?:\/\//.test(e.getAttribute("href"))).map((e) => e.outerHTML)`); got != "" {
		x.t.Errorf("not harmless: %s", got)
	}
}

func testEmbedDirection(t *testing.T, browser context.Context) {
	t.Parallel()
	arabic := item("قوارب في المرفأ", "https://gazette.example/ar", 5)
	arabic.Language = "ar"
	p := newPitch(t, append([]news.Item{arabic}, five()[1:]...)...)
	x := open(t, browser, p.hosted("/", p.strict(), `lang="ar" dir="rtl"`, p.script(), plainEmbed))
	x.until(ready)
	if got := x.text(`rows().map((r) => getComputedStyle(r).direction + r.lang)`); got != "rtlar,ltren,ltren" {
		t.Errorf("directions %s", got)
	}
	if got := x.text(`new Intl.RelativeTimeFormat("ar").format(-5, "minute") == rows()[0].querySelector("time").textContent`); got != "true" {
		t.Errorf("the time is %s", x.text(`rows()[0].querySelector("time").textContent`))
	}
	x.quiet()
}

// A list stays until there is a newer one: when the site answers with an error,
// when it doesn't answer, and when the page is loaded while it doesn't.
func testEmbedKeepsTheOldList(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	x := open(t, browser, p.hosted("/", p.strict(), "", p.script(), plainEmbed))
	x.until(ready)
	same := func(why string) {
		t.Helper()
		x.eval(`element().feed.load()`, nil)
		if got := x.text("titles()"); got != "First of them|Second|Third" {
			t.Errorf("%s: titles %q", why, got)
		}
	}
	p.set(func() { p.broken = true })
	same("no answer")
	y := open(t, browser, p.host+"/")
	y.until(ready) // of the copies that the browser holds
	p.set(func() { p.broken, p.failing = false, true })
	same("an error")
	p.set(func() { p.failing = false })
	p.store.put(item("Back again", "https://gazette.example/6", 1))
	p.publish()
	x.eval(`element().feed.load()`, nil)
	if got := x.text("titles()"); got != "Back again" {
		t.Errorf("titles %q after the site came back", got)
	}
	x.quiet()
}

// Where the script can't run, or the feed was never there, links stay.
func testEmbedFallback(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	for name, html := range map[string]string{
		"/noscript": p.script() + plainEmbed,
		"/nofeed":   p.script() + strings.Replace(plainEmbed, `"latest"`, `"nowhere"`, 1),
	} {
		address := p.hosted(name, "", "", "", html)
		x := open(t, browser, address, emulation.SetScriptExecutionDisabled(name == "/noscript"))
		if name == "/nofeed" {
			x.until(`element().shadowRoot`)
			x.eval(`element().feed.load()`, nil)
		}
		if got := x.text(`document.querySelector("latest-articles a").checkVisibility() && document.querySelector("latest-articles a").getBoundingClientRect().height > 0`); got != "true" {
			t.Errorf("%s: the links inside are not seen", name)
		}
	}
}

// New stories come by themselves, while the page is seen and as long as it
// asks for them.
func testEmbedLive(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	x := open(t, browser, p.hosted("/", p.strict(), "", p.script(), strings.Replace(plainEmbed, "feed", "live feed", 1)))
	x.until(ready)
	x.until(`performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/embed.json")).length == 2`)
	if got := p.asked(); got != "/embed.js 200, /latest/embed.json 200, /latest/embed.json 304, /latest/events 200" {
		t.Errorf("requests %s", got)
	}
	p.store.put(append([]news.Item{item("Just now", "https://gazette.example/6", 0)}, five()...)...)
	p.publish()
	x.until(`titles() == "Just now|First of them|Second"`)
	if got := p.asked(); got != "" {
		t.Errorf("a story that came by itself cost %s", got)
	}

	seen := func(hidden string) {
		x.eval(`Object.defineProperty(document, "hidden", { get: () => `+hidden+`, configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`, nil)
	}
	seen("true")
	p.store.put(append([]news.Item{item("While away", "https://gazette.example/7", 0)}, five()...)...)
	p.publish()
	if got := x.text("titles()"); strings.Contains(got, "away") {
		t.Error("a hidden page is still told")
	}
	seen("false")
	x.until(`titles().startsWith("While away|First of them")`)
	if got := p.asked(); got != "/latest/embed.json 200, /latest/events 200" {
		t.Errorf("back again: requests %s", got)
	}

	// Nothing moves where the focus is.
	x.eval(`rows()[1].querySelector("a").focus()`, nil)
	p.store.put(append([]news.Item{item("Under your finger", "https://gazette.example/8", 0)}, five()...)...)
	p.publish()
	x.until(`element().later`)
	if got := x.text("titles()"); !strings.HasPrefix(got, "While away") {
		t.Errorf("the list changed under the focus: %s", got)
	}
	x.eval(`element().shadowRoot.activeElement.blur()`, nil)
	x.until(`titles().startsWith("Under your finger")`)
	x.quiet()
}

// A stream that breaks is opened again later each time, not at once by
// everybody; one that has gone silent, after a minute.
func testEmbedComesBack(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	address := p.hosted("/", p.strict(), "", p.script(), strings.Replace(plainEmbed, "feed", "live feed", 1))
	x := open(t, browser, address, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`
			window.streams = [];
			window.EventSource = class extends EventTarget {
				constructor(url) { super(); this.url = url; streams.push(this); }
				close() { this.closed = true; }
			};
			window.timers = [];
			const later = setTimeout;
			window.setTimeout = (act, ms) => ms < 1000 ? later(act, ms) : timers.push({ act, ms });
			window.clearTimeout = () => {};`).Do(ctx)
		return err
	}))
	x.until(ready + ` && streams.length == 1`)
	if got := x.text(`streams[0].url`); got != p.site+"/latest/events" {
		t.Errorf("the stream is %s", got)
	}
	var waits []float64
	x.eval(`[...Array(9)].map(() => { streams.at(-1).onerror(); const t = timers.at(-1); t.act(); return t.ms / 1000 })`, &waits)
	for i, wait := range waits {
		if most := min(float64(int(5)<<i), 300); wait < most/2 || wait > most {
			t.Errorf("after break %d it waits %.1f s, want %.1f to %.1f", i+1, wait, most/2, most)
		}
	}
	if got := x.text(`streams.length + " " + streams.filter((s) => !s.closed).length`); got != "10 1" {
		t.Errorf("streams, open ones: %s", got)
	}
	x.eval(`streams.at(-1).dispatchEvent(new Event("beat")); timers.at(-1).ms == 60000 && timers.at(-1).act()`, nil)
	if got := x.text(`streams.length + " " + streams.filter((s) => !s.closed).length`); got != "11 1" {
		t.Errorf("after a minute of silence: streams, open ones: %s", got)
	}
	x.eval(`element().removeAttribute("live")`, nil)
	if got := x.text(`streams.filter((s) => !s.closed).length`); got != "0" {
		t.Error("without the attribute the stream goes on")
	}
	x.quiet()
}

// The lines that /embed gives out for one version of the script work as they
// are, under a policy that knows nothing but that script.
func testEmbedPinned(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	chooser := open(t, browser, p.site+"/embed")
	chooser.until(`!document.querySelector("button").hidden`)
	chooser.eval(`{ const form = document.forms[0]; form.pin.checked = true; form.theme.value = "dark"; form.limit.value = 2;
		form.dispatchEvent(new Event("input", { bubbles: true })) }`, nil)
	snippet := chooser.text(`document.getElementById("snippet").textContent`)
	chooser.until(`titles() == "First of them|Second" && element().getAttribute("theme") == "dark"`)
	chooser.quiet()
	for _, want := range []string{`integrity="sha384-`, `crossorigin="anonymous"`, p.site + `/static/embed.`, `theme="dark"`, p.site + `/latest"`} {
		if !strings.Contains(snippet, want) {
			t.Errorf("no %s in %s", want, snippet)
		}
	}
	x := open(t, browser, p.hosted("/", p.strict(), "", "", snippet))
	x.until(`titles() == "First of them|Second"`)
	if got := x.text(`getComputedStyle(element()).backgroundColor`); got != "rgb(23, 22, 20)" {
		t.Errorf("the dark theme is %s", got)
	}
	x.quiet()
	tampered := strings.Replace(snippet, "sha384-", "sha384-AAAA", 1)
	y := open(t, browser, p.hosted("/other", p.strict(), "", "", tampered))
	if got := y.text(`!element().shadowRoot`); got != "true" {
		t.Error("another script than the pinned one runs")
	}
}

// The place of stories that a feed doesn't have is let go below the window,
// where that moves nothing in sight, and kept above, and where they may come.
func testEmbedLetsGo(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()[:2]...)
	p.set(func() {
		p.delay = 300e6
		p.pages["/host.css"] = hostPage{kind: "text/css", body: `@media (scripting: enabled) { latest-articles:not(:defined) { display: block; min-height: calc(5 * 5em); } }`}
	})
	spaced := strings.Replace(plainEmbed, "3", "5", 1)
	address := p.hosted("/", "", "", `<link rel="stylesheet" href="/host.css">`+p.script(), spaced+`<p id="after">After</p><div style="height: 2000px"></div>`+
		spaced+"<p>After</p>"+strings.Replace(spaced, "<latest-articles", "<latest-articles live", 1)+"<p>End</p>")
	x := open(t, browser, address)
	x.until(`rows(0).length == 2 && rows(1).length == 2 && rows(2).length == 2`)
	x.eval(`new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))`, nil)
	for i, want := range []string{"400", "160", "400"} {
		if got := x.text(fmt.Sprintf(`element(%d).getBoundingClientRect().height`, i)); got != want {
			t.Errorf("element %d has the height %s, want %s", i, got, want)
		}
	}
	if got := x.text(`shifts.reduce((a, b) => a + b, 0)`); got != "0" {
		t.Errorf("the layout shifts by %s", got)
	}
	x.eval(`element(1).setAttribute("limit", 1)`, nil) // a list that shrinks takes its place along
	x.until(`rows(1).length == 1`)
	if got := x.text(`element(1).getBoundingClientRect().height`); got != "80" {
		t.Errorf("the height is %s with one row", got)
	}
}

// Nothing moves while the list loads, if the page reserves its place.
func testEmbedDoesNotShift(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	p.set(func() {
		p.delay = 300e6
		p.pages["/host.css"] = hostPage{kind: "text/css", body: `@media (scripting: enabled) { latest-articles:not(:defined) { display: block; min-height: calc(3 * 5em); } }`}
	})
	address := p.hosted("/", "", "", `<link rel="stylesheet" href="/host.css">`+p.script(),
		"<h1>Before</h1>"+strings.Replace(plainEmbed, "feed", "thumbnails theme=\"auto\" feed", 1)+"<p>After</p>"+strings.Repeat("<p>More</p>", 5))
	x := open(t, browser, address)
	x.until(ready)
	x.eval(`new Promise((r) => setTimeout(r, 500))`, nil) // for whatever would still move
	if got := x.text(`shifts.reduce((a, b) => a + b, 0)`); got != "0" {
		t.Errorf("the layout shifts by %s", got)
	}
	if got := x.text(`element().getBoundingClientRect().height`); got != "240" {
		t.Errorf("the list is %s px high", got)
	}
	x.quiet()
}

// The page for frames tells its height to a host that looks at who speaks, with
// the lines that /embed gives out; anybody else is not heard.
func testFrameResizes(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	chooser := open(t, browser, p.site+"/embed")
	chooser.until(`!document.querySelector("button").hidden`)
	chooser.eval(`{ const form = document.forms[0]; form.way.value = "frame"; form.limit.value = 3; form.dispatchEvent(new Event("input", { bubbles: true })) }`, nil)
	snippet := chooser.text(`document.getElementById("snippet").textContent`)
	chooser.until(`document.querySelector("#preview iframe")?.height == 292`)
	chooser.quiet()

	p.hosted("/liar", "", "", "", `<script>parent.postMessage({ type: "latest-articles", id: "latest-articles", height: 9 }, "*")</script>`)
	address := p.hosted("/", "", "", "", strings.Replace(snippet, `height="292"`, `height="99"`, 1)+`<iframe src="/liar"></iframe>`)
	x := open(t, browser, address)
	x.until(`document.getElementById("latest-articles").height == 292`)
	x.eval(`postMessage({ type: "latest-articles", id: "latest-articles", height: 9 }, "*")`, nil)
	x.eval(`new Promise((r) => setTimeout(r, 300))`, nil)
	if got := x.text(`document.getElementById("latest-articles").height`); got != "292" {
		t.Errorf("somebody else made the frame %s px high", got)
	}
	// A host whose script came late asks.
	x.eval(`document.getElementById("latest-articles").height = 50;
		document.getElementById("latest-articles").contentWindow.postMessage({ type: "latest-articles" }, "*")`, nil)
	x.until(`document.getElementById("latest-articles").height == 292`)
	x.quiet()
}

// What oEmbed hands out can be framed; no other page can.
func testOnlyTheEmbedIsFramed(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	host := open(t, browser, p.hosted("/", "", "", "", ""))
	host.eval(fmt.Sprintf(`fetch(%q).then((a) => a.json()).then((o) => { document.body.innerHTML = o.html })`,
		p.site+"/oembed?url="+p.site+"/latest"), nil)
	host.until(`document.querySelector("iframe")`)
	for path, framed := range map[string]bool{"/latest/embed": true, "/latest": false, "/embed": false, "/latest/fragment.html": false} {
		host.eval(fmt.Sprintf(`new Promise((done) => { const f = document.createElement("iframe"); f.onload = done; f.src = %q; document.body.append(f); window.last = f })`, p.site+path), nil)
		var frames *page.FrameTree
		host.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
			frames, err = page.GetFrameTree().Do(ctx)
			return err
		}))
		last := frames.ChildFrames[len(frames.ChildFrames)-1].Frame
		if shown := last.URL == p.site+path; shown != framed {
			t.Errorf("%s in a frame: %t, want %t; there is %s", path, shown, framed, last.URL)
		}
	}
}

func testEmbedPagesAreAccessible(t *testing.T, browser context.Context) {
	t.Parallel()
	p := newPitch(t, five()...)
	for _, dark := range []bool{false, true} {
		scheme := emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: map[bool]string{true: "dark", false: "light"}[dark]},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // a list that fades in has less contrast for a moment
		})
		for _, path := range []string{"/embed", "/latest/embed"} {
			x := open(t, browser, p.site+path, scheme)
			x.until(ready)
			x.accessible(fmt.Sprintf("%s, dark %t", path, dark))
			if got := x.text(`shifts.reduce((a, b) => a + b, 0)`); got != "0" {
				t.Errorf("%s: the layout shifts by %s", path, got)
			}
			x.quiet()
		}
	}
}
