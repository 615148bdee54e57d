package transfer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/store/relational"
	"tributary/internal/store/sqlite"
	"tributary/internal/store/transfer"
)

// BenchmarkMove moves stories of 2 KB, each in one feed, between the engines, and
// reads them back.
func BenchmarkMove(b *testing.B) {
	const stories = 50_000
	from := newSQLite(b)
	fill(b, from, 10)
	grow(b, from, stories)
	for _, test := range []struct {
		name string
		to   func(testing.TB) database
	}{
		{"SQLite to PostgreSQL", func(t testing.TB) database { return newPostgres(t) }},
		{"SQLite to SQLite", func(t testing.TB) database { return newSQLite(t) }},
	} {
		b.Run(test.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				to := test.to(b)
				b.StartTimer()
				if _, err := transfer.Move(b.Context(), from, to, time.Now(), transfer.Watcher{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(stories*b.N)/b.Elapsed().Seconds(), "stories/s")
		})
	}
}

// grow adds stories.
func grow(b *testing.B, db *sqlite.DB, stories int) {
	b.Helper()
	words := strings.Fields("a calm day at the harbor brought boats and gulls and many long stories home")
	if err := db.Load(b.Context(), func(w transfer.Writer) error {
		tables, err := w.Tables()
		if err != nil {
			return err
		}
		slices.SortFunc(tables, func(a, b transfer.Table) int { return strings.Compare(b.Name, a.Name) }) // stories, then where they stand
		for _, table := range tables {
			if table.Name != "stories" && table.Name != "feed_story" {
				continue
			}
			for i := 1; i <= stories; i++ {
				row := make(relational.Row, len(table.Columns))
				for j, column := range table.Columns {
					switch row[j] = value(table.Name, column, 10_001+3*i, false); column.Name {
					case "source", "feed":
						row[j] = int64(1 + i%10)
					case "content":
						var text strings.Builder
						for text.Len() < 2000 {
							fmt.Fprint(&text, words[rand.IntN(len(words))], " ")
						}
						row[j] = text.String()
					}
				}
				if err := w.Fill(table, []relational.Row{row}); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}
