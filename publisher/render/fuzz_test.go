package render_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// FuzzRender: whatever the strings of a story and its source are, the document
// is well-formed UTF-8, holds every story that is not told as left out, and
// its neighbor's text as it was.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"", "plain", "]]>", "<![CDATA[", "&lt;&amp;&", "\x00\x1f\x7f", "\xff\xfe", "\ufffe\uffff", "\xed\xa0\x80",
		"\r\n", "\u2028", "שלום", "日本語 𠮷", `"'<>`, "https://a.example/x.mp3", "urn:x", "en_US", "a@b", "a/b",
	} {
		f.Add(s, s, "urn:fuzz:"+s, s, int64(0))
		f.Add("title", s, "tag:x,2026:"+s, "https://a.example/"+s, int64(-1))
	}
	f.Fuzz(func(t *testing.T, title, body, id, link string, seconds int64) {
		e := edition(fuzzed(title, body, id, link, seconds), bare())
		for _, format := range render.Formats {
			out, err := format.Render(e, options)
			if err != nil {
				t.Fatalf("%s: %v", format.Name, err)
			}
			if out.Items+len(out.Left) != len(e.Items) {
				t.Errorf("%s: %d items and %d left of %d", format.Name, out.Items, len(out.Left), len(e.Items))
			}
			if err := format.Verify(out.Body, out.Items); err != nil {
				t.Errorf("%v in:\n%s", err, out.Body)
			}
			if !utf8.Valid(out.Body) || bytes.IndexByte(out.Body, 0) >= 0 {
				t.Errorf("%s: bytes that XML has no place for in:\n%q", format.Name, out.Body)
			}
			if !bytes.Contains(out.Body, []byte(bare().PublicID)) {
				t.Errorf("%s: the other story is gone", format.Name)
			}
		}
	})
}

// fuzzed puts the strings wherever a story has one.
func fuzzed(title, body, id, link string, seconds int64) news.Item {
	item := everything()
	item.Title, item.Summary, item.Content, item.Excerpt = title, body, body+title, body
	item.PublicID, item.Link, item.Comments, item.Image = id, link, link, link
	item.Language, item.Rights = title, body
	item.Authors = []news.Person{{Name: title, Email: link, URL: body}, {Email: title}}
	item.Categories = []string{title, body}
	item.Enclosures = []news.Enclosure{{URL: link, Type: title, Length: seconds}, {URL: body}}
	item.AlsoIn = []news.Copy{{Title: title, Link: link}}
	item.From = news.SourceInfo{Name: title, Title: body, Site: link, URL: link, ID: id, Author: title, Rights: body}
	item.Date = item.Date.AddDate(0, 0, int(seconds%5_000_000))
	return item
}
