package render_test

import (
	"strings"
	"testing"

	"tributary/internal/news"
)

// TestHeading: what stands in for a title that Atom must have.
func TestHeading(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 30)
	cases := []struct {
		name   string
		change func(*news.Item)
		want   string
	}{
		{"the title", func(i *news.Item) { i.Title, i.Excerpt = " T ", "excerpt" }, "T"},
		{"a title of nothing", func(i *news.Item) { i.Title, i.Excerpt = "\x00 ", "excerpt" }, "excerpt"},
		{"80 characters fit", func(i *news.Item) { i.Excerpt = strings.Repeat("é", 80) }, strings.Repeat("é", 80)},
		{"cut between words", func(i *news.Item) { i.Excerpt = long }, strings.TrimSpace(long[:79]) + "…"},
		{"cut where there is no space", func(i *news.Item) { i.Excerpt = strings.Repeat("日", 100) }, strings.Repeat("日", 80) + "…"},
		{"not cut down to its first word", func(i *news.Item) { i.Excerpt = "a " + strings.Repeat("b", 100) }, "a " + strings.Repeat("b", 78) + "…"},
		{"the source", func(*news.Item) {}, disk.Title},
		{"the link", func(i *news.Item) { i.From = news.SourceInfo{}; i.Link = "https://a.example/" }, "https://a.example/"},
		{"the id", func(i *news.Item) { i.From = news.SourceInfo{} }, bare().PublicID},
	}
	for _, c := range cases {
		body := mustRender(t, formatNamed(t, "atom"), edition(with(c.change)))
		if got := parseXML(t, body).all("atom:entry")[0].one(t, "atom:title"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAuthors: who is named when a story names nobody, and never the author of
// our feed for other people's story.
func TestAuthors(t *testing.T) {
	t.Parallel()
	ann := news.Person{Name: "Ann"}
	cases := []struct {
		name      string
		authors   []news.Person
		from      news.SourceInfo
		rss, atom string // names, joined
	}{
		{"its own", []news.Person{ann, {Name: "Bob"}}, weekly, "Ann, Bob", "Ann, Bob"},
		{"by email and address", []news.Person{{Email: "c@d.example"}, {URL: "https://e.example/"}}, weekly, "c@d.example, https://e.example/", "c@d.example, https://e.example/"},
		{"no address in it", []news.Person{{Email: "at home"}}, plain, "", "plain.example"},
		{"the source's", nil, weekly, "Weekly Staff", "Weekly Staff"},
		{"the source itself, where it would be inherited", nil, plain, "", "plain.example"},
		{"our article inherits", nil, local, "", ""},
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Authors, i.From = c.authors, c.from }))
		item := parseXML(t, mustRender(t, formatNamed(t, "rss"), e)).all("channel")[0].all("item")[0]
		entry := parseXML(t, mustRender(t, formatNamed(t, "atom"), e)).all("atom:entry")[0]
		object := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Items[0]
		var rss, atom, json []string
		for _, n := range item.all("dc:creator") {
			rss = append(rss, n.Text)
		}
		for _, n := range entry.all("atom:author") {
			atom = append(atom, n.one(t, "atom:name"))
		}
		for _, p := range object.Authors {
			json = append(json, p.Name)
		}
		if got := strings.Join(rss, ", "); got != c.rss {
			t.Errorf("%s: RSS %q, want %q", c.name, got, c.rss)
		}
		if got := strings.Join(atom, ", "); got != c.atom {
			t.Errorf("%s: Atom %q, want %q", c.name, got, c.atom)
		}
		if got := strings.Join(json, ", "); got != c.atom {
			t.Errorf("%s: JSON %q, want %q", c.name, got, c.atom)
		}
	}
}

func TestEnclosureTypes(t *testing.T) {
	t.Parallel()
	cases := []struct{ address, given, want string }{
		{"https://a.example/x.mp3", "audio/x-own", "audio/x-own"},                     // what the upstream says
		{"https://a.example/x.mp3", "", "audio/mpeg"},                                 // by its extension
		{"https://a.example/X.MP4?y=.mp3#z.ogg", "", "video/mp4"},                     // of the path alone
		{"https://a.example/x.mp3", "audio", "audio/mpeg"},                            // no media type
		{"https://a.example/x.mp3", "audio / mpeg", "audio/mpeg"},                     // nor this
		{"https://a.example/x.unheard", "", "application/octet-stream"},               // unknown
		{"https://a.example/", "/", "application/octet-stream"},                       // nothing to go by
		{"https://a.example/%zz.mp3", "", "application/octet-stream"},                 // no URL
		{"https://a.example/x.mp3\x00", "audio/mpeg;codecs=1", "audio/mpeg;codecs=1"}, // parameters stay
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Enclosures = []news.Enclosure{{Type: "a/b"}, {URL: c.address, Type: c.given}} }))
		attachments := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Items[0].Attachments
		if len(attachments) != 1 || attachments[0].MIMEType != c.want {
			t.Errorf("%s of %q: %v, want the type %s", c.address, c.given, attachments, c.want)
		}
		item := parseXML(t, mustRender(t, formatNamed(t, "rss"), e)).all("channel")[0].all("item")[0]
		if file := item.all("enclosure"); len(file) != 1 || file[0].attr("type") != c.want || file[0].attr("length") != "0" {
			t.Errorf("%s of %q: %v, want one of type %s and length 0", c.address, c.given, file, c.want)
		}
	}
}

func TestItemLanguage(t *testing.T) {
	t.Parallel()
	cases := []struct{ site, story, want string }{
		{"en", "en", ""}, // the feed's already
		{"en", "EN", ""}, // in any case
		{"en", "en-GB", "en-GB"},
		{"en", "pt_BR", "pt-BR"}, // POSIX
		{"", "de", "de"},
		{"en", "x", ""}, // no language
		{"en", "english!", ""},
		{"en", "zh-Hant-TW", "zh-Hant-TW"},
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Language = c.story }))
		e.Site.Language = c.site
		if got := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Items[0].Language; got != c.want {
			t.Errorf("%q in a feed in %q: JSON %q, want %q", c.story, c.site, got, c.want)
		}
		root := parseXML(t, mustRender(t, formatNamed(t, "atom"), e))
		if got := root.all("atom:entry")[0].attr("xml:lang"); got != c.want || root.attr("xml:lang") != c.site {
			t.Errorf("%q in a feed in %q: Atom %q in %q, want %q", c.story, c.site, got, root.attr("xml:lang"), c.want)
		}
	}
}

// TestAtomWithoutLink: an entry must have content or an alternate link
// (RFC 4287 §4.1.2), so what there is becomes the content.
func TestAtomWithoutLink(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name             string
		summary, content string
		kind, want       string
		besides          int // summaries
	}{
		{"all", "s", "c", "html", "c", 1},
		{"a summary", "s", "", "html", "s", 0},
		{"a title", "", "", "text", "Title", 0},
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Title, i.Summary, i.Content = "Title", c.summary, c.content }))
		entry := parseXML(t, mustRender(t, formatNamed(t, "atom"), e)).all("atom:entry")[0]
		if got := entry.one(t, "atom:content"); got != c.want || entry.all("atom:content")[0].attr("type") != c.kind {
			t.Errorf("%s: content %q %v, want %q of type %s", c.name, got, entry.all("atom:content")[0].Attrs, c.want, c.kind)
		}
		if n := len(entry.all("atom:summary")); n != c.besides {
			t.Errorf("%s: %d summaries, want %d", c.name, n, c.besides)
		}
	}
}
