package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// jsonPage is what a reader takes from a document of JSON Feed.
type jsonPage struct {
	Items []struct{ ID string }
	Next  string `json:"next_url"`
}

// walkFeed follows next_url from the feed to its end and counts how often each
// id comes. between is called after each document.
func walkFeed(t *testing.T, address string, between func()) map[string]int {
	t.Helper()
	found := map[string]int{}
	for url := address + "/latest.json"; url != ""; {
		response, body := get(t, url)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", url, response.Status)
		}
		var doc jsonPage
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
		for _, item := range doc.Items {
			found[item.ID]++
		}
		if url = doc.Next; url != "" { // it is the site's public address
			url = address + strings.TrimPrefix(url, "http://localhost:8080")
		}
		between()
	}
	return found
}

// TestWalkTheArchive reads the whole history of a feed as a reader would, while
// the feed stands still and while stories arrive.
func TestWalkTheArchive(t *testing.T) {
	t.Parallel()
	const first = 130
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml")+"\n")
	publish := func(n int) { s.write("a.xml", upstreamtest.RSS("A", upstreamtest.Items(n)...)) }
	publish(first)
	address, _ := s.serve()
	await(t, address+"/latest.json", fmt.Sprintf("Story %d\"", first))

	n := first
	complete := func(found map[string]int, reason string) {
		t.Helper()
		for i := range first {
			if id := upstreamtest.NewItem(i + 1).ID; found[id] == 0 {
				t.Errorf("%s: a walk misses %s", reason, id)
			}
		}
	}
	complete(walkFeed(t, address, func() {}), "at rest")
	complete(walkFeed(t, address, func() {
		n += 40
		publish(n)
		await(t, address+"/latest.json", fmt.Sprintf("Story %d\"", n))
	}), "while stories arrive")

	page := address + "/latest/archive/1.json"
	before, _ := get(t, page)
	n += 40
	publish(n)
	await(t, address+"/latest.json", fmt.Sprintf("Story %d\"", n))
	after, _ := get(t, page, "If-None-Match", before.Header.Get("ETag"))
	if after.StatusCode != http.StatusNotModified {
		t.Errorf("a full page changed with a story more in the feed: %s", after.Status)
	}
}
