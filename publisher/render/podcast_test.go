package render_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// TestPodcastTags: what podcast apps are told, and when they are told nothing.
func TestPodcastTags(t *testing.T) {
	t.Parallel()
	sound := news.Enclosure{URL: "https://a.example/1.mp3", Type: "audio/mpeg", Duration: 90}
	silent := news.Enclosure{URL: "https://a.example/1.mp3", Type: "audio/mpeg"}
	picture := news.Enclosure{URL: "https://a.example/1.jpg", Type: "image/jpeg"}
	explicit := silent
	explicit.Episode.Explicit = "true"
	cases := []struct {
		name     string
		files    []news.Enclosure
		mode     news.ContentMode
		duration string // of the item; empty: no tag
		explicit string // of the feed; empty: no tags
	}{
		{"no file", nil, "", "", ""},
		{"a file of which nothing is known", []news.Enclosure{silent}, "", "", ""},
		{"a sound", []news.Enclosure{sound}, "", "90", "false"},
		{"a picture before it", []news.Enclosure{picture, sound}, "", "90", "false"},
		{"a sound known by its name only", []news.Enclosure{picture, {URL: "https://a.example/1.mp3", Duration: 90}}, "", "90", "false"},
		{"a sound without an address", []news.Enclosure{{Type: "audio/mpeg", Duration: 90}, picture}, "", "", ""},
		{"an explicit one", []news.Enclosure{explicit}, "", "", "true"},
		{"no files in title mode", []news.Enclosure{sound}, news.ContentTitle, "", ""},
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Enclosures, i.From.Content = c.files, c.mode }), cjk())
		for _, name := range []string{"rss", "atom"} {
			f := formatNamed(t, name)
			body := mustRender(t, f, e)
			d := newValidated(t, f, body, "")
			var duration, explicit string
			for _, n := range d.items[0].all("itunes:duration") {
				duration = n.Text
			}
			for _, n := range d.feed.all("itunes:explicit") {
				explicit = n.Text
			}
			if duration != c.duration || explicit != c.explicit {
				t.Errorf("%s in %s: duration %q, explicit %q, want %q, %q", c.name, name, duration, explicit, c.duration, c.explicit)
			}
			if declared := strings.Contains(string(body), nsITunes); declared != (c.explicit != "") {
				t.Errorf("%s in %s: the namespace is declared: %t", c.name, name, declared)
			}
		}
	}
}

// TestMainFile: RSS has one enclosure, which is the one that plays.
func TestMainFile(t *testing.T) {
	t.Parallel()
	of := func(mediaType string) news.Enclosure {
		return news.Enclosure{URL: "https://a.example/" + mediaType, Type: mediaType}
	}
	cases := []struct {
		types []string
		want  string
	}{
		{[]string{"image/png", "audio/ogg", "video/mp4"}, "audio/ogg"},
		{[]string{"application/pdf", "video/mp4"}, "video/mp4"},
		{[]string{"application/pdf", "image/png"}, "application/pdf"},
	}
	for _, c := range cases {
		item := with(func(i *news.Item) {
			for _, mediaType := range c.types {
				i.Enclosures = append(i.Enclosures, of(mediaType))
			}
		})
		f := formatNamed(t, "rss")
		d := newValidated(t, f, mustRender(t, f, edition(item)), "")
		if got := d.items[0].all("enclosure"); len(got) != 1 || got[0].attr("type") != c.want {
			t.Errorf("of %v: %v, want %s", c.types, got, c.want)
		}
	}
}

// TestRanks: entries of one second differ, in the order of the feed, and one
// that leaves or comes moves no other by a second.
func TestRanks(t *testing.T) {
	t.Parallel()
	at := day(20, 10, 0, 0)
	story := func(id string, changed time.Time) news.Item {
		return with(func(i *news.Item) { i.PublicID, i.Date, i.Changed = "tag:a.example,2026:"+id, at, changed })
	}
	dates := func(items ...news.Item) (out []string) {
		f := formatNamed(t, "atom")
		for _, entry := range newValidated(t, f, mustRender(t, f, edition(items...)), "").items {
			out = append(out, strings.TrimPrefix(entry.one(t, "atom:updated"), "2026-01-20T10:00:"))
		}
		return out
	}
	a, b, c := story("a", at), story("b", at.Add(300*time.Millisecond)), story("c", time.Time{})
	other := story("d", at.Add(time.Second))
	cases := []struct {
		name  string
		items []news.Item
		want  []string
	}{
		{"three, the oldest last", []news.Item{c, b, a}, []string{"00.000002Z", "00.000001Z", "00Z"}},
		{"the oldest left", []news.Item{c, b}, []string{"00.000001Z", "00Z"}},
		{"one of another second", []news.Item{b, other, a}, []string{"00.000001Z", "01Z", "00Z"}},
		{"alone", []news.Item{a}, []string{"00Z"}},
	}
	for _, k := range cases {
		if got := dates(k.items...); !slices.Equal(got, k.want) {
			t.Errorf("%s: %q, want %q", k.name, got, k.want)
		}
	}
}

// TestIcon: RSS can name pictures of three types only, others any.
func TestIcon(t *testing.T) {
	t.Parallel()
	for icon, inRSS := range map[string]int{
		"": 0, "https://a.example/i.png": 1, "https://a.example/i.JPG": 1, "https://a.example/i.svg": 0, "https://a.example/i": 0,
	} {
		e := edition(cjk())
		e.Site.Icon = icon
		channel := parseXML(t, mustRender(t, formatNamed(t, "rss"), e)).all("channel")[0]
		if got := len(channel.all("image")); got != inRSS {
			t.Errorf("%q: %d images in RSS, want %d", icon, got, inRSS)
		}
		var inAtom string
		for _, n := range parseXML(t, mustRender(t, formatNamed(t, "atom"), e)).all("atom:icon") {
			inAtom = n.Text
		}
		if json := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Icon; json != icon || inAtom != icon {
			t.Errorf("%q: %q in Atom, %q in JSON", icon, inAtom, json)
		}
	}
}

// TestEditor: RSS names an editor by email only (RSS 2.0, managingEditor).
func TestEditor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		author          news.Person
		editor, creator string
	}{
		{news.Person{Name: "Ann", Email: "ann@a.example"}, "ann@a.example (Ann)", ""},
		{news.Person{Email: "ann@a.example"}, "ann@a.example (The Example Observer)", ""},
		{news.Person{Name: "Ann"}, "", "Ann"},
		{news.Person{}, "", "The Example Observer"},
	} {
		e := edition(cjk())
		e.Site.Author = c.author
		channel := parseXML(t, mustRender(t, formatNamed(t, "rss"), e)).all("channel")[0]
		var editor, creator string
		for _, n := range channel.all("managingEditor") {
			editor = n.Text
		}
		for _, n := range channel.all("dc:creator") {
			creator = n.Text
		}
		if editor != c.editor || creator != c.creator {
			t.Errorf("%v: editor %q, creator %q, want %q, %q", c.author, editor, creator, c.editor, c.creator)
		}
	}
}
