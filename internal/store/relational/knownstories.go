package relational

import (
	"cmp"
	"maps"
	"slices"

	"tributary/internal/news"
)

// stories loads those of the source that the batch touches by an id or a
// canonical link, or all of them when it is mirrored. Stories come with a batch
// alone, so there are none before the first.
func (l *loader) stories(batch *news.Batch) error {
	if !l.known.Source.Loaded {
		return nil
	}
	if l.mirror {
		return l.later(`
			SELECT `+knownColumns+`
			FROM stories AS st
			WHERE st.source = ?`, l.add, l.source)
	}
	if err := laterList(l.tx, `
		SELECT `+knownColumns+`
		FROM stories AS st
		WHERE st.source = ? AND st.id IN (?...)`, l.add, l.ids, l.source); err != nil {
		return err
	}
	return l.linked(canonicals(batch, nil))
}

// linked loads the stories of the source with canonical links.
func (l *loader) linked(links []string) error {
	return laterList(l.tx, `
		SELECT `+knownColumns+`
		FROM stories AS st
		WHERE +st.source = ? AND st.canonical IN (?...)`, l.add, links, l.source)
}

// aliased loads those that the batch touches by an alias.
func (l *loader) aliased(*news.Batch) error {
	err := l.keyed(slices.Collect(maps.Values(l.known.Aliases)))
	if err == nil {
		err = l.flush()
	}
	slices.SortFunc(l.known.Stories, byKey)
	return err
}

// keyed loads stories of the source by their keys.
func (l *loader) keyed(keys []news.StoryKey) error {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key news.StoryKey) bool { return l.seen[key] })
	return laterList(l.tx, `
		SELECT `+knownColumns+`
		FROM stories AS st
		WHERE st.source = ? AND st.key IN (?...)`, l.add, keys, l.source)
}

// add adds a story of the source, once.
func (l *loader) add(row scanner) error {
	story, err := scanKnown(row)
	if err == nil && !l.seen[story.Key] {
		l.seen[story.Key] = true
		l.known.Stories = append(l.known.Stories, story)
	}
	return err
}

func byKey(a, b news.KnownStory) int { return cmp.Compare(a.Key, b.Key) }

// copies loads the stories of other configured sources with a canonical link of
// the batch.
func (l *loader) copies(batch *news.Batch) error { return l.copiesOf(canonicals(batch, nil)) }

// copiesOfKnown loads those with another one, which a known story may be about
// to give up.
func (l *loader) copiesOfKnown(batch *news.Batch) error {
	have := canonicals(batch, nil)
	more := slices.DeleteFunc(canonicals(&news.Batch{}, l.known.Stories), func(link string) bool {
		_, ok := slices.BinarySearch(have, link)
		return ok
	})
	err := l.copiesOf(more)
	if err == nil {
		err = l.flush()
	}
	slices.SortFunc(l.known.Copies, byKey)
	return err
}

func (l *loader) copiesOf(links []string) error {
	return laterList(l.tx, `
		SELECT `+knownColumns+`
		FROM stories AS st
		JOIN sources AS s ON s.key = st.source AND s.active = 1
		WHERE +st.source <> ? AND st.canonical IN (?...)`,
		func(row scanner) error {
			story, err := scanKnown(row)
			l.known.Copies = append(l.known.Copies, story)
			return err
		}, links, l.source)
}

// places loads the places of the stories and copies.
func (l *loader) places(*news.Batch) error {
	byStory := make(map[news.StoryKey]*[]news.Place)
	for i := range l.known.Stories {
		byStory[l.known.Stories[i].Key] = &l.known.Stories[i].Places
	}
	for i := range l.known.Copies {
		byStory[l.known.Copies[i].Key] = &l.known.Copies[i].Places
	}
	return l.placesOf(slices.Collect(maps.Keys(byStory)), func(place news.Place) {
		places := byStory[place.Story]
		*places = append(*places, place)
	})
}
