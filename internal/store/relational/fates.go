package relational

import (
	"context"
	"hash/fnv"
	"io"
	"strconv"

	"tributary/internal/news"
)

// readingColumns are what reading.fields takes, of sources AS s.
const readingColumns = `s.active, s.url, s.mirror, s.shape, s.val_hash IS NOT NULL`

// reading is how a source is read.
type reading struct {
	active     bool
	url        string
	mirror     bool
	shape      string
	validators bool // which it loses with other settings, until it was read under them
}

func (r *reading) fields() []any {
	return []any{&r.active, &r.url, &r.mirror, &r.shape, &r.validators}
}

// sum gives news.SourceInfo.Settings: the same in every process, 0 for a source
// that is configured no more.
func (r *reading) sum() uint64 {
	if !r.active {
		return 0
	}
	h := fnv.New64a()
	for _, part := range []string{r.url, strconv.FormatBool(r.mirror), strconv.FormatBool(r.validators), r.shape} {
		_, _ = io.WriteString(h, part+"\x00") // a hash never fails
	}
	return h.Sum64()
}

// Fingerprints gives the fingerprints of the places of the configured feeds;
// empty where these are those of no config.
func (db *DB) Fingerprints(ctx context.Context) (map[string]string, error) {
	fingerprints := make(map[string]string)
	err := db.read(ctx, "read fingerprints", func(t *tx) error {
		return t.query(`
			SELECT name, coalesce(fingerprint, '')
			FROM feeds
			WHERE configured = 1 AND name <> ?`,
			func(row scanner) error {
				var name, fingerprint string
				err := row.Scan(&name, &fingerprint)
				fingerprints[name] = fingerprint
				return err
			}, news.ArticlesName)
	})
	if err != nil {
		return nil, err
	}
	return fingerprints, nil
}

// Fates tells what became of stories that a feed once showed, in their order,
// and the fingerprint of the feed's places now.
func (db *DB) Fates(ctx context.Context, feed string, stories []news.LastStory) (fates []news.Fate, fingerprint string, err error) {
	err = db.read(ctx, "look for stories that feed "+feed+" had", func(t *tx) error {
		fates, fingerprint = make([]news.Fate, len(stories)), ""
		var key int64
		if _, err := t.one(`
			SELECT key, coalesce(fingerprint, '')
			FROM feeds
			WHERE name = ? AND configured = 1`, []any{feed}, &key, &fingerprint); err != nil {
			return err
		}
		for i := range stories {
			if err := t.fate(key, &stories[i], &fates[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return fates, fingerprint, nil
}

func (t *tx) fate(feed int64, story *news.LastStory, fate *news.Fate) error {
	var r reading
	if _, err := t.one(`
		SELECT s.name, `+readingColumns+`
		FROM sources AS s
		WHERE s.key = ?`,
		[]any{int64(story.Source)}, append([]any{&fate.SourceName}, r.fields()...)...); err != nil {
		return err
	}
	if fate.Settings = r.sum(); fate.Settings == 0 {
		fate.SourceName = ""
	}
	_, err := t.one(`
		SELECT
			EXISTS (SELECT 1 FROM stories WHERE id = ?2 AND source = ?1),
			EXISTS (SELECT 1 FROM tombstones WHERE source = ?1 AND id = ?2 AND kind = ?5),
			EXISTS (SELECT 1 FROM tombstones WHERE source = ?1 AND id = ?2 AND kind = ?6),
			EXISTS (
				SELECT 1
				FROM stories AS st
				JOIN feed_story AS p ON p.story = st.key AND p.feed = ?4
				WHERE st.public_id = ?3 AND p.hidden = 0 AND p.public_id IS NULL
				UNION ALL
				SELECT 1
				FROM feed_story
				WHERE public_id = ?3 AND feed = ?4 AND hidden = 0)`,
		[]any{int64(story.Source), story.ID, story.PublicID, feed,
			string(news.TombstoneExpired), string(news.TombstoneRetracted)},
		&fate.Stored, &fate.Expired, &fate.Retracted, &fate.Shown)
	return err
}
