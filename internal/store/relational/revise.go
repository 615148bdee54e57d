package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// Revise asks decide what becomes of stored stories of a source and stores
// what it says, in one transaction. Known.Stories are those of the stories that
// are still there, and what else of the source shares a link with them.
func (db *DB) Revise(ctx context.Context, source news.SourceKey, stories []news.StoryKey, now time.Time, decide news.Revise) (news.Recorded, error) {
	var recorded news.Recorded
	journaled := false
	err := db.write(ctx, "revise stories", func(t *tx) error {
		recorded = news.Recorded{}
		known, err := t.knownStories(source, stories)
		if err != nil {
			return err
		}
		changes := decide(known)
		a := applier{tx: t, source: &known.Source, changes: &changes, now: now}
		err = a.apply(&recorded)
		journaled = t.journaled
		return err
	})
	if err != nil {
		return news.Recorded{}, err
	}
	if journaled {
		// What the operator retracted must be on record before we say so.
		return recorded, db.catchUp(ctx)
	}
	return recorded, nil
}

// knownStories loads what bears on a revision of stories.
func (t *tx) knownStories(source news.SourceKey, keys []news.StoryKey) (*news.Known, error) {
	known := &news.Known{}
	l := loader{tx: t, known: known, source: int64(source), seen: make(map[news.StoryKey]bool)}
	if err := l.keyed(keys); err != nil {
		return nil, err
	}
	if err := l.state(nil); err != nil {
		return nil, err
	}
	if err := l.linked(canonicals(&news.Batch{}, known.Stories)); err != nil {
		return nil, err
	}
	if err := l.copiesOfKnown(&news.Batch{}); err != nil {
		return nil, err
	}
	return known, l.places(nil)
}

// Excess gives stories of a source that are too old or too many: the oldest
// first.
func (db *DB) Excess(ctx context.Context, excess news.Excess) ([]news.StoryKey, error) {
	var keys []news.StoryKey
	seen := make(map[news.StoryKey]bool)
	add := func(row scanner) error {
		var key news.StoryKey
		err := row.Scan(&key)
		if !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
		return err
	}
	err := db.read(ctx, "look for old stories", func(t *tx) error {
		if !excess.Before.IsZero() {
			if err := t.query(`
				SELECT key
				FROM stories
				WHERE source = ? AND first_seen < ?
				ORDER BY first_seen, key
				LIMIT ?`, add, int64(excess.Source), excess.Before.UnixMilli(), int64(excess.Limit)); err != nil {
				return err
			}
		}
		if excess.Most <= 0 {
			return nil
		}
		return t.query(`
			SELECT key
			FROM (
				SELECT key, date
				FROM stories
				WHERE source = ?
				ORDER BY date DESC, key DESC
				LIMIT 9223372036854775807 OFFSET ?) AS beyond
			ORDER BY date, key
			LIMIT ?`, add, int64(excess.Source), int64(excess.Most), int64(excess.Limit))
	})
	if err != nil {
		return nil, err
	}
	return keys[:min(len(keys), excess.Limit)], nil
}

// Outdated gives stories of configured sources, local articles aside, that went
// through an older sanitizing policy than this one.
func (db *DB) Outdated(ctx context.Context, policy, limit int) ([]news.StoredStory, error) {
	var stories []news.StoredStory
	err := db.read(ctx, "look for stories of an older policy", func(t *tx) error {
		stories = nil
		return t.query(`
			SELECT `+storyColumns+`, s.name
			FROM stories AS st
			JOIN sources AS s ON s.key = st.source AND s.active = 1
			WHERE st.local = 0 AND st.policy < ?
			ORDER BY st.policy, st.key
			LIMIT ?`,
			func(row scanner) error {
				var story news.StoredStory
				err := scanStory(row, &story.Story, &story.SourceName)
				stories = append(stories, story)
				return err
			}, int64(policy), int64(limit))
	})
	if err != nil {
		return nil, err
	}
	return stories, nil
}
