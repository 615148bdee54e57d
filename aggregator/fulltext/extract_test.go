package fulltext_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/aggregator/fulltext"
)

// article is a page with an article among what pages have besides.
func article(title, body string) string {
	return `<!DOCTYPE html><html><head><title>` + title + `</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav>
<article><h1>` + title + `</h1>` + body + `</article>
<aside class="sidebar"><h2>Most read</h2><ul><li><a href="/1">One thing</a></li><li><a href="/2">Another</a></li></ul></aside>
<div class="comments"><p>First!</p></div><footer><p>Copyright, terms, privacy</p></footer></body></html>`
}

// paragraphs are n of them, with commas, as articles have.
func paragraphs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<p>Paragraph %d of the long story, which goes on for a while, as such stories do, and which nobody would take for a menu or a footer.</p>\n", i)
	}
	return b.String()
}

func TestExtract(t *testing.T) {
	t.Parallel()
	got, err := fulltext.Extract([]byte(article("The Harbor", paragraphs(6)+`<p>See <a href="/map">the map</a>.</p>`)), "text/html; charset=utf-8", "https://e.example/story")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Paragraph 0", "Paragraph 5", "the map"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"About us", "Most read", "First!", "Copyright"} {
		if strings.Contains(got, not) {
			t.Errorf("%q is there", not)
		}
	}
}

func TestExtractReadsCharsets(t *testing.T) {
	t.Parallel()
	page := strings.ReplaceAll(article("x", strings.ReplaceAll(paragraphs(6), "harbor", "x")+"<p>Caf\xe9 au lait, and a longer sentence, with commas.</p>"), "é", "\xe9")
	got, err := fulltext.Extract([]byte(page), "text/html; charset=iso-8859-1", "https://e.example/")
	if err != nil || !strings.Contains(got, "Café au lait") {
		t.Errorf("%v: %s", err, got)
	}
}

func TestExtractNothing(t *testing.T) {
	t.Parallel()
	cases := []struct{ reason, contentType, body, want string }{
		{"a PDF", "application/pdf", "%PDF-1.7", "application/pdf"},
		{"a feed", "application/rss+xml", "<rss/>", "application/rss+xml"},
		{"an empty page", "text/html", "", "empty"},
		{"a page for scripts", "text/html", "<!DOCTYPE html><div id=root></div><script src=x></script>", "no text"},
		{"too many elements", "text/html", "<p>" + strings.Repeat("<b>x</b>", 30_000), "too large"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			got, err := fulltext.Extract([]byte(c.body), c.contentType, "https://e.example/")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.100q, %v; want an error that says %q", got, err, c.want)
			}
		})
	}
}

// TestExtractHostile: whatever a page is, it costs little time and no process.
func TestExtractHostile(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"deep":       strings.Repeat("<div>", 300_000),
		"deep table": strings.Repeat("<table><tr><td>", 100_000),
		"formatting": strings.Repeat("<b><i><u><a href=x>", 20_000) + paragraphs(3),
		"attributes": "<p " + strings.Repeat("a=1 ", 200_000) + ">" + paragraphs(3),
		"breaks":     "<div>" + strings.Repeat("text, text<br><br>", 6_000) + "</div>",
		"one text":   "<p>" + strings.Repeat("word, ", 300_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := fulltext.Extract([]byte(body), "text/html", "https://e.example/")
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v (%v)", took, err)
			} else {
				t.Logf("%v, %v", took, err)
			}
		})
	}
}

func FuzzExtract(f *testing.F) {
	f.Add(article("A", paragraphs(3)), "text/html; charset=utf-16")
	f.Add("<table><p><svg><foreignObject><p>", "")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		watchdog := time.AfterFunc(10*time.Second, func() { panic(fmt.Sprintf("still reading %q as %q", body, contentType)) })
		defer watchdog.Stop()
		got, err := fulltext.Extract([]byte(body), contentType, "https://e.example/")
		if (err == nil) == (got == "") {
			t.Errorf("%q with error %v", got, err)
		}
	})
}
