package serve_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tributary/internal/news"
	"tributary/publisher/serve"
)

// known are options with the pages that /oembed knows.
var known = serve.Options{
	BasePath: "/news",
	Site:     news.Site{Title: "The <Example> Observer", URL: "https://Example.org/news"},
	Feeds:    []news.Feed{{Name: "latest", Title: `Our "latest" articles`}, {Name: "sea"}},
}

func TestOembed(t *testing.T) {
	t.Parallel()
	address, client := startHandler(t, serve.New(site(), nil, known, nil))
	for _, tc := range []struct {
		why, url, more string
		status         int
		title, src     string
		width, height  int
	}{
		{"the page of a feed", "https://example.org/news/sea", "", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"the home page is that of the first feed", "https://example.org/news/", "", 200, `Our "latest" articles`, "latest/embed?limit=5", 600, 452},
		{"as people copy it", "http://EXAMPLE.org/news/sea/?utm_source=x#y", "", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"the page for frames itself", "https://example.org/news/sea/embed", "", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"narrow and low", "https://example.org/news/sea", "&maxwidth=320&maxheight=300", 200, "sea", "sea/embed?limit=3", 320, 292},
		{"lower than one story", "https://example.org/news/sea", "&maxheight=90", 200, "sea", "sea/embed?limit=1", 600, 90},
		{"more room than we need", "https://example.org/news/sea", "&maxwidth=4000&maxheight=4000", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"limits that are none", "https://example.org/news/sea", "&maxwidth=x&maxheight=-1", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"json by name", "https://example.org/news/sea", "&format=json", 200, "sea", "sea/embed?limit=5", 600, 452},
		{"xml", "https://example.org/news/sea", "&format=xml", 501, "", "", 0, 0},
		{"a format nobody knows", "https://example.org/news/sea", "&format=yaml", 501, "", "", 0, 0},
		{"no url", "", "", 400, "", "", 0, 0},
		{"no url of ours", "https://other.example/news/sea", "", 404, "", "", 0, 0},
		{"outside the site", "https://example.org/sea", "", 404, "", "", 0, 0},
		{"a path that only begins like ours", "https://example.org/newsletter", "", 404, "", "", 0, 0},
		{"no feed", "https://example.org/news/nowhere", "", 404, "", "", 0, 0},
		{"an article", "https://example.org/news/articles/x", "", 404, "", "", 0, 0},
		{"no web address", "javascript://example.org/news/sea", "", 404, "", "", 0, 0},
		{"no address", "://", "", 404, "", "", 0, 0},
	} {
		response, err := client.Get(address + "/news/oembed?url=" + url.QueryEscape(tc.url) + tc.more)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != tc.status || response.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: status %d, %v: %s", tc.why, response.StatusCode, err, body)
		}
		if tc.status != http.StatusOK {
			continue
		}
		var got struct {
			Type, Version, Title, HTML string
			Provider                   string `json:"provider_name"`
			Width, Height              int
		}
		if err := json.Unmarshal(body, &got); err != nil || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", tc.why, err)
		}
		if got.Type != "rich" || got.Version != "1.0" || got.Title != tc.title || got.Provider != "The <Example> Observer" ||
			got.Width != tc.width || got.Height != tc.height {
			t.Errorf("%s: %s", tc.why, body)
		}
		frame := html.NewTokenizer(strings.NewReader(got.HTML))
		frame.Next()
		attributes := map[string]string{}
		for _, a := range frame.Token().Attr {
			attributes[a.Key] = a.Val
		}
		if attributes["src"] != "https://Example.org/news/"+tc.src || attributes["title"] != tc.title {
			t.Errorf("%s: %s", tc.why, got.HTML)
		}
	}
}

func TestOembedMethods(t *testing.T) {
	t.Parallel()
	address, client := startHandler(t, serve.New(site(), nil, known, nil))
	const path = "/news/oembed?url=https://example.org/news/sea"
	get, head := fetch(t, client, "GET", address+path, ""), fetch(t, client, "HEAD", address+path, "")
	if head.StatusCode != 200 || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
		t.Errorf("HEAD %d %v", head.StatusCode, head.Header)
	}
	if post := fetch(t, client, "POST", address+path, ""); post.StatusCode != 405 {
		t.Errorf("POST %d", post.StatusCode)
	}
}
