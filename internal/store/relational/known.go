package relational

import (
	"slices"
	"strings"

	"tributary/internal/news"
)

// knownColumns are what scanKnown reads, of stories AS st.
const knownColumns = `
	st.key, st.source, st.id, st.public_id, st.canonical, st.published, st.first_seen, st.date,
	st.changed, st.updates, ` + feedHash + `, st.raw_hash, st.original, st.dated`

func scanKnown(row scanner) (k news.KnownStory, err error) {
	err = row.Scan(&k.Key, &k.Source, &k.ID, &k.PublicID, &k.Canonical, instant{&k.Published}, instant{&k.FirstSeen},
		instant{&k.Date}, instant{&k.Changed}, &k.Updates, hash{&k.Hash}, hash{&k.RawHash}, &k.Original, &k.Dated)
	return k, err
}

// loader loads what is known that bears on one batch.
type loader struct {
	*tx
	known  *news.Known
	source int64
	mirror bool
	ids    []string          // of the batch, and what else the same ids may look like
	public map[string]string // what ids that are no aliases were published under
	seen   map[news.StoryKey]bool

	has struct{ aliases, identities, tombstones bool } // whether the source has any
}

// known loads what bears on the batch of a result.
func (t *tx) known(result *news.Result) (*news.Known, error) {
	known := &news.Known{
		Aliases:    make(map[string]news.StoryKey),
		Tombstones: make(map[string]news.Tombstone),
		Retracted:  make(map[string]bool),
		Reserved:   make(map[string]string),
		Standings:  make(map[string][]news.Place),
		Taken:      make(map[string]news.StoryKey),
	}
	l := loader{tx: t, known: known, source: int64(result.Lease.Source.Key), seen: make(map[news.StoryKey]bool)}
	for i := range result.Batch.Stories {
		l.ids = append(l.ids, result.Batch.Stories[i].ID)
		l.ids = append(l.ids, variants(result.Batch.Stories[i].ID)...)
	}
	for _, deletion := range result.Batch.Deleted {
		l.ids = append(l.ids, deletion.ID)
	}
	return known, l.load(result.Batch)
}

// load loads all of it: first what the batch alone tells to look for, which goes
// to the database on one way, then what hangs on what was found.
func (l *loader) load(batch *news.Batch) error {
	for _, ask := range []func(*news.Batch) error{
		l.state, l.aliases, l.identities, l.stories, l.copies, l.tombstones, l.taken, l.reserved, l.standings,
	} {
		if err := ask(batch); err != nil {
			return err
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	l.spellTombstones(batch)
	for _, load := range []func(*news.Batch) error{l.identify, l.aliased, l.copiesOfKnown, l.places} {
		if err := load(batch); err != nil {
			return err
		}
	}
	return nil
}

// state loads that of the source. How it is kept is needed at once, and so is
// which tables have anything of it: most sources have nothing there, and a look
// for all the spellings of a batch's ids costs more than a look for any.
func (l *loader) state(*news.Batch) error {
	return l.query(`
		SELECT `+stateColumns+`, s.mirror, s.space, s.churn, `+
		anyOf("aliases")+`, `+anyOf("identities")+`, `+anyOf("tombstones")+`
		FROM `+stateTables+`
		WHERE s.key = ?`,
		func(row scanner) error {
			return row.Scan(append(stateFields(&l.known.Source), &l.mirror, &l.known.Space, &l.known.Churn,
				&l.has.aliases, &l.has.identities, &l.has.tombstones)...)
		}, l.source)
}

// anyOf is 1 where a table has a row of source s, else 0. The order is that of its
// key, so that no planner reads the table instead.
func anyOf(table string) string {
	return `coalesce((SELECT 1 FROM ` + table + ` AS any_of WHERE any_of.source = s.key ORDER BY any_of.id LIMIT 1), 0)`
}

// variants gives the ids that differ from an http(s) id only in its scheme or
// a www. in front of the host.
func variants(id string) []string {
	rest, ok := strings.CutPrefix(id, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(id, "http://"); !ok {
			return nil
		}
	}
	rest = strings.TrimPrefix(rest, "www.")
	var others []string
	for _, prefix := range []string{"https://", "http://", "https://www.", "http://www."} {
		if other := prefix + rest; other != id {
			others = append(others, other)
		}
	}
	return others
}

// aliases loads those among the batch's ids. Of a mirrored source the ids of
// unchanged stories count too: they keep their stories from being removed.
func (l *loader) aliases(batch *news.Batch) error {
	if !l.has.aliases {
		return nil
	}
	ids := l.ids
	if l.mirror {
		ids = slices.Concat(ids, batch.Unchanged)
	}
	return laterList(l.tx, `
		SELECT id, story
		FROM aliases
		WHERE source = ? AND id IN (?...)`,
		func(row scanner) error {
			var id string
			var story news.StoryKey
			err := row.Scan(&id, &story)
			l.known.Aliases[id] = story
			return err
		}, ids, l.source)
}

// canonicals gives the canonical links of a batch and of stories, once each.
func canonicals(batch *news.Batch, stories []news.KnownStory) []string {
	links := make([]string, 0, len(batch.Stories)+len(stories))
	for i := range batch.Stories {
		links = append(links, batch.Stories[i].Canonical)
	}
	for i := range stories {
		links = append(links, stories[i].Canonical)
	}
	slices.Sort(links)
	links = slices.Compact(links)
	if len(links) > 0 && links[0] == "" {
		links = links[1:]
	}
	return links
}

// tombstones loads those of the batch's ids, and of its links.
func (l *loader) tombstones(batch *news.Batch) error {
	if err := laterList(l.tx, `
		SELECT canonical
		FROM tombstones
		WHERE canonical IN (?...)`,
		func(row scanner) error {
			var link string
			err := row.Scan(&link)
			l.known.Retracted[link] = true
			return err
		}, canonicals(batch, nil)); err != nil || !l.has.tombstones {
		return err
	}
	return laterList(l.tx, `
		SELECT id, kind
		FROM tombstones
		WHERE source = ? AND id IN (?...)`,
		func(row scanner) error {
			var id string
			var kind news.Tombstone
			err := row.Scan(&id, &kind)
			l.known.Tombstones[id] = kind
			return err
		}, l.ids, l.source)
}

// spellTombstones lets a tombstone count under the batch's own spelling of its
// id too.
func (l *loader) spellTombstones(batch *news.Batch) {
	if len(l.known.Tombstones) == 0 {
		return
	}
	for i := range batch.Stories {
		id := batch.Stories[i].ID
		for _, other := range variants(id) {
			if kind := l.known.Tombstones[other]; kind != "" {
				l.known.Tombstones[id] = kind
			}
		}
	}
}

// taken loads the public ids that the batch might claim: its ids as they are,
// a public id that a story asks for, and those of any story with the same id,
// as what is made up where an id can't be published depends on the id.
func (l *loader) taken(batch *news.Batch) error {
	var ids, wishes []string
	for i := range batch.Stories {
		ids = append(ids, batch.Stories[i].ID)
		if wish := batch.Stories[i].PublicID; wish != "" {
			wishes = append(wishes, wish)
		}
	}
	add := func(row scanner) error {
		var id string
		var story news.StoryKey
		err := row.Scan(&id, &story)
		l.known.Taken[id] = story
		return err
	}
	wishes = append(wishes, ids...)
	if err := laterList(l.tx, `
		SELECT public_id, story
		FROM feed_story
		WHERE public_id IN (?...)`, add, wishes); err != nil {
		return err
	}
	if err := laterList(l.tx, `
		SELECT public_id, key
		FROM stories
		WHERE public_id IN (?...)`, add, wishes); err != nil {
		return err
	}
	return laterList(l.tx, `
		SELECT public_id, key
		FROM stories
		WHERE id IN (?...)`, add, ids)
}
