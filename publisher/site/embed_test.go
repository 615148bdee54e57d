package site_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
	"tributary/publisher/site"
)

// madeForOthers makes what other sites show, by the name of its golden file.
func madeForOthers(t *testing.T, s *site.Site) map[string][]byte {
	t.Helper()
	page := site.EmbedPage{Edition: edition(feeds[1], items())}
	out := map[string][]byte{}
	for name, make := range map[string]func() ([]byte, error){
		"embed.html":    func() ([]byte, error) { return s.Embed(page) },
		"fragment.html": func() ([]byte, error) { return s.Fragment(page) },
		"chooser.html": func() ([]byte, error) {
			return s.Chooser(site.ChooserPage{Site: observer, Feeds: feeds})
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

func TestEmbed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	assets := map[string]bool{}
	for _, a := range s.Assets() {
		assets["/news"+a.Path] = true
	}
	for name, body := range madeForOthers(t, s) {
		for token := range tokens(t, body) {
			for _, a := range token.Attr {
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "javascript:"):
					t.Errorf("%s: %s", name, token)
				case strings.HasPrefix(a.Val, "/news/static/") && !assets[a.Val]:
					t.Errorf("%s: no asset %s", name, a.Val)
				case a.Key == "href" && name != "chooser.html" && token.Data == "a" && !strings.HasPrefix(a.Val, "https://"):
					t.Errorf("%s: %s leads nowhere on another site", name, token)
				}
				if name == "fragment.html" && a.Key == "class" && !strings.HasPrefix(a.Val, "la-") {
					t.Errorf("%s: class %s", name, a.Val)
				}
			}
			if token.Data == "script" && attribute(token, "src") == "" || token.Data == "style" {
				t.Errorf("%s: inline %s", name, token)
			}
		}
		got := integrity.ReplaceAllString(hashed.ReplaceAllString(string(body), ".HASH."), "sha384-HASH")
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

func TestEmbedScript(t *testing.T) {
	t.Parallel()
	script := newSite(t).EmbedScript()
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	if _, err := w.Write(script.Body); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if small.Len() > 3000 {
		t.Errorf("%d bytes in gzip, 3000 are allowed", small.Len())
	}
	for _, wrong := range []string{"innerHTML", "eval(", `"embed.css"`, "document.cookie", "localStorage"} {
		if bytes.Contains(script.Body, []byte(wrong)) {
			t.Errorf("the script has %s in it", wrong)
		}
	}
	if !bytes.Contains(script.Body, []byte(".la-title{")) {
		t.Error("the style sheet is not in the script")
	}
	if !hashed.MatchString(script.Path) || script.ContentType != "text/javascript; charset=utf-8" {
		t.Errorf("%s is %s", script.Path, script.ContentType)
	}
}

// The looks of a theme reach other sites too; a mistake in it is told.
func TestEmbedTheme(t *testing.T) {
	t.Parallel()
	s, err := site.New(fstest.MapFS{"static/embed.css": {Data: []byte("/* mine */ :host { color: teal }")}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(s.EmbedScript().Body, []byte(":host{color:teal}")) {
		t.Error("the theme's style sheet is not in the script")
	}
	_, err = site.New(fstest.MapFS{"static/embed.js": {Data: []byte("const const")}})
	if err == nil || !strings.Contains(err.Error(), "static/embed.js") {
		t.Errorf("a script that is none: %v", err)
	}
}

func TestEmbedOfLittle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	none := edition(news.Feed{Name: "none"}, nil)
	for _, make := range []func(site.EmbedPage) ([]byte, error){s.Embed, s.Fragment} {
		if body, err := make(site.EmbedPage{Edition: none}); err != nil || !bytes.Contains(body, []byte(`<ol class="la-list" lang="en">`)) {
			t.Errorf("of an empty feed: %s, %v", body, err)
		}
	}
}

func TestFrameSizes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ height, rows int }{{0, 1}, {132, 1}, {211, 1}, {212, 2}, {452, 5}, {100_000, 10}} {
		if got := site.FrameRows(tt.height); got != tt.rows {
			t.Errorf("%d rows in %d px, want %d", got, tt.height, tt.rows)
		}
	}
	if got := site.FrameHeight(5); got != 452 {
		t.Errorf("%d px for 5 rows", got)
	}
}
