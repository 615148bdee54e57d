package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// Kept gives everything that is kept, renditions in the order of their paths.
func (db *DB) Kept(ctx context.Context) (kept news.Kept, err error) {
	err = db.read(ctx, "read renditions", func(t *tx) error {
		kept = news.Kept{Revisions: make(map[string]int64)}
		err := t.query(`
			SELECT name, kept_revision
			FROM feeds
			WHERE configured = 1 AND kept_revision IS NOT NULL`,
			func(row scanner) error {
				var feed string
				var revision int64
				err := row.Scan(&feed, &revision)
				kept.Revisions[feed] = revision
				return err
			})
		if err != nil {
			return err
		}
		if kept.Editions, err = t.lastEditions(); err != nil {
			return err
		}
		return t.query(`
			SELECT path, kind, content_type, links, updated, tag, modified, date_shared, brotli_tried, body, gzip, brotli
			FROM renditions
			ORDER BY path`,
			func(row scanner) error {
				var r news.KeptRendition
				err := row.Scan(&r.Path, &r.Kind, &r.ContentType, object{&r.Links}, instant{&r.Updated}, &r.Tag,
					instant{&r.LastModified}, &r.DateShared, &r.BrotliTried, blob{&r.Body}, blob{&r.Gzip}, blob{&r.Brotli})
				kept.Renditions = append(kept.Renditions, r)
				return err
			})
	})
	return kept, err
}

// Keep keeps renditions in place of those at the same paths, forgets those at
// the paths that are gone, and notes revisions and editions, but no edition in
// place of one of a later revision. Where another process keeps the same bytes
// at a path already, its LastModified stays; modified tells which.
func (db *DB) Keep(ctx context.Context, put news.Kept, gone []string) (modified map[string]time.Time, err error) {
	// It changes no source: what the session remembers of them stays true.
	err = db.writeKnowing(ctx, "keep renditions", func(t *tx) error {
		modified = make(map[string]time.Time)
		for i := range put.Renditions {
			r := &put.Renditions[i]
			at, err := t.keepRendition(r)
			if err != nil {
				return err
			}
			if !at.Equal(r.LastModified) {
				modified[r.Path] = at
			}
		}
		for feed, revision := range put.Revisions {
			if err := t.put(`UPDATE feeds SET kept_revision = ? WHERE name = ?`, revision, feed); err != nil {
				return err
			}
		}
		for feed, last := range put.Editions {
			if err := t.keepEdition(feed, &last); err != nil {
				return err
			}
		}
		return queryList(t, `DELETE FROM renditions WHERE path IN (?...)`, func(scanner) error { return nil }, gone)
	})
	if err != nil {
		return nil, err
	}
	return modified, nil
}

// keepRendition keeps one and gives the LastModified that it has now.
func (t *tx) keepRendition(r *news.KeptRendition) (modified time.Time, err error) {
	links, err := list(r.Links)
	if err != nil {
		return modified, err
	}
	_, err = t.one(`
		INSERT INTO renditions (path, kind, content_type, links, updated, tag, modified, date_shared, brotli_tried, body, gzip, brotli)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (path) DO UPDATE SET
			kind = excluded.kind, content_type = excluded.content_type, links = excluded.links, updated = excluded.updated,
			modified = CASE WHEN renditions.tag = excluded.tag THEN renditions.modified ELSE excluded.modified END,
			date_shared = excluded.date_shared, tag = excluded.tag, brotli_tried = excluded.brotli_tried,
			body = excluded.body, gzip = excluded.gzip, brotli = excluded.brotli
		RETURNING modified`,
		[]any{r.Path, r.Kind, r.ContentType, links, millis(r.Updated), r.Tag, millis(r.LastModified),
			r.DateShared, r.BrotliTried, r.Body, bytesOrNull(r.Gzip), bytesOrNull(r.Brotli)},
		instant{&modified})
	return modified, err
}
