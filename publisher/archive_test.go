package publisher

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// numbered makes stories with the numbers from last down to first.
func numbered(last, first int) []news.Item {
	var titles []string
	for n := last; n >= first; n-- {
		titles = append(titles, fmt.Sprint("n", n))
	}
	list := stories(titles...)
	for i := range list {
		list[i].Key = news.StoryKey(last - i)
		list[i].Date = noon.Add(time.Duration(list[i].Key) * time.Minute)
		list[i].Changed = list[i].Date
	}
	return list
}

// page is what a reader looks for in an Atom document.
type page struct {
	IDs   []string `xml:"entry>id"`
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Archive  *struct{} `xml:"http://purl.org/syndication/history/1.0 archive"`
	Complete *struct{} `xml:"http://purl.org/syndication/history/1.0 complete"`
}

func (d *page) link(rel string) string {
	for _, l := range d.Links {
		if l.Rel == rel {
			return strings.TrimPrefix(l.Href, testSite.URL)
		}
	}
	return ""
}

// read gives a document, as a reader with the address would.
func read(t *testing.T, p *Publisher, path string) *page {
	t.Helper()
	r := p.Lookup(path)
	if r == nil {
		var err error
		if r, err = p.Archive(t.Context(), path); err != nil || r == nil {
			t.Fatalf("%s: %v, %v", path, r, err)
		}
	}
	doc := new(page)
	if err := xml.Unmarshal(r.Body, doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.link("self"); got != path {
		t.Errorf("%s says it is %s", path, got)
	}
	return doc
}

// walk follows prev-archive from the head to the end. between is called after
// each document. It gives the ids, each once.
func walk(t *testing.T, p *Publisher, between func()) []string {
	t.Helper()
	var ids []string
	for path := "/latest.atom"; path != ""; {
		doc := read(t, p, path)
		ids = append(ids, doc.IDs...)
		path = doc.link("prev-archive")
		between()
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func archived(t *testing.T, items []news.Item) (*Publisher, *memory) {
	t.Helper()
	p, store, _ := fixture(t)
	store.put("latest", nil)
	delete(store.entered, "latest")
	store.put("latest", items)
	publish(t, p)
	return p, store
}

func TestWalkTheWholeHistory(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 49, 50, 51, 99, 100, 101, 250, 263} {
		p, _ := archived(t, numbered(n, 1))
		if ids := walk(t, p, func() {}); len(ids) != n {
			t.Errorf("of %d stories, a walk finds %d", n, len(ids))
		}
	}
}

func TestWalkWhileStoriesArrive(t *testing.T) {
	t.Parallel()
	p, store := archived(t, numbered(230, 1))
	n := 230
	ids := walk(t, p, func() {
		n += 37
		store.put("latest", numbered(n, 1))
		publish(t, p)
	})
	for i := range 230 {
		if id := fmt.Sprint("urn:test:n", i+1); !slices.Contains(ids, id) {
			t.Errorf("the walk misses %s", id)
		}
	}
}

// A story that the head doesn't show, since its date is old, is on the open
// page, and a head that shows all of that leads to full pages only.
func TestHeadLeadsToWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	p, store := archived(t, numbered(120, 1))
	if got := read(t, p, "/latest.atom").link("prev-archive"); got != "/latest/archive/2.atom" {
		t.Errorf("the head leads to %s", got)
	}
	list := append(numbered(120, 1), stories("old")...)
	list[120].Key = 121
	store.put("latest", list)
	publish(t, p)
	if got := read(t, p, "/latest.atom").link("prev-archive"); got != "/latest/archive/3.atom" {
		t.Errorf("the head leads to %s", got)
	}
	if open := read(t, p, "/latest/archive/3.atom"); open.Archive != nil || len(open.IDs) != 21 {
		t.Errorf("the open page is an archive: %t, has %d stories", open.Archive != nil, len(open.IDs))
	}
}

func TestArchivePages(t *testing.T) {
	t.Parallel()
	p, store := archived(t, numbered(120, 1))
	second := read(t, p, "/latest/archive/2.atom")
	if second.Archive == nil || second.IDs[0] != "urn:test:n100" || len(second.IDs) != 50 {
		t.Errorf("page 2: archive %t, %d stories from %s", second.Archive != nil, len(second.IDs), second.IDs[0])
	}
	for rel, want := range map[string]string{
		"current": "/latest.atom", "prev-archive": "/latest/archive/1.atom", "next-archive": "/latest/archive/3.atom",
	} {
		if got := second.link(rel); got != want {
			t.Errorf("page 2: %s is %q, want %q", rel, got, want)
		}
	}
	before, _ := p.Archive(t.Context(), "/latest/archive/2.atom")

	store.put("latest", numbered(121, 1))
	publish(t, p)
	after, _ := p.Archive(t.Context(), "/latest/archive/2.atom")
	if after.Plain.ETag != before.Plain.ETag {
		t.Error("a story more in the feed changed a full page")
	}
	retracted := slices.DeleteFunc(numbered(121, 1), func(it news.Item) bool { return it.PublicID == "urn:test:n77" })
	store.put("latest", retracted)
	publish(t, p)
	if got := read(t, p, "/latest/archive/2.atom"); len(got.IDs) != 49 || slices.Contains(got.IDs, "urn:test:n77") {
		t.Errorf("after a retraction page 2 has %d stories", len(got.IDs))
	}
	if got := read(t, p, "/latest/archive/1.atom"); got.IDs[0] != "urn:test:n50" {
		t.Errorf("page 1 begins with %s now", got.IDs[0])
	}
	asked := store.count("archive")
	for range 3 {
		read(t, p, "/latest/archive/2.atom")
	}
	if n := store.count("archive") - asked; n != 0 {
		t.Errorf("a page that was made is made %d times more", n)
	}
}

// What a page says of the feed is as configured, also where it was made before
// the configuration changed and no story has.
func TestArchivePagesFollowTheConfig(t *testing.T) {
	t.Parallel()
	p, _ := archived(t, numbered(120, 1))
	paths := []string{"/latest/archive/1.rss", "/latest/archive/2.json"}
	for _, path := range paths {
		if r, err := p.Archive(t.Context(), path); err != nil || strings.Contains(string(r.Body), "Another name") {
			t.Fatalf("%s: %v", path, err)
		}
	}
	config := p.config
	config.Feeds = slices.Clone(config.Feeds)
	config.Feeds[0].Title = "Another name"
	p.Reconfigure(config)
	publish(t, p)
	for _, path := range paths {
		if r, err := p.Archive(t.Context(), path); err != nil || !strings.Contains(string(r.Body), "Another name") {
			t.Errorf("%s has the title of the former configuration: %v", path, err)
		}
	}
}

// Whatever Archive answers is an address for an export, and nothing else is.
func TestArchivePaths(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 0, 1: 1, 50: 1, 51: 2, 120: 3} {
		p, _ := archived(t, numbered(n, 1))
		paths := slices.DeleteFunc(p.ArchivePaths(), func(path string) bool { return !strings.HasPrefix(path, "/latest/") })
		if len(paths) != 4*want {
			t.Errorf("%d stories: %d addresses, want %d pages in 3 formats and as HTML: %q", n, len(paths), want, paths)
		}
		for _, path := range paths {
			if r, err := p.Archive(t.Context(), path); r == nil || err != nil {
				t.Errorf("%d stories: nothing is at %s: %v", n, path, err)
			}
		}
		if r, _ := p.Archive(t.Context(), fmt.Sprintf("/latest/archive/%d.rss", want+1)); r != nil {
			t.Errorf("%d stories: page %d is there, and in no list", n, want+1)
		}
	}
}

func TestNoSuchArchivePage(t *testing.T) {
	t.Parallel()
	p, store := archived(t, numbered(60, 1))
	for _, path := range []string{
		"/latest/archive/3.atom", "/latest/archive/0.atom", "/latest/archive/01.atom", "/latest/archive/+1.atom",
		"/latest/archive/-1.atom", "/latest/archive/3", "/latest/archive/01", "/latest/archive/1.xml", "/latest/archive/.atom",
		"/nowhere/archive/1.atom", "/archive/1.atom", "/latest/archive/99999999999999999999.atom", "/latest/archive/1.atom.rss",
	} {
		if r, err := p.Archive(t.Context(), path); r != nil || err != nil {
			t.Errorf("%s: %v, %v", path, r, err)
		}
	}
	locked := errors.New("database is locked")
	store.fail(locked)
	if r, err := p.Archive(t.Context(), "/latest/archive/1.atom"); r != nil || !errors.Is(err, locked) {
		t.Errorf("with a failing store: %v, %v", r, err)
	}
	store.fail(nil)
	if r, err := p.Archive(t.Context(), "/latest/archive/1.json"); r == nil || err != nil {
		t.Errorf("once it works: %v, %v", r, err)
	}
}

func TestPageCacheForgets(t *testing.T) {
	t.Parallel()
	var c pageCache
	body := []byte(strings.Repeat("x", archiveCache/8))
	for i := range 12 {
		path := fmt.Sprint("/", i)
		c.put(path, version{1, 1}, NewRendition(Draft{Path: path, Body: body}, nil))
	}
	kept := 0
	for i := range 12 {
		if c.get(fmt.Sprint("/", i), version{1, 1}) != nil {
			kept++
		}
	}
	if kept < 4 || kept > 8 || c.get("/11", version{1, 1}) == nil {
		t.Errorf("%d of 12 pages are kept", kept)
	}
	if c.get("/11", version{2, 1}) != nil || c.get("/11", version{1, 2}) != nil {
		t.Error("a page of a former revision or configuration is given")
	}
}
