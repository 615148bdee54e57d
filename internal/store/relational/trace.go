package relational

import (
	"context"

	"tributary/internal/news"
)

// tracedQuery finds the stories that an address (?1) or its canonical link (?2)
// means, of sources that are configured no more too, and their copies.
const tracedQuery = `
	WITH meant AS (
		SELECT key, source, canonical FROM stories WHERE public_id = ?1
		UNION SELECT key, source, canonical FROM stories WHERE id = ?1
		UNION SELECT key, source, canonical FROM stories WHERE canonical = nullif(?2, '')
		UNION SELECT st.key, st.source, st.canonical
			FROM aliases AS a JOIN stories AS st ON st.key = a.story
			WHERE a.source IN (SELECT key FROM sources) AND a.id = ?1
		UNION SELECT st.key, st.source, st.canonical
			FROM feed_story AS p JOIN stories AS st ON st.key = p.story WHERE p.public_id = ?1),
	wanted AS (
		SELECT key FROM meant
		UNION SELECT c.key FROM meant AS m
			JOIN stories AS c ON c.canonical = m.canonical AND c.source <> m.source)
	SELECT ` + storyColumns + `, s.name, s.url, CASE WHEN s.active = 1 THEN NULL ELSE coalesce(s.retired, 1) END
	FROM wanted AS w
	JOIN stories AS st ON st.key = w.key
	JOIN sources AS s ON s.key = st.source
	ORDER BY st.key`

// Trace gives all that is on record about an address and the canonical form of
// it, which may be empty. Unlike Find it also knows aliases, the stories of
// sources that are configured no more, and what is gone.
func (db *DB) Trace(ctx context.Context, address, canonical string) (news.Trace, error) {
	var trace news.Trace
	err := db.read(ctx, "trace "+address, func(t *tx) error {
		trace = news.Trace{}
		if err := t.tracedStories(&trace, address, canonical); err != nil {
			return err
		}
		if err := t.query(`
			SELECT s.name, g.id, coalesce(g.public_id, ''), g.kind, g.reason, g.at
			FROM tombstones AS g
			JOIN sources AS s ON s.key = g.source
			WHERE g.id = ?1 OR g.public_id = ?1 OR g.canonical = nullif(?2, '')
			ORDER BY g.at DESC, g.id`,
			func(row scanner) error {
				var g news.Grave
				err := row.Scan(&g.SourceName, &g.ID, &g.PublicID, &g.Kind, &g.Reason, instant{&g.At})
				trace.Graves = append(trace.Graves, g)
				return err
			}, address, canonical); err != nil {
			return err
		}
		return t.query(`
			SELECT s.name, d.at, d.id, d.action, d.reason
			FROM dropped AS d
			JOIN sources AS s ON s.key = d.source
			WHERE d.id = ?1
			ORDER BY d.at DESC, s.name`,
			func(row scanner) error {
				var l news.LeftOut
				err := row.Scan(&l.SourceName, instant{&l.At}, &l.ID, &l.Action, &l.Reason)
				trace.LeftOut = append(trace.LeftOut, l)
				return err
			}, address)
	})
	if err != nil {
		return news.Trace{}, err
	}
	return trace, nil
}

func (t *tx) tracedStories(trace *news.Trace, address, canonical string) error {
	position := make(map[news.StoryKey]int)
	var keys []news.StoryKey
	if err := t.query(tracedQuery, func(row scanner) error {
		var s news.TracedStory
		err := scanStory(row, &s.Story, &s.SourceName, &s.SourceURL, instant{&s.Removed})
		position[s.Key] = len(trace.Stories)
		keys, trace.Stories = append(keys, s.Key), append(trace.Stories, s)
		return err
	}, address, canonical); err != nil {
		return err
	}
	if err := t.placesOf(keys, func(place news.Place) {
		s := &trace.Stories[position[place.Story]]
		s.Places = append(s.Places, place)
	}); err != nil {
		return err
	}
	if err := queryList(t, `SELECT story, id FROM aliases WHERE story IN (?...) ORDER BY story, id`,
		func(row scanner) error {
			var story news.StoryKey
			var id string
			err := row.Scan(&story, &id)
			s := &trace.Stories[position[story]]
			s.Aliases = append(s.Aliases, id)
			return err
		}, keys); err != nil {
		return err
	}
	return queryList(t, `
		SELECT at, id, story, action, reason
		FROM decisions
		WHERE story IN (?...)
		ORDER BY story, at, action`,
		func(row scanner) error {
			var d news.Decision
			err := row.Scan(instant{&d.At}, &d.ID, &d.Story, &d.Action, &d.Reason)
			s := &trace.Stories[position[d.Story]]
			s.Decisions = append(s.Decisions, d)
			return err
		}, keys)
}

// Ahead counts the shown stories of a feed that stand before a place of one,
// in all and of its own source.
func (db *DB) Ahead(ctx context.Context, place news.Place) (news.Ahead, error) {
	var ahead news.Ahead
	err := db.read(ctx, "count what is ahead in feed "+place.Feed, func(t *tx) error {
		_, err := t.one(`
			SELECT count(*), count(CASE WHEN st.source = own.source THEN 1 END)
			FROM feeds AS f
			JOIN stories AS own ON own.key = ?2
			JOIN feed_story AS p ON p.feed = f.key AND p.hidden = 0 AND p.date >= ?3
			JOIN stories AS st ON st.key = p.story
			WHERE f.name = ?1 AND (p.date > ?3 OR p.story > ?2)`,
			[]any{place.Feed, int64(place.Story), place.Date.UnixMilli()}, &ahead.All, &ahead.OfSource)
		return err
	})
	return ahead, err
}
