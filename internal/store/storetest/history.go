package storetest

import (
	"fmt"
	"time"

	"tributary/internal/news"
)

// run gives the ids of what a feed shows with numbers from first to last.
func (f *fixture) run(feed string, first, last int64) string {
	f.Helper()
	items, err := f.Store.Run(f.Context(), feed, first, last)
	f.must(err)
	return ids(items)
}

// entered wants the last number of a feed, and how many stories are beyond the
// last full run of two.
func (f *fixture) entered(feed string, last int64, open int) {
	f.Helper()
	number, keys, err := f.Entered(f.Context(), feed, 2)
	f.must(err)
	if number != last || len(keys) != open {
		f.Errorf("%s: the last number is %d with %d open, want %d with %d", feed, number, len(keys), last, open)
	}
}

var historyChecks = []check{
	{"stories are numbered as they enter", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		f.entered("x", 0, 0)
		for i := range 5 { // each older than the one before
			f.placed("a", story(fmt.Sprint("s", i+1), i))
		}
		f.entered("x", 5, 1)
		if got := f.run("x", 2, 4); got != "s4 s3 s2 " {
			f.Errorf("numbers 2 to 4 are %s", got)
		}
		items, err := f.Store.Run(f.Context(), "x", 1, 1)
		f.must(err)
		if len(items) != 1 || items[0].PublicID != "urn:s1" && items[0].PublicID == "" || items[0].From.Name != "a" {
			f.Errorf("the first is %+v", items)
		}
		if got := f.run("x", 6, 99) + f.run("nowhere", 1, 9); got != "" {
			f.Errorf("there is %s", got)
		}
	}},
	{"numbers are never given again", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		f.placed("a", story("one", 1))
		f.placed("a", story("two", 2))
		f.load("a", news.Changes{Remove: []news.StoryKey{f.byID("a", "two").Key}, Feeds: []string{"x"}})
		f.entered("x", 2, 0)
		f.placed("a", story("three", 3))
		f.entered("x", 3, 1)
		if got := f.run("x", 1, 2); got != "one " {
			f.Errorf("the first run holds %s", got)
		}
	}},
	{"a hidden copy has no number of its own", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.feeds("x")
		shown := story("one", 1)
		f.placed("a", shown)
		copied := story("copy", 1)
		copied.PublicID = "urn:other"
		f.load("b", news.Changes{
			Insert: []news.Story{copied},
			Place:  []news.Place{{Feed: "x", Story: -1, Date: shown.Date, PublicID: shown.PublicID, Hidden: true}},
		})
		f.placed("a", story("two", 2))
		f.entered("x", 2, 0)
		if got := f.run("x", 1, 2); got != "two one " {
			f.Errorf("the run holds %s", got)
		}
		f.load("a", news.Changes{
			Remove: []news.StoryKey{f.byID("a", "one").Key}, Feeds: []string{"x"},
			Place: []news.Place{{Feed: "x", Story: f.byID("b", "copy").Key, Date: shown.Date, PublicID: shown.PublicID}},
		})
		if got := f.run("x", 1, 1); got != "copy " {
			f.Errorf("in the place of the original stands %s", got)
		}
		f.entered("x", 2, 0)
	}},
	{"many stories at once enter by date", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("new", 1), story("newer", 0), story("old", 2))
		f.feeds("x")
		var places []news.Place
		for i, key := range keys {
			date := start.Add(-time.Duration([]int{1, 0, 2}[i]) * time.Hour)
			places = append(places, news.Place{Feed: "x", Story: key, Date: date, PublicID: fmt.Sprint("urn:p", i)})
		}
		f.must(f.ReplacePlaces(f.Context(), "x", "1", places))
		if got := f.run("x", 1, 3); got != "newer new old " {
			f.Errorf("entered, the last one first: %s", got)
		}
	}},
}
