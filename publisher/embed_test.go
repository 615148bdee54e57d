package publisher

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tributary/publisher/site"
)

func TestEmbedsOfAFeed(t *testing.T) {
	t.Parallel()
	p, store, config := fixture(t)
	titles := make([]string, 12)
	for i := range titles {
		titles[i] = fmt.Sprint("story-", i)
	}
	store.put("latest", stories(titles...))
	publish(t, p)
	wantNoTroubles(t, p)

	var list struct {
		Title string
		Page  string `json:"home_page_url"`
		Feed  string `json:"feed_url"`
		Items []struct{ Title, URL string }
	}
	if err := json.Unmarshal(p.Lookup("/latest/embed.json").Body, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != site.EmbedMost || list.Items[0].Title != "story-0" || list.Items[0].URL != "https://upstream.example/story-0" ||
		list.Title != "Feed latest" || list.Page != "https://example.org/news/latest" || list.Feed != list.Page+".json" {
		t.Errorf("%+v", list)
	}
	if size := len(p.Lookup("/latest/embed.json").Gzip.Body); size > 2000 {
		t.Errorf("%d bytes in gzip", size)
	}
	for path, kind := range map[string]Kind{"/latest/embed": KindFrame, "/latest/fragment.html": KindFragment} {
		r := p.Lookup(path)
		if n := bytes.Count(r.Body, []byte(`<li class="la-item"`)); r.Kind != kind || n != site.EmbedMost {
			t.Errorf("%s is a %s with %d stories", path, r.Kind, n)
		}
	}
	if !bytes.Equal(p.Lookup("/embed.js").Body, p.Lookup(config.Pages.EmbedScript().Path).Body) {
		t.Error("/embed.js is another script than the one with a hash in its name")
	}
	if policy := headersOf(KindPage).policy; !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("pages may be framed: %s", policy)
	}
}

// What other sites embed is made again only when its feed changed.
func TestEmbedsChangeWithTheirFeed(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	paths := []string{"/embed.json", "/embed", "/fragment.html"}
	before := p.Renditions()
	store.put("latest", stories("three"))
	publish(t, p)
	for _, path := range paths {
		if p.Lookup("/go"+path) != before["/go"+path] {
			t.Errorf("/go%s was made again", path)
		}
		if !holds(p, "/latest"+path, "three") {
			t.Errorf("/latest%s is old", path)
		}
	}
}

// Other sites pin the script by its hash: another version of the program, with
// another script, still serves the one they have, from start to start.
func TestPinnedScriptsOutliveTheProgram(t *testing.T) {
	t.Parallel()
	_, store, config := fixture(t)
	d := newDrawer()
	first, _ := process(t, store, d, config)
	publish(t, first)
	former := config.Pages.EmbedScript()
	var others []string // assets that nobody pins
	for _, asset := range config.Pages.Assets() {
		if !pinned(asset.Path) {
			others = append(others, asset.Path)
		}
	}

	next, err := site.New(fstest.MapFS{
		"static/embed.js": {Data: []byte("console.log('a later one')")}, "static/style.css": {Data: []byte("p { color: red }")},
	})
	if err != nil {
		t.Fatal(err)
	}
	config.Pages = next
	for range 2 {
		later, _ := process(t, store, d, config)
		publish(t, later)
		if r := later.Lookup(former.Path); r == nil || !bytes.Equal(r.Body, former.Body) || r.Kind != KindAsset {
			t.Fatalf("%s is gone", former.Path)
		}
		if later.Lookup(next.EmbedScript().Path) == nil {
			t.Fatal("the later script is not served")
		}
		gone := slices.IndexFunc(others, func(path string) bool { return strings.Contains(path, "/style.") })
		if later.Lookup(others[gone]) != nil {
			t.Errorf("%s is still served, which nobody pins", others[gone])
		}
	}
}
