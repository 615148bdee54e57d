package relational

import (
	"strings"

	"tributary/internal/news"
)

// spaceOf gives what the made-up public ids of a new source hang on: its URL,
// but the name of a file: source, whose path differs from machine to machine.
func spaceOf(s settings) string {
	if strings.HasPrefix(s.url, "file:") {
		return "file:" + s.name
	}
	return s.url
}

// journalMove tells the journal where a source is now that others may have
// known under another name or URL.
func (s *syncer) journalMove(want settings, was *stored) error {
	if want.name == was.name && want.url == was.url || !s.journals {
		return nil
	}
	var journaled *string
	if _, err := s.one(`SELECT journaled FROM sources WHERE key = ?`, []any{int64(was.key)}, &journaled); err != nil {
		return err
	}
	if journaled == nil && was.stories == 0 {
		return nil
	}
	return s.journalSource(was.key)
}

// keepIdentity notes for ever that an id of a source belongs to what is
// published under the public id of a story, and so does the story's own id.
func (t *tx) keepIdentity(source news.SourceKey, id string, story news.StoryKey) error {
	var own, public string
	found, err := t.one(`SELECT id, public_id FROM stories WHERE key = ?`, []any{int64(story)}, &own, &public)
	if err != nil || !found {
		return err
	}
	if err := t.reserve(source, own, public); err != nil {
		return err
	}
	return t.reserve(source, id, public)
}

// keepRival notes for ever whose a public id is that a new story would have had
// if it weren't taken: in a database made anew, it might come first.
func (t *tx) keepRival(story *news.Story) error {
	if story.PublicID == story.ID {
		return nil
	}
	var source news.SourceKey
	var id string
	found, err := t.one(`
		SELECT source, id
		FROM stories
		WHERE public_id = ? AND source <> ?`, []any{story.ID, int64(story.Source)}, &source, &id)
	if err != nil || !found {
		return err
	}
	return t.reserve(source, id, story.ID)
}

// reserve notes under which public id an id of a source was published. The
// first note stands.
func (t *tx) reserve(source news.SourceKey, id, public string) error {
	n, err := t.exec(`
		INSERT INTO identities (source, id, public_id)
		VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`, int64(source), id, public)
	if err != nil || n == 0 {
		return err
	}
	if err := t.journalSource(source); err != nil {
		return err
	}
	return t.journal(journalLine{Op: opIdentity, Source: source, ID: id, Public: public})
}

// stand notes for ever under what a story that has copies was first published
// in a feed, when its place has not its own public id.
func (t *tx) stand(place *news.Place) error {
	n, err := t.exec(`
		INSERT INTO standings (feed, canonical, public_id, date)
		SELECT ?1, canonical, ?2, ?3
		FROM stories
		WHERE key = ?4 AND public_id <> ?2 AND canonical IS NOT NULL
		ON CONFLICT DO NOTHING`,
		place.Feed, place.PublicID, place.Date.UnixMilli(), int64(place.Story))
	if err != nil || n == 0 {
		return err
	}
	var link string
	if _, err := t.one(`SELECT canonical FROM stories WHERE key = ?`, []any{int64(place.Story)}, &link); err != nil {
		return err
	}
	if err := t.keepOwner(place.PublicID); err != nil {
		return err
	}
	return t.journal(journalLine{
		Op: opStanding, Feed: place.Feed, Link: link, Public: place.PublicID, Date: place.Date.UTC(),
	})
}

// standAll is stand for all places of a feed.
func (t *tx) standAll(name string, feed int64) error {
	var places []news.Place
	err := t.query(`
		SELECT p.story, p.public_id, p.date
		FROM feed_story AS p
		JOIN stories AS st ON st.key = p.story
		LEFT JOIN standings AS g ON g.feed = ?1 AND g.canonical = st.canonical
		WHERE p.feed = ?2 AND p.public_id IS NOT NULL AND st.canonical IS NOT NULL AND g.feed IS NULL`,
		func(row scanner) error {
			place := news.Place{Feed: name}
			err := row.Scan(&place.Story, &place.PublicID, instant{&place.Date})
			places = append(places, place)
			return err
		}, name, feed)
	for i := 0; i < len(places) && err == nil; i++ {
		err = t.stand(&places[i])
	}
	return err
}

// keepOwner notes for ever whose a public id is under which copies stand.
func (t *tx) keepOwner(public string) error {
	var source news.SourceKey
	var id string
	found, err := t.one(`SELECT source, id FROM stories WHERE public_id = ?`, []any{public}, &source, &id)
	if err != nil || !found {
		return err
	}
	return t.reserve(source, id, public)
}

// identities loads the public ids that ids of the batch were published under,
// unless they are aliases.
func (l *loader) identities(*news.Batch) error {
	l.public = make(map[string]string)
	if !l.has.identities {
		return nil
	}
	return laterList(l.tx, `
		SELECT id, public_id
		FROM identities
		WHERE source = ? AND id IN (?...)`,
		func(row scanner) error {
			var id, public string
			err := row.Scan(&id, &public)
			if _, ok := l.known.Aliases[id]; !ok {
				l.public[id] = public
			}
			return err
		}, l.ids, l.source)
}

// identify resolves these ids: to an alias where a story of the source has the
// public id, else that is reserved.
func (l *loader) identify(batch *news.Batch) error {
	if len(l.public) == 0 {
		return nil
	}
	owners, err := l.owners(l.public)
	if err != nil {
		return err
	}
	for id, public := range l.public {
		switch owner, stored := owners[public]; {
		case !stored:
			l.known.Reserved[id] = public
		case int64(owner.Source) == l.source:
			l.known.Aliases[id] = owner.Key
		}
	}
	for i := range batch.Stories {
		l.spell(batch.Stories[i].ID)
	}
	return nil
}

// spell lets an id have what is reserved for another spelling of it.
func (l *loader) spell(id string) {
	if l.known.Reserved[id] != "" {
		return
	}
	for _, other := range variants(id) {
		if public := l.known.Reserved[other]; public != "" {
			l.known.Reserved[id] = public
			return
		}
	}
}

// owners gives the stories with public ids.
func (l *loader) owners(public map[string]string) (map[string]news.KnownStory, error) {
	ids := make([]string, 0, len(public))
	for _, id := range public {
		ids = append(ids, id)
	}
	owners := make(map[string]news.KnownStory)
	err := queryList(l.tx, `
		SELECT public_id, key, source
		FROM stories
		WHERE public_id IN (?...)`,
		func(row scanner) error {
			var s news.KnownStory
			err := row.Scan(&s.PublicID, &s.Key, &s.Source)
			owners[s.PublicID] = s
			return err
		}, ids)
	return owners, err
}

// reserved loads which of the ids that the batch might claim are kept for
// other sources' stories, or for what was published and is gone.
func (l *loader) reserved(batch *news.Batch) error {
	var wishes []string
	for i := range batch.Stories {
		wishes = append(wishes, batch.Stories[i].ID)
		if wish := batch.Stories[i].PublicID; wish != "" {
			wishes = append(wishes, wish)
		}
	}
	add := func(row scanner) error {
		var id string
		err := row.Scan(&id)
		if _, ok := l.known.Taken[id]; !ok {
			l.known.Taken[id] = 0
		}
		return err
	}
	for _, query := range []string{`
		SELECT public_id
		FROM identities
		WHERE source <> ? AND public_id IN (?...)`, `
		SELECT public_id
		FROM tombstones
		WHERE source <> ? AND public_id IN (?...)`} {
		if err := laterList(l.tx, query, add, wishes, l.source); err != nil {
			return err
		}
	}
	return nil
}

// standings loads under what the links of the batch were first published,
// unless that public id is now another link's.
func (l *loader) standings(batch *news.Batch) error {
	return laterList(l.tx, `
		SELECT g.feed, g.canonical, g.public_id, g.date
		FROM standings AS g
		WHERE g.canonical IN (?...)
			AND NOT EXISTS (
				SELECT 1 FROM stories AS o
				WHERE o.public_id = g.public_id AND o.canonical IS DISTINCT FROM g.canonical)
			AND NOT EXISTS (
				SELECT 1 FROM feed_story AS p JOIN stories AS o ON o.key = p.story
				WHERE p.public_id = g.public_id AND o.canonical IS DISTINCT FROM g.canonical)`,
		func(row scanner) error {
			var place news.Place
			var link string
			err := row.Scan(&place.Feed, &link, &place.PublicID, instant{&place.Date})
			l.known.Standings[link] = append(l.known.Standings[link], place)
			return err
		}, canonicals(batch, nil))
}
