package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"testing"
	"time"

	"tributary/internal/news"
)

// FuzzAppend: whatever a story says, its fragments are what encoding/xml and
// encoding/json make of the same structs.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{
		"", "plain", "]]>", "a]]>b]]>", "]]]]>>", "<![CDATA[", "&lt;&amp;&#10;&", "\x00\x08\x0c\x1f\x7f\x80", "\xff\xfe",
		"\ufffd", "\ufffe\uffff", "\xed\xa0\x80", "\r\n\t", "\u2028\u2029", "שלום", "日本語 𠮷", `"'<>\/`, "a\tb\nc", "en", "a@b", "a/b",
	} {
		f.Add(s, s, "https://a.example/", int64(0), 0, byte(0xff))
		f.Add("title", s, "urn:x:"+s, int64(1)<<40, -1, byte(0x55))
		f.Add(s, "", s, int64(-5), 7, byte(0xaa))
		f.Add(s, "text", "", int64(60), 1, byte(0))
	}
	f.Fuzz(func(t *testing.T, title, text, address string, n int64, rank int, has byte) {
		e := anyEntry(title, text, address, n, has)
		for _, tc := range []struct {
			name string
			item any
			got  []byte
			json bool
		}{
			{"rss", newRSSItem(e), appendRSSItem(nil, e, rank), false},
			{"atom", newAtomEntry(e, rank), appendAtomEntry(nil, e, rank), false},
			{"json", newJSONItem(e), appendJSONItem(nil, e, rank), true},
		} {
			if want := encoded(t, tc.item, tc.json); !bytes.Equal(tc.got, want) {
				t.Errorf("%s:\n%s\nwant\n%s", tc.name, tc.got, want)
			}
		}
	})
}

func encoded(t *testing.T, item any, asJSON bool) []byte {
	t.Helper()
	var out bytes.Buffer
	err := xml.NewEncoder(&out).Encode(item)
	if asJSON {
		out.Reset()
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(item)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// anyEntry puts the values wherever an entry has one, uncleaned; has says by
// its bits which of the parts that may be missing are there.
func anyEntry(title, text, address string, n int64, has byte) *entry {
	at := time.Unix(n%1e11, 0).UTC()
	if !datable(at) {
		at = time.Unix(0, 0)
	}
	e := &entry{Heading: title, Item: news.Item{Story: news.Story{
		PublicID: address, Title: title, Link: address, Excerpt: title, Date: at, Changed: at.Add(time.Duration(n)),
	}}}
	if !datable(e.Changed) {
		e.Changed = at
	}
	with := func(bit byte, do func()) {
		if has>>bit&1 != 0 {
			do()
		}
	}
	with(0, func() { e.Content, e.Language = text, title })
	with(1, func() { e.Summary, e.Rights = text+title, text })
	with(2, func() { e.Comments, e.Image = address, address })
	with(3, func() {
		e.Authors = []news.Person{{Name: title, Email: text, URL: address}, {Name: text}, {URL: address}}
		e.Credit = e.Authors[:2]
	})
	with(4, func() { e.Categories = []string{title, text, address} })
	with(5, func() {
		e.Enclosures = []news.Enclosure{{URL: address, Type: "audio/" + text, Length: n}, {URL: text, Type: title}}
	})
	with(6, func() {
		e.Enclosures = append(e.Enclosures, news.Enclosure{
			URL: address, Type: "video/x", Duration: n,
			Episode: news.Episode{Number: int(n), Season: len(text), Kind: title, Explicit: text},
		})
		e.AlsoIn = []news.Copy{{Title: title, Link: address}, {Link: text}}
	})
	with(7, func() { e.From = news.SourceInfo{Title: title, URL: address, ID: text, Site: text, Author: text} })
	return e
}
