package publisher

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"tributary/internal/news"
)

// shareFrom is the limit from which an edition is large enough for a share of it
// to mean something.
const shareFrom = 20

// reader reads the items of one feed from a store.
type reader struct {
	newest func(limit int) ([]news.Item, error)            // as Store.Newest, from the first on
	spread func(perSource, limit int) ([]news.Item, error) // as Store.Spread
}

// selectEdition chooses the items of an edition of feed as of now:
//
//  1. Newest first, by Date and then by key.
//  2. An item as old as the feed's MaxAge, or older, is left out; Expires is
//     when the oldest of those chosen becomes so.
//  3. A source has at most MaxPerSource items, its newest.
//  4. Where Limit is 20 or more, a source has at most Limit × MaxShare items
//     while others have stories, however deep these lie below its own. Only if
//     theirs do not fill the edition, its next ones come in.
//  5. At most Limit items. Complete tells when nothing of the feed was left out.
//
// It is a pure function of what the reader gives. Mostly the newest items
// settle it; where one source has too many of those, the sources are read one
// by one.
func selectEdition(site news.Site, feed news.Feed, now time.Time, read reader) (news.Edition, error) {
	s := newSelection(feed, now)
	items, err := read.newest(s.limit)
	if err != nil {
		return news.Edition{}, err
	}
	s.ended = len(items) < s.limit
	if s.add(items); !s.settled() {
		if err := s.addSpread(read); err != nil {
			return news.Edition{}, err
		}
	}
	return s.edition(site), nil
}

// selection is the state of selectEdition.
type selection struct {
	feed      news.Feed
	limit     int
	share     int       // items of one source before the next ones are spare
	most      int       // items of one source at most
	tooOld    time.Time // items of this date and older are out; zero when age doesn't matter
	perSource map[news.SourceKey]int
	chosen    []news.Item
	spare     []news.Item // over their source's share, newest first
	left      bool        // something was seen that is in neither
	aged      bool        // all further items are too old
	ended     bool        // everything was seen
}

func newSelection(feed news.Feed, now time.Time) *selection {
	s := &selection{feed: feed, limit: max(feed.Limit, 1), perSource: map[news.SourceKey]int{}}
	s.share, s.most = s.limit, s.limit
	if feed.MaxPerSource > 0 {
		s.most = min(s.most, feed.MaxPerSource)
	}
	if s.limit >= shareFrom && feed.MaxShare > 0 && feed.MaxShare < 1 {
		// The addend keeps 0.34 × 50 from falling just below 17.
		s.share = max(1, int(math.Floor(feed.MaxShare*float64(s.limit)+1e-9)))
	}
	if feed.MaxAge > 0 {
		s.tooOld = now.Add(-feed.MaxAge)
	}
	return s
}

// add takes items until the edition is full, newest first.
func (s *selection) add(items []news.Item) {
	s.chosen = slices.Grow(s.chosen, min(s.limit-len(s.chosen), len(items)))
	for i := range items {
		if !s.tooOld.IsZero() && !items[i].Date.After(s.tooOld) {
			s.aged, s.left = true, true // all further ones are older still
			return
		}
		if len(s.chosen) == s.limit {
			s.left = true
			return
		}
		s.take(&items[i])
	}
}

func (s *selection) take(item *news.Item) {
	n := s.perSource[item.From.Key] + 1
	s.perSource[item.From.Key] = n
	switch {
	case n > s.most:
		s.left = true
	case n <= s.share:
		s.chosen = append(s.chosen, *item)
	default:
		s.spare = append(s.spare, *item)
	}
}

// settled reports whether no further item could change the edition.
func (s *selection) settled() bool { return s.ended || s.aged || len(s.chosen) == s.limit }

// addSpread takes, instead of what was taken, as many as may be of each source,
// and, where that doesn't fill the edition, the newest over their source's
// share: these are among the newest of all within MaxPerSource, as at most a
// full edition stands before them.
func (s *selection) addSpread(read reader) error {
	items, err := read.spread(min(s.share, s.most), s.limit)
	if err != nil {
		return err
	}
	s.restart()
	if s.add(items); len(s.chosen) == s.limit || s.share >= s.most {
		return nil
	}
	within := s.chosen
	if items, err = read.spread(s.most, s.limit); err != nil {
		return err
	}
	s.restart()
	s.add(items)
	s.chosen = within
	return nil
}

func (s *selection) restart() {
	s.chosen, s.spare = nil, nil
	clear(s.perSource)
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

// storeReader reads a feed from the store. What it reads goes into read, unless
// that is nil; what is known need not be read again.
func storeReader(ctx context.Context, store Store, feed string, known, read news.Remembered) reader {
	note := func(items []news.Item, err error) ([]news.Item, error) {
		for i := range items {
			if read != nil {
				read[items[i].Key] = &items[i].Story
			}
		}
		return items, err
	}
	return reader{
		newest: func(limit int) ([]news.Item, error) {
			return note(store.Newest(ctx, feed, news.Cursor{}, limit, known))
		},
		spread: func(perSource, limit int) ([]news.Item, error) {
			return note(store.Spread(ctx, feed, perSource, limit, known))
		},
	}
}
