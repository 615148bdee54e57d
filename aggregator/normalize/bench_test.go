package normalize

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tributary/internal/news"
)

// sample is a story's content of about 3 KB, as blogs write it.
func sample(b *testing.B) string {
	b.Helper()
	article, err := os.ReadFile("testdata/html/article.html")
	if err != nil {
		b.Fatal(err)
	}
	s := string(article)
	for len(s) < 3000 {
		s += "<p>Another paragraph of <em>ordinary</em> prose, with <a href=\"/links/to/elsewhere\">a link</a> &amp; an entity, as long as they usually are in posts that people write.</p>\n"
	}
	return s
}

func BenchmarkSanitize3KB(b *testing.B) {
	in := sample(b)
	m, policy := markup{html: in, base: testBase(), limit: maxContent}, newPolicy(nil)
	b.Run("tokenizer alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for z := html.NewTokenizer(strings.NewReader(in)); z.Next() != html.ErrorToken; {
				z.Token()
			}
		}
	})
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rules{}.walk(m)
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rules{}.clean(m, policy)
		}
	})
	b.Run("ours, then bluemonday", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			policy.Sanitize(rules{}.walk(m).html)
		}
	})
	b.Run("bluemonday alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			policy.Sanitize(in)
		}
	})
}

func BenchmarkSanitizeText(b *testing.B) {
	in := strings.Repeat("Plain words without any markup. ", 32)
	policy := newPolicy(nil)
	b.ReportAllocs()
	for b.Loop() {
		rules{}.clean(markup{html: in, limit: maxContent}, policy)
	}
}

func BenchmarkBatch20(b *testing.B) {
	doc := &news.Document{Link: "https://blog.example/"}
	seen := map[string]uint64{}
	for i := range 20 {
		id := fmt.Sprintf("https://blog.example/?p=%d", i)
		doc.Entries = append(doc.Entries, news.Entry{
			ID: id, Link: fmt.Sprintf("https://blog.example/%d", i), RawHash: uint64(i + 1),
			Title: news.Text{Value: "Title &amp; more"}, Content: news.Text{Value: sample(b)},
		})
	}
	n := New()
	for _, s := range n.Batch(doc, Options{URL: fetched}).Stories {
		seen[s.ID] = s.RawHash
	}
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.Batch(doc, Options{URL: fetched})
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.Batch(doc, Options{URL: fetched, Seen: seen})
		}
	})
	b.Run("ids", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.IDs(doc, Options{URL: fetched})
		}
	})
}
