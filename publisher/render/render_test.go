package render_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// edition wraps items into a feed in full mode.
func edition(items ...news.Item) *news.Edition {
	for i := range items {
		items[i].Key = news.StoryKey(i + 1)
	}
	return &news.Edition{Site: testSite(), Feed: news.Feed{Name: "latest"}, Items: items, Updated: day(21, 0, 0, 0)}
}

// with gives the bare story after a change.
func with(change func(*news.Item)) news.Item {
	item := bare()
	change(&item)
	return item
}

func TestFormatsTable(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range render.Formats {
		names = append(names, f.Name)
		if f.Extension != "."+f.Name {
			t.Errorf("%s has the extension %q", f.Name, f.Extension)
		}
		if !strings.HasSuffix(f.ContentType, "; charset=utf-8") {
			t.Errorf("%s has the content type %q", f.Name, f.ContentType)
		}
	}
	if want := []string{"rss", "atom", "json"}; !slices.Equal(names, want) {
		t.Errorf("formats %v, want %v", names, want)
	}
}

func TestOmissions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		item news.Item
		why  string
	}{
		{"no id", with(func(i *news.Item) { i.PublicID = "" }), "absolute URI"},
		{"an id that is no URI", with(func(i *news.Item) { i.PublicID = "post 5" }), "absolute URI"},
		{"a scheme of digits", with(func(i *news.Item) { i.PublicID = "1tag:x" }), "absolute URI"},
		{"nothing after the scheme", with(func(i *news.Item) { i.PublicID = "urn:" }), "absolute URI"},
		{"an id that cleaning would change", with(func(i *news.Item) { i.PublicID = "urn:\x01x" }), "absolute URI"},
		{"no date", with(func(i *news.Item) { i.Date = time.Time{} }), "years 1 to 9999"},
		{"a year of five digits", with(func(i *news.Item) { i.Date = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }), "years 1 to 9999"},
		{"an id that another story has", cjk(), "same public id"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range render.Formats {
				out, err := f.Render(edition(cjk(), c.item, rightToLeft()), options)
				if err != nil {
					t.Fatal(err)
				}
				if len(out.Left) != 1 || out.Left[0].Story != 2 || !strings.Contains(out.Left[0].Err.Error(), c.why) {
					t.Errorf("%s: left %v, want story 2 because of its %q", f.Name, out.Left, c.why)
				}
				if out.Items != 2 {
					t.Errorf("%s: %d items, want the two others", f.Name, out.Items)
				}
				if err := f.Verify(out.Body, 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestContentModes: the stricter mode of feed and source wins, in each format.
func TestContentModes(t *testing.T) {
	t.Parallel()
	const none = news.ContentMode("")
	cases := []struct {
		feed, source news.ContentMode
		summary      bool
		content      bool
	}{
		{none, none, true, true},
		{news.ContentFull, news.ContentFull, true, true},
		{news.ContentFull, news.ContentSummary, true, false},
		{news.ContentSummary, none, true, false},
		{news.ContentSummary, news.ContentTitle, false, false},
		{news.ContentTitle, news.ContentFull, false, false},
	}
	for _, c := range cases {
		item := everything()
		item.From.Content = c.source
		e := edition(item)
		e.Feed.Content = c.feed
		for _, f := range render.Formats {
			body := string(mustRender(t, f, e))
			name := f.Name + " " + string(c.feed) + "+" + string(c.source)
			if got := strings.Contains(body, "summary &"); got != c.summary {
				t.Errorf("%s: summary %v, want %v", name, got, c.summary)
			}
			if got := strings.Contains(body, "whole"); got != c.content {
				t.Errorf("%s: content %v, want %v", name, got, c.content)
			}
			for _, file := range []string{"1.mp3", "1.jpg"} {
				if got := strings.Contains(body, file); got != c.summary {
					t.Errorf("%s: %s %v, want %v", name, file, got, c.summary)
				}
			}
		}
	}
}

// TestTextSurvives: what a story says arrives unharmed in each format.
func TestTextSurvives(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"CDATA end", "a ]]> b", "a ]]> b"},
		{"CDATA ends in a row", "]]>]]>]]]>", "]]>]]>]]]>"},
		{"CDATA start", "<![CDATA[x]]>", "<![CDATA[x]]>"},
		{"entities", "&amp;lt; &nbsp; &#0;", "&amp;lt; &nbsp; &#0;"},
		{"comment and instruction", "<!-- x --><?php y ?>", "<!-- x --><?php y ?>"},
		{"astral", "𠮷 👩‍👩‍👧", "𠮷 👩‍👩‍👧"},
		{"line separators", "a\u2028b\u2029c\u0085d", "a\u2028b\u2029c\nd"},
		{"line ends", "a\r\nb\rc\n\rd", "a\nb\nc\n\nd"},
		{"controls", "\x00a\x08b\x0bc\x1fd\x7f\u0080\u009fe\ufffe\uffff", "abcde"},
		{"invalid UTF-8", "a\xc3(b\xf0\x9f", "a?(b?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := edition(with(func(i *news.Item) {
				i.Title, i.Summary, i.Content = "x"+c.text, "y"+c.text, "z"+c.text
			}))
			item := parseXML(t, mustRender(t, formatNamed(t, "rss"), e)).all("channel")[0].all("item")[0]
			entry := parseXML(t, mustRender(t, formatNamed(t, "atom"), e)).all("atom:entry")[0]
			object := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Items[0]
			got := map[string]string{
				"x RSS":  item.one(t, "title"),
				"y RSS":  item.one(t, "description"),
				"z RSS":  item.one(t, "content:encoded"),
				"x Atom": entry.one(t, "atom:title"),
				"y Atom": entry.one(t, "atom:summary"),
				"z Atom": entry.one(t, "atom:content"),
				"x JSON": object.Title,
				"z JSON": object.ContentHTML,
			}
			for where, text := range got {
				if want := where[:1] + c.want; text != want {
					t.Errorf("%s: %q, want %q", where[2:], text, want)
				}
			}
		})
	}
}

// TestModified: the formats tell a change only where their whole seconds show
// one, and never one that makes no sense.
func TestModified(t *testing.T) {
	t.Parallel()
	date := day(20, 9, 30, 0).Add(200 * time.Millisecond)
	cases := []struct {
		name    string
		changed time.Time
		want    string
	}{
		{"never", date, ""},
		{"unknown", time.Time{}, ""},
		{"within the second", date.Add(600 * time.Millisecond), ""},
		{"in the next second", date.Add(800 * time.Millisecond), "2026-01-20T09:30:01Z"},
		{"before the date", date.Add(-time.Hour), ""},
		{"in no year that can be told", time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), ""},
	}
	for _, c := range cases {
		e := edition(with(func(i *news.Item) { i.Date, i.Changed = date, c.changed }))
		const published = "2026-01-20T09:30:00Z"
		object := parseJSON(t, mustRender(t, formatNamed(t, "json"), e)).Items[0]
		if object.Published != published || object.Modified != c.want {
			t.Errorf("%s: JSON published %s, modified %q, want %q", c.name, object.Published, object.Modified, c.want)
		}
		entry := parseXML(t, mustRender(t, formatNamed(t, "atom"), e)).all("atom:entry")[0]
		if got, want := entry.one(t, "atom:updated"), cmp.Or(c.want, published); got != want {
			t.Errorf("%s: Atom updated %q, want %q", c.name, got, want)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ format, body, why string }{
		{"rss", ``, "0 root elements"},
		{"rss", `<rss><channel><item></channel></rss>`, "closed by"},
		{"rss", `<rss><channel><item/>`, "unexpected EOF"},
		{"rss", "<rss><channel><item>\x01</item></channel></rss>", "illegal character"},
		{"rss", `<rss><channel><item/></channel></rss><rss/>`, "2 root elements"},
		{"rss", `<rss><channel><item/></channel></rss>more`, "outside of the root"},
		{"rss", `<html><channel><item/></channel></html>`, "root element"},
		{"rss", `<rss><channel><item/><item/></channel></rss>`, "2 items instead of 1"},
		{"rss", `<rss><channel><x><item/></x></channel></rss>`, "0 items instead of 1"},
		{"rss", `<rss><channel><item><itunes:season/></item></channel></rss>`, "itunes:season is not declared"},
		{"rss", `<rss xmlns:dc="urn:dc"><channel><item itunes:a="1"/></channel></rss>`, "itunes:a is not declared"},
		{"atom", `<feed><entry/><entry/></feed>`, "2 items instead of 1"},
		{"json", `{"version":"https://jsonfeed.org/version/1.1","items":[{}`, "unexpected end"},
		{"json", `{"version":"https://jsonfeed.org/version/1.1"}`, "missing"},
		{"json", `{"items":[{}]}`, "version"},
		{"json", `{"version":"https://jsonfeed.org/version/1.1","items":[]}`, "0 items instead of 1"},
		{"json", `{"version":"https://jsonfeed.org/version/1.1","items":["x"]}`, "cannot unmarshal"},
		{"json", `{"version":"https://jsonfeed.org/version/1.1","items":[{}]} x`, "after top-level"},
	}
	for _, c := range cases {
		err := formatNamed(t, c.format).Verify([]byte(c.body), 1)
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s %s: %v, want an error with %q", c.format, c.body, err, c.why)
		}
	}
}
