package relational

import (
	"fmt"
	"maps"
	"slices"

	"tributary/internal/news"
)

// fresh reports whether a place is that of a new story under its own public id:
// that one is new too, so nothing in the feed can have it.
func (a *applier) fresh(place *news.Place) bool {
	i := -1 - int(place.Story)
	return place.Story < 0 && i < len(a.changes.Insert) && place.PublicID == a.changes.Insert[i].PublicID
}

// takeNumbers has numbers for all fresh places, with one step for each feed.
func (a *applier) takeNumbers() error {
	fresh := make(map[string]int64)
	for i := range a.changes.Place {
		if place := &a.changes.Place[i]; a.fresh(place) {
			fresh[place.Feed]++
		}
	}
	a.numbers = make(map[string]int64, len(fresh))
	for _, feed := range slices.Sorted(maps.Keys(fresh)) {
		if err := a.takeLater(feed, fresh[feed], func(first int64) { a.numbers[feed] = first }); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) putPlaces() error {
	for _, place := range a.changes.Place {
		if err := a.putPlace(place); err != nil {
			return fmt.Errorf("place of story %d in feed %s: %w", place.Story, place.Feed, err)
		}
	}
	return nil
}

func (a *applier) putPlace(place news.Place) error {
	fresh := a.fresh(&place)
	place.Story = a.resolve(place.Story)
	e, err := a.edition(place.Feed)
	switch {
	case err != nil || e.feed == 0: // a feed that is not configured gets its places when it is
		return err
	case fresh:
		number := a.numbers[place.Feed]
		a.numbers[place.Feed]++
		return a.storePlace(e.feed, place, number)
	}
	return a.place(e.feed, place)
}

func (a *applier) unplace() error {
	for _, place := range a.changes.Unplace {
		e, err := a.edition(place.Feed)
		if err != nil {
			return err
		}
		if err := a.put(`
			DELETE FROM feed_story
			WHERE story = ? AND feed = ?`, int64(a.resolve(place.Story)), e.feed); err != nil {
			return err
		}
	}
	return nil
}
