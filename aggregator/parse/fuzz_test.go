package parse

import (
	"encoding/xml"
	"errors"
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

// FuzzParse: whatever comes, Parse returns; the same twice; an *Error or
// entries; ids and links trimmed; texts valid and free of markers; limits held.
func FuzzParse(f *testing.F) {
	for _, path := range fixtures(f) {
		f.Add(readFile(f, path), "text/xml; charset=utf-8")
	}
	f.Add([]byte("<rss><channel><item><title>\uFDD0h0:x<![CDATA["), "")
	f.Add([]byte("<entry><title>1</title><entry><title>2</title>"), "") // once a panic
	f.Add([]byte("<rss><channel><item><dc:×>1</dc:×></item></channel></rss>"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		before := string(body)
		opts := Options{ContentType: contentType, URL: "https://example.org/feed"}
		start := allocated()
		doc, err := Parse(body, opts)
		if used, most := allocated()-start, uint64(maxFixed+maxPerByte*len(body)); used > most {
			t.Fatalf("%d bytes were allocated for %d, more than %d", used, len(body), most)
		}
		if string(body) != before {
			t.Fatal("the body was changed")
		}
		again, err2 := Parse(body, opts)
		if diff := cmp.Diff(doc, again); diff != "" || (err == nil) != (err2 == nil) {
			t.Fatalf("twice the same, not the same: %v, %v\n%s", err, err2, diff)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Cause == "" || e.Detail == "") {
			t.Fatalf("error without a cause: %v", err)
		}
		if err == nil && (len(doc.Entries) == 0 || len(doc.Entries) > maxEntries) {
			t.Fatalf("%d entries", len(doc.Entries))
		}
		if doc != nil && slices.Contains(doc.Warnings, mendings[bits.TrailingZeros(uint(mendedEntries))]) {
			t.Fatalf("gofeed gave up on what the pass made: %v", err)
		}
		if doc != nil {
			checkDocument(t, doc)
		}
	})
}

// What Parse may allocate, in bytes: much for the shortest element, because
// gofeed's item is large, but in proportion to the document.
const (
	maxFixed   = 1 << 20
	maxPerByte = 1 << 10
)

// allocated gives the bytes that the process has allocated so far. Nothing
// else runs beside a fuzz target.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzWellFormed: nothing is mended in a well-formed document, and every text
// arrives as it was written, however it is written.
func FuzzWellFormed(f *testing.F) {
	f.Add("a title", "<p>content</p>", "urn:1", uint8(0))
	f.Add("1 < 2 && 3 > 2", "<![CDATA[ ]]>", "x]]>y", uint8(1))
	f.Add("</title>", "</item></channel></rss>", "<!-- -->", uint8(2))
	f.Add("\uFDD0h0:x", "&nbsp;&amp;", "<?php", uint8(5))
	f.Add("<entry>", "</description></entry><entry>", "</id", uint8(7))
	f.Fuzz(func(t *testing.T, title, content, id string, form uint8) {
		write := func(s string) string {
			if form&1 != 0 {
				return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
			}
			var b strings.Builder
			if err := xml.EscapeText(&b, []byte(s)); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		body := "<rss version='2.0'><channel><title>f</title>%s</channel></rss>"
		entry := "<item><title>" + write(title) + "</title><description>" + write(content) + "</description><guid>" + write(id) + "</guid></item>"
		if form&2 != 0 {
			body = "<feed xmlns='http://www.w3.org/2005/Atom'><title>f</title>%s</feed>"
			entry = "<entry><title type='html'>" + write(title) + "</title><summary type='html'>" + write(content) + "</summary><id>" + write(id) + "</id></entry>"
		}
		body = strings.Replace(body, "%s", "<!-- & -->"+entry+entry, 1)
		for _, s := range []string{title, content, id} {
			if !utf8.ValidString(s) || illegal([]byte(s), 0) < len(s) || strings.ContainsRune(s, '\r') {
				t.Skip() // what no document can hold, and lines that XML ends in its own way
			}
		}
		if !isWellFormed([]byte(body)) {
			t.Fatalf("the test itself is wrong: %q", body)
		}
		doc, err := Parse([]byte(body), Options{})
		if err != nil {
			t.Fatalf("%v in %q", err, body)
		}
		if len(doc.Entries) != 2 || len(doc.Warnings) > 0 {
			t.Fatalf("%d entries, warnings %q, from %q", len(doc.Entries), doc.Warnings, body)
		}
		e := doc.Entries[0]
		for name, pair := range map[string][2]string{"title": {title, e.Title.Value}, "content": {content, e.Summary.Value}, "id": {id, e.ID}} {
			if want := strings.TrimSpace(pair[0]); pair[1] != want && !strings.HasPrefix(want, marker) {
				t.Errorf("%s %q, want %q, from %q", name, pair[1], want, body)
			}
		}
	})
}

func checkDocument(t *testing.T, doc *news.Document) {
	t.Helper()
	check := func(what, s string) {
		if !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.HasPrefix(s, marker+"h0:") {
			t.Errorf("%s %q is not clean", what, s)
		}
	}
	for i := range doc.Entries {
		e := &doc.Entries[i]
		check("id", e.ID)
		check("link", e.Link)
		check("title", e.Title.Value)
		check("summary", e.Summary.Value)
		check("content", e.Content.Value)
		for _, date := range []int{e.Published.Year(), e.Updated.Year()} {
			if date < 1 || date > 9999 {
				t.Errorf("year %d", date)
			}
		}
		for _, f := range e.Enclosures {
			if f.Length < 0 || f.URL == "" {
				t.Errorf("enclosure %+v", f)
			}
		}
	}
}
