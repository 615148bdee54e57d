package publisher

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

// readerOf serves a list as a store would, and counts what was read.
func readerOf(list []news.Item, read *int) reader {
	spread := func(perSource, limit int) (found []news.Item, err error) {
		count := map[news.SourceKey]int{}
		for _, it := range list {
			if count[it.From.Key]++; count[it.From.Key] <= perSource && len(found) < limit {
				found = append(found, it)
			}
		}
		*read += len(found)
		return found, nil
	}
	return reader{
		newest: func(limit int) ([]news.Item, error) { return spread(len(list), limit) },
		spread: spread,
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
			got, err := selectEdition(news.Site{}, tc.feed, noon, readerOf(items(tc.stored), &read))
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
	got, err := selectEdition(news.Site{}, news.Feed{Limit: 9, MaxAge: time.Hour}, noon, readerOf(list, &read))
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(time.Hour); !got.Updated.Equal(want) {
		t.Errorf("Updated %v, want the newest change %v", got.Updated, want)
	}
	if want := noon.Add(58 * time.Minute); !got.Expires.Equal(want) {
		t.Errorf("Expires %v, want %v when the oldest becomes too old", got.Expires, want)
	}
	again, err := selectEdition(news.Site{}, news.Feed{Limit: 9, MaxAge: time.Hour}, got.Expires, readerOf(list, &read))
	if err != nil {
		t.Fatal(err)
	}
	if sourcesOf(again) != "ab" {
		t.Errorf("at Expires the edition is %q, want the oldest gone", sourcesOf(again))
	}
}

// However deep other sources' stories lie, and with little read.
func TestSelectEditionBelowAFlood(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		feed  news.Feed
		below string
		want  string
	}{
		{news.Feed{Limit: 20, MaxShare: 0.25}, "b", strings.Repeat("a", 19) + "b"},
		{news.Feed{Limit: 20, MaxShare: 0.25}, strings.Repeat("bcd", 9), "aaaaa" + strings.Repeat("bcd", 5)},
		{news.Feed{Limit: 20, MaxShare: 0.25}, strings.Repeat("b", 9) + "c", strings.Repeat("a", 14) + "bbbbbc"},
		{news.Feed{Limit: 20, MaxShare: 0.25, MaxPerSource: 7}, strings.Repeat("b", 9) + "c", "aaaaaaabbbbbbbc"},
		{news.Feed{Limit: 20, MaxShare: 0.25, MaxPerSource: 3}, strings.Repeat("b", 9) + "c", "aaabbbc"},
		{news.Feed{Limit: 5, MaxPerSource: 2}, "bbbc", "aabbc"},
		{news.Feed{Limit: 20, MaxShare: 0.25, MaxAge: 20_003 * time.Minute}, "bbbbbb", strings.Repeat("a", 17) + "bbb"},
	} {
		var read int
		list := items(strings.Repeat("a", 20_000) + tc.below)
		got, err := selectEdition(news.Site{}, tc.feed, noon, readerOf(list, &read))
		if err != nil {
			t.Fatal(err)
		}
		if sourcesOf(got) != tc.want || got.History.Complete {
			t.Errorf("%+v above %s: chose %q, want %q", tc.feed, tc.below, sourcesOf(got), tc.want)
		}
		if read > 3*tc.feed.Limit {
			t.Errorf("%+v above %s: %d items read", tc.feed, tc.below, read)
		}
	}
}

// TestSelectEditionIsFair compares with the rules applied to everything.
func TestSelectEditionIsFair(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var stored strings.Builder
		for range 1 + random.IntN(9) {
			stored.WriteString(strings.Repeat(string(rune('a'+random.IntN(6))), random.IntN(40)))
		}
		feed := news.Feed{Limit: 1 + random.IntN(60), MaxShare: 0.01 + random.Float64(), MaxPerSource: random.IntN(30)}
		if random.IntN(2) == 0 {
			feed.MaxAge = time.Duration(1+random.IntN(200)) * time.Minute
		}
		var read int
		got, err := selectEdition(news.Site{}, feed, noon, readerOf(items(stored.String()), &read))
		if err != nil {
			t.Fatal(err)
		}
		if want := fairly(feed, items(stored.String())); sourcesOf(got) != want {
			t.Fatalf("%+v of %s:\nchose %q\nwant  %q", feed, &stored, sourcesOf(got), want)
		}
	}
}

// fairly chooses with all items at hand: those within the share first, then
// others until the edition is full.
func fairly(feed news.Feed, all []news.Item) string {
	share := feed.Limit
	if feed.Limit >= 20 && feed.MaxShare < 1 {
		share = max(1, int(feed.MaxShare*float64(feed.Limit)+1e-9))
	}
	in := make([]bool, len(all))
	room := feed.Limit
	for _, spare := range []bool{false, true} {
		count := map[news.SourceKey]int{}
		for i, it := range all {
			count[it.From.Key]++
			n := count[it.From.Key]
			old := feed.MaxAge > 0 && noon.Sub(it.Date) >= feed.MaxAge
			if room == 0 || old || feed.MaxPerSource > 0 && n > feed.MaxPerSource || spare != (n > share) {
				continue
			}
			in[i] = true
			room--
		}
	}
	var b strings.Builder
	for i, it := range all {
		if in[i] {
			b.WriteString(it.From.Name)
		}
	}
	return b.String()
}

func TestSelectEditionStoreError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk I/O error")
	_, err := selectEdition(news.Site{}, news.Feed{Limit: 2}, noon, reader{newest: func(int) ([]news.Item, error) {
		return nil, broken
	}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the store's error", err)
	}
	var read int
	flooded := readerOf(items(strings.Repeat("a", 90)), &read)
	flooded.spread = func(int, int) ([]news.Item, error) { return nil, broken }
	if _, err := selectEdition(news.Site{}, news.Feed{Limit: 50, MaxShare: 0.34}, noon, flooded); !errors.Is(err, broken) {
		t.Errorf("got %v, want the store's error of the second reading", err)
	}
}

func BenchmarkSelectEdition(b *testing.B) {
	for _, stored := range []string{strings.Repeat("abcdefghij", 10), strings.Repeat("a", 400) + strings.Repeat("bcd", 40)} {
		b.Run(fmt.Sprintf("stored=%d", len(stored)), func(b *testing.B) {
			b.ReportAllocs()
			list, read := items(stored), 0
			for b.Loop() {
				if _, err := selectEdition(news.Site{}, news.Feed{Limit: 50, MaxShare: 0.34}, noon, readerOf(list, &read)); err != nil {
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
		edition, err := selectEdition(news.Site{}, tc.feed, noon, readerOf(items(tc.stored), &read))
		if err != nil {
			t.Fatal(err)
		}
		if edition.History.Complete != tc.want {
			t.Errorf("%s: complete %t, want %t", tc.why, edition.History.Complete, tc.want)
		}
	}
}
