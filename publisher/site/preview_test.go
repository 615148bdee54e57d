package site_test

import (
	"strings"
	"testing"

	"tributary/internal/news"
	"tributary/publisher/site"
)

// The page of a draft is the page that it will have, but for a note, its place,
// and what must not happen before: scripts and search engines.
func TestPreview(t *testing.T) {
	t.Parallel()
	s, err := site.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	page := site.ArticlePage{
		Article: news.Item{Story: news.Story{
			Title: "The pier", Slug: "pier", Local: true, Published: noon, Date: noon, Categories: []string{"sea"},
			Content: `<p><a href="` + observer.URL + `/latest">home</a> <img src="` + observer.URL + `/articles/pier.jpg"></p>`,
		}},
		Latest: news.Edition{Site: observer, Feed: news.Feed{Name: "latest"}},
	}
	public, err := s.Article(page)
	if err != nil {
		t.Fatal(err)
	}
	page.Preview = &site.Preview{Note: "not <published>", Base: "/drafts"}
	draft, err := s.Article(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<aside class="draft"><strong>Draft</strong> not &lt;published&gt;</aside>`, `<meta name="robots" content="noindex">`, "<title>Draft: The pier",
		`src="/drafts/articles/pier.jpg"`, `href="/drafts/latest"`, `href="/drafts/static/style.`, `href="/drafts/tags/sea"`,
		`<link rel="canonical" href="` + observer.URL + `/articles/pier">`,
	} {
		if !strings.Contains(string(draft), want) {
			t.Errorf("no %s in\n%s", want, draft)
		}
		if strings.Contains(string(public), want) && !strings.Contains(want, "canonical") {
			t.Errorf("%s is on the public page", want)
		}
	}
	if script := "/page."; strings.Contains(string(draft), script) || !strings.Contains(string(public), script) {
		t.Error("the script belongs on the public page alone")
	}
}
