package publisher

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"tributary/internal/news"
)

func TestAliases(t *testing.T) {
	t.Parallel()
	article := func(slug string, former ...string) news.Item {
		return news.Item{Story: news.Story{Slug: slug, FormerSlugs: former}}
	}
	for _, tt := range []struct {
		why      string
		articles []news.Item
		want     moved
	}{
		{"no article, nothing", nil, moved{}},
		{"a former slug leads to its article", []news.Item{article("b", "a", "z")}, moved{"/articles/a": "/articles/b", "/articles/z": "/articles/b"}},
		{"an article that is there stays there", []news.Item{article("b", "a"), article("a")}, moved{}},
		{"the first one has it", []news.Item{article("b", "a"), article("c", "a")}, moved{"/articles/a": "/articles/b"}},
		{"without a page of its own it can't be led to", []news.Item{article("", "a")}, moved{}},
	} {
		if got := aliasesOf(tt.articles); !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.why, got, tt.want)
		}
	}
}

func TestMovedPages(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	p.site.Store(&news.Site{URL: "https://example.org/news"})
	p.aliases = moved{"/articles/old": "/articles/new", "/blog.html": "/articles/alias"}
	p.config.Redirects = map[string]string{
		"/blog.html": "/latest", "/shop": `https://shop.example/?a=1&b="2"`, "/atom.xml": "/latest.atom", "/latest": "/nowhere", "/a//b": "/latest",
		"/../etc": "/latest", "/": "/latest", "/folder": "/latest", `/a\b`: "/latest",
	}
	p.noteMoved()
	p.table.Store(&table{"/latest": {}, "/folder/index.html": {}})
	pages := p.MovedPages()
	if got := slices.Sorted(maps.Keys(pages)); !slices.Equal(got, []string{"/articles/old", "/blog.html", "/shop"}) {
		t.Fatalf("pages at %q", got)
	}
	for path, want := range map[string]string{
		"/articles/old": `content="0; url=https://example.org/news/articles/new"`,
		"/blog.html":    `<link rel="canonical" href="https://example.org/news/latest">`, // the config goes first
		"/shop":         `<a href="https://shop.example/?a=1&amp;b=&#34;2&#34;">`,
	} {
		if body := string(pages[path].Body); !strings.Contains(body, want) {
			t.Errorf("%s: no %s in\n%s", path, want, body)
		}
	}
	if to := p.Moved("/articles/old"); to != "/articles/new" {
		t.Errorf("moved to %q", to)
	}
}

// An article that gets another slug is at its new address, and the old one
// leads there.
func TestRenamedArticle(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	if p.Lookup("/articles/hello") == nil {
		t.Fatal("there is no article to rename")
	}
	store.mu.Lock()
	for i := range store.articles {
		if a := &store.articles[i]; a.Slug == "hello" {
			a.Slug, a.FormerSlugs = "good-day", []string{"hello"}
		}
	}
	store.revisions[news.ArticlesName]++
	store.mu.Unlock()
	publish(t, p)
	if p.Lookup("/articles/hello") != nil || p.Lookup("/articles/good-day") == nil || p.Moved("/articles/hello") != "/articles/good-day" {
		t.Errorf("the former address leads to %q", p.Moved("/articles/hello"))
	}
}
