package relational

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tributary/internal/news"
)

// applier applies the changes of one batch.
type applier struct {
	*tx
	source  *news.SourceState
	batch   *news.Batch // nil for a revision
	changes *news.Changes
	now     time.Time
	keys    []news.StoryKey // of changes.Insert
}

// apply stores what a batch, or a revision, changes. Places are put before others are removed:
// the one that takes over a removed one's place enters where that one did.
func (a *applier) apply(recorded *news.Recorded) error {
	raised := make(map[string]bool)
	if err := a.raiseFeeds(raised); err != nil {
		return err
	}
	for _, step := range []func() error{
		a.insertStories, a.updateStories, a.touch, a.alias, a.putPlaces, a.unplace, a.noteDecisions, a.remove, a.bury,
		a.hits,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if a.batch != nil {
		feeds, err := a.noteInfo(a.source, a.batch)
		if err != nil {
			return err
		}
		for _, feed := range feeds {
			raised[feed] = true
		}
	}
	recorded.New, recorded.Changed = len(a.changes.Insert), len(a.changes.Update)
	recorded.Feeds = slices.Sorted(maps.Keys(raised))
	recorded.Reasons = a.reasons()
	return a.noteSource()
}

// raiseFeeds lifts the revisions of the feeds that look different, and that of
// the local articles when one of them changed.
func (a *applier) raiseFeeds(raised map[string]bool) error {
	feeds := a.changes.Feeds
	c := a.changes
	if a.source.Name == news.ArticlesName && len(c.Insert)+len(c.Update)+len(c.Remove)+len(c.Bury) > 0 {
		feeds = append(slices.Clip(feeds), news.ArticlesName)
	}
	for _, feed := range feeds {
		if err := a.raise(feed); err != nil {
			return err
		}
		if a.rose[feed] {
			raised[feed] = true
		}
	}
	return nil
}

func (a *applier) insertStories() error {
	for i := range a.changes.Insert {
		story := &a.changes.Insert[i]
		story.Source = a.source.Key
		key, err := a.insertStory(story)
		if err != nil {
			return fmt.Errorf("story %q: %w", story.ID, err)
		}
		a.keys = append(a.keys, key)
		if err := a.keepRival(story); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) updateStories() error {
	for i := range a.changes.Update {
		story := &a.changes.Update[i]
		story.Source = a.source.Key
		if err := a.updateStory(story); err != nil {
			return fmt.Errorf("story %q: %w", story.ID, err)
		}
	}
	return nil
}

func (a *applier) touch() error {
	for _, touch := range a.changes.Touch {
		if _, err := a.exec(`
			UPDATE stories
			SET raw_hash = ?, policy = ?
			WHERE key = ?`, int64(touch.RawHash), int64(touch.Policy), int64(touch.Key)); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) alias() error {
	for id, key := range a.changes.Alias {
		if _, err := a.exec(`
			INSERT INTO aliases (source, id, story)
			VALUES (?, ?, ?)
			ON CONFLICT (source, id) DO UPDATE SET story = excluded.story`,
			int64(a.source.Key), id, int64(a.resolve(key))); err != nil {
			return err
		}
		if err := a.keepIdentity(a.source.Key, id, a.resolve(key)); err != nil {
			return err
		}
	}
	return nil
}

// resolve gives the key of a story, which for one just inserted is negative.
func (a *applier) resolve(key news.StoryKey) news.StoryKey {
	if i := -1 - int(key); key < 0 && i < len(a.keys) {
		return a.keys[i]
	}
	return key
}

func (a *applier) putPlaces() error {
	for _, place := range a.changes.Place {
		fresh := false
		if i := -1 - int(place.Story); place.Story < 0 && i < len(a.keys) {
			// Its public id is new, so nothing in the feed can have it.
			fresh = place.PublicID == a.changes.Insert[i].PublicID
		}
		place.Story = a.resolve(place.Story)
		if err := a.place(place, fresh); err != nil {
			return fmt.Errorf("place of story %d in feed %s: %w", place.Story, place.Feed, err)
		}
	}
	return nil
}

func (a *applier) unplace() error {
	for _, place := range a.changes.Unplace {
		e, err := a.edition(place.Feed)
		if err != nil {
			return err
		}
		if _, err := a.exec(`
			DELETE FROM feed_story
			WHERE story = ? AND feed = ?`, int64(a.resolve(place.Story)), e.feed); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) remove() error {
	for _, key := range a.changes.Remove {
		if _, err := a.exec(`
			DELETE FROM stories
			WHERE key = ? AND source = ?`, int64(key), int64(a.source.Key)); err != nil {
			return err
		}
	}
	return nil
}

// maxWarnings is how many warnings about a source are kept.
const maxWarnings = 20

// noteSource stores what changes about the source itself.
func (a *applier) noteSource() error {
	more := int64(len(a.changes.Insert) - len(a.changes.Remove) - len(a.changes.Bury))
	if a.batch == nil {
		_, err := a.exec(`
			UPDATE sources
			SET stories = stories + ?, capped = CASE WHEN ? = 1 THEN ? ELSE capped END
			WHERE key = ?`, more, a.changes.Capped, a.now.UnixMilli(), int64(a.source.Key))
		return err
	}
	warnings := slices.Concat(a.batch.Warnings, a.changes.Warnings)
	text, err := list(warnings[:min(len(warnings), maxWarnings)])
	if err != nil {
		return err
	}
	_, err = a.exec(`
		UPDATE sources
		SET loaded = 1, untrusted = CASE WHEN ? = 1 THEN 1 ELSE untrusted END, stories = stories + ?, churn = ?, warnings = ?
		WHERE key = ?`,
		a.changes.Untrusted, more, int64(a.changes.Churn), text, int64(a.source.Key))
	return err
}

// reasons gives the decisions with the keys that inserted stories got.
func (a *applier) reasons() []news.Decision {
	decisions := slices.Clone(a.changes.Decisions)
	for i := range decisions {
		decisions[i].Story = a.resolve(decisions[i].Story)
	}
	return decisions
}
