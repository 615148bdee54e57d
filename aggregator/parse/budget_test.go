package parse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"tributary/internal/news"
)

// padded makes an item of some 10 KB.
func padded(i int) string {
	return fmt.Sprintf("<item><title>%d</title><description>%s</description></item>\n", i, strings.Repeat("ten bytes ", 1000))
}

// large makes a feed of n padded items.
func large(n int) string {
	var b strings.Builder
	b.WriteString("<rss><channel>")
	for i := range n {
		b.WriteString(padded(i))
	}
	return b.String() + "</channel></rss>"
}

func utf16LE(s string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// TestBudget reads documents of which something is left out.
func TestBudget(t *testing.T) {
	t.Parallel()
	many := func(n int, tag string) string { return strings.Repeat(tag, n) }
	for _, row := range []struct {
		name    string
		body    string
		least   int // entries
		most    int
		text    int    // bytes of each entry's text, at least
		warning string // empty: there is none
	}{
		{"below the limit", large(700), 700, 700, 9999, ""},
		{"above the limit", large(2000), 800, 840, 9999, "only its first entries"},
		{"in UTF-16", utf16LE(large(2000)), 200, 210, 9999, "only its first entries"},
		{"in windows-1252", strings.ReplaceAll(large(2000), "bytes", "byt\xe9s"), 400, 420, 9999, "only its first entries"},
		{"cut with whole elements only", "<rss><channel>" + many(400, "<item><title>x</title>"+many(300, "<category>c</category>")+"</item>"), 320, 340, 0, "only its first entries"},
		{"one entry is never cut to none", "<rss><channel><item><title>x</title><description>" + many(1<<20, "twelve bytes"), 1, 1, 1 << 20, "only its first entries"},
		{"many elements", wrapRSS(many(3000, "<category>c</category>")), 1, 1, 0, "some were left out"},
		{"many elements in each of two", "<rss><channel>" + many(2, "<item><title>x</title>"+many(1900, "<category>c</category>")+"</item>"), 2, 2, 0, ""},
		{"a long text", wrapRSS("<description>" + many(3<<20, "x") + "</description>"), 1, 1, 1 << 20, "end was left out"},
	} {
		doc, err := Parse([]byte(row.body), Options{})
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if n := len(doc.Entries); n < row.least || n > row.most {
			t.Errorf("%s: %d entries, want %d to %d", row.name, n, row.least, row.most)
		}
		warned := func(w string) bool { return strings.Contains(w, row.warning) }
		if row.warning == "" && mentionsLoss(doc) || !slices.ContainsFunc(doc.Warnings, warned) && row.warning != "" {
			t.Errorf("%s: warnings %q, want %q", row.name, doc.Warnings, row.warning)
		}
		for i := range doc.Entries {
			if n := len(doc.Entries[i].Content.Value + doc.Entries[i].Summary.Value); n < row.text {
				t.Errorf("%s: entry %d was cut to %d bytes", row.name, i, n)
			}
		}
	}
}

func mentionsLoss(doc *news.Document) bool {
	return slices.ContainsFunc(doc.Warnings, func(w string) bool { return strings.Contains(w, "left out") || strings.Contains(w, "only") })
}

// TestEnough parses no more of a body than Enough bytes: the rest changes
// nothing.
func TestEnough(t *testing.T) {
	t.Parallel()
	body := []byte(large(2000))
	whole, err := Parse(body, Options{})
	if err != nil {
		t.Fatal(err)
	}
	enough, err := Parse(body[:Enough], Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Entries) != len(enough.Entries) || !slices.Equal(whole.Warnings, enough.Warnings) {
		t.Errorf("%d entries %q, and %d %q of Enough", len(whole.Entries), whole.Warnings, len(enough.Entries), enough.Warnings)
	}
}

func TestJSONNumbersOfAnySize(t *testing.T) {
	t.Parallel()
	doc, err := Parse([]byte(`{"version":"https://jsonfeed.org/version/1.1","items":[
		{"id":"1","title":"kept","date_published":-1},{"id":9e9999,"title":"kept too"}]}`), Options{})
	if err != nil || len(doc.Entries) != 2 {
		t.Fatalf("%+v, %v", doc, err)
	}
}
