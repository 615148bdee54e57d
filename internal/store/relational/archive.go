package relational

import (
	"context"

	"tributary/internal/news"
)

// runRows are the shown stories of a feed by their numbers.
const runRows = PlaceColumns + `
	FROM feed_story AS p
	CROSS JOIN stories AS st ON st.key = p.story
	WHERE p.feed = ? AND p.hidden = 0 AND p.entered BETWEEN ? AND ?
	ORDER BY p.entered DESC`

// Run gives the shown items of a feed with numbers from first to last, the
// last one that entered first.
func (db *DB) Run(ctx context.Context, feed string, first, last int64) ([]news.Item, error) {
	return db.items(ctx, feed, runRows, nil, max(int(last-first)+1, 0), first, last)
}

// Entered gives the number of the newest story that entered a feed, and the
// stories beyond the last full run of so many numbers that are still shown.
func (db *DB) Entered(ctx context.Context, feed string, run int64) (last int64, open []news.StoryKey, err error) {
	err = db.read(ctx, "read the history of feed "+feed, func(t *tx) error {
		last, open = 0, nil
		var key int64
		if _, err := t.one(`SELECT key, entered FROM feeds WHERE name = ?`, []any{feed}, &key, &last); err != nil {
			return err
		}
		return t.query(`
			SELECT story
			FROM feed_story
			WHERE feed = ? AND hidden = 0 AND entered > ?
			ORDER BY entered DESC`,
			func(row scanner) error {
				var story news.StoryKey
				err := row.Scan(&story)
				open = append(open, story)
				return err
			}, key, last-last%run)
	})
	return last, open, err
}
