package normalize

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

const fetched = "https://www.Blog.example/feed.xml"

// one normalizes a document of one entry and gives its story.
func one(t *testing.T, source news.Source, e news.Entry) news.Story {
	t.Helper()
	batch := New().Batch(&news.Document{Entries: []news.Entry{e}}, Options{Source: &source, URL: fetched})
	if len(batch.Stories) != 1 {
		t.Fatalf("%d stories, want 1", len(batch.Stories))
	}
	return batch.Stories[0]
}

func TestBatch(t *testing.T) {
	t.Parallel()
	published := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 3600))
	doc := &news.Document{
		Format: "atom 1.0", Title: news.Text{Value: "The <b>Blog</b>"}, Link: "/", Self: "feed.xml", ID: " urn:x ",
		Description: news.Text{Value: "All &amp; more", Type: news.TextHTML}, Language: "en_US",
		Rights: news.Text{Value: "© us", Type: news.TextPlain}, Generator: "WordPress", Image: "logo.png",
		Authors: []news.Person{{Name: " Ann "}, {}}, Categories: []string{"Go", "go", ""},
		Refresh: news.Refresh{Interval: time.Hour}, Warnings: []string{"mended"},
		Entries: []news.Entry{{
			ID: " tag:1 ", Link: "/1?utm_source=x", Title: news.Text{Value: "A &amp; B"},
			Summary: news.Text{Value: "short"}, Content: news.Text{Value: `<p>Long <img src="i.png"></p>`},
			Published: published, RawHash: 7, Comments: "/1#c",
			Enclosures: []news.Enclosure{{URL: "/a.mp3", Type: "Audio/MPEG; x=y", Length: -1, Duration: -1, Episode: news.Episode{Season: -1, Kind: "full", Explicit: "maybe"}}, {URL: "/a.mp3"}, {URL: "ftp://x/"}},
			Origin:     &news.Origin{Title: "<i>Else</i>", Link: "javascript:x"},
		}},
	}
	got := New().Batch(doc, Options{URL: fetched})
	want := &news.Batch{
		Format: "atom 1.0", Title: "The Blog", Link: "https://www.blog.example/", Self: "https://www.blog.example/feed.xml",
		ID: "urn:x", Description: "All & more", Language: "en-US", Rights: "© us", Generator: "WordPress",
		Image: "https://www.blog.example/logo.png", Authors: []news.Person{{Name: "Ann"}}, Categories: []string{"Go"},
		Refresh: news.Refresh{Interval: time.Hour}, Warnings: []string{"mended"},
		Stories: []news.Story{{
			ID: "tag:1", Canonical: "https://www.blog.example/1", Title: "A & B", Link: "https://www.blog.example/1?utm_source=x",
			Summary: "short", Content: `<p>Long <img src="https://www.blog.example/i.png"></p>`, Excerpt: "short", Words: 1,
			Language: "en-US", Comments: "https://www.blog.example/1#c", Image: "https://www.blog.example/i.png",
			Authors:    []news.Person{{Name: "Ann"}},
			Enclosures: []news.Enclosure{{URL: "https://www.blog.example/a.mp3", Type: "audio/mpeg", Episode: news.Episode{Kind: "full"}}},
			Origin:     &news.Origin{Title: "Else"}, RawHash: 7 ^ looksHash(&news.Source{}), Original: true,
			Published: time.Date(2024, 5, 6, 6, 8, 9, 123000000, time.UTC),
			Hash:      got.Stories[0].Hash,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHashIsStable pins a stored value: with another one, every story that is
// stored would count as changed.
func TestHashIsStable(t *testing.T) {
	t.Parallel()
	s := news.Story{
		Title: "t", Link: "l", Content: "c", Summary: "s", Authors: []news.Person{{Name: "a"}},
		Categories: []string{"x"}, Enclosures: []news.Enclosure{{URL: "u", Type: "y", Length: 3}},
	}
	base := contentHash(&s)
	if want := uint64(0x5a6ba10c828f6db9); base != want {
		t.Errorf("got %#x, want %#x", base, want)
	}
	for name, change := range map[string]func(*news.Story){
		"title":     func(s *news.Story) { s.Title = "T" },
		"link":      func(s *news.Story) { s.Link = "L" },
		"content":   func(s *news.Story) { s.Content = "C" },
		"summary":   func(s *news.Story) { s.Summary = "S" },
		"author":    func(s *news.Story) { s.Authors = []news.Person{{Email: "a"}} },
		"category":  func(s *news.Story) { s.Categories = nil },
		"enclosure": func(s *news.Story) { s.Enclosures = []news.Enclosure{{URL: "u", Type: "y", Length: 4}} },
		"duration": func(s *news.Story) {
			s.Enclosures = []news.Enclosure{{URL: "u", Type: "y", Length: 3, Duration: 1}}
		},
		"episode": func(s *news.Story) {
			s.Enclosures = []news.Enclosure{{URL: "u", Type: "y", Length: 3, Episode: news.Episode{Number: 1}}}
		},
		"border": func(s *news.Story) { s.Title, s.Link = "tl", "" },
	} {
		other := s
		if change(&other); contentHash(&other) == base {
			t.Errorf("a change of %s does not show", name)
		}
	}
	other := s
	other.Published, other.RawHash, other.Words = time.Now(), 9, 9
	if contentHash(&other) != base {
		t.Error("what is not published counts")
	}
}

func TestContentModes(t *testing.T) {
	t.Parallel()
	long := "<p>" + strings.Repeat("word ", 2000) + "</p>"
	entry := func(summary, content string) news.Entry {
		return news.Entry{ID: "1", Summary: news.Text{Value: summary}, Content: news.Text{Value: content}, Image: "https://a.example/i.png"}
	}
	for _, tt := range []struct {
		name                      string
		mode                      news.ContentMode
		entry                     news.Entry
		summary, content, excerpt string
		words                     int
	}{
		{"default is full", "", entry("s", "<p>c d</p>"), "s", "<p>c d</p>", "s", 2},
		{"summary that repeats the content goes", news.ContentFull, entry("<p>c</p>", "<p>c</p>"), "", "<p>c</p>", "c", 1},
		{"summary alone", news.ContentFull, entry("s t", ""), "s t", "", "s t", 2},
		{"summary keeps the summary", news.ContentSummary, entry("<b>s</b>", "<p>c d</p>"), "<b>s</b>", "", "s", 2},
		{"summary is made of the content", news.ContentSummary, entry("", "<p>c &amp; <b>d</b></p>"), "<p>c &amp; d</p>", "", "c & d", 2},
		{"summary equal to the content stays", news.ContentSummary, entry("<p>c</p>", "<p>c</p>"), "<p>c</p>", "", "c", 1},
		{"title keeps neither", news.ContentTitle, entry("s", "c"), "", "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := one(t, news.Source{Content: tt.mode}, tt.entry)
			if s.Summary != tt.summary || s.Content != tt.content || s.Excerpt != tt.excerpt || s.Words != tt.words {
				t.Errorf("got %q, %q, %q, %d", s.Summary, s.Content, s.Excerpt, s.Words)
			}
		})
	}
	if s := one(t, news.Source{Content: news.ContentSummary}, entry(long, "")); len(s.Summary) > maxSummary {
		t.Errorf("a whole text that calls itself summary has %d bytes", len(s.Summary))
	}
}

func TestLongContentIsCutWithWarning(t *testing.T) {
	t.Parallel()
	doc := &news.Document{Entries: []news.Entry{{ID: "1", Content: news.Text{Value: strings.Repeat("<p>some words</p>", 50_000)}}}}
	batch := New().Batch(doc, Options{})
	if n := len(batch.Stories[0].Content); n > maxContent || n < maxContent*9/10 {
		t.Errorf("%d bytes", n)
	}
	if want := []string{"the content of 1 story was cut at 512 KB"}; !slices.Equal(batch.Warnings, want) {
		t.Errorf("warnings %q, want %q", batch.Warnings, want)
	}
}

func TestPlainContentKeepsItsLines(t *testing.T) {
	t.Parallel()
	s := one(t, news.Source{}, news.Entry{ID: "1", Content: news.Text{Value: "a <b>\r\n& c\n", Type: news.TextPlain}})
	if want := "a &lt;b&gt;<br>\n&amp; c"; s.Content != want {
		t.Errorf("got %q, want %q", s.Content, want)
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	doc := &news.Document{Entries: []news.Entry{
		{ID: "same", RawHash: 1}, {ID: "changed", RawHash: 2}, {ID: "new", RawHash: 3}, {ID: "unhashed"},
	}}
	known := func(raw uint64) uint64 { return raw ^ looksHash(&news.Source{}) }
	n, opts := New(), Options{Seen: map[string]uint64{"same": known(1), "changed": known(9), "unhashed": 0}}
	batch := n.Batch(doc, opts)
	var ids []string
	for _, s := range batch.Stories {
		ids = append(ids, s.ID)
	}
	if want := []string{"changed", "new", "unhashed"}; !slices.Equal(ids, want) || !slices.Equal(batch.Unchanged, []string{"same"}) {
		t.Errorf("stories %q, unchanged %q", ids, batch.Unchanged)
	}
	opts.Source = &news.Source{Images: news.ImagesStrip}
	if anew := n.Batch(doc, opts); len(anew.Unchanged) != 0 {
		t.Errorf("other settings left %q as they were", anew.Unchanged)
	}
	if want := []string{"same", "changed", "new", "unhashed"}; !slices.Equal(n.IDs(doc, opts), want) {
		t.Errorf("IDs %q, want %q", n.IDs(doc, opts), want)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	title := func(s string) news.Text { return news.Text{Value: s} }
	hash := func(e news.Entry) string { return hex(entryHash(&e)) }
	for _, tt := range []struct {
		name    string
		mode    news.IdentityMode
		entries []news.Entry
		want    []string
		warning string
	}{
		{"verbatim after trimming", "", []news.Entry{{ID: " HTTP://A.example/%7e \n"}}, []string{"HTTP://A.example/%7e"}, ""},
		{"what no store can keep goes", "", []news.Entry{{ID: "a\x00b\xff"}}, []string{"ab\ufffd"}, ""},
		{"else the link", "", []news.Entry{{Link: "/x"}}, []string{"https://www.blog.example/x"}, ""},
		{"else a hash of title and content", "", []news.Entry{{Title: title("a")}}, []string{hash(news.Entry{Title: title("a")})}, ""},
		{"a date does not count", "", []news.Entry{{Title: title("a"), Published: time.Unix(1e9, 0)}}, []string{hash(news.Entry{Title: title("a")})}, ""},
		{"link mode", news.IdentityLink, []news.Entry{{ID: "1", Link: "/x"}}, []string{"https://www.blog.example/x"}, ""},
		{"link mode without link", news.IdentityLink, []news.Entry{{ID: "1"}}, []string{"1"}, ""},
		{"title mode", news.IdentityTitle, []news.Entry{{ID: "1", Title: title("<b>A</b> b")}}, []string{"A b"}, ""},
		{"title mode without title", news.IdentityTitle, []news.Entry{{ID: "1"}}, []string{"1"}, ""},
		{"one id, several links", "", []news.Entry{{ID: "1", Link: "/a"}, {ID: "1", Link: "/b"}},
			[]string{"1", "1|https://www.blog.example/b"}, ""},
		{"one id, one link, several contents", "",
			[]news.Entry{{ID: "1", Link: "/a"}, {ID: "1", Link: "/a", Title: title("b")}, {ID: "1", Link: "/a", Title: title("c")}},
			[]string{"1", "1|https://www.blog.example/a", "1|https://www.blog.example/a|" + hash(news.Entry{Title: title("c")})}, ""},
		{"one id, no link", "", []news.Entry{{ID: "1"}, {ID: "1", Title: title("b")}},
			[]string{"1", "1|" + hash(news.Entry{Title: title("b")})}, ""},
		{"the same entry twice", "", []news.Entry{{ID: "1", Link: "/a"}, {ID: "1", Link: "/a"}}, []string{"1"}, "1 story came twice in the document"},
		{"equal raw entries", "", []news.Entry{{ID: "1", RawHash: 5}, {ID: "1", RawHash: 5}, {ID: "1", RawHash: 5}}, []string{"1"}, "2 stories came twice in the document"},
		{"nothing tells them apart but the raw entry", "", []news.Entry{{ID: "1", RawHash: 5}, {ID: "1", RawHash: 6}, {ID: "1", RawHash: 7}},
			[]string{"1", "1|" + hash(news.Entry{})}, "1 story came twice in the document"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := &news.Document{Entries: tt.entries}
			opts := Options{URL: fetched, Source: &news.Source{Identity: tt.mode}}
			if diff := cmp.Diff(tt.want, New().IDs(doc, opts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var ids []string
			batch := New().Batch(doc, opts)
			for _, s := range batch.Stories {
				ids = append(ids, s.ID)
			}
			if !slices.Equal(ids, tt.want) || strings.Join(batch.Warnings, "") != tt.warning {
				t.Errorf("Batch has %q and warns %q", ids, batch.Warnings)
			}
		})
	}
}

func TestLongID(t *testing.T) {
	t.Parallel()
	a, b := shortID(strings.Repeat("é", 600)+"a"), shortID(strings.Repeat("é", 600)+"b")
	if len(a) > maxID || a == b || !strings.HasPrefix(a, "éé") {
		t.Errorf("%d bytes: %q and %q", len(a), a, b)
	}
}

func TestFirst500(t *testing.T) {
	t.Parallel()
	doc := &news.Document{}
	for i := range 502 {
		doc.Entries = append(doc.Entries, news.Entry{ID: fmt.Sprint(i)})
	}
	batch := New().Batch(doc, Options{})
	if n := len(batch.Stories); n != 500 || batch.Stories[499].ID != "499" {
		t.Errorf("%d stories", n)
	}
	if want := []string{"only the first 500 of 502 entries were read"}; !slices.Equal(batch.Warnings, want) {
		t.Errorf("warnings %q, want %q", batch.Warnings, want)
	}
}

func TestBases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		doc        news.Document
		entry      news.Entry
		text       string // base of the text
		link, want string
	}{
		{"base of the text", news.Document{Base: "https://d.example/"}, news.Entry{Base: "e/", Link: "https://l.example/p/q"}, "t/", "https://l.example/p/q", "https://d.example/e/t/i.png"},
		{"base of the entry", news.Document{Base: "https://d.example/"}, news.Entry{Base: "https://e.example/", Link: "x"}, "", "https://e.example/x", "https://e.example/i.png"},
		{"base of the document beats the link", news.Document{Base: "https://d.example/"}, news.Entry{Link: "p/q"}, "", "https://d.example/p/q", "https://d.example/i.png"},
		{"link", news.Document{Link: "https://d.example/"}, news.Entry{Link: "p/q"}, "", "https://d.example/p/q", "https://d.example/p/i.png"},
		{"base of the document", news.Document{Base: "/d/"}, news.Entry{}, "", "", "https://www.blog.example/d/i.png"},
		{"site", news.Document{Link: "https://s.example/x/"}, news.Entry{}, "", "", "https://s.example/x/i.png"},
		{"relative link stands at the site", news.Document{Link: "https://s.example/x/"}, news.Entry{Link: "y/"}, "", "https://s.example/x/y/", "https://s.example/x/y/i.png"},
		{"address that was fetched", news.Document{}, news.Entry{}, "", "", "https://www.blog.example/i.png"},
		{"base that is none", news.Document{Base: "file:///etc/"}, news.Entry{Base: "javascript:x"}, "", "", "https://www.blog.example/i.png"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.entry.ID, tt.entry.Content = "1", news.Text{Value: `<img src="i.png">`, Base: tt.text}
			tt.doc.Entries = []news.Entry{tt.entry}
			s := New().Batch(&tt.doc, Options{URL: fetched}).Stories[0]
			if want := `<img src="` + tt.want + `">`; s.Link != tt.link || s.Content != want {
				t.Errorf("got %s, %s\nwant %s, %s", s.Link, s.Content, tt.link, want)
			}
		})
	}
}

func TestOriginal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, link, url string
		want            bool
	}{
		{"same host", "https://blog.example/1", "https://blog.example/feed", true},
		{"www and case do not count", "http://BLOG.example/1", fetched, true},
		{"other host", "https://news.example/1", fetched, false},
		{"subdomain", "https://feeds.blog.example/1", fetched, false},
		{"file", "https://blog.example/1", "file:/tmp/feed.xml", false},
		{"no link", "", fetched, false},
	} {
		doc := &news.Document{Link: "https://news.example/", Entries: []news.Entry{{ID: "1", Link: tt.link}}}
		if got := New().Batch(doc, Options{URL: tt.url}).Stories[0].Original; got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	day := func(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
	for year, kept := range map[int]bool{1: false, 1970: false, 1989: false, 1990: true, 2024: true, 2999: true, 9999: true, 10000: false} {
		if got := date(day(year)); got.IsZero() == kept {
			t.Errorf("year %d: got %v", year, got)
		}
	}
	if edge := date(time.Date(1990, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))); !edge.IsZero() {
		t.Errorf("the year counts in UTC: got %v", edge)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		in, want []news.Person
	}{
		{"empty go", []news.Person{{}, {Name: " \u200e"}}, nil},
		{"markup goes", []news.Person{{Name: "<b>Tom</b> &amp; Jerry"}}, []news.Person{{Name: "Tom & Jerry"}}},
		{"one name, one person", []news.Person{{Name: "Ann"}, {Name: "ann", Email: "a@b.example"}}, []news.Person{{Name: "Ann", Email: "a@b.example"}}},
		{"one name, two addresses", []news.Person{{Name: "Ann", Email: "a@b.example"}, {Name: "Ann", Email: "c@b.example"}},
			[]news.Person{{Name: "Ann", Email: "a@b.example"}, {Name: "Ann", Email: "c@b.example"}}},
		{"no names, two addresses", []news.Person{{Email: "a@b.example"}, {URL: "https://c.example/"}},
			[]news.Person{{Email: "a@b.example"}, {URL: "https://c.example/"}}},
		{"the same address twice", []news.Person{{Email: "a@b.example"}, {Email: "a@b.example"}}, []news.Person{{Email: "a@b.example"}}},
		{"hostile and broken addresses", []news.Person{{Name: "x", URL: "javascript:x", Email: "a b@c"}}, []news.Person{{Name: "x"}}},
		{"mailto", []news.Person{{Email: "mailto:a@b.example"}}, []news.Person{{Email: "a@b.example"}}},
		{"address without domain", []news.Person{{Name: "x", Email: "a@localhost"}}, []news.Person{{Name: "x"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, people(nil, tt.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAuthorFallback(t *testing.T) {
	t.Parallel()
	doc := &news.Document{Authors: []news.Person{{Name: "Doc"}}, Entries: []news.Entry{{ID: "1"}, {ID: "2", Authors: []news.Person{{Name: "Own"}}}}}
	for configured, want := range map[string]string{"": "Doc", "Conf": "Conf"} {
		stories := New().Batch(doc, Options{Source: &news.Source{Author: configured}}).Stories
		if got := stories[0].Authors[0].Name; got != want {
			t.Errorf("author %q configured: got %q, want %q", configured, got, want)
		}
		if got := stories[1].Authors[0].Name; got != "Own" {
			t.Errorf("the story's own author became %q", got)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"en": "en", " de_AT ": "de-AT", "zh-Hant-TW": "zh-Hant-TW", "english please": "", "<b>": "", "": "", "e-": ""} {
		if got := language(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	enclosed := []news.Enclosure{{URL: "/a.mp3", Type: "audio/mpeg"}, {URL: "/e.png", Type: "image/png"}}
	const site = "https://www.blog.example"
	for _, tt := range []struct {
		name   string
		images news.ImageMode
		entry  news.Entry
		want   string
	}{
		{"the one that is named", "", news.Entry{Image: "/n.png", Content: news.Text{Value: `<img src="/c.png">`}}, site + "/n.png"},
		{"a tracker is none", "", news.Entry{Image: "https://pixel.wp.com/x", Content: news.Text{Value: `<img src="/c.png">`}}, site + "/c.png"},
		{"first in the content", "", news.Entry{Content: news.Text{Value: `<img src="/c.png"><img src="/d.png">`}, Enclosures: enclosed}, site + "/c.png"},
		{"not a smiley", "", news.Entry{Content: news.Text{Value: `<img src="/c.png" width=16 height=16><img src="/d.png">`}}, site + "/d.png"},
		{"first in the summary", "", news.Entry{Summary: news.Text{Value: `<img src="/s.png">`}}, site + "/s.png"},
		{"enclosed", "", news.Entry{Enclosures: enclosed}, site + "/e.png"},
		{"none wanted", news.ImagesStrip, news.Entry{Image: "/n.png", Enclosures: enclosed}, ""},
		{"hostile", "", news.Entry{Image: "javascript:x"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.entry.ID = "1"
			if got := one(t, news.Source{Images: tt.images}, tt.entry).Image; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEmbedsAreOfTheSource(t *testing.T) {
	t.Parallel()
	n := New()
	doc := &news.Document{Entries: []news.Entry{{ID: "1", Content: news.Text{Value: `<iframe src="https://youtube.com/x"></iframe>`}}}}
	for _, hosts := range [][]string{{"YouTube.com"}, nil, {"vimeo.com"}, {"youtube.com"}} {
		content := n.Batch(doc, Options{Source: &news.Source{Embeds: hosts}}).Stories[0].Content
		want := slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, "youtube.com") })
		if got := strings.Contains(content, "<iframe"); got != want {
			t.Errorf("embeds %q gave %q", hosts, content)
		}
	}
}

func TestDocumentIsNotChanged(t *testing.T) {
	t.Parallel()
	fresh := func() *news.Document {
		return &news.Document{
			Warnings: append(make([]string, 0, 4), "w"), Authors: []news.Person{{Name: " a "}},
			Entries: []news.Entry{{ID: " 1 ", Authors: []news.Person{{Name: "b"}, {Name: "b", Email: "b@c.example"}}, Categories: []string{" x"}}, {ID: "1"}, {ID: "1"}},
		}
	}
	doc := fresh()
	New().Batch(doc, Options{URL: fetched})
	if diff := cmp.Diff(fresh(), doc); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	n := New()
	source := news.Source{Embeds: []string{"youtube.com"}}
	s := one(t, source, news.Entry{
		ID: "1", Link: "/1", Summary: news.Text{Value: "short &amp; <b>good</b>"},
		Content: news.Text{Value: `<p>a <img src="i.png"></p><iframe src="https://youtube.com/x"></iframe>`},
	})
	before := s
	if n.Again(&s, &source) || cmp.Diff(before, s) != "" {
		t.Errorf("changed what the same policy let in: %s", cmp.Diff(before, s))
	}
	if !n.Again(&s, &news.Source{Images: news.ImagesStrip}) {
		t.Error("new settings of the source did not show")
	}
	if s.Content != "<p>a </p>" || s.Hash == before.Hash || s.Summary != before.Summary || s.Image != "" {
		t.Errorf("got %q, summary %q, image %q", s.Content, s.Summary, s.Image)
	}
}

// TestAgainUnderNewPolicy takes stories as an older policy could have let them in.
func TestAgainUnderNewPolicy(t *testing.T) {
	t.Parallel()
	sound := news.Story{Link: "https://blog.example/1", Content: "<p>a</p>", Excerpt: "a", Image: "https://blog.example/i.png"}
	picture := news.Enclosure{URL: "https://blog.example/e.png", Type: "image/png"}
	talk := news.Enclosure{URL: "https://blog.example/e.mp3", Type: "audio/mpeg"}
	for _, tt := range []struct {
		name          string
		before, after func(*news.Story)
		source        news.Source
		changed       bool
	}{
		{name: "nothing to do", before: func(*news.Story) {}, after: func(*news.Story) {}},
		{
			name:    "element that is dropped now",
			before:  func(s *news.Story) { s.Content, s.Excerpt = "<p>a</p><xmp>b</xmp>", "a b" },
			after:   func(*news.Story) {},
			changed: true,
		},
		{
			name:    "picture that is known for a tracker now",
			before:  func(s *news.Story) { s.Image = "https://pixel.wp.com/g.gif" },
			after:   func(s *news.Story) { s.Image = "" },
			changed: true,
		},
		{
			name:    "pictures that are not wanted any more",
			before:  func(s *news.Story) { s.Enclosures = []news.Enclosure{picture, talk} },
			after:   func(s *news.Story) { s.Image, s.Enclosures = "", []news.Enclosure{talk} },
			source:  news.Source{Images: news.ImagesStrip},
			changed: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, want := sound, sound
			tt.before(&got)
			tt.after(&want)
			given := slices.Clone(got.Enclosures)
			got.Hash, want.Hash = contentHash(&got), contentHash(&want)
			shared := got.Enclosures
			if changed := New().Again(&got, &tt.source); changed != tt.changed {
				t.Errorf("changed: %v", changed)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(given, shared); diff != "" {
				t.Errorf("the given list was changed:\n%s", diff)
			}
		})
	}
}

// TestStripPictures: a source without pictures has none beside its HTML either.
func TestStripPictures(t *testing.T) {
	t.Parallel()
	s := one(t, news.Source{Images: news.ImagesStrip}, news.Entry{
		ID: "1", Image: "https://blog.example/i.png", Enclosures: []news.Enclosure{
			{URL: "https://blog.example/e.png", Type: "image/png"}, {URL: "https://blog.example/e.mp3", Type: "audio/mpeg"},
		},
	})
	if s.Image != "" || len(s.Enclosures) != 1 || s.Enclosures[0].Type != "audio/mpeg" {
		t.Errorf("image %q, enclosures %v", s.Image, s.Enclosures)
	}
}

func TestOriginalOfAFile(t *testing.T) {
	t.Parallel()
	file := news.Source{URL: "file:/srv/feed.xml", Site: "https://blog.example/"}
	for _, tt := range []struct {
		name, link, url string
		source          *news.Source
		want            bool
	}{
		{"a link to the host that was asked", "https://blog.example/1", fetched, nil, true},
		{"a link elsewhere", "https://other.example/1", fetched, nil, false},
		{"a file whose operator says where it is from", "https://www.blog.example/1", "", &file, true},
		{"a file with a link elsewhere", "https://other.example/1", "", &file, false},
		{"a file that nobody vouches for", "https://blog.example/1", "", &news.Source{URL: "file:/srv/feed.xml"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := &news.Document{Link: "https://other.example/", Entries: []news.Entry{{ID: "1", Link: tt.link}}}
			if got := New().Batch(doc, Options{URL: tt.url, Source: tt.source}).Stories[0].Original; got != tt.want {
				t.Errorf("original: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEntriesThatSayNothing(t *testing.T) {
	t.Parallel()
	doc := &news.Document{Entries: []news.Entry{{}, {Title: news.Text{Value: "x"}}, {RawHash: 3}}}
	if n := len(New().Batch(doc, Options{}).Stories); n != 1 {
		t.Errorf("%d stories, want 1", n)
	}
}
