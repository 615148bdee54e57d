package merge

import (
	"slices"

	"tributary/internal/news"
)

// Bury decides that stored stories go for good. In each feed, a hidden copy
// takes over the place of a shown one. The link of a retracted story goes with
// it, unless other stories of the source have it too.
func Bury(known *news.Known, keys []news.StoryKey, kind news.Tombstone, reason string) news.Changes {
	var changes news.Changes
	p := newPlacer(known)
	for i := range known.Stories {
		old := &known.Stories[i]
		if !slices.Contains(keys, old.Key) {
			continue
		}
		p.leaveAll(old)
		burial := news.Burial{Story: old.Key, Kind: kind, Reason: reason}
		if kind == news.TombstoneRetracted && len(p.kin[old.Canonical]) == 1 {
			burial.Link = old.Canonical
		}
		changes.Bury = append(changes.Bury, burial)
		changes.Decisions = append(changes.Decisions, news.Decision{
			ID: old.ID, Story: old.Key, Action: news.ActionRemove, Reason: reason,
		})
	}
	p.into(&changes)
	return changes
}

// Cleaned is a stored story whose HTML was sanitized anew.
type Cleaned struct {
	Was     uint64 // its hash before
	Story   news.Story
	Changed bool
}

// Clean decides what becomes of stories that were sanitized anew. It is no
// news: neither the date of their last change nor the count of changes moves.
// A story that changed since it was read is left for the next time.
func Clean(known *news.Known, cleaned []Cleaned, rules Rules) news.Changes {
	var changes news.Changes
	p := newPlacer(known)
	for i := range known.Stories {
		old := &known.Stories[i]
		n := slices.IndexFunc(cleaned, func(c Cleaned) bool { return c.Story.Key == old.Key })
		if n < 0 || cleaned[n].Was != old.Hash {
			continue
		}
		story := cleaned[n].Story
		if !cleaned[n].Changed {
			changes.Touch = append(changes.Touch, news.Touch{Key: old.Key, RawHash: old.RawHash, Policy: story.Policy})
			continue
		}
		story.RawHash = old.RawHash
		changes.Update = append(changes.Update, story)
		p.settle(contender{
			key: old.Key, source: old.Source, canonical: story.Canonical,
			date: story.Date, publicID: story.PublicID, original: story.Original,
		}, old, rules.Member(&story, rules.Source))
		changes.Decisions = append(changes.Decisions, news.Decision{
			ID: old.ID, Story: old.Key, Action: news.ActionUpdate, Reason: "sanitized anew: the policy has changed",
		})
	}
	p.into(&changes)
	return changes
}
