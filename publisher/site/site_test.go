package site_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"tributary/internal/news"
	"tributary/publisher/site"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	berlin = time.FixedZone("CET", 60*60)
	noon   = time.Date(2026, 11, 19, 11, 0, 0, 0, time.UTC)
	feeds  = []news.Feed{
		{Name: "latest", Title: "Our latest articles", Description: "All of it."},
		{Name: "sea", Title: "Sea & shore"},
		{Name: "empty"},
	}
	observer = news.Site{
		Title: "The <Example> Observer", URL: "https://example.org/news", Description: "What we read",
		Language: "en", Icon: "https://example.org/news/articles/icon.png", Location: berlin,
	}
)

func items() []news.Item {
	gazette := news.SourceInfo{Name: "gazette", Title: "Harbor Gazette", Site: "https://gazette.example/"}
	return []news.Item{
		{
			Story: news.Story{
				Title: "Tides & <b>timetables</b>", Link: "https://gazette.example/tides?a=1&b=2", Excerpt: "An excerpt.",
				Date: noon, Image: "https://gazette.example/tide.jpg", Language: "en",
				Authors: []news.Person{{Name: "Ada"}, {Email: "no-name@example.org"}, {Name: "Grace"}},
			},
			From:   gazette,
			AlsoIn: []news.Copy{{Title: "Field Notes", Link: "https://notes.example/tides"}, {Link: "https://other.example/t"}},
		},
		{
			Story: news.Story{Title: "قوارب", Link: "https://gazette.example/ar", Language: "ar", Date: noon.Add(-time.Hour)},
			From:  gazette,
		},
		{
			Story: news.Story{
				Title: "Written here", Link: "https://example.org/news/articles/here", Local: true, Slug: "here",
				Content: `<p>See <a href="https://example.org/news/articles/here#here-fn:1">1</a> and <a href="https://example.org/news/articles/other#x">other</a>.</p><img src="https://example.org/news/articles/pic.svg" alt="">`,
				Date:    time.Date(2026, 11, 17, 23, 0, 0, 0, time.UTC), Published: time.Date(2026, 11, 17, 23, 0, 0, 0, time.UTC),
				Updated: noon, Excerpt: "See 1.", Authors: []news.Person{{Name: "Ada"}}, Categories: []string{"feeds", "a&b"},
				Image: "https://example.org/news/articles/pic.svg",
			},
			From: news.SourceInfo{Name: news.ArticlesName, Title: "The Observer", Site: "https://example.org/news", Local: true},
		},
		{
			Story: news.Story{Excerpt: strings.Repeat("A note without a title, long enough to be cut. ", 3), Link: "javascript:alert(1)", Date: noon.Add(-48 * time.Hour)},
			From:  news.SourceInfo{Name: "notes", Title: "Notes"},
		},
		{Story: news.Story{}, From: news.SourceInfo{Name: "x", Title: "Nothing but a source"}},
	}
}

// sources are one for each health, and addresses that are not for everybody.
func sources() []site.SourceStatus {
	var list []site.SourceStatus
	for _, health := range []news.Health{
		news.HealthNew, news.HealthOK, news.HealthLate, news.HealthFailing, news.HealthDead, news.HealthMoved, news.HealthGone, news.HealthPaused,
	} {
		list = append(list, site.SourceStatus{
			Info:  news.SourceInfo{Name: string(health), Title: "A source that is " + string(health), Site: "https://s.example/", URL: "https://s.example/feed"},
			State: news.SourceState{Health: health, LastOK: noon, Stories: len(list), Last: news.Visit{Outcome: news.OutcomeFailed, Cause: news.CauseTLS, Detail: "x509: SECRET"}},
		})
	}
	for name, address := range map[string]string{"inside": "http://10.1.2.3/SECRET"} {
		list = append(list, site.SourceStatus{Info: news.SourceInfo{Name: name, Title: "<i>" + name + "</i>", URL: address, Site: "javascript:SECRET"}})
	}
	return list
}

func edition(feed news.Feed, of []news.Item) news.Edition {
	return news.Edition{Site: observer, Feed: feed, Items: of}
}

// made makes every kind of page, by the name of its golden file.
func made(t *testing.T, s *site.Site) map[string][]byte {
	t.Helper()
	rtl := edition(feeds[2], nil)
	rtl.Site.Language, rtl.Site.URL, rtl.Site.Description = "ar", "https://example.org", ""
	out := map[string][]byte{}
	for name, make := range map[string]func() ([]byte, error){
		"home.html": func() ([]byte, error) {
			return s.Feed(site.FeedPage{Edition: edition(feeds[0], items()), Feeds: feeds})
		},
		"feed.html": func() ([]byte, error) {
			return s.Feed(site.FeedPage{Edition: edition(feeds[1], items()[:1]), Feeds: feeds})
		},
		"empty-rtl.html": func() ([]byte, error) {
			return s.Feed(site.FeedPage{Edition: rtl, Feeds: feeds[2:]})
		},
		"article.html": func() ([]byte, error) {
			return s.Article(site.ArticlePage{Article: items()[2], Feeds: feeds, Latest: edition(feeds[0], items())})
		},
		"archive.html": func() ([]byte, error) {
			old := edition(feeds[1], items()[:2])
			old.History = news.History{Page: 7, Prev: 6, Next: 8}
			return s.Feed(site.FeedPage{Edition: old, Feeds: feeds})
		},
		"sources.html": func() ([]byte, error) {
			return s.Sources(site.SourcesPage{Site: observer, Feeds: feeds, Sources: sources(), All: 203, Page: 2, Last: 2, Now: time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC)})
		},
		"tag.html": func() ([]byte, error) {
			return s.Tag(site.TagPage{Site: observer, Feeds: feeds, Tag: site.Tags(items())[0], Page: 1})
		},
		"tags.html": func() ([]byte, error) {
			return s.Tags(site.TagsPage{Site: observer, Feeds: feeds, Tags: site.Tags(items())})
		},
		"notfound.html": func() ([]byte, error) {
			return s.NotFound(site.NotFoundPage{Site: observer, Feeds: feeds})
		},
	} {
		body, err := make()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = body
	}
	return out
}

func newSite(t *testing.T) *site.Site {
	t.Helper()
	s, err := site.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hashed hides the hashes of assets, so that a style does not change every page.
var hashed = regexp.MustCompile(`\.[0-9a-f]{10}\.`)

// integrity hides the hash of a whole script likewise.
var integrity = regexp.MustCompile(`sha384-[A-Za-z0-9&#;+/=]+`)

func TestPages(t *testing.T) {
	t.Parallel()
	for name, body := range made(t, newSite(t)) {
		got := hashed.ReplaceAllString(string(body), ".HASH.")
		if *update {
			if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What holds for every page: it works under the content security policy,
// below the site's sub-path, for a keyboard, and comes out the same twice.
func TestPagePromises(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	assets := map[string]bool{}
	for _, a := range s.Assets() {
		assets["/news"+a.Path] = true
	}
	again := made(t, newSite(t))
	for name, body := range made(t, s) {
		if !bytes.Equal(body, again[name]) {
			t.Errorf("%s: another page the second time", name)
		}
		ids := map[string]bool{}
		var targets []string
		for token := range tokens(t, body) {
			script := token.Data == "script" && !assets[attribute(token, "src")] && name != "empty-rtl.html"
			if script && attribute(token, "type") != "application/ld+json" || token.Data == "style" {
				t.Errorf("%s: %s", name, token)
			}
			for _, a := range token.Attr {
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: inline %s in %s", name, a.Key, token)
				case a.Key == "id":
					if ids[a.Val] {
						t.Errorf("%s: id %q twice", name, a.Val)
					}
					ids[a.Val] = true
				case strings.Contains(a.Val, "javascript:"):
					t.Errorf("%s: %s", name, token)
				case a.Key == "href" && strings.HasPrefix(a.Val, "#page:"):
					targets = append(targets, a.Val[1:])
				case a.Key == "href" && strings.HasPrefix(a.Val, "/"):
					if name != "empty-rtl.html" && !strings.HasPrefix(a.Val, "/news/") {
						t.Errorf("%s: %s leads out of the site", name, token)
					}
				}
			}
			if token.Data == "img" && name != "article.html" && !strings.Contains(token.String(), `loading="lazy"`) {
				t.Errorf("%s: eager picture %s", name, token)
			}
			if href := attribute(token, "href"); attribute(token, "rel") == "stylesheet" && name != "empty-rtl.html" && !assets[href] {
				t.Errorf("%s: no asset %s", name, href)
			}
		}
		for _, id := range targets {
			if !ids[id] {
				t.Errorf("%s: no target for #%s", name, id)
			}
		}
	}
}

// tokens gives the start tags of a page.
func tokens(t *testing.T, page []byte) func(yield func(html.Token) bool) {
	return func(yield func(html.Token) bool) {
		z := html.NewTokenizer(bytes.NewReader(page))
		for {
			switch z.Next() {
			case html.ErrorToken:
				if !errors.Is(z.Err(), io.EOF) {
					t.Error(z.Err())
				}
				return
			case html.StartTagToken, html.SelfClosingTagToken:
				if !yield(z.Token()) {
					return
				}
			}
		}
	}
}

func attribute(token html.Token, key string) string {
	for _, a := range token.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestTheme(t *testing.T) {
	t.Parallel()
	s, err := site.New(fstest.MapFS{
		"templates/notfound.html": {Data: []byte(`{{define "main"}}<img src="{{asset .Base "logo.svg"}}">{{end}}`)},
		"static/custom.css":       {Data: []byte(`:root { --ink: #123 }`)},
		"static/logo.svg":         {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"static/.DS_Store":        {Data: []byte(`x`)},
		"README":                  {Data: []byte(`x`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.NotFound(site.NotFoundPage{Site: observer, Feeds: feeds})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, a := range s.Assets() {
		if strings.HasPrefix(a.Path, "/static/embed") {
			continue // see TestEmbed
		}
		if strings.HasPrefix(a.Path, "/static/icon.") {
			continue // the site has one of its own
		}
		if strings.Contains(a.Path, "logo") {
			if a.ContentType != "image/svg+xml" {
				t.Errorf("%s is %s", a.Path, a.ContentType)
			}
		}
		if !bytes.Contains(body, []byte(`"/news`+a.Path+`"`)) {
			t.Errorf("the page does not load %s", a.Path)
		}
		paths = append(paths, hashed.ReplaceAllString(a.Path, ".HASH."))
	}
	want := []string{"/static/custom.HASH.css", "/static/logo.HASH.svg", "/static/page.HASH.js", "/static/style.HASH.css"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if bytes.Contains(body, []byte("Page not found</h1>")) {
		t.Error("the theme's template is not used")
	}
}

func TestThemeErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		theme fstest.MapFS
		want  string
	}{
		"a name that replaces nothing": {
			fstest.MapFS{"templates/fed.html": {}}, "templates/fed.html replaces nothing",
		},
		"a template that is none": {
			fstest.MapFS{"templates/feed.html": {Data: []byte("{{if}}")}}, "templates/feed.html: ",
		},
		"a file that is too large": {
			fstest.MapFS{"static/film.mp4": {Data: make([]byte, 5<<20)}}, "static/film.mp4 has 5242880 bytes",
		},
	} {
		if _, err := site.New(tt.theme); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := site.New(fstest.MapFS{"templates/feed.html": {Data: []byte(`{{define "main"}}{{asset .Base "no.png"}}{{end}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Feed(site.FeedPage{Edition: edition(feeds[0], nil), Feeds: feeds})
	if err == nil || !strings.Contains(err.Error(), "no file static/no.png") {
		t.Errorf("a missing asset: %v", err)
	}
}

func BenchmarkFeed(b *testing.B) {
	s, err := site.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	var fifty []news.Item
	for range 10 {
		fifty = append(fifty, items()...)
	}
	page := site.FeedPage{Edition: edition(feeds[0], fifty), Feeds: feeds}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Feed(page); err != nil {
			b.Fatal(err)
		}
	}
}
