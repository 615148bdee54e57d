package publisher

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"tributary/internal/news"
)

const (
	// shareFrom is the limit from which an edition is large enough for a
	// share of it to mean something.
	shareFrom = 20
	// deepPage is how many items are read at once after the first page: only
	// feeds that one source floods come so far.
	deepPage = 200
	// scanFactor bounds the search for other sources' stories under a flood:
	// so many times the limit are looked at, then the flood may fill the rest.
	scanFactor = 40
)

// pager reads the next items of a feed: Store.Newest, bound to it.
type pager func(after news.Cursor, limit int) ([]news.Item, error)

// selectEdition chooses the items of an edition of feed as of now:
//
//  1. Newest first, by Date and then by key.
//  2. An item as old as the feed's MaxAge, or older, is left out; Expires is
//     when the oldest of those chosen becomes so.
//  3. A source has at most MaxPerSource items, its newest.
//  4. Where Limit is 20 or more, a source has at most Limit × MaxShare items
//     while others have stories. Only if theirs do not fill the edition, or
//     lie too deep below the flood (40 × Limit), its next ones come in.
//  5. At most Limit items. Complete tells when nothing of the feed was left out.
//
// It is a pure function of what pages gives.
func selectEdition(site news.Site, feed news.Feed, now time.Time, pages pager) (news.Edition, error) {
	s := newSelection(feed, now)
	size, after := s.limit, news.Cursor{}
	for {
		items, err := pages(after, size)
		if err != nil {
			return news.Edition{}, err
		}
		more := s.add(items)
		if s.ended = more && len(items) < size; !more || s.ended {
			break
		}
		last := &items[len(items)-1]
		after = news.Cursor{Date: last.Date, Key: last.Key}
		size = max(s.limit, deepPage)
	}
	return s.edition(site), nil
}

// selection is the state of selectEdition between two pages.
type selection struct {
	feed      news.Feed
	limit     int
	share     int       // items of one source before the next ones are spare
	tooOld    time.Time // items of this date and older are out; zero when age doesn't matter
	scanned   int
	perSource map[news.SourceKey]int
	chosen    []news.Item
	spare     []news.Item // over their source's share, newest first
	left      bool        // something was seen that is in neither
	ended     bool        // everything was seen
}

func newSelection(feed news.Feed, now time.Time) *selection {
	s := &selection{feed: feed, limit: max(feed.Limit, 1), perSource: map[news.SourceKey]int{}}
	s.share = s.limit
	if s.limit >= shareFrom && feed.MaxShare > 0 && feed.MaxShare < 1 {
		// The addend keeps 0.34 × 50 from falling just below 17.
		s.share = max(1, int(math.Floor(feed.MaxShare*float64(s.limit)+1e-9)))
	}
	if feed.MaxAge > 0 {
		s.tooOld = now.Add(-feed.MaxAge)
	}
	return s
}

// add takes the next items and reports whether more could change the edition.
func (s *selection) add(items []news.Item) bool {
	for i := range items {
		if !s.tooOld.IsZero() && !items[i].Date.After(s.tooOld) {
			return false // all further ones are older still
		}
		if s.take(&items[i]); len(s.chosen) == s.limit {
			return false
		}
	}
	s.scanned += len(items)
	return s.scanned < scanFactor*s.limit
}

func (s *selection) take(item *news.Item) {
	n := s.perSource[item.From.Key] + 1
	s.perSource[item.From.Key] = n
	switch {
	case s.feed.MaxPerSource > 0 && n > s.feed.MaxPerSource:
		s.left = true
	case n <= s.share:
		s.chosen = append(s.chosen, *item)
	case len(s.spare) < s.limit:
		s.spare = append(s.spare, *item)
	default:
		s.left = true
	}
}

func (s *selection) edition(site news.Site) news.Edition {
	items := s.chosen
	complete := s.ended && !s.left && len(s.chosen)+len(s.spare) <= s.limit
	if free := s.limit - len(items); free > 0 && len(s.spare) > 0 {
		items = append(items, s.spare[:min(free, len(s.spare))]...)
		slices.SortStableFunc(items, newestFirst)
	}
	edition := news.Edition{Site: site, Feed: s.feed, Items: items, History: news.History{Complete: complete}}
	for i := range items {
		edition.Updated = later(edition.Updated, changedAt(&items[i].Story))
	}
	if s.feed.MaxAge > 0 && len(items) > 0 {
		edition.Expires = items[len(items)-1].Date.Add(s.feed.MaxAge)
	}
	return edition
}

// newestFirst is the order of an edition.
func newestFirst(a, b news.Item) int {
	if c := b.Date.Compare(a.Date); c != 0 {
		return c
	}
	return cmp.Compare(b.Key, a.Key)
}

// changedAt is when what we publish of a story last changed.
func changedAt(story *news.Story) time.Time { return later(story.Changed, story.Date) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// storePager reads a feed from the store.
func storePager(ctx context.Context, store Store, feed string) pager {
	return func(after news.Cursor, limit int) ([]news.Item, error) {
		return store.Newest(ctx, feed, after, limit)
	}
}
