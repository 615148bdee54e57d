package publisher

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/news"
)

func TestSourcePages(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	store.sources = []news.SourceInfo{
		{Key: 2, Name: "zebra", Title: "zebra", URL: "https://zebra.example.org/feed"},
		{Key: 1, Name: "ant", Title: "Ant", URL: "https://ant.example.org/feed", Keyed: true},
		{Key: 3, Name: "unread", Title: "Never read"},
	}
	store.states = []news.SourceState{
		{Key: 1, Name: "ant", Health: news.HealthFailing, URL: "https://user:s3cret@ant.example.org/",
			Last: news.Visit{Outcome: news.OutcomeFailed, Cause: news.CauseTimeout, Detail: "dial tcp 10.0.0.1: s3cret"}},
		{Key: 2, Name: "zebra", Health: news.HealthOK, Stories: 7, LastOK: noon},
	}
	publish(t, p)
	wantNoTroubles(t, p)
	body := string(p.Lookup("/sources").Body)
	for _, want := range []string{`id="ant"`, "its server answers too slowly", "7 stories", "https://zebra.example.org/feed", "Not read yet", "3 in all"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in the page of the sources", want)
		}
	}
	for _, secret := range []string{"s3cret", "10.0.0.1", "https://ant.example.org/feed"} {
		if strings.Contains(body, secret) {
			t.Errorf("the page of the sources shows %q", secret)
		}
	}
	if strings.Index(body, "Ant") > strings.Index(body, "zebra") {
		t.Error("the sources are not in the order of their titles")
	}
	if !strings.Contains(string(p.Lookup(sitemapPath).Body), "/sources</loc>") {
		t.Error("the sitemap lacks the page of the sources")
	}
}

func TestManySourcesArePaged(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	for i := range 450 {
		store.sources = append(store.sources, news.SourceInfo{Key: news.SourceKey(i + 1), Name: "s", Title: "S"})
	}
	publish(t, p)
	for path, want := range map[string]string{"/sources": "/news/sources/2", "/sources/2": "Page 2 of 3", "/sources/3": "/news/sources/2"} {
		if !holds(p, path, want) {
			t.Errorf("%s does not hold %q", path, want)
		}
	}
	if p.Lookup("/sources/4") != nil {
		t.Error("there is a page beyond the last one")
	}
}

// The health of a source raises no revision, and still shows in the end; what
// can't be read then leaves the page as it is.
func TestHealthIsFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, store, _ := fixture(t)
		store.sources = []news.SourceInfo{{Key: 1, Name: "ant", Title: "Ant"}}
		run(t, p)
		set := func(health news.Health) {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.states = []news.SourceState{{Key: 1, Health: health}}
		}
		set(news.HealthPaused)
		time.Sleep(sourcesEvery + time.Second)
		synctest.Wait()
		if !holds(p, "/sources", "Paused by us.") {
			t.Error("the health of a source is not followed")
		}
		set(news.HealthGone)
		time.Sleep(sourcesSoon)
		store.put("latest", stories("three"))
		synctest.Wait()
		if !holds(p, "/sources", "Closed for good") {
			t.Error("the health of a source is not looked at when stories come")
		}
		store.fail(errors.New("disk"))
		time.Sleep(2 * sourcesEvery)
		if !holds(p, "/sources", "Closed for good") {
			t.Error("an error of the store took the page away")
		}
	})
}

func TestTagPages(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	sea, ships := article("sea"), article("ships")
	sea.Categories, ships.Categories = []string{"Sea & Shore", "C++", ".."}, []string{"sea & shore"}
	store.putArticles([]news.Item{sea, ships})
	publish(t, p)
	wantNoTroubles(t, p)
	for path, want := range map[string]string{
		"/tags/sea-&-shore": "Article ships", "/tags/c++": "Article sea", "/tags": "2 articles",
		"/articles/sea": `href="/news/tags/c&#43;&#43;"`,
		sitemapPath:     "<loc>https://example.org/news/tags/c++</loc>",
	} {
		if !holds(p, path, want) {
			t.Errorf("%s does not hold %q", path, want)
		}
	}
	store.putArticles([]news.Item{article("hello")})
	publish(t, p)
	if p.Lookup("/tags") != nil || p.Lookup("/tags/c++") != nil {
		t.Error("tags stay that no article has")
	}
	var many []news.Item
	for range 101 {
		it := article("x")
		it.Slug += strings.Repeat("y", len(many))
		it.Categories = []string{"all"}
		many = append(many, it)
	}
	store.putArticles(many)
	publish(t, p)
	if !holds(p, "/tags/all/3", "Page 3 of 3") || p.Lookup("/tags/all/4") != nil {
		t.Error("101 articles of a tag are not on three pages")
	}
}

// Whoever follows "older" in a browser finds every story.
func TestArchiveAsPages(t *testing.T) {
	t.Parallel()
	p, _ := archived(t, numbered(163, 1))
	if !holds(p, "/", `href="/news/latest/archive/`) {
		t.Fatal("the home page does not lead into the archive")
	}
	for n, wants := range map[string][]string{
		"1": {">n50<", ">n1<", "/news/latest/archive/2", "page 1,"},
		"3": {">n101<", "/news/latest/archive/2", "/news/latest/archive/4"},
		"4": {">n163<", `rel="prev" href="/news/"`, "/news/latest/archive/3"},
	} {
		r, err := p.Archive(t.Context(), "/latest/archive/"+n)
		if err != nil || r == nil || r.Kind != KindPage || r.Gzip == nil {
			t.Fatalf("page %s: %v, %v", n, r != nil, err)
		}
		for _, want := range wants {
			if !strings.Contains(string(r.Body), want) {
				t.Errorf("page %s lacks %q", n, want)
			}
		}
	}
	if r, err := p.Archive(t.Context(), "/latest/archive/5"); r != nil || err != nil {
		t.Errorf("a page that is none: %v, %v", r, err)
	}
}
