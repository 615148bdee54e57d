package relational

import (
	"context"

	"tributary/internal/news"
)

// EditionColumns are those of an edition AS e and its feed AS f.
const EditionColumns = `f.name, e.revision, e.fingerprint, e.entered, e.complete, e.stories`

func scanEdition(row scanner) (feed string, last news.LastEdition, err error) {
	err = row.Scan(&feed, &last.Revision, &last.Fingerprint, &last.Entered, &last.Complete, object{&last.Stories})
	return feed, last, err
}

// lastEditions gives those of the configured feeds, by feed.
func (t *tx) lastEditions() (map[string]news.LastEdition, error) {
	editions := make(map[string]news.LastEdition)
	err := t.query(`
		SELECT `+EditionColumns+`
		FROM editions AS e
		JOIN feeds AS f ON f.key = e.feed
		WHERE f.configured = 1`,
		func(row scanner) error {
			feed, last, err := scanEdition(row)
			editions[feed] = last
			return err
		})
	return editions, err
}

// LastEdition gives what readers were last given of a feed.
func (db *DB) LastEdition(ctx context.Context, feed string) (last news.LastEdition, ok bool, err error) {
	err = db.read(ctx, "read the last edition of feed "+feed, func(t *tx) error {
		last, ok = news.LastEdition{}, false
		return t.query(`
			SELECT `+EditionColumns+`
			FROM editions AS e
			JOIN feeds AS f ON f.key = e.feed
			WHERE f.name = ? AND f.configured = 1`,
			func(row scanner) (err error) {
				ok = true
				_, last, err = scanEdition(row)
				return err
			}, feed)
	})
	return last, ok, err
}

// keepEdition keeps the edition of a feed that is configured, unless one of a
// later revision is there.
func (t *tx) keepEdition(feed string, last *news.LastEdition) error {
	stories, err := list(last.Stories)
	if err != nil {
		return err
	}
	return t.put(`
		INSERT INTO editions (feed, revision, fingerprint, entered, complete, stories)
		SELECT key, ?, ?, ?, ?, ?
		FROM feeds
		WHERE name = ? AND configured = 1
		ON CONFLICT (feed) DO UPDATE
		SET revision = excluded.revision, fingerprint = excluded.fingerprint, entered = excluded.entered,
			complete = excluded.complete, stories = excluded.stories
		WHERE excluded.revision >= editions.revision`,
		last.Revision, last.Fingerprint, last.Entered, last.Complete, stories, feed)
}

// Force lets the next edition of a feed through, whatever it would lose, and
// raises the feed's revision, so that every process makes it. ok is false for a
// feed that is not configured.
func (db *DB) Force(ctx context.Context, feed string) (ok bool, err error) {
	err = db.write(ctx, "force feed "+feed, func(t *tx) error {
		if err := t.raise(feed); err != nil {
			return err
		}
		e, err := t.edition(feed)
		if ok = e.feed != 0; err != nil || !ok {
			return err
		}
		return t.put(`
			UPDATE editions
			SET revision = ?, stories = NULL
			WHERE feed = ?`, e.revision, e.feed)
	})
	return ok && err == nil, err
}
