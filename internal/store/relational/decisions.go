package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// maxDropped is how many dropped ids of a source are remembered.
const maxDropped = 100

// noteDecisions stores why the stories are as they are. That a story is the
// same as ever is not stored: it would be a write for each at each visit.
func (a *applier) noteDecisions() error {
	dropped := false
	for i := range a.changes.Decisions {
		d := &a.changes.Decisions[i]
		switch d.Action {
		case news.ActionInsert, news.ActionUpdate, news.ActionAlias:
			if err := a.put(`
				INSERT INTO decisions (story, action, at, id, reason)
				VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (story, action) DO UPDATE
				SET at = excluded.at, id = excluded.id, reason = excluded.reason`,
				int64(a.resolve(d.Story)), string(d.Action), a.now.UnixMilli(), d.ID, d.Reason); err != nil {
				return err
			}
		case news.ActionDrop, news.ActionRemove:
			if err := a.noteDropped(d); err != nil {
				return err
			}
			dropped = true
		}
	}
	if !dropped {
		return nil
	}
	return a.put(`
		DELETE FROM dropped
		WHERE source = ?1 AND id IN (
			SELECT id FROM dropped WHERE source = ?1 ORDER BY at DESC, id LIMIT 9223372036854775807 OFFSET ?2)`,
		int64(a.source.Key), int64(maxDropped))
}

// noteDropped stores that an id was left out. What is left out at each visit is
// written once a day.
func (a *applier) noteDropped(d *news.Decision) error {
	return a.put(`
		INSERT INTO dropped (source, id, action, at, reason)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (source, id) DO UPDATE
		SET action = excluded.action, at = excluded.at, reason = excluded.reason
		WHERE dropped.reason <> excluded.reason OR dropped.at < excluded.at - ?`,
		int64(a.source.Key), d.ID, string(d.Action), a.now.UnixMilli(), d.Reason, (24 * time.Hour).Milliseconds())
}

// Decisions gives the last decision of each kind about a story, oldest first.
func (db *DB) Decisions(ctx context.Context, story news.StoryKey) ([]news.Decision, error) {
	var decisions []news.Decision
	err := db.read(ctx, "read decisions", func(t *tx) error {
		return t.query(`
			SELECT at, id, story, action, reason
			FROM decisions
			WHERE story = ?
			ORDER BY at, action`, scanDecisions(&decisions), int64(story))
	})
	return decisions, err
}

// Dropped gives the ids of a source that were left out or taken out, the last
// ones first, at most a hundred.
func (db *DB) Dropped(ctx context.Context, source news.SourceKey) ([]news.Decision, error) {
	var decisions []news.Decision
	err := db.read(ctx, "read dropped stories", func(t *tx) error {
		return t.query(`
			SELECT at, id, 0, action, reason
			FROM dropped
			WHERE source = ?
			ORDER BY at DESC, id`, scanDecisions(&decisions), int64(source))
	})
	return decisions, err
}

func scanDecisions(to *[]news.Decision) func(scanner) error {
	return func(row scanner) error {
		var d news.Decision
		err := row.Scan(instant{&d.At}, &d.ID, &d.Story, &d.Action, &d.Reason)
		*to = append(*to, d)
		return err
	}
}
