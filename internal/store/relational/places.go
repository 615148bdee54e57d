package relational

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tributary/internal/news"
)

// placesOf gives the places of stories, those of one story by feed name.
func (t *tx) placesOf(stories []news.StoryKey, each func(news.Place)) error {
	return queryList(t, `
		SELECT f.name, p.story, p.date, coalesce(p.public_id, st.public_id), p.hidden
		FROM feed_story AS p
		JOIN feeds AS f ON f.key = p.feed
		JOIN stories AS st ON st.key = p.story
		WHERE p.story IN (?...)
		ORDER BY p.story, f.name`,
		func(row scanner) error {
			var place news.Place
			err := row.Scan(&place.Feed, &place.Story, instant{&place.Date}, &place.PublicID, &place.Hidden)
			each(place)
			return err
		}, stories)
}

// place puts a story into a feed, or moves it there. It enters the feed with
// the next number, but a story that takes over a public id that the feed has,
// has the number of that one, so that archive pages, which run by number, hold
// what they held.
func (t *tx) place(feed int64, place news.Place) error {
	var entered *int64
	if _, err := t.one(`
		SELECT min(entered)
		FROM (
			SELECT p.entered
			FROM stories AS st
			JOIN feed_story AS p ON p.story = st.key
			WHERE st.public_id = ?1 AND p.feed = ?2 AND p.public_id IS NULL
			UNION ALL
			SELECT entered
			FROM feed_story
			WHERE public_id = ?1 AND feed = ?2) AS had`,
		[]any{place.PublicID, feed}, &entered); err != nil {
		return err
	}
	if entered == nil {
		number, err := t.nextNumber(feed)
		if err != nil {
			return err
		}
		entered = &number
	}
	if err := t.storePlace(feed, place, *entered); err != nil {
		return err
	}
	return t.stand(&place)
}

// takeLater takes the next numbers of a feed, for so many stories, and calls
// with the first one when later would. A feed that is not configured has none.
func (t *tx) takeLater(feed string, count int64, with func(first int64)) error {
	t.executed++
	return t.later(`
		UPDATE feeds
		SET entered = entered + ?1
		WHERE name = ?2 AND configured = 1
		RETURNING entered - ?1 + 1`,
		func(row scanner) error {
			var first int64
			err := row.Scan(&first)
			with(first)
			return err
		}, count, feed)
}

// nextNumber gives the number of a story that enters a feed now.
func (t *tx) nextNumber(feed int64) (number int64, err error) {
	_, err = t.one(`
		UPDATE feeds
		SET entered = entered + 1
		WHERE key = ?
		RETURNING entered`, []any{feed}, &number)
	return number, err
}

func (t *tx) storePlace(feed int64, place news.Place, entered int64) error {
	return t.put(`
		INSERT INTO feed_story (feed, hidden, date, story, public_id, entered, source)
		SELECT ?1, ?2, ?3, key, nullif(?5, public_id), ?6, source
		FROM stories
		WHERE key = ?4
		ON CONFLICT (story, feed) DO UPDATE
		SET hidden = excluded.hidden, date = excluded.date, public_id = excluded.public_id,
			entered = excluded.entered`,
		feed, place.Hidden, place.Date.UnixMilli(), int64(place.Story), place.PublicID, entered)
}

// ReplacePlaces makes places the only ones of a feed. Nothing happens for a
// feed that is not configured.
func (db *DB) ReplacePlaces(ctx context.Context, feed, fingerprint string, places []news.Place) error {
	return db.writeJournaled(ctx, "replace the places of feed "+feed, func(t *tx) error {
		e, err := t.edition(feed)
		if err != nil || e.feed == 0 {
			return err
		}
		if err := t.replacePlaces(feed, e, places); err != nil {
			return err
		}
		return t.put(`UPDATE feeds SET fingerprint = ? WHERE key = ?`, fingerprint, e.feed)
	})
}

// entry is a place as it is stored.
type entry struct {
	place   news.Place
	entered int64
	wanted  bool
}

// replacePlaces writes only what differs from the places that a feed has.
func (t *tx) replacePlaces(feed string, e edition, places []news.Place) error {
	had, entered, err := t.entries(feed, e.feed)
	if err != nil {
		return err
	}
	var changed []news.Place
	for _, place := range places {
		place.Feed = feed
		place.Date = place.Date.UTC().Truncate(time.Millisecond)
		was := had[place.Story]
		if was != nil {
			was.wanted = true
		}
		if was == nil || was.place != place {
			changed = append(changed, place)
		}
	}
	var gone []int64
	for story, was := range had {
		if !was.wanted {
			gone = append(gone, int64(story))
		}
	}
	if len(changed) == 0 && len(gone) == 0 {
		return nil
	}
	if err := t.raise(feed); err != nil {
		return err
	}
	for _, story := range gone {
		if err := t.put(`DELETE FROM feed_story WHERE feed = ? AND story = ?`, e.feed, story); err != nil {
			return err
		}
	}
	slices.SortFunc(changed, oldestFirst)
	for _, place := range changed {
		number, ok := entered[place.PublicID]
		if !ok {
			if number, err = t.nextNumber(e.feed); err != nil {
				return err
			}
			entered[place.PublicID] = number
		}
		if err := t.storePlace(e.feed, place, number); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		if err := t.resetSources(e.feed); err != nil {
			return err
		}
	}
	return t.standAll(feed, e.feed)
}

// oldestFirst is the order in which stories enter a feed that gets many of them
// at once.
func oldestFirst(a, b news.Place) int {
	return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Story, b.Story))
}

// entries gives the places of a feed by story, and the numbers of its public
// ids.
func (t *tx) entries(name string, feed int64) (map[news.StoryKey]*entry, map[string]int64, error) {
	had := make(map[news.StoryKey]*entry)
	entered := make(map[string]int64)
	err := t.query(`
		SELECT p.story, p.date, coalesce(p.public_id, st.public_id), p.hidden, p.entered
		FROM feed_story AS p
		JOIN stories AS st ON st.key = p.story
		WHERE p.feed = ?`,
		func(row scanner) error {
			e := &entry{place: news.Place{Feed: name}}
			err := row.Scan(&e.place.Story, instant{&e.place.Date}, &e.place.PublicID, &e.place.Hidden, &e.entered)
			had[e.place.Story] = e
			if at, ok := entered[e.place.PublicID]; !ok || e.entered < at {
				entered[e.place.PublicID] = e.entered
			}
			return err
		}, feed)
	return had, entered, err
}
