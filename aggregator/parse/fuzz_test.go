package parse

import (
	"errors"
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
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		before := string(body)
		opts := Options{ContentType: contentType, URL: "https://example.org/feed"}
		doc, err := Parse(body, opts)
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
		if doc != nil {
			checkDocument(t, doc)
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
