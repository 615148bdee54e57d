package merge

import (
	"slices"

	"tributary/internal/news"
)

// Text says what the full text of a known story changes. The story stays the
// same one, and no news: its key, ids, dates and number of updates are what
// they were. What its feeds make of it may change, as rules see the text.
func Text(known *news.Known, story *news.Story, rules Rules) news.Changes {
	var changes news.Changes
	i := slices.IndexFunc(known.Stories, func(k news.KnownStory) bool { return k.Key == story.Key })
	if i < 0 {
		return changes
	}
	old := &known.Stories[i]
	placer := newPlacer(known)
	placer.settle(contender{
		key: old.Key, source: old.Source, canonical: story.Canonical,
		date: story.Date, publicID: story.PublicID, original: story.Original,
	}, old, rules.Member(story, rules.Source))
	changes.Update = []news.Story{*story}
	placer.into(&changes)
	return changes
}
