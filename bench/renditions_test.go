package bench

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/gorilla/feeds"

	"tributary/internal/news"
	"tributary/internal/upstreamtest"
	"tributary/publisher"
)

// renderings is how many times an edition is made in one round.
const renderings = 20

// renditions makes everything that readers of one feed of 50 stories
// may ask for: read from the store, rendered in three formats, read back,
// compressed by gzip, with entity tags. The floor writes three formats of the
// same stories by gorilla/feeds alone, from memory, uncompressed.
//
//  1. "first": nothing is known of the stories.
//  2. "one new": one of the stories is new, the others were rendered before. As
//     many publishers as there are renderings in a round see the same change,
//     each through a connection of its own, whose cache the change has emptied.
//     So both sides do a round in one go and pay for their garbage.
//  3. "none": nothing has changed.
func renditions(b *testing.B) *report {
	up := upstreamtest.NewFast(b)
	var urls []string
	for i := range 10 {
		urls = append(urls, up.Feed(ordinary(i).path(), ordinary(i).document(0)))
	}
	ours := newRiver(b, onSQLite(b), sourcesAt(urls), nil)
	ours.refresh()
	ours.want(tally{ok: 10, added: 200})
	items, err := ours.store.Newest(b.Context(), latest.Name, news.Cursor{}, latest.Limit, nil)
	if err != nil || len(items) != latest.Limit {
		b.Fatal(len(items), err)
	}
	floor := func() {
		for range renderings {
			gorillaAlone(b, items)
		}
	}
	r := newReport(b, fmt.Sprintf("three formats of %d stories, %d rounds of %d", latest.Limit, rounds, renderings),
		"ours, CPU ms", "gorilla/feeds, CPU ms", "ratio", "least–most")
	publishers := make([]*publisher.Publisher, renderings)
	for i := range publishers {
		publishers[i] = bare(ours.open())
		publishWith(b, publishers[i])
	}
	version := 0
	for b.Loop() {
		r.against(b, "first", floor, func() sample {
			return measure(func() {
				for range renderings {
					publishWith(b, bare(ours.store))
				}
			})
		})
		r.against(b, "one new", floor, func() sample {
			version++
			up.Set(ordinary(0).path(), ordinary(0).document(version))
			ours.refresh()
			return measure(func() {
				for _, p := range publishers {
					publishWith(b, p)
				}
			})
		})
		r.against(b, "none", floor, func() sample {
			return measure(func() {
				for range renderings {
					publishWith(b, publishers[0])
				}
			})
		})
	}
	b.ReportMetric(0, "ns/op")
	return r
}

// against adds a row: ours and the floor in turns.
func (r *report) against(b *testing.B, name string, floor func(), ours func() sample) {
	var d duel
	for range rounds {
		d.ours = append(d.ours, ours())
		d.floor = append(d.floor, measure(floor))
	}
	each := func(s sample) float64 { return milliseconds(s.cpu) / renderings }
	ratio := d.over(func(ours, floor sample) float64 { return each(ours) / each(floor) })
	r.row(name,
		fmt.Sprintf("%.2f", d.over(func(ours, _ sample) float64 { return each(ours) }).median),
		fmt.Sprintf("%.2f", d.over(func(_, floor sample) float64 { return each(floor) }).median),
		fmt.Sprintf("%.2f", ratio.median), fmt.Sprintf("%.2f–%.2f", ratio.least, ratio.most))
	r.note(b, strings.ReplaceAll(name, " ", "-")+"-ratio", ratio)
}

// bare is a publisher of one feed and nothing else.
func bare(store publisher.Store) *publisher.Publisher {
	return publisher.New(publisher.Options{
		Store: store, Log: slog.New(slog.DiscardHandler),
		Config: publisher.Config{Site: news.Site{Title: "Bench", URL: "https://example.org"}, Feeds: []news.Feed{latest}},
	})
}

func publishWith(b *testing.B, p *publisher.Publisher) {
	b.Helper()
	if err := p.Publish(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, extension := range []string{".rss", ".atom", ".json"} {
		if r := p.Lookup("/" + latest.Name + extension); r == nil || r.Gzip == nil || r.Gzip.ETag == "" {
			b.Fatalf("%s is not there", extension)
		}
	}
}

// gorillaAlone writes three formats of stories as a program would that knows
// nothing but gorilla/feeds.
func gorillaAlone(b *testing.B, items []news.Item) {
	b.Helper()
	feed := &feeds.Feed{Title: latest.Title, Link: &feeds.Link{Href: "https://example.org"}, Updated: items[0].Changed}
	for i := range items {
		item := &items[i]
		feed.Add(&feeds.Item{
			Id: item.PublicID, Title: item.Title, Link: &feeds.Link{Href: item.Link},
			Description: item.Summary, Content: item.Content, Created: item.Date, Updated: item.Changed,
		})
	}
	for _, write := range []func(io.Writer) error{feed.WriteRss, feed.WriteAtom, feed.WriteJSON} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			b.Fatal(err)
		}
	}
}
