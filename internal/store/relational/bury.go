package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

const (
	// keepTombstones is how long the tombstone of an expired story lasts after
	// its source held it last.
	keepTombstones = 90 * 24 * time.Hour
	// maxTombstones is how many expired stories of a source have tombstones.
	// Far more than a document can hold.
	maxTombstones = 5000
	// keepFormer is how long the stories of a source stay that is configured no
	// more: its own setting went with it.
	keepFormer = 365 * 24 * time.Hour
)

// bury takes stories out for good.
func (a *applier) bury() error {
	for _, burial := range a.changes.Bury {
		if err := a.buryOne(burial); err != nil {
			return err
		}
	}
	return nil
}

// buryOne gives each id of a story a tombstone and deletes the story.
func (a *applier) buryOne(burial news.Burial) error {
	var ids []string
	var public string
	if err := a.query(`
		SELECT id, public_id FROM stories WHERE key = ?1 AND source = ?2
		UNION
		SELECT a.id, st.public_id FROM aliases AS a JOIN stories AS st ON st.key = a.story WHERE a.story = ?1
		UNION
		SELECT i.id, i.public_id FROM identities AS i JOIN stories AS st ON st.public_id = i.public_id
		WHERE st.key = ?1 AND i.source = ?2`,
		func(row scanner) error {
			var id string
			err := row.Scan(&id, &public)
			ids = append(ids, id)
			return err
		}, int64(burial.Story), int64(a.source.Key)); err != nil {
		return err
	}
	for _, id := range ids {
		if err := a.entomb(id, public, burial); err != nil {
			return err
		}
	}
	return a.put(`DELETE FROM stories WHERE key = ? AND source = ?`, int64(burial.Story), int64(a.source.Key))
}

// entomb stores a tombstone. Those of retracted stories go to the journal at
// once; those of expired ones only when their source turns out to hold them
// still, as the others are needed no more.
func (a *applier) entomb(id, public string, burial news.Burial) error {
	if err := a.put(`
		INSERT INTO tombstones (source, id, public_id, kind, reason, at, canonical)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, id) DO UPDATE
		SET public_id = excluded.public_id, kind = excluded.kind, reason = excluded.reason, at = excluded.at,
			canonical = excluded.canonical`,
		int64(a.source.Key), id, nullable(public), string(burial.Kind), burial.Reason, a.now.UnixMilli(),
		nullable(burial.Link)); err != nil {
		return err
	}
	if burial.Kind != news.TombstoneRetracted {
		return nil
	}
	return a.journalTombstone(a.source.Key, id)
}

// hits notes which tombstones are still needed, once a day.
func (a *applier) hits() error {
	now := a.now.UnixMilli()
	for _, id := range a.changes.Hits {
		first, err := a.exec(`
			UPDATE tombstones
			SET hit = ?
			WHERE source = ? AND id = ? AND hit IS NULL`, now, int64(a.source.Key), id)
		if err != nil {
			return err
		}
		if first > 0 {
			if err := a.journalTombstone(a.source.Key, id); err != nil {
				return err
			}
			continue
		}
		if err := a.put(`
			UPDATE tombstones
			SET hit = ?
			WHERE source = ? AND id = ? AND hit < ?`,
			now, int64(a.source.Key), id, now-(24*time.Hour).Milliseconds()); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) journalTombstone(source news.SourceKey, id string) error {
	line := journalLine{Op: opTombstone, Source: source, ID: id}
	if _, err := t.one(`
		SELECT public_id, kind, reason, at, canonical
		FROM tombstones
		WHERE source = ? AND id = ?`, []any{int64(source), id},
		&line.Public, &line.Kind, &line.Reason, instant{&line.Date}, &line.Link); err != nil {
		return err
	}
	if err := t.journalSource(source); err != nil {
		return err
	}
	return t.journal(line)
}

// Tidy forgets what is needed no more: the stories of sources that have not
// been configured for a year, tombstones of expired stories that
// their sources have not held for 90 days, and where stories stood whose
// copies are all gone for as long. It also writes to the journal what could not
// be written before.
func (db *DB) Tidy(ctx context.Context, now time.Time) error {
	before := now.Add(-keepTombstones).UnixMilli()
	retired := now.Add(-keepFormer).UnixMilli()
	err := db.write(ctx, "tidy up", func(t *tx) error {
		if err := t.inParts(`
			DELETE FROM stories
			WHERE key IN (
				SELECT key
				FROM stories
				WHERE source IN (SELECT key FROM sources WHERE active = 0 AND retired < ?)
				LIMIT ?)`, retired); err != nil {
			return err
		}
		if err := t.put(`
			UPDATE sources
			SET stories = 0
			WHERE active = 0 AND retired < ?`, retired); err != nil {
			return err
		}
		if err := t.put(`
			DELETE FROM tombstones
			WHERE kind = ? AND coalesce(at, 0) < ?2 AND coalesce(hit, 0) < ?2`,
			string(news.TombstoneExpired), before); err != nil {
			return err
		}
		if err := t.put(`
			DELETE FROM tombstones
			WHERE (source, id) IN (
				SELECT source, id
				FROM (
					SELECT source, id, row_number() OVER (
						PARTITION BY source
						ORDER BY CASE WHEN hit > coalesce(at, 0) THEN hit ELSE coalesce(at, 0) END DESC) AS n
					FROM tombstones
					WHERE kind = ?) AS ranked
				WHERE n > ?)`, string(news.TombstoneExpired), int64(maxTombstones)); err != nil {
			return err
		}
		return t.put(`
			DELETE FROM standings
			WHERE date < ? AND NOT EXISTS (SELECT 1 FROM stories AS st WHERE st.canonical = standings.canonical)`, before)
	})
	if err != nil {
		return err
	}
	return db.catchUp(ctx)
}
