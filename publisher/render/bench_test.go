package render_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"

	"github.com/gorilla/feeds"
)

// fifty is an edition as they usually are: about 1 KB of HTML a story.
func fifty() *news.Edition {
	items := make([]news.Item, 50)
	for i := range items {
		date := day(20, 9, 0, 0).Add(-time.Duration(i) * time.Hour)
		address := fmt.Sprintf("https://weekly.example/posts/%d", i)
		items[i] = news.Item{From: weekly, Story: news.Story{
			PublicID: address, Link: address,
			Title:      fmt.Sprintf("Story %d: what's new & what <isn't>", i),
			Summary:    "<p>" + strings.Repeat("A short summary. ", 6) + "</p>",
			Content:    strings.Repeat(`<p>Some <a href="https://weekly.example/x?a=1&amp;b=2">text</a> with <em>markup</em> – naïve. </p>`, 10),
			Excerpt:    strings.Repeat("A short summary. ", 6),
			Authors:    []news.Person{{Name: "Ann Author"}},
			Categories: []string{"go", "tools"},
			Date:       date, Changed: date,
		}}
	}
	return edition(items...)
}

func renderAll(b *testing.B, e *news.Edition) {
	with := options
	with.Items = render.Prepare(e)
	for _, f := range render.Formats {
		if _, err := f.Render(e, with); err != nil {
			b.Fatal(err)
		}
	}
}

// floorAll is what gorilla/feeds does alone, from its own items, which can
// tell less: the measure of architecture's goal.
func floorAll(b *testing.B, e *news.Edition) {
	feed := &feeds.Feed{Title: e.Feed.Title, Link: &feeds.Link{Href: e.Site.URL}, Updated: e.Updated}
	for i := range e.Items {
		item := &e.Items[i]
		feed.Add(&feeds.Item{
			Id: item.PublicID, Title: item.Title, Link: &feeds.Link{Href: item.Link},
			Description: item.Summary, Content: item.Content,
			Author: &feeds.Author{Name: item.Authors[0].Name}, Created: item.Date, Updated: item.Changed,
		})
	}
	for _, write := range []func(io.Writer) error{feed.WriteRss, feed.WriteAtom, feed.WriteJSON} {
		if err := write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRender renders three formats of 50 stories. The ratio is that of
// the medians against gorilla/feeds, the two taking turns in the same run.
func BenchmarkRender(b *testing.B) {
	e := fifty()
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			renderAll(b, e)
		}
	})
	for _, f := range render.Formats {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Render(e, options); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		var ours, floor []time.Duration
		for b.Loop() {
			start := time.Now()
			renderAll(b, e)
			half := time.Now()
			floorAll(b, e)
			ours, floor = append(ours, half.Sub(start)), append(floor, time.Since(half))
		}
		b.ReportMetric(float64(median(ours))/float64(median(floor)), "ratio")
	})
}

// BenchmarkVerify reads three formats of 50 stories back.
func BenchmarkVerify(b *testing.B) {
	for _, f := range render.Formats {
		out, err := f.Render(fifty(), options)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(out.Body)))
			for b.Loop() {
				if err := f.Verify(out.Body, out.Items); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
