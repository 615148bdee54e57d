package normalize

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"

	"tributary/aggregator/parse"
	"tributary/internal/news"
)

// shown is a piece of stored content that a browser is to show.
type shown struct {
	name, html string
	embeds     []string
}

// documents are the ways in which a feed can carry a piece of HTML. Each makes
// a whole document of it.
var documents = []struct {
	name   string
	embeds []string
	write  func(content string) string
}{
	{"RSS", nil, func(s string) string {
		return `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T</title>` +
			`<link>https://blog.example/</link><item><title>t</title><guid>1</guid><content:encoded><![CDATA[` +
			strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + `]]></content:encoded></item></channel></rss>`
	}},
	{"Atom, html", nil, func(s string) string { return atomEntry("html", html.EscapeString(s)) }},
	{"Atom, xhtml", nil, func(s string) string {
		return atomEntry("xhtml", `<div xmlns="http://www.w3.org/1999/xhtml">`+s+`</div>`)
	}},
	{"JSON", embeds, func(s string) string {
		content, err := json.Marshal(s)
		if err != nil {
			panic(err) // every string can be written
		}
		return `{"version": "https://jsonfeed.org/version/1.1", "title": "T", "home_page_url": "https://blog.example/", ` +
			`"items": [{"id": "1", "content_html": ` + string(content) + `}]}`
	}},
}

func atomEntry(kind, content string) string {
	return `<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:feed</id><title>T</title><updated>2024-01-01T00:00:00Z</updated>` +
		`<link href="https://blog.example/"/><entry><id>urn:x:1</id><title>t</title><updated>2024-01-01T00:00:00Z</updated>` +
		`<content type="` + kind + `">` + content + `</content></entry></feed>`
}

// store takes vectors the whole way from a source's document to what is
// stored. What several documents come to alike is shown once.
func store(t *testing.T, vectors []vector) []shown {
	t.Helper()
	var all []shown
	seen := map[string]bool{"": true}
	n := New()
	for _, v := range vectors {
		for _, d := range documents {
			doc, err := parse.Parse([]byte(d.write(v.HTML)), parse.Options{})
			if err != nil || len(doc.Entries) == 0 {
				t.Errorf("%s in %s: %v", v.Name, d.name, err)
				continue
			}
			source := &news.Source{Embeds: d.embeds}
			for _, s := range n.Batch(doc, Options{Source: source, URL: fetched}).Stories {
				if key := fmt.Sprint(s.Content, d.embeds); !seen[key] && s.Content != "" {
					seen[key] = true
					all = append(all, shown{v.Name + " in " + d.name, s.Content, d.embeds})
				}
			}
		}
	}
	return all
}

// batchSize is how many stories a page shows at once.
const batchSize = 100

// TestBrowser shows in a real browser, on a page that protects nothing, what
// is stored of each attack: no script runs, nothing navigates, and no request
// is made but for pictures.
func TestBrowser(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	t.Run("sees", c.testSees)
	for _, set := range []struct{ name, file string }{{"own", ownVectors}, {"shared", sharedVectors}} {
		t.Run(set.name, func(t *testing.T) {
			vectors := readVectors(t, set.file)
			stories := store(t, vectors)
			if len(stories) < 20 {
				t.Fatalf("only %d stories to show", len(stories))
			}
			for i := 0; i < len(stories); i += batchSize {
				c.check(t, stories[i:min(i+batchSize, len(stories))])
			}
			t.Logf("%d vectors leave %d different stories", len(vectors), len(stories))
		})
	}
}

// check shows stories on one page; when something is wrong that can't be laid
// to one of them, it shows each half by itself, until one that is guilty is
// known.
func (c *chromium) check(t *testing.T, stories []shown) {
	t.Helper()
	var contents, hosts []string
	for _, s := range stories {
		contents = append(contents, s.html)
		hosts = append(hosts, s.embeds...)
	}
	found, err := c.open(contents, hosts)
	if err != nil {
		t.Errorf("show %q and %d more: %v", stories[0].name, len(stories)-1, err)
	}
	var unknown []wrong
	for _, w := range found {
		switch {
		case w.story >= 0:
			t.Errorf("%s: %s\n%q", stories[w.story].name, w.what, contents[w.story])
		case len(stories) == 1:
			t.Errorf("%s: %s\n%q", stories[0].name, w.what, contents[0])
		default:
			unknown = append(unknown, w)
		}
	}
	if half := len(stories) / 2; len(unknown) > 0 && !t.Failed() {
		c.check(t, stories[:half])
		c.check(t, stories[half:])
	}
	if len(unknown) > 0 {
		t.Errorf("%q and %d more, together: %v", stories[0].name, len(stories)-1, unknown)
	}
}

// testSees makes sure that the rest of TestBrowser sees what it is for.
func (c *chromium) testSees(t *testing.T) {
	harmless := `<p>x <a href="https://a.example/">y</a> <img src="https://a.example/1">` +
		`<img src="https://a.example/2" srcset="https://a.example/3 2x"></p>` +
		`<iframe src="https://www.youtube.com/x" sandbox></iframe>`
	for _, tt := range []struct {
		name    string
		stories []string
		wants   []string // found, each by one or more
	}{
		{"harmless", []string{harmless}, nil},
		{"attacks that leave the page as it is", []string{
			`<img src="https://a.example/1" onerror="alert(1)" onload="alert(1)">`,
			`<script>document.title = "mine"</script>`,
			`<p onmouseover="console.log(1)">x</p>`,
			`<p onclick="nothing()">x</p>`,
			`<a href="java&#10;script:alert(1)">x</a>`,
			`<link rel="stylesheet" href="https://evil.example/sheet.css">`,
			`<p style="background:url(https://evil.example/background)">x</p>`,
			`<iframe src="https://evil.example/frame"></iframe>`,
			`<video autoplay src="https://evil.example/film"></video>`,
			`<svg></svg>`,
			`<img name="body" src="https://a.example/1">`,
		}, []string{
			"calls alert", "breaks script-src", "calls console.log", "fails in a script", "links to javascript:",
			"requests https://evil.example/sheet.css", "requests https://evil.example/background",
			"requests https://evil.example/frame", "requests https://evil.example/film", "foreign element", "has an id, name",
		}},
		{"refresh", []string{`<meta http-equiv="refresh" content="0;url=https://evil.example/">`}, []string{"navigates to https://evil.example/"}},
		{"end tag of the box", []string{`</div><p>x</p>`}, []string{"breaks out of its box"}},
		{"start tag that stays open", []string{`<table><tr><td>`, `x`}, []string{"breaks out of its box"}},
	} {
		found, err := c.open(tt.stories, embeds)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, want := range tt.wants {
			if !slices.ContainsFunc(found, func(w wrong) bool { return strings.Contains(w.what, want) }) {
				t.Errorf("%s: %q is not seen in %v", tt.name, want, found)
			}
		}
		if len(tt.wants) == 0 && len(found) > 0 {
			t.Errorf("%s: seen %v", tt.name, found)
		}
	}
}
