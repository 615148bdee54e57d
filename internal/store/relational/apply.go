package relational

import (
	"fmt"
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
	keys    []int64          // of changes.Insert
	numbers map[string]int64 // with which the next fresh place enters a feed, by feed
	infos                    // of the source; only with a batch
}

// apply stores what a batch, or a revision, changes:
//
//  1. first comes what gives an answer that the rest needs (keys, revisions,
//     numbers), which all goes to the database on one way;
//  2. places are put before others are removed: the one that takes over a
//     removed one's place enters where that one did.
func (a *applier) apply(recorded *news.Recorded) error {
	feeds := a.feeds()
	if err := a.begin(feeds); err != nil {
		return err
	}
	for _, step := range []func() error{
		a.keepRivals, a.touch, a.alias, a.putPlaces, a.unplace, a.noteDecisions, a.remove, a.bury, a.hits,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if a.batch != nil {
		all, err := a.noteInfo(a.source, a.batch, a.infos)
		if err != nil {
			return err
		}
		feeds = append(feeds, all...)
	}
	recorded.New, recorded.Changed = len(a.changes.Insert), len(a.changes.Update)
	slices.Sort(feeds)
	recorded.Feeds = slices.DeleteFunc(slices.Compact(feeds), func(feed string) bool { return !a.rose[feed] })
	recorded.Reasons = a.reasons()
	return a.noteSource()
}

// feeds gives those that look different, the local articles among them when one
// of these changed.
func (a *applier) feeds() []string {
	c := a.changes
	feeds := slices.Clone(c.Feeds)
	if a.source.Name == news.ArticlesName && len(c.Insert)+len(c.Update)+len(c.Remove)+len(c.Bury) > 0 {
		feeds = append(feeds, news.ArticlesName)
	}
	slices.Sort(feeds)
	return slices.Compact(feeds)
}

// begin stores the stories, and has all that the rest waits for.
func (a *applier) begin(feeds []string) error {
	for _, feed := range feeds {
		if err := a.raiseLater(feed); err != nil {
			return err
		}
	}
	if a.batch != nil {
		if err := a.infosOf(a.source.Key, &a.infos); err != nil {
			return err
		}
	}
	if err := a.takeNumbers(); err != nil {
		return err
	}
	return a.putStories()
}

// putStories stores new and changed stories.
func (a *applier) putStories() error {
	inserted, updated := a.changes.Insert, a.changes.Update
	a.keys = make([]int64, len(inserted))
	for i := range inserted {
		inserted[i].Source = a.source.Key
		if err := a.insertStory(&inserted[i], &a.keys[i]); err != nil {
			return fmt.Errorf("story %q: %w", inserted[i].ID, err)
		}
	}
	there := make([]bool, len(updated))
	for i := range updated {
		updated[i].Source = a.source.Key
		if err := a.updateStory(&updated[i], &there[i]); err != nil {
			return fmt.Errorf("story %q: %w", updated[i].ID, err)
		}
	}
	if err := a.flush(); err != nil {
		return err
	}
	if i := slices.Index(there, false); i >= 0 {
		return fmt.Errorf("story %q: no story with key %d is stored", updated[i].ID, updated[i].Key)
	}
	return nil
}

func (a *applier) keepRivals() error {
	for i := range a.changes.Insert {
		if err := a.keepRival(&a.changes.Insert[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) touch() error {
	for _, touch := range a.changes.Touch {
		if err := a.put(`
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
		if err := a.put(`
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
		return news.StoryKey(a.keys[i])
	}
	return key
}

func (a *applier) remove() error {
	for _, key := range a.changes.Remove {
		if err := a.put(`
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
		return a.put(`
			UPDATE sources
			SET stories = stories + ?, capped = CASE WHEN ? = 1 THEN ? ELSE capped END
			WHERE key = ?`, more, a.changes.Capped, a.now.UnixMilli(), int64(a.source.Key))
	}
	warnings := slices.Concat(a.batch.Warnings, a.changes.Warnings)
	text, err := list(warnings[:min(len(warnings), maxWarnings)])
	if err != nil {
		return err
	}
	return a.put(`
		UPDATE sources
		SET loaded = 1, untrusted = CASE WHEN ? = 1 THEN 1 ELSE untrusted END, stories = stories + ?, churn = ?, warnings = ?
		WHERE key = ?`,
		a.changes.Untrusted, more, int64(a.changes.Churn), text, int64(a.source.Key))
}

// reasons gives the decisions with the keys that inserted stories got.
func (a *applier) reasons() []news.Decision {
	decisions := slices.Clone(a.changes.Decisions)
	for i := range decisions {
		decisions[i].Story = a.resolve(decisions[i].Story)
	}
	return decisions
}
