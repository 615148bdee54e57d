package normalize

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write golden files anew")

// embeds are the hosts that the tests' source may frame.
var embeds = []string{"player.example", "youtube.com"}

func testBase() *url.URL {
	return &url.URL{Scheme: "https", Host: "blog.example", Path: "/2024/post.html"}
}

// sanitiseHTML is the whole way of a piece of HTML, as for a source that keeps
// pictures and frames embeds.
func sanitiseHTML(s string) string {
	r := rules{embeds: embeds}
	return r.clean(story(s), testPolicy).html
}

var testPolicy = newPolicy(embeds)

// verify checks what must hold for every input:
//
//  1. Nothing in the output is dangerous, to two checkers that know nothing of
//     each other or of the table of elements.
//  2. Sanitising the output again changes nothing.
//  3. Bluemonday would not change it either, so what it was not asked about
//     (see sound) is what it would have said.
//  4. Tags match.
//  5. There is no more of it than the limit allows.
func verify(t *testing.T, m markup) {
	t.Helper()
	r := rules{embeds: embeds}
	out := r.clean(m, testPolicy).html
	if err := danger(out, embeds...); err != nil {
		t.Errorf("dangerous: %v\n in: %q\nout: %q", err, m.html, out)
	}
	if err := forbidden(out, embeds...); err != nil {
		t.Errorf("not allowed: %v\n in: %q\nout: %q", err, m.html, out)
	}
	if again := r.clean(markup{html: out, base: m.base, limit: m.limit}, testPolicy).html; again != out {
		t.Errorf("not idempotent\n   in: %q\n once: %q\ntwice: %q", m.html, out, again)
	}
	walked := r.walk(m).html
	if checked := testPolicy.Sanitize(walked); strings.ContainsAny(walked, "<&") && checked != walked {
		t.Errorf("bluemonday had to mend what our pass let through\n   in: %q\n ours: %q\nafter: %q", m.html, walked, checked)
	}
	if err := unbalanced(out); err != "" {
		t.Errorf("tags don't match: %s\n in: %q\nout: %q", err, m.html, out)
	}
	if len(out) > m.limit {
		t.Errorf("%d bytes, the limit is %d\n in: %q\nout: %q", len(out), m.limit, m.html, out)
	}
}

// story is markup as it mostly comes.
func story(s string) markup { return markup{html: s, base: testBase(), limit: maxContent} }

// unbalanced reads tags one by one and says which has no partner.
func unbalanced(s string) string {
	var open []string
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			return strings.Join(open, " ")
		case html.StartTagToken:
			if e := elements[token.Data]; e == nil || !e.void {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return "/" + token.Data
			}
			open = open[:len(open)-1]
		}
	}
}

type vector struct{ Name, HTML string }

func readVectors(t testing.TB, path string) []vector {
	t.Helper()
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("the shared attack vectors are not here: no %s", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return vectors
}

const (
	ownVectors    = "testdata/vectors.json"
	sharedVectors = "../../../shared/xss/vectors.json"
)

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t, ownVectors) {
		t.Run(v.Name, func(t *testing.T) { t.Parallel(); verify(t, story(v.HTML)) })
	}
}

// TestGoldenVectors shows what is left of each of our own vectors.
func TestGoldenVectors(t *testing.T) {
	t.Parallel()
	var left strings.Builder
	for _, v := range readVectors(t, ownVectors) {
		left.WriteString(v.Name + "\n  " + strconv.Quote(sanitiseHTML(v.HTML)) + "\n")
	}
	compareGolden(t, "testdata/vectors.golden", left.String())
}

func TestSharedVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t, sharedVectors) {
		t.Run(v.Name, func(t *testing.T) { t.Parallel(); verify(t, story(v.HTML)) })
	}
}

// TestPolicyAlone holds bluemonday's policy to the same checks without our
// pass before it: it must be safe by itself.
func TestPolicyAlone(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t, ownVectors) {
		if err := danger(testPolicy.Sanitize(v.HTML), embeds...); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
	for _, v := range []string{`<iframe src="https://evil.example/"></iframe>`, `<iframe src="https://youtube.com/"></iframe>`} {
		if out := newPolicy(nil).Sanitize(v); out != "" {
			t.Errorf("without embeds %q gave %q", v, out)
		}
	}
}

// TestChecker makes sure that the checker of the tests above sees what it is for.
func TestChecker(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`<script>x</script>`, `<p onclick="x">`, `<a href="java&#10;script:x">x</a>`, `<svg></svg>`,
		`<a href=" &#1;javascript:x">x</a>`, `<img src="data:image/svg+xml,x">`, `<img src="/relative">`,
		`<iframe src="https://evil.example/"></iframe>`, `<p style="x">`, `<p id="x">`, `<!-- x -->`,
		`<form></form>`, `<img srcset="https://a.example/1 1x, data:x 2x">`, `<a href="https://u@h.example/">x</a>`,
		`<img src="mailto:a@b.example">`, `<iframe sandbox src="https://youtube.com.evil.example/"></iframe>`,
	} {
		if danger(bad, embeds...) == nil {
			t.Errorf("no danger seen in %q", bad)
		}
	}
	for _, good := range []string{`<p>x`, `<a href="mailto:a@b.example">x</a>`, `<img src="https://a.example/i.png">`} {
		if err := danger(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// TestGoldenHTML sanitises testdata/html/*.html; each begins with a comment that
// says what it is about.
func TestGoldenHTML(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/html/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			verify(t, story(string(in)))
			compareGolden(t, strings.TrimSuffix(file, ".html")+".golden", sanitiseHTML(string(in)))
		})
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the test with -update once)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"bare text stays as it is", `say "hi" > all`, `say "hi" > all`},
		{"controls go", "a\x00b\x07c\u0085d\r\ne", "abcd\ne"},
		{"controls written as entities go", "a&#1;b&#13;c&", "ab\nc&amp;"},
		{"invalid UTF-8 is replaced", "a\xffb", "a\ufffdb"},
		{"unmatched end tag", `a</div>b`, `ab`},
		{"open at the end", `<div><b>x`, `<div><b>x</b></div>`},
		{"crossed tags", `<b><i>x</b>y</i>`, `<b><i>x</i></b>y`},
		{"paragraph ends paragraph", `<p>a<p>b`, `<p>a</p><p>b</p>`},
		{"block ends paragraph", `<p>a<div>b</div></p>`, `<p>a</p><div>b</div>`},
		{"item ends item", `<ul><li>a<li>b<ul><li>c</ul><li>d</ul>`, `<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>`},
		{"cells and rows end each other", `<table><tr><td>a<td>b<tr><td>c</table>`,
			`<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>`},
		{"a cell keeps its end tags in", `<div><table><tr><td></div>x</table></div>`,
			`<div><table><tr><td>x</td></tr></table></div>`},
		{"links do not nest", `<a href="/a">x<a href="/b">y</a>`,
			`<a href="https://blog.example/a" rel="nofollow noreferrer">x</a><a href="https://blog.example/b" rel="nofollow noreferrer">y</a>`},
		{"link without target is text", `<a name="x">y</a>`, `y`},
		{"link to script is text", `<a href="javascript:x">y</a>`, `y`},
		{"mailto on links only", `<a href="MAILTO:a@b.example?subject=x y">m</a><img src="mailto:a@b.example">`,
			`<a href="mailto:a@b.example?subject=x%20y" rel="nofollow noreferrer">m</a>`},
		{"their rel goes", `<a rel="opener" href="/x" target="_blank">y</a>`,
			`<a href="https://blog.example/x" rel="nofollow noreferrer">y</a>`},
		{"fragment points into the story", `<a href="#n1">1</a>`,
			`<a href="https://blog.example/2024/post.html#n1" rel="nofollow noreferrer">1</a>`},
		{"first of two attributes counts", `<img src="/a.png" src="/b.png">`, `<img src="https://blog.example/a.png">`},
		{"one pixel", `<p>a<img src="/x.gif" width="1" height="1"></p>`, `<p>a</p>`},
		{"one pixel by style", `<img src="/x.gif" style="width:1px; height: 1px !important">`, ``},
		{"hidden picture", `<img src="/x.gif" style="display:none">`, ``},
		{"a line is no pixel", `<img src="/x.gif" width="1" height="40">`, `<img src="https://blog.example/x.gif" width="1" height="40">`},
		{"tracker", `<p><a href="/x"><img src="https://pixel.wp.com/b.gif?x"></a></p>`, ``},
		{"tracker in srcset", `<img src="/a.png" srcset="https://stats.wp.com/x 2x, /b.png 3x">`,
			`<img src="https://blog.example/a.png" srcset="https://blog.example/b.png 3x">`},
		{"picture that waits for a script", `<img src="data:image/gif;base64,R0" data-src="/real.png">`,
			`<img src="https://blog.example/real.png">`},
		{"srcset with commas in addresses", `<img src="/a" srcset="/w_1,h_2/a.png 1x,/b.png 2.5x, /c.png">`,
			`<img src="https://blog.example/a" srcset="https://blog.example/w_1,h_2/a.png 1x, https://blog.example/b.png 2.5x, https://blog.example/c.png">`},
		{"only srcset", `<img srcset="/a.png 1x, /b.png 2x">`,
			`<img srcset="https://blog.example/a.png 1x, https://blog.example/b.png 2x" src="https://blog.example/a.png">`},
		{"placeholder with a real srcset", `<img src="data:x" srcset="/a,b.png">`,
			`<img srcset="https://blog.example/a,b.png" src="https://blog.example/a,b.png">`},
		{"source that waits for a script", `<picture><source data-srcset="/a.webp"><img data-src="/a.png"></picture>`,
			`<picture><source srcset="https://blog.example/a.webp"><img src="https://blog.example/a.png"></picture>`},
		{"old words for kept elements", `<center>a</center><center>b</center><menu><li>c</menu><acronym title="x">d</acronym>`,
			`<div>a</div><div>b</div><ul><li>c</li></ul><abbr title="x">d</abbr>`},
		{"empty title and style inside svg", `a<svg><title/><style/><path/></svg>b`, `ab`},
		{"film", `<video src="v.mp4" poster="p.jpg" autoplay onplay="x">old browser</video>`,
			`<video src="https://blog.example/2024/v.mp4" poster="https://blog.example/2024/p.jpg" controls="" preload="none">old browser</video>`},
		{"source outside of a player", `<source src="/a.mp3">`, ``},
		{"frame of a host that may", `<iframe src="//www.youtube.com/embed/x" onload="y" width="560px"><p>z</iframe>!`,
			`<iframe src="https://www.youtube.com/embed/x" width="560" loading="lazy" sandbox="` + sandbox + `"></iframe>!`},
		{"frame of a host that may not", `<iframe src="https://notyoutube.com/"></iframe>a`, `a`},
		{"frame not over https", `<iframe src="http://youtube.com/"></iframe>a`, `a`},
		{"frame with user or port", `<iframe src="https://youtube.com:8443/"></iframe>a`, `a`},
		{"select goes with its options", `a<select><option>b</select>c`, `ac`},
		{"svg goes whole", `a<svg><svg/><p>b</svg>c`, `ac`},
		{"empty svg", `a<svg/>b`, `ab`},
		{"template nests", `a<template><template>b</template>c</template>d`, `ad`},
		{"form goes, its text stays", `<form><label>a</label><input><button>b</button></form>`, `ab`},
		{"comment", `a<!-- <p> -->b`, `ab`},
		{"title of a link is folded", "<abbr title=\"a\n\u202e b\">x</abbr>", `<abbr title="a b">x</abbr>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, sanitiseHTML(tt.in)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.in, diff)
			}
			verify(t, story(tt.in))
		})
	}
}

func TestStripImages(t *testing.T) {
	t.Parallel()
	in := `<figure><img src="/a.png"><figcaption>b</figcaption></figure><picture><source srcset="/c.png"><img src="/d.png"></picture>` +
		`<video poster="/p.png"><source src="/e.mp4"></video>`
	want := `<figure><figcaption>b</figcaption></figure><video controls="" preload="none"><source src="https://blog.example/e.mp4"></video>`
	got := rules{strip: true}.clean(markup{html: in, base: testBase(), limit: maxContent}, newPolicy(nil))
	if got.html != want || got.image != "" {
		t.Errorf("got %s, image %q\nwant %s", got.html, got.image, want)
	}
}

func TestXHTML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"empty element is closed", `<div/>a`, `a`},
		{"empty script swallows nothing", `<script src="x"/>a<b>c</b>`, `a<b>c</b>`},
		{"empty frame swallows nothing", `<iframe src="https://evil.example/"/>a`, `a`},
		{"empty title", `<title/>a`, `a`},
		{"span stays open without slash", `<span>a</span>`, `<span>a</span>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := rules{}.clean(markup{html: tt.in, xml: true, limit: maxContent}, newPolicy(nil)).html
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in string }{
		{"text alone", strings.Repeat("word ", 1000)},
		{"paragraphs", strings.Repeat("<p>some <b>bold</b> words</p>", 200)},
		{"deep", strings.Repeat("<div><i>x ", 500)},
		{"links, which grow", strings.Repeat(`<a href="/x">y</a> `, 100)},
		{"entities, which grow", strings.Repeat(`"&amp;" `, 300)},
		{"one word", strings.Repeat("a", 5000) + "&amp;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const limit = 1000
			clean := func(s string) fragment {
				return rules{}.clean(markup{html: s, base: testBase(), limit: limit}, testPolicy)
			}
			got := clean(tt.in)
			if len(got.html) > limit || !got.cut {
				t.Errorf("%d bytes, cut %v", len(got.html), got.cut)
			}
			if err := unbalanced(got.html); err != "" {
				t.Errorf("tags don't match: %s in %q", err, got.html)
			}
			if again := clean(got.html); again.html != got.html || again.cut {
				t.Errorf("cut again: %q\nto %q", got.html, again.html)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	out := sanitiseHTML(strings.Repeat("<div>", 100_000) + "x")
	if n := strings.Count(out, "<div>"); n != maxDepth {
		t.Errorf("%d elements deep, want %d", n, maxDepth)
	}
	if !strings.Contains(out, "x") {
		t.Error("the text is lost")
	}
}

func FuzzHTML(f *testing.F) {
	for i, v := range readVectors(f, ownVectors) {
		f.Add(v.HTML, i%2 == 1, uint16(i))
	}
	f.Fuzz(func(t *testing.T, in string, xml bool, limit uint16) {
		verify(t, markup{html: in, xml: xml, base: testBase(), limit: int(limit)})
		verify(t, markup{html: in, xml: xml, limit: maxContent})
	})
}
