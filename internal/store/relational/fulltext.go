package relational

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

// backfill is how many stored stories of a source get their full text when the
// source begins to want it: its newest.
const backfill = 100

// SyncFullText makes these the sources whose stories get their full text. The
// newest stories of one that is new among them are queued. The stories of one
// that is not among them any more are again what the feed brought, and all
// feeds are then stale.
func (db *DB) SyncFullText(ctx context.Context, sources []news.FullTextSource) error {
	return db.write(ctx, "sync full texts", func(t *tx) error {
		gone := make(map[int64]bool)
		err := t.query(`SELECT source FROM full_text_sources`, func(row scanner) error {
			var key int64
			err := row.Scan(&key)
			gone[key] = true
			return err
		})
		if err != nil {
			return err
		}
		for _, source := range sources {
			known := gone[int64(source.Key)]
			delete(gone, int64(source.Key))
			if err := t.wantFullText(source, known); err != nil {
				return err
			}
		}
		for key := range gone {
			if err := t.restore(key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) wantFullText(source news.FullTextSource, known bool) error {
	if err := t.put(`
		INSERT INTO full_text_sources (source, delay, free_host)
		VALUES (?, ?, ?)
		ON CONFLICT (source) DO UPDATE SET delay = excluded.delay, free_host = excluded.free_host`,
		int64(source.Key), source.Delay.Milliseconds(), nullable(source.FreeHost)); err != nil || known {
		return err
	}
	return t.put(`
		INSERT INTO full_texts (story, source)
		SELECT key, source
		FROM stories
		WHERE source = ? AND link <> ''
		ORDER BY date DESC, key DESC
		LIMIT ?`, int64(source.Key), backfill)
}

// restore gives the stories of a source back what the feed brought.
func (t *tx) restore(source int64) error {
	if err := t.put(`DELETE FROM full_text_sources WHERE source = ?`, source); err != nil {
		return err
	}
	changed, err := t.restoreTexts(source)
	if err != nil {
		return err
	}
	if err := t.inParts(`
		DELETE FROM full_texts
		WHERE story IN (SELECT story FROM full_texts WHERE source = ? LIMIT ?)`, source); err != nil || !changed {
		return err
	}
	if err := t.put(`UPDATE feeds SET fingerprint = NULL`); err != nil {
		return err
	}
	_, err = t.raiseAll()
	return err
}

// restoreTexts does so some stories at a time, as inParts does, and reports
// whether any had a full text.
func (t *tx) restoreTexts(source int64) (changed bool, err error) {
	for after, last := int64(0), int64(0); ; after = last {
		if _, err := t.one(`
			SELECT coalesce(max(story), 0)
			FROM (SELECT story FROM full_texts WHERE source = ? AND story > ? ORDER BY story LIMIT ?) AS next`,
			[]any{source, after, int64(part)}, &last); err != nil || last == 0 {
			return changed, err
		}
		n, err := t.exec(`
			UPDATE stories
			SET hash = f.feed_hash, words = f.feed_words, image = f.feed_image,
				excerpt = f.feed_excerpt, summary = f.feed_summary, content = f.feed_content
			FROM full_texts AS f
			WHERE f.source = ? AND f.story > ? AND f.story <= ? AND stories.key = f.story AND stories.hash = f.text_hash`,
			source, after, last)
		if err != nil {
			return changed, err
		}
		changed = changed || n > 0
	}
}

// RecordPage stores what a page brought and reports whether it was: not when
// another claim came in between, when the story changed or went meanwhile, or
// when its source wants no full text any more. The story keeps its key, id and
// dates; what the feed had brought is kept beside it.
func (db *DB) RecordPage(ctx context.Context, result news.PageResult, decide news.DecideText) (recorded bool, err error) {
	err = db.write(ctx, "record the page of a story", func(t *tx) error {
		recorded = false
		delay, current, err := t.finishPage(&result)
		if err != nil || !current {
			return err
		}
		if err := t.freeHost(&result, delay); err != nil {
			return err
		}
		var hash int64
		if found, err := t.one(`SELECT hash FROM stories WHERE key = ?`, []any{int64(result.Lease.Story.Key)}, &hash); err != nil || !found {
			return err
		}
		if uint64(hash) != result.Lease.Story.Hash { // the trigger has queued it anew
			return t.put(`UPDATE full_texts SET pending = 1, tries = 0 WHERE story = ?`, int64(result.Lease.Story.Key))
		}
		recorded = true
		if result.Story == nil {
			return nil
		}
		return t.putText(&result, decide)
	})
	return recorded, err
}

// finishPage ends the lease of a page unless it is stale. A page that was read
// is not read again at once, however often its story changes.
func (t *tx) finishPage(result *news.PageResult) (delay time.Duration, current bool, err error) {
	lease := &result.Lease
	retry, read := !result.Retry.IsZero(), 0
	tries := lease.Tries
	if retry {
		tries++
	} else {
		read = 1
	}
	var millisecs, fetched int64
	current, err = t.one(`
		UPDATE full_texts
		SET pending = ?3, tries = ?4, due = ?5, leased_until = 0, fetched = fetched + ?6
		WHERE story = ?1 AND claim = ?2 AND leased_until > 0
		RETURNING (SELECT delay FROM full_text_sources AS s WHERE s.source = full_texts.source), fetched`,
		[]any{int64(lease.Story.Key), lease.Claim, retry, tries, max(result.Retry.UnixMilli(), 0), read}, &millisecs, &fetched)
	if err != nil || !current {
		return 0, current, err
	}
	if pause := again(fetched); !retry && pause > 0 {
		err = t.put(`UPDATE full_texts SET due = ? WHERE story = ?`,
			result.At.Add(pause).UnixMilli(), int64(lease.Story.Key))
	}
	return time.Duration(millisecs) * time.Millisecond, true, err
}

// again is how long a page is not read after it was read so often: a text that
// differs at each visit must not cost its host a request each.
func again(fetched int64) time.Duration {
	if fetched < 3 {
		return 0
	}
	return time.Hour << min(fetched-3, 5)
}

// putText puts a full text into its story and what the feed brought beside it.
func (t *tx) putText(result *news.PageResult, decide news.DecideText) error {
	story := result.Story
	known, err := t.known(&news.Result{
		Lease: news.Lease{Source: news.SourceState{Key: story.Source}},
		Batch: &news.Batch{Stories: []news.Story{*story}},
	})
	if err != nil {
		return fmt.Errorf("load what is known: %w", err)
	}
	changes := decide(known, story)
	if len(changes.Update) == 0 {
		return nil
	}
	a := applier{tx: t, source: &known.Source, changes: &changes}
	if err := a.begin(a.feeds()); err != nil {
		return err
	}
	for _, step := range []func() error{a.putPlaces, a.unplace} {
		if err := step(); err != nil {
			return err
		}
	}
	feed := &result.Lease.Story
	return t.put(`
		UPDATE full_texts
		SET pending = 0, text_hash = ?, feed_hash = ?, feed_words = ?, feed_image = ?,
			feed_excerpt = ?, feed_summary = ?, feed_content = ?
		WHERE story = ?`,
		int64(story.Hash), int64(feed.Hash), feed.Words, feed.Image, feed.Excerpt, feed.Summary, feed.Content,
		int64(story.Key))
}

// feedHash is the hash of a story, st, as its feed brought it: what a batch is
// compared with.
const feedHash = `coalesce((SELECT f.feed_hash FROM full_texts AS f WHERE f.story = st.key AND f.text_hash = st.hash), st.hash)`
