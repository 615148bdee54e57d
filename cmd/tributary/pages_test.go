package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shots = flag.String("shots", "", "write pictures of all pages into this `folder`")

// maxWeight is what a page may weigh with its style and script but without
// pictures, compressed, in bytes.
const maxWeight = 50_000

// TestPagesInBrowser looks at every page of a fresh clone, and of one that is
// written from right to left, in a real browser: nothing that axe-core objects
// to, nothing in the console, nothing that moves, no request to anyone but for
// pictures of stories.
func TestPagesInBrowser(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	all := []string{
		"/", "/tech", "/latest/archive/1", "/articles/writing-articles", "/articles/welcome", "/sources", "/tags", "/tags/tributary", "/nowhere",
	}
	some := []string{"/", "/articles/welcome", "/sources", "/nowhere"}
	for _, site := range []struct {
		name, lines string
		paths       []string
	}{
		{"fresh", "", all},
		{"rtl", `language = "ar"`, some},
		{"theme", "language = \"en\"\ntheme = \"examples/themes/almanac\"", some},
	} {
		address := freshSite(t, site.lines)
		for _, path := range site.paths {
			name := site.name + strings.ReplaceAll(path, "/", "-")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.checkPage(t, address+path, name)
				if weight := weigh(t, address, path); weight > maxWeight {
					t.Errorf("weighs %d bytes", weight)
				}
			})
		}
	}
}

// loads are how each page is loaded, and then looked at.
var loads = [][]look{
	{{name: "light", width: 1200}, {name: "dark", width: 1200, dark: true}, {name: "print", width: 800, print: true, brief: true}},
	{{name: "mobile", width: 390, brief: true}},
}

// checkPage looks at a page in several tabs at once.
func (c *chromium) checkPage(t *testing.T, address, name string) {
	t.Helper()
	var tabs sync.WaitGroup
	for _, looks := range loads {
		looks := slices.Clone(looks)
		for i := range looks {
			if *shots != "" {
				looks[i].shot = filepath.Join(*shots, name+"-"+looks[i].name+".png")
			}
		}
		tabs.Go(func() {
			wrong, err := c.visit(address, looks...)
			if err != nil {
				t.Error(err)
			}
			for _, w := range wrong {
				t.Error(w)
			}
		})
	}
	tabs.Wait()
}

// freshSite serves a fresh clone, with what is on its disk, and some lines in
// [site] in place of its language.
func freshSite(t *testing.T, lines string) (address string) {
	t.Helper()
	config := script(t, "../../config.toml")
	if lines != "" {
		config = strings.Replace(config, `language    = "en"`, lines, 1)
	}
	config, _, _ = strings.Cut(config, "# A few good public feeds") // no other machine is asked for anything
	s := newTestSite(t, config)
	for _, folder := range []string{"articles", "examples"} {
		if err := os.CopyFS(s.path(folder), os.DirFS(filepath.Join("../..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	s.run("refresh", "harbor-gazette", "field-notes", "night-sky")
	address, _ = s.serve()
	return strings.TrimSuffix(address, "/")
}

// weigh gives what a page and the assets that it names weigh, compressed.
func weigh(t *testing.T, address, path string) (total int) {
	t.Helper()
	body, total := load(t, address+path)
	for _, asset := range regexp.MustCompile(`/static/[^"]+`).FindAllString(body, -1) {
		_, size := load(t, address+asset)
		total += size
	}
	return total
}

func load(t *testing.T, address string) (body string, size int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.Header.Get("Content-Encoding") != "gzip" {
		return string(data), len(data)
	}
	plain, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), len(data)
}

// TestAttacksOnPages sends attacks from a source to the pages, in every text
// and address that a page shows of a story: nothing runs, nothing is requested.
func TestAttacksOnPages(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	for name, file := range map[string]string{
		"own":    "../../aggregator/normalize/testdata/vectors.json",
		"shared": "../../../shared/xss/vectors.json",
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) && name != "own" {
				t.Skipf("needs %s", file)
			}
			if err != nil {
				t.Fatal(err)
			}
			var vectors []struct{ Name, HTML string }
			if err := json.Unmarshal(data, &vectors); err != nil {
				t.Fatal(err)
			}
			vectors = append(vectors, struct{ Name, HTML string }{"a word without an end", strings.Repeat("W", 200)})
			s := newTestSite(t, strings.Replace(siteConfig, `name = "latest"`, "name = \"latest\"\nlimit = 1000\nmax_share = 1.0", 1)+
				sourceConfig("attacks", "file:attacks.xml"))
			var feed strings.Builder
			feed.WriteString(`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">` +
				`<channel><title>&lt;img src=x onerror=alert(1)&gt; Attacks</title><link>javascript:alert(1)</link>`)
			for i, v := range vectors {
				text := quoted(v.HTML)
				fmt.Fprintf(&feed, `<item><guid isPermaLink="false">v%d</guid><title>%s</title><description>%s</description><dc:creator>%s</dc:creator>`+
					`<category>%s</category><link>%s</link><media:thumbnail url="%s"/></item>`, i, text, text, text, text, text, text)
			}
			feed.WriteString(`</channel></rss>`)
			s.write("attacks.xml", feed.String())
			s.run("refresh", "attacks")
			address, _ := s.serve()
			body, _ := load(t, strings.TrimSuffix(address, "/")+"/")
			if shown := strings.Count(body, `<li class="story`); shown < len(vectors)/2 {
				t.Errorf("of %d attacks, only %d are shown", len(vectors), shown)
			}
			for _, path := range []string{"/", "/sources", "/latest/archive/1"} {
				wrong, err := c.visit(strings.TrimSuffix(address, "/")+path, look{width: 1200, brief: true})
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range wrong {
					t.Errorf("%s: %s", path, w)
				}
			}
		})
	}
}

// quoted writes a text into XML, as far as it can have it.
func quoted(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(strings.ToValidUTF8(text, ""))) // a builder takes everything
	return b.String()
}

// TestPageInUse uses the home page as visitors do: with the keyboard, the copy
// button, and without any script.
func TestPageInUse(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	address := freshSite(t, "")
	tab, cancel := chromedp.NewContext(c.ctx)
	defer cancel()
	ctx, expire := context.WithTimeout(tab, browserPatience)
	defer expire()
	is := func(what, expression string) chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			var got bool
			err := chromedp.Poll(expression, &got, chromedp.WithPollingTimeout(0)).Do(ctx) // ctx bounds it
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			return nil
		})
	}
	// What is said is taken back after a moment, so it is noted when it is said.
	const hear = `window.said = [];
		for (const element of document.querySelectorAll("button[data-copy], [role=status]")) {
			new MutationObserver(() => window.said.push(element.tagName + ": " + element.textContent)).observe(element, { childList: true });
		}; 0`
	const button = `document.querySelector("[data-copy$='latest.atom']")`
	err := chromedp.Run(ctx,
		chromedp.Navigate(address+"/"),
		chromedp.KeyEvent(kb.Tab),
		is("the first stop leads past the masthead", `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0`),
		chromedp.KeyEvent(kb.Enter),
		is("the next one is behind it", `document.activeElement.id === "page:main"`),
		chromedp.Evaluate(`navigator.clipboard.writeText = async (text) => { window.copied = text; }`, nil),
		chromedp.Evaluate(hear, nil),
		chromedp.Evaluate(button+`.click()`, nil), // a mouse may miss while the page still scrolls
		is("the address is copied", `window.copied === "http://localhost:8080/latest.atom" && window.said.includes("BUTTON: Copied")`),
		is("that is said", `window.said.some((said) => said.endsWith(": Copied") && !said.startsWith("BUTTON"))`),
		chromedp.Evaluate(`navigator.clipboard.writeText = async () => { throw new Error("no"); }`, nil),
		chromedp.Evaluate(`document.querySelector("[data-copy$='latest.rss']").click()`, nil),
		is("else it is selected", `getSelection().toString() === "http://localhost:8080/latest.rss"`),

		emulation.SetScriptExecutionDisabled(true),
		chromedp.Navigate(address+"/"),
		emulation.SetScriptExecutionDisabled(false), // to look at what came without
		is("without a script the dates are there", `document.querySelector("time").textContent.includes("2026, ")`),
		is("and the addresses", `document.querySelector("dd a[href$='latest.rss']").getBoundingClientRect().height > 0`),
		is("and no button that does nothing", `getComputedStyle(`+button+`).visibility === "hidden"`),
	)
	if err != nil {
		t.Error(err)
	}
}
