package publisher

import (
	"slices"
	"strings"
	"testing"

	"tributary/internal/news"
)

func TestSubscriptionLists(t *testing.T) {
	t.Parallel()
	p, store, config := fixture(t)
	config.Feeds[1].Tags = []string{"Go"}
	named := feedNamed("named")
	named.Sources = []string{"one"}
	config.Feeds = append(config.Feeds, named)
	p.Reconfigure(config)
	store.sources = []news.SourceInfo{
		{Name: "one", Title: "First & Co.", URL: "https://one.example/feed", Site: "https://one.example/", Tags: []string{"news"}},
		{Name: "two", Title: "second", URL: "https://two.example/feed", Tags: []string{"go", "tools"}},
		{Name: "disk", Title: "A file"},
	}
	publish(t, p)
	wantNoTroubles(t, p)
	one, two := `xmlUrl="https://one.example/feed"`, `xmlUrl="https://two.example/feed"`
	for path, want := range map[string][2]bool{
		"/sources.opml": {true, true}, "/latest.opml": {true, true}, "/go.opml": {false, true}, "/named.opml": {true, false},
	} {
		body := string(p.Lookup(path).Body)
		if got := [2]bool{strings.Contains(body, one), strings.Contains(body, two)}; got != want {
			t.Errorf("%s: one and two are there: %v, want %v", path, got, want)
		}
		if strings.Contains(body, "A file") {
			t.Errorf("%s tells of a file", path)
		}
	}

	store.sources = store.sources[:1]
	store.put("latest", stories("three"))
	publish(t, p)
	if strings.Contains(string(p.Lookup("/sources.opml").Body), two) {
		t.Error("a source that is gone is still listed")
	}
}

// A site may have ten thousand sources: lists and pages share one reading of them,
// and where neither is due nothing is read.
func TestSourcesAreReadOnceARound(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	store.sources = []news.SourceInfo{{Key: 1, Name: "a", Title: "The A", URL: "https://a.example/feed"}}
	publish(t, p)
	if !holds(p, "/sources.opml", "The A") || !holds(p, "/sources", "The A") {
		t.Error("the source is not in the list and on the page")
	}
	if got := store.asked["sources"]; got != 1 {
		t.Errorf("the sources were read %d times", got)
	}
	publish(t, p)
	if got := store.asked["sources"]; got != 1 {
		t.Errorf("the sources were read %d times after a round without anything new", got)
	}
}

// What a source is called may change; stories alone change no list.
func TestSubscriptionsAreMadeAnewForOtherSources(t *testing.T) {
	t.Parallel()
	p, store, config := fixture(t)
	store.sources = []news.SourceInfo{{Name: "a", Title: "The A", URL: "https://a.example/feed", Tags: []string{"go"}}}
	publish(t, p)
	before := p.Lookup("/latest.opml")
	store.sources = slices.Clone(store.sources)
	store.put("latest", stories("three"))
	publish(t, p)
	if p.Lookup("/latest.opml") != before {
		t.Error("a story made another list")
	}
	store.sources = []news.SourceInfo{{Name: "a", Title: "Another A", URL: "https://a.example/feed"}}
	store.touch("latest")
	publish(t, p)
	if !holds(p, "/latest.opml", "Another A") || !holds(p, "/sources.opml", "Another A") {
		t.Error("the lists have the old title")
	}
	config.Site.Title = "Gazette"
	p.Reconfigure(config)
	publish(t, p)
	if !holds(p, "/sources.opml", "Gazette") {
		t.Error("the list has the old title of the site")
	}
}
