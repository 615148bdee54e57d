package publisher

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// sitemapOf gives the addresses in the sitemap of a publisher with such pages,
// by when each has changed.
func sitemapOf(t *testing.T, pages map[string]time.Time) (addresses []string, changed map[string]string) {
	t.Helper()
	p := New(Options{})
	p.config.Site = news.Site{URL: "https://example.org/news"}
	p.config.Feeds = []news.Feed{{Name: "latest"}, {Name: "sea"}}
	paths := table{
		NotFoundPath:  {Draft: Draft{Path: NotFoundPath, Kind: KindPage}},
		"/latest.rss": {Draft: Draft{Path: "/latest.rss", Kind: KindFeed}},
		"/robots.txt": {Draft: Draft{Path: "/robots.txt", Kind: KindText}},
	}
	for path, updated := range pages {
		paths[path] = &Rendition{Draft: Draft{Path: path, Kind: KindPage, Updated: updated}}
	}
	p.table.Store(&paths)
	var sitemap struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(p.sitemap().made[0].after.Body, &sitemap); err != nil {
		t.Fatal(err)
	}
	changed = make(map[string]string)
	for _, url := range sitemap.URLs {
		addresses = append(addresses, url.Loc)
		changed[url.Loc] = url.LastMod
	}
	return addresses, changed
}

func TestSitemap(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	addresses, changed := sitemapOf(t, map[string]time.Time{
		"/": at, "/latest": at, "/sea": {}, "/articles/a&b": at, "/articles/été 100%": at, "/articles/<x>'\"": at,
	})
	want := []string{
		"https://example.org/news/", "https://example.org/news/sea",
		"https://example.org/news/articles/%3Cx%3E%27%22", "https://example.org/news/articles/a&b",
		"https://example.org/news/articles/%C3%A9t%C3%A9%20100%25",
	}
	if got := strings.Join(addresses, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("addresses:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if got := changed["https://example.org/news/"]; got != "2026-03-01T12:00:00Z" {
		t.Errorf("lastmod %q", got)
	}
	if got := changed["https://example.org/news/sea"]; got != "" {
		t.Errorf("lastmod %q of a page without a date", got)
	}
}

// A sitemap of more than 50,000 addresses is refused as a whole.
func TestSitemapOfTooMany(t *testing.T) {
	t.Parallel()
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	pages := map[string]time.Time{"/": start.AddDate(10, 0, 0)}
	for i := range 50_010 {
		pages[fmt.Sprintf("/articles/%06d", 60_000-i)] = start.Add(time.Duration(i) * time.Minute)
	}
	addresses, changed := sitemapOf(t, pages)
	if len(addresses) != 50_000 || addresses[0] != "https://example.org/news/" {
		t.Errorf("%d addresses, the first is %s", len(addresses), addresses[0])
	}
	newest, oldest := "https://example.org/news/articles/009991", "https://example.org/news/articles/060000"
	if changed[newest] == "" || changed[oldest] != "" {
		t.Errorf("newest %q, oldest %q: want the newest in it and the oldest out", changed[newest], changed[oldest])
	}
}
