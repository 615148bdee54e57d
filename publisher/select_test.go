package publisher

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// items makes stories, newest first, one a minute before noon, one a letter:
// the letter is their source.
func items(sources string) []news.Item {
	list := make([]news.Item, len(sources))
	for i, r := range sources {
		list[i].Key = news.StoryKey(len(sources) - i)
		list[i].Date = noon.Add(-time.Duration(i) * time.Minute)
		list[i].Changed = list[i].Date
		list[i].From = news.SourceInfo{Key: news.SourceKey(r), Name: string(r)}
	}
	return list
}

// pagesOf serves a list as a store would, and counts what was read.
func pagesOf(list []news.Item, read *int) pager {
	return func(after news.Cursor, limit int) ([]news.Item, error) {
		from := 0
		if after != (news.Cursor{}) {
			from = 1 + slices.IndexFunc(list, func(it news.Item) bool { return it.Key == after.Key })
		}
		page := list[from:min(from+limit, len(list))]
		*read += len(page)
		return slices.Clone(page), nil
	}
}

func sourcesOf(edition news.Edition) string {
	var b strings.Builder
	for _, it := range edition.Items {
		b.WriteString(it.From.Name)
	}
	return b.String()
}

func TestSelectEdition(t *testing.T) {
	t.Parallel()
	twenty := news.Feed{Limit: 20, MaxShare: 0.25}
	for _, tc := range []struct {
		why    string
		feed   news.Feed
		stored string
		want   string
	}{
		{"nothing stored", news.Feed{Limit: 5}, "", ""},
		{"fewer than the limit", news.Feed{Limit: 5}, "ab", "ab"},
		{"the limit cuts", news.Feed{Limit: 3}, "abcabc", "abc"},
		{"a limit of zero is still an edition", news.Feed{}, "ab", "a"},
		{"age cuts, and its edge is out", news.Feed{Limit: 9, MaxAge: 3 * time.Minute}, "abcdef", "abc"},
		{"the newest of each source stay", news.Feed{Limit: 9, MaxPerSource: 2}, "aaaabab", "aabb"},
		{"per source reaches over pages", news.Feed{Limit: 2, MaxPerSource: 1}, "aaaaaab", "ab"},
		{"a share does not matter in a small edition", news.Feed{Limit: 4, MaxShare: 0.25}, "aaaab", "aaaa"},
		{"a flood leaves room for others", twenty,
			strings.Repeat("a", 30) + strings.Repeat("bcde", 10), "aaaaa" + strings.Repeat("bcde", 3) + "bcd"},
		{"a flood fills what others leave", twenty,
			strings.Repeat("a", 30) + "bb", strings.Repeat("a", 18) + "bb"},
		{"spare stories keep their order", twenty,
			strings.Repeat("a", 6) + "b" + strings.Repeat("a", 3) + "c", "aaaaaabaaac"},
		{"no share set", news.Feed{Limit: 20}, strings.Repeat("a", 25) + "b", strings.Repeat("a", 20)},
		{"a hard cap is never filled up", news.Feed{Limit: 20, MaxShare: 0.25, MaxPerSource: 6},
			strings.Repeat("a", 30) + "b", "aaaaaab"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			var read int
			got, err := selectEdition(news.Site{}, tc.feed, noon, pagesOf(items(tc.stored), &read))
			if err != nil {
				t.Fatal(err)
			}
			if sourcesOf(got) != tc.want {
				t.Errorf("chose %q, want %q", sourcesOf(got), tc.want)
			}
			if !slices.IsSortedFunc(got.Items, newestFirst) {
				t.Error("not newest first")
			}
		})
	}
}

func TestSelectEditionTimes(t *testing.T) {
	t.Parallel()
	list := items("abc")
	list[1].Changed = noon.Add(time.Hour) // edited after it was published
	var read int
	got, err := selectEdition(news.Site{}, news.Feed{Limit: 9, MaxAge: time.Hour}, noon, pagesOf(list, &read))
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(time.Hour); !got.Updated.Equal(want) {
		t.Errorf("Updated %v, want the newest change %v", got.Updated, want)
	}
	if want := noon.Add(58 * time.Minute); !got.Expires.Equal(want) {
		t.Errorf("Expires %v, want %v when the oldest becomes too old", got.Expires, want)
	}
	again, err := selectEdition(news.Site{}, news.Feed{Limit: 9, MaxAge: time.Hour}, got.Expires, pagesOf(list, &read))
	if err != nil {
		t.Fatal(err)
	}
	if sourcesOf(again) != "ab" {
		t.Errorf("at Expires the edition is %q, want the oldest gone", sourcesOf(again))
	}
}

// A flood of one source must not make us read the whole table.
func TestSelectEditionScansBounded(t *testing.T) {
	t.Parallel()
	var read int
	list := items(strings.Repeat("a", 5000) + "b")
	got, err := selectEdition(news.Site{}, news.Feed{Limit: 20, MaxShare: 0.25}, noon, pagesOf(list, &read))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Items) != 20 {
		t.Errorf("%d items, want a full edition", len(got.Items))
	}
	if most := scanFactor*20 + deepPage; read > most {
		t.Errorf("read %d items, want at most %d", read, most)
	}
}

func TestSelectEditionStoreError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk I/O error")
	_, err := selectEdition(news.Site{}, news.Feed{Limit: 2}, noon, func(news.Cursor, int) ([]news.Item, error) {
		return nil, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the store's error", err)
	}
}

func BenchmarkSelectEdition(b *testing.B) {
	for _, stored := range []string{strings.Repeat("abcdefghij", 10), strings.Repeat("a", 400) + strings.Repeat("bcd", 40)} {
		b.Run(fmt.Sprintf("stored=%d", len(stored)), func(b *testing.B) {
			b.ReportAllocs()
			list, read := items(stored), 0
			for b.Loop() {
				if _, err := selectEdition(news.Site{}, news.Feed{Limit: 50, MaxShare: 0.34}, noon, pagesOf(list, &read)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestSelectEditionTellsWhetherItIsComplete(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why    string
		feed   news.Feed
		stored string
		want   bool
	}{
		{"nothing stored", news.Feed{Limit: 5}, "", true},
		{"room to spare", news.Feed{Limit: 5}, "abc", true},
		{"full: more may follow", news.Feed{Limit: 3}, "abc", false},
		{"more than the limit", news.Feed{Limit: 3}, "abcd", false},
		{"one source over its number", news.Feed{Limit: 5, MaxPerSource: 1}, "aab", false},
		{"one source over its share, all of it in", news.Feed{Limit: 20, MaxShare: 0.25}, "aaaaaaab", true},
		{"too old", news.Feed{Limit: 5, MaxAge: 90 * time.Second}, "abc", false},
		{"nothing too old", news.Feed{Limit: 5, MaxAge: time.Hour}, "abc", true},
	} {
		var read int
		edition, err := selectEdition(news.Site{}, tc.feed, noon, pagesOf(items(tc.stored), &read))
		if err != nil {
			t.Fatal(err)
		}
		if edition.History.Complete != tc.want {
			t.Errorf("%s: complete %t, want %t", tc.why, edition.History.Complete, tc.want)
		}
	}
}
