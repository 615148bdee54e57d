package aggregator

import (
	"context"
	"hash/maphash"

	"tributary/aggregator/merge"
	"tributary/internal/news"
)

// Effect is how many stories settings would bring into a feed, and take out of
// it. A copy that takes another's place is neither.
type Effect struct {
	Enter int
	Leave int
}

// Preview works out what settings would change in feeds, from the stored
// stories and without changing anything. former gives the name that a source
// has in the store, which a rename changes; feeds are those to look at, also
// some that settings don't have. Stories that new sources would bring are not
// known, and those of former sources that come back not counted.
func (a *Aggregator) Preview(ctx context.Context, settings Settings, former func(name string) string, feeds []string) (map[string]Effect, error) {
	next, err := newPlan(settings, a.leaseSlack)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]*planned, len(next.sources))
	for name, source := range next.sources {
		stored[former(name)] = source
	}
	next.sources = stored
	before := make(map[string][]uint64, len(feeds))
	arrangers := make(map[string]*merge.Arranger, len(feeds))
	for _, feed := range feeds {
		before[feed], arrangers[feed] = nil, merge.NewArranger(feed)
	}
	seed := maphash.MakeSeed()
	if err := a.eachStory(ctx, func(story *news.StoredStory) {
		for _, place := range story.Places {
			if shown, wanted := before[place.Feed]; wanted && !place.Hidden {
				before[place.Feed] = append(shown, maphash.String(seed, place.PublicID))
			}
		}
		next.arrange(arrangers, story)
	}); err != nil {
		return nil, err
	}
	effects := make(map[string]Effect, len(feeds))
	for _, feed := range feeds {
		after := arrangers[feed].Places()
		effects[feed] = effectOf(before[feed], after, func(id string) uint64 { return maphash.String(seed, id) })
	}
	return effects, nil
}

// effectOf compares what is shown, by hashes of public ids.
func effectOf(before []uint64, after []news.Place, hash func(string) uint64) (e Effect) {
	const was, is = 1, 2
	shown := make(map[uint64]int, len(before))
	for _, id := range before {
		shown[id] |= was
	}
	for i := range after {
		if !after[i].Hidden {
			shown[hash(after[i].PublicID)] |= is
		}
	}
	for _, when := range shown {
		switch when {
		case was:
			e.Leave++
		case is:
			e.Enter++
		}
	}
	return e
}
