package relational

import (
	"context"

	"tributary/internal/news"
)

// Find gives the stories of configured sources that an address means, by key:
// those with it as public id, in a feed too, or as id, or with the canonical
// link; and the copies of other sources.
func (db *DB) Find(ctx context.Context, address, canonical string) ([]news.StoredStory, error) {
	var stories []news.StoredStory
	err := db.read(ctx, "find "+address, func(t *tx) error {
		stories = nil
		position := make(map[news.StoryKey]int)
		var keys []news.StoryKey
		if err := t.query(`
			WITH meant AS (
				SELECT key, source, canonical FROM stories WHERE public_id = ?1
				UNION SELECT key, source, canonical FROM stories WHERE id = ?1
				UNION SELECT key, source, canonical FROM stories WHERE canonical = nullif(?2, '')
				UNION SELECT st.key, st.source, st.canonical
					FROM feed_story AS p JOIN stories AS st ON st.key = p.story WHERE p.public_id = ?1),
			wanted AS (
				SELECT key FROM meant
				UNION SELECT c.key FROM meant AS m
					JOIN stories AS c ON c.canonical = m.canonical AND c.source <> m.source)
			SELECT `+storyColumns+`, s.name
			FROM wanted AS w
			JOIN stories AS st ON st.key = w.key
			JOIN sources AS s ON s.key = st.source AND s.active = 1
			ORDER BY st.key`,
			func(row scanner) error {
				var story news.StoredStory
				err := scanStory(row, &story.Story, &story.SourceName)
				position[story.Key] = len(stories)
				keys, stories = append(keys, story.Key), append(stories, story)
				return err
			}, address, canonical); err != nil {
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
