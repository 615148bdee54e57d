package relational

import (
	"cmp"
	"context"
	"math"
	"slices"

	"tributary/internal/news"
)

// The queries of Spread: sources by what their newest story in a feed is at
// most, and the newest stories of one.
const (
	spreadSourcesQuery = `
		SELECT newest, source
		FROM feed_sources
		WHERE feed = ? AND (newest < ?2 OR newest = ?2 AND source > ?3)
		ORDER BY newest DESC, source
		LIMIT ?4`
	spreadStoriesQuery = `
		SELECT date, story
		FROM feed_story
		WHERE feed = ? AND source = ? AND hidden = 0
		ORDER BY date DESC, story DESC
		LIMIT ?`
)

// Spread gives the newest shown items of a feed, newest first, at most so many
// of one source, and at most limit. It looks at the sources in the order of
// their newest story, until no further one can have a story among the newest:
// how many stories a source has doesn't matter.
func (db *DB) Spread(ctx context.Context, feed string, perSource, limit int, known news.Remembered) ([]news.Item, error) {
	var items []news.Item
	err := db.read(ctx, "read the sources of feed "+feed, func(t *tx) error {
		items = nil
		e, err := t.edition(feed)
		if err != nil || e.feed == 0 || limit <= 0 || perSource <= 0 {
			return err
		}
		s := spread{tx: t, feed: e.feed, perSource: perSource, limit: limit}
		if err := s.run(); err != nil {
			return err
		}
		items, err = t.itemsAt(e.feed, s.best, known)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// standing is where a story stands in a feed.
type standing struct{ date, story int64 }

func newerStanding(a, b standing) int {
	return cmp.Or(cmp.Compare(b.date, a.date), cmp.Compare(b.story, a.story))
}

// spread is one run of Spread.
type spread struct {
	*tx
	feed             int64
	perSource, limit int
	best             []standing // the newest so far
}

func (s *spread) run() error {
	type bound struct{ newest, source int64 }
	last := bound{newest: math.MaxInt64}
	for {
		var page []bound
		err := s.query(spreadSourcesQuery, func(row scanner) error {
			var b bound
			err := row.Scan(&b.newest, &b.source)
			page = append(page, b)
			return err
		}, s.feed, last.newest, last.source, int64(s.limit))
		if err != nil {
			return err
		}
		for _, b := range page {
			if len(s.best) == s.limit && b.newest < s.best[s.limit-1].date {
				return nil
			}
			if err := s.add(b.source); err != nil {
				return err
			}
		}
		if len(page) < s.limit {
			return nil
		}
		last = page[len(page)-1]
	}
}

// add takes the newest stories of a source in.
func (s *spread) add(source int64) error {
	err := s.query(spreadStoriesQuery, func(row scanner) error {
		var at standing
		err := row.Scan(&at.date, &at.story)
		s.best = append(s.best, at)
		return err
	}, s.feed, source, int64(min(s.perSource, s.limit)))
	slices.SortFunc(s.best, newerStanding)
	s.best = s.best[:min(len(s.best), s.limit)]
	return err
}

// resetSources works out anew what the newest story of each source in a feed
// is: a trigger only raises it.
func (t *tx) resetSources(feed int64) error {
	if err := t.put(`DELETE FROM feed_sources WHERE feed = ?`, feed); err != nil {
		return err
	}
	return t.put(`
		INSERT INTO feed_sources (feed, source, newest)
		SELECT feed, source, max(date)
		FROM feed_story
		WHERE feed = ?
		GROUP BY feed, source`, feed)
}

// itemsAt reads items of a feed in an order.
func (t *tx) itemsAt(feed int64, order []standing, known news.Remembered) ([]news.Item, error) {
	keys, rank := make([]int64, len(order)), make(map[news.StoryKey]int, len(order))
	for i, at := range order {
		keys[i], rank[news.StoryKey(at.story)] = at.story, i
	}
	items, err := t.items(known, len(order), func(columns string, each func(scanner) error) error {
		return queryList(t, columns+t.dialect.SpreadItems, each, keys, feed)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b news.Item) int { return cmp.Compare(rank[a.Key], rank[b.Key]) })
	return items, t.fill(feed, items)
}
