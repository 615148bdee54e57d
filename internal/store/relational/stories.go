package relational

import (
	"context"

	"tributary/internal/news"
)

// Seen gives the RawHash of those of the source's stories that have one of ids
// as their id or as an alias, by that id.
func (db *DB) Seen(ctx context.Context, source news.SourceKey, ids []string) (map[string]uint64, error) {
	seen := make(map[string]uint64)
	err := db.read(ctx, "look up stories", func(t *tx) error {
		clear(seen)
		add := func(row scanner) error {
			var id string
			var raw uint64
			err := row.Scan(&id, hash{&raw})
			seen[id] = raw
			return err
		}
		if err := laterList(t, `
			SELECT a.id, st.raw_hash
			FROM aliases AS a
			JOIN stories AS st ON st.key = a.story
			WHERE a.source = ? AND a.id IN (?...)`, add, ids, int64(source)); err != nil {
			return err
		}
		return laterList(t, `
			SELECT id, raw_hash
			FROM stories
			WHERE source = ? AND id IN (?...)`, add, ids, int64(source))
	})
	if err != nil {
		return nil, err
	}
	return seen, nil
}

// Stories gives stored stories of configured sources in the order of their
// keys, with their places.
func (db *DB) Stories(ctx context.Context, after news.StoryKey, limit int) ([]news.StoredStory, error) {
	var stories []news.StoredStory
	err := db.read(ctx, "read stories", func(t *tx) error {
		stories = nil
		var keys []news.StoryKey
		position := make(map[news.StoryKey]int)
		// CROSS JOIN keeps the order of the loops: stories by key, no sorting.
		err := t.query(`
			SELECT `+storyColumns+`, s.name
			FROM stories AS st
			CROSS JOIN sources AS s ON s.key = st.source AND s.active = 1
			WHERE st.key > ?
			ORDER BY st.key
			LIMIT ?`,
			func(row scanner) error {
				var story news.StoredStory
				if err := scanStory(row, &story.Story, &story.SourceName); err != nil {
					return err
				}
				position[story.Key] = len(stories)
				keys = append(keys, story.Key)
				stories = append(stories, story)
				return nil
			}, int64(after), max(limit, 0))
		if err != nil {
			return err
		}
		return t.placesOf(keys, func(place news.Place) {
			story := &stories[position[place.Story]]
			story.Places = append(story.Places, place)
		})
	})
	if err != nil {
		return nil, err
	}
	return stories, nil
}
