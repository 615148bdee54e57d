package publisher

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
	"tributary/publisher/site"
)

// stories makes publishable items, newest first, with these titles.
func stories(titles ...string) []news.Item {
	list := items(strings.Repeat("a", len(titles)))
	for i, title := range titles {
		it := &list[i]
		it.Title = title
		it.PublicID = "urn:test:" + title
		it.Link = "https://upstream.example/" + title
		it.Content = "<p>" + strings.Repeat("The text of "+title+". ", 30) + "</p>"
		it.From.Title = "Upstream"
	}
	return list
}

func article(slug string) news.Item {
	it := stories("Article " + slug)[0]
	it.PublicID, it.Link = "https://example.org/articles/"+slug, "https://example.org/articles/"+slug
	it.Local, it.Slug = true, slug
	it.From = news.SourceInfo{Name: news.ArticlesName, Title: "Observer", Local: true}
	return it
}

var testSite = news.Site{Title: "Observer", URL: "https://example.org/news", Language: "en", Location: time.UTC}

func feedNamed(name string) news.Feed {
	return news.Feed{Name: name, Title: "Feed " + name, Limit: 50, Local: true, MaxShare: 0.34, Content: news.ContentFull}
}

func newPages(t testing.TB) *site.Site {
	t.Helper()
	pages, err := site.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// fixture is a publisher with two feeds and an article, not published yet.
func fixture(t testing.TB) (*Publisher, *memory, Config) {
	t.Helper()
	store := newMemory()
	store.put("latest", stories("one", "two"))
	store.put("go", stories("gopher"))
	store.putArticles([]news.Item{article("hello")})
	config := Config{Site: testSite, Feeds: []news.Feed{feedNamed("latest"), feedNamed("go")}, Pages: newPages(t)}
	return New(Options{Config: config, Store: store, Log: slog.New(slog.DiscardHandler)}), store, config
}

func publish(t testing.TB, p *Publisher) {
	t.Helper()
	if err := p.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantNoTroubles(t *testing.T, p *Publisher) {
	t.Helper()
	if found := p.Troubles(); len(found) > 0 {
		t.Errorf("troubles %+v", found)
	}
}

func TestPublishMakesEveryAddress(t *testing.T) {
	t.Parallel()
	p, _, config := fixture(t)
	if p.Lookup("/latest.rss") != nil {
		t.Fatal("something was there before the first round")
	}
	publish(t, p)
	wantNoTroubles(t, p)
	var got []string
	for path, r := range p.Renditions() {
		if r.Path != path || len(r.Body) == 0 {
			t.Errorf("%s holds the rendition of %q with %d bytes", path, r.Path, len(r.Body))
		}
		if r.Kind != KindAsset {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	want := []string{"/", "/404.html", "/articles/hello", "/embed", "/embed.js",
		"/go", "/go.atom", "/go.json", "/go.opml", "/go.rss", "/go/embed", "/go/embed.json", "/go/fragment.html",
		"/latest", "/latest.atom", "/latest.json", "/latest.opml", "/latest.rss",
		"/latest/embed", "/latest/embed.json", "/latest/fragment.html", "/robots.txt", "/sitemap.xml", "/sources", "/sources.opml"}
	if !slices.Equal(got, want) {
		t.Errorf("addresses %q\nwant      %q", got, want)
	}
	for _, asset := range config.Pages.Assets() {
		if r := p.Lookup(asset.Path); r == nil || !bytes.Equal(r.Body, asset.Body) || r.Kind != KindAsset {
			t.Errorf("asset %s is not there as it is", asset.Path)
		}
	}
	for path, text := range map[string]string{
		"/latest.rss": "<title>one</title>", "/latest": "one", "/": "two", "/articles/hello": "Article hello",
		"/robots.txt":  "Sitemap: https://example.org/news/sitemap.xml",
		"/sitemap.xml": "<loc>https://example.org/news/articles/hello</loc><lastmod>2026-03-01T12:00:00Z</lastmod>",
	} {
		if !strings.Contains(string(p.Lookup(path).Body), text) {
			t.Errorf("%s does not hold %q", path, text)
		}
	}
	if !strings.Contains(string(p.Lookup("/articles/hello").Body), "two") {
		t.Error("the latest stories are not below the article")
	}
	if got, want := p.Lookup("/go.atom").Links, []string{`<https://example.org/news/go.atom>; rel="self"`}; !slices.Equal(got, want) {
		t.Errorf("links %q, want %q", got, want)
	}
}

func TestPublishAnnouncesTheHub(t *testing.T) {
	t.Parallel()
	p, _, config := fixture(t)
	config.Hub = "https://hub.example/"
	p.Reconfigure(config)
	publish(t, p)
	want := []string{`<https://hub.example/>; rel="hub"`, `<https://example.org/news/latest.json>; rel="self"`}
	if got := p.Lookup("/latest.json").Links; !slices.Equal(got, want) {
		t.Errorf("links %q, want %q", got, want)
	}
	for path, want := range map[string]string{
		"/latest.rss":  `<atom:link href="https://hub.example/" rel="hub">`,
		"/latest.atom": `<link href="https://hub.example/" rel="hub">`,
		"/latest.json": `"hubs":[{"type":"WebSub","url":"https://hub.example/"}]`,
	} {
		if body := p.Lookup(path).Body; !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s lacks %s:\n%s", path, want, body)
		}
	}
}

// TestPublishTellsTTL: documents tell how long caches keep them.
func TestPublishTellsTTL(t *testing.T) {
	t.Parallel()
	p, _, _ := fixture(t)
	publish(t, p)
	const minutes = 5
	if r := p.Lookup("/latest.rss"); !bytes.Contains(r.Body, fmt.Appendf(nil, "<ttl>%d</ttl>", minutes)) ||
		!strings.Contains(headersOf(r.Kind).cacheControl, fmt.Sprintf("max-age=%d,", minutes*60)) {
		t.Errorf("Cache-Control %q of\n%s", headersOf(r.Kind).cacheControl, r.Body)
	}
}

func TestPublishOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	before := p.Renditions()

	publish(t, p)
	if !maps.Equal(p.Renditions(), before) {
		t.Error("a round without a change made other renditions")
	}
	if n := store.count("latest"); n != 1 {
		t.Errorf("the feed was read %d times, want once", n)
	}

	store.put("go", stories("gopher", "gofmt"))
	publish(t, p)
	if n := store.count("latest"); n != 1 {
		t.Errorf("a feed was read that did not change")
	}
	for path, r := range p.Renditions() {
		changes := strings.HasPrefix(path, "/go") && path != "/go.opml"
		if changes == (r == before[path]) {
			t.Errorf("%s: changed %t, want %t", path, !changes, changes)
		}
	}

	store.touch("go") // told of, but the same
	same := p.Renditions()
	publish(t, p)
	if !maps.Equal(p.Renditions(), same) {
		t.Error("the same stories made other renditions")
	}
}

func TestPublishArticles(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	store.putArticles([]news.Item{article("second")})
	publish(t, p)
	if p.Lookup("/articles/hello") != nil || p.Lookup("/articles/second") == nil {
		t.Error("the articles are not those of the store")
	}
	if !strings.Contains(string(p.Lookup("/sitemap.xml").Body), "/articles/second") {
		t.Error("the sitemap does not follow")
	}

	store.put("latest", stories("breaking", "one"))
	publish(t, p)
	if !strings.Contains(string(p.Lookup("/articles/second").Body), "breaking") {
		t.Error("the latest stories below an article do not follow the first feed")
	}
	reads := store.count(news.ArticlesName)
	store.put("go", stories("gofmt"))
	publish(t, p)
	if store.count(news.ArticlesName) != reads {
		t.Error("articles were made again for a feed that they do not show")
	}
}

// The gate: what does not read back never replaces what readers have.
func TestPublishGate(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	before := p.Renditions()

	broken := errors.New("XML ends early")
	atom := &p.formats[slices.IndexFunc(p.formats, func(f format) bool { return f.extension == ".atom" })]
	verify := atom.verify
	atom.verify = func([]byte, int) error { return broken }
	store.put("latest", stories("three"))
	publish(t, p)
	if p.Lookup("/latest.atom") != before["/latest.atom"] {
		t.Error("a broken document was let through")
	}
	if p.Lookup("/latest.rss") == before["/latest.rss"] {
		t.Error("a format that is whole was held back")
	}
	found := p.Troubles()
	if len(found) != 1 || found[0].Where != "/latest.atom" || found[0].Detail != broken.Error() || found[0].Since.IsZero() {
		t.Errorf("troubles %+v, want the one with /latest.atom", found)
	}

	atom.verify = verify
	store.put("latest", stories("four"))
	publish(t, p)
	wantNoTroubles(t, p)
	if p.Lookup("/latest.atom") == before["/latest.atom"] {
		t.Error("what is whole again was not let through")
	}
}

func TestPublishTellsOfStoriesLeftOut(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	list := stories("good", "bad")
	list[1].PublicID = "" // no document can name it
	store.put("latest", list)
	publish(t, p)
	found := p.Troubles()
	if len(found) != len(render.Formats) {
		t.Fatalf("troubles %+v, want one a format", found)
	}
	if want := fmt.Sprintf("/latest.atom story %d", list[1].Key); found[0].Where != want {
		t.Errorf("where %q, want %q", found[0].Where, want)
	}
	if !strings.Contains(string(p.Lookup("/latest.rss").Body), "good") {
		t.Error("the other story is gone too")
	}
}

func TestPublishStoreFails(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	before := p.Renditions()
	locked := errors.New("database is locked")
	store.put("latest", stories("three"))
	store.fail(locked)
	if err := p.Publish(t.Context()); !errors.Is(err, locked) {
		t.Errorf("error %v, want the store's", err)
	}
	if !maps.Equal(p.Renditions(), before) {
		t.Error("a failing store took renditions away")
	}
	if found := p.Troubles(); len(found) != 1 || found[0].Where != "store" || !strings.Contains(found[0].Detail, "locked") {
		t.Errorf("troubles %+v, want the store's", found)
	}
	store.fail(nil)
	publish(t, p)
	wantNoTroubles(t, p)
	if p.Lookup("/latest.rss") == before["/latest.rss"] {
		t.Error("the change was forgotten")
	}
}

func TestTroublesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var told []string
	store := newMemory()
	p := New(Options{
		Config: Config{Site: testSite, Feeds: []news.Feed{feedNamed("latest")}}, Store: store,
		Log:      slog.New(slog.NewTextHandler(&out, nil)),
		Troubled: func(trouble Trouble, over bool) { told = append(told, fmt.Sprint(trouble.Where, " over: ", over)) },
		Rounded:  func(_ time.Duration, err error) { told = append(told, fmt.Sprint("round: ", err)) },
	})
	store.fail(errors.New("disk I/O error"))
	for range 3 {
		_ = p.Publish(t.Context())
	}
	store.fail(nil)
	publish(t, p)
	publish(t, p)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "disk I/O error") || !strings.Contains(lines[1], "published again") {
		t.Errorf("log %q, want one line when it came and one when it went", lines)
	}
	const failed = "round: read the revisions of feeds: disk I/O error"
	want := []string{failed, "store over: false", failed, failed, "round: <nil>", "store over: true", "round: <nil>"}
	if !slices.Equal(told, want) {
		t.Errorf("observers were told %q, want %q", told, want)
	}
}

func TestReconfigure(t *testing.T) {
	t.Parallel()
	p, _, config := fixture(t)
	publish(t, p)
	config.Feeds = []news.Feed{feedNamed("go")}
	config.Site.URL = "https://example.com"
	p.Reconfigure(config)
	publish(t, p)
	wantNoTroubles(t, p)
	for _, gone := range []string{"/latest", "/latest.rss", "/latest.atom", "/latest.json"} {
		if p.Lookup(gone) != nil {
			t.Errorf("%s stayed", gone)
		}
	}
	if !strings.Contains(string(p.Lookup("/").Body), "gopher") {
		t.Error("the home page is not the first feed's")
	}
	if got := p.Lookup("/go.rss").Links[0]; got != `<https://example.com/go.rss>; rel="self"` {
		t.Errorf("self link %s is not below the new URL", got)
	}
	if !strings.Contains(string(p.Lookup("/robots.txt").Body), "https://example.com/sitemap.xml") {
		t.Error("robots.txt is the old one")
	}
	if !strings.Contains(string(p.Lookup("/articles/hello").Body), "gopher") {
		t.Error("the article shows another feed than the first")
	}
}

// Pages in caches name the style sheet that they were made with.
func TestReconfigureKeepsAssets(t *testing.T) {
	t.Parallel()
	p, _, config := fixture(t)
	publish(t, p)
	former := config.Pages.Assets()
	themed, err := site.New(fstest.MapFS{"static/style.css": {Data: []byte("p { color: red }")}})
	if err != nil {
		t.Fatal(err)
	}
	config.Pages = themed
	for range 2 { // the second round must not forget the former assets either
		p.Reconfigure(config)
		publish(t, p)
		for _, asset := range append(former, themed.Assets()...) {
			if r := p.Lookup(asset.Path); r == nil || !bytes.Equal(r.Body, asset.Body) {
				t.Errorf("%s is gone", asset.Path)
			}
		}
	}
}

// Two nodes with the same stories give the same bytes with the same ETags. On
// dates they agree by what is kept: TestProcessesAgreeOnDates.
func TestPublishIsDeterministic(t *testing.T) {
	t.Parallel()
	a, _, _ := fixture(t)
	b, _, _ := fixture(t)
	publish(t, a)
	publish(t, b)
	for path, r := range a.Renditions() {
		other := b.Lookup(path)
		if other == nil || !bytes.Equal(other.Body, r.Body) || other.Plain.ETag != r.Plain.ETag {
			t.Errorf("%s differs between two nodes", path)
		}
	}
}

func TestFilesBesideArticles(t *testing.T) {
	t.Parallel()
	p, store, config := fixture(t)
	at := noon.Add(time.Hour)
	files := fstest.MapFS{
		"pics/a.png":    {Data: []byte("\x89PNG"), ModTime: at},
		"data.weird":    {Data: []byte("?"), ModTime: at},
		"hello.md":      {Data: []byte("# source"), ModTime: at},
		".secret":       {Data: []byte("x"), ModTime: at},
		".git/config":   {Data: []byte("x"), ModTime: at},
		"draft.txt~":    {Data: []byte("x"), ModTime: at},
		"video/big.mp4": {Data: make([]byte, maxFile+1), ModTime: at},
	}
	config.Files = files
	p.Reconfigure(config)
	publish(t, p)
	var got []string
	for path, r := range p.Renditions() {
		if r.Kind == KindFile {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	if want := []string{"/articles/data.weird", "/articles/pics/a.png"}; !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	picture := p.Lookup("/articles/pics/a.png")
	if picture.ContentType != "image/png" || !picture.LastModified.Equal(at) {
		t.Errorf("a picture of type %q, modified %v", picture.ContentType, picture.LastModified)
	}
	if got := p.Lookup("/articles/data.weird").ContentType; got != "application/octet-stream" {
		t.Errorf("an unknown type is %q", got)
	}
	if found := p.Troubles(); len(found) != 1 || found[0].Where != "/articles/video/big.mp4" {
		t.Errorf("troubles %+v, want the file that is too large", found)
	}

	files["pics/a.png"] = &fstest.MapFile{Data: []byte("\x89PNG2"), ModTime: at.Add(time.Minute)}
	delete(files, "video/big.mp4")
	delete(files, "data.weird")
	store.touch(news.ArticlesName)
	publish(t, p)
	wantNoTroubles(t, p)
	if got := string(p.Lookup("/articles/pics/a.png").Body); got != "\x89PNG2" {
		t.Errorf("the picture is %q, want the new one", got)
	}
	if p.Lookup("/articles/data.weird") != nil {
		t.Error("a removed file is still served")
	}
	if p.Lookup("/articles/hello") == nil {
		t.Error("an article went with the files")
	}
}
