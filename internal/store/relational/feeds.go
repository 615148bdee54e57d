package relational

import (
	"context"
	"slices"

	"tributary/internal/news"
)

// edition is a feed and its revision, as a transaction leaves it.
type edition struct {
	feed     int64 // 0: not configured
	revision int64
}

// revisions are the feeds that a transaction has met, by name.
type revisions struct {
	met  map[string]edition
	rose map[string]bool // whose revision rose, at most by one
}

// edition gives a feed without raising its revision.
func (t *tx) edition(feed string) (edition, error) {
	if e, ok := t.met[feed]; ok {
		return e, nil
	}
	var e edition
	if _, err := t.one(`
		SELECT key, revision
		FROM feeds
		WHERE name = ? AND configured = 1`, []any{feed}, &e.feed, &e.revision); err != nil {
		return e, err
	}
	t.meet(feed, e)
	return e, nil
}

// raise lifts the revision of a feed, once a transaction. It does nothing for
// a feed that is not configured.
func (t *tx) raise(feed string) error {
	if err := t.raiseLater(feed); err != nil {
		return err
	}
	return t.flush()
}

// raiseLater is raise, done when later does it.
func (t *tx) raiseLater(feed string) error {
	if t.rose[feed] {
		return nil
	}
	t.executed++
	return t.later(`
		UPDATE feeds
		SET revision = revision + 1
		WHERE name = ? AND configured = 1
		RETURNING key, revision`,
		func(row scanner) error {
			var e edition
			err := row.Scan(&e.feed, &e.revision)
			t.meet(feed, e)
			t.rose[feed] = true
			return err
		}, feed)
}

func (t *tx) meet(feed string, e edition) {
	if t.met == nil {
		t.met, t.rose = make(map[string]edition), make(map[string]bool)
	}
	t.met[feed] = e
}

// raiseAll lifts the revisions of all configured feeds and names them.
func (t *tx) raiseAll() (names []string, err error) {
	err = t.query(`
		SELECT name
		FROM feeds
		WHERE configured = 1 AND name <> ?`,
		func(row scanner) error {
			var name string
			err := row.Scan(&name)
			names = append(names, name)
			return err
		}, news.ArticlesName)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := t.raiseLater(name); err != nil {
			return nil, err
		}
	}
	return names, t.flush()
}

// Revisions gives the revision of every configured feed, and that of the
// local articles under news.ArticlesName.
func (db *DB) Revisions(ctx context.Context) (map[string]int64, error) {
	revisions := make(map[string]int64)
	err := db.read(ctx, "read revisions", func(t *tx) error {
		return t.query(`
			SELECT name, revision
			FROM feeds
			WHERE configured = 1`,
			func(row scanner) error {
				var name string
				var revision int64
				err := row.Scan(&name, &revision)
				revisions[name] = revision
				return err
			})
	})
	if err != nil {
		return nil, err
	}
	return revisions, nil
}

// SyncFeeds notes which feeds are configured and returns, sorted, those whose
// places are not those of their fingerprint. A feed that is configured no more
// loses its places.
func (db *DB) SyncFeeds(ctx context.Context, fingerprints map[string]string) (stale []string, err error) {
	err = db.write(ctx, "sync feeds", func(t *tx) error {
		stale = nil
		if err := t.dropFeeds(fingerprints); err != nil {
			return err
		}
		for name, fingerprint := range fingerprints {
			var has *string
			_, err := t.one(`
				INSERT INTO feeds (name, configured)
				VALUES (?, 1)
				ON CONFLICT (name) DO UPDATE SET configured = 1
				RETURNING fingerprint`, []any{name}, &has)
			if err != nil {
				return err
			}
			if has == nil || *has != fingerprint {
				stale = append(stale, name)
			}
		}
		return nil
	})
	slices.Sort(stale)
	return stale, err
}

// dropFeeds forgets the places of the feeds that are not among the configured.
func (t *tx) dropFeeds(configured map[string]string) error {
	var gone []int64
	err := t.query(`
		SELECT key, name
		FROM feeds
		WHERE configured = 1 AND name <> ?`,
		func(row scanner) error {
			var key int64
			var name string
			err := row.Scan(&key, &name)
			if _, ok := configured[name]; !ok {
				gone = append(gone, key)
			}
			return err
		}, news.ArticlesName)
	if err != nil {
		return err
	}
	for _, key := range gone {
		if err := t.inParts(`
			DELETE FROM feed_story
			WHERE feed = ?1 AND story IN (SELECT story FROM feed_story WHERE feed = ?1 LIMIT ?2)`, key); err != nil {
			return err
		}
		if err := t.put(`DELETE FROM editions WHERE feed = ?`, key); err != nil {
			return err
		}
		if err := t.put(`DELETE FROM feed_sources WHERE feed = ?`, key); err != nil {
			return err
		}
		// The revision rises already now: should the feed come back, what it
		// shows then is something else than what it showed under the last one.
		if err := t.put(`
			UPDATE feeds
			SET configured = 0, fingerprint = NULL, revision = revision + 1
			WHERE key = ?`, key); err != nil {
			return err
		}
	}
	return nil
}
