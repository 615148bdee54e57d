package normalize

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tributary/internal/news"
)

// TestCostOfMarkup reads a document that holds more markup than is read at
// once: the stories at its end come without texts, and with them the next
// time, when those before are known.
func TestCostOfMarkup(t *testing.T) {
	t.Parallel()
	doc := &news.Document{}
	for i := range 20 {
		doc.Entries = append(doc.Entries, news.Entry{
			ID: fmt.Sprint(i), RawHash: uint64(i + 1), Title: news.Text{Value: "x"},
			Content: news.Text{Value: strings.Repeat("<p>x", 20_000), Type: news.TextHTML},
		})
	}
	n := New()
	seen := make(map[string]uint64)
	for _, want := range []int{16, 4} {
		batch := n.Batch(doc, Options{Seen: seen})
		full := 0
		for i := range batch.Stories {
			s := &batch.Stories[i]
			seen[s.ID] = s.RawHash
			if s.Content != "" {
				full++
			}
			if s.Title != "x" || (s.Content == "") != (s.RawHash == 0) {
				t.Errorf("story %s: title %q, %d bytes, hash %x", s.ID, s.Title, len(s.Content), s.RawHash)
			}
		}
		warned := slices.ContainsFunc(batch.Warnings, func(w string) bool { return strings.Contains(w, "wait for the next change") })
		if full != want || warned != (full < len(batch.Stories)) {
			t.Errorf("%d stories with texts of %d, want %d; warnings %q", full, len(batch.Stories), want, batch.Warnings)
		}
	}
}
