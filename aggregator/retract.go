package aggregator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tributary/aggregator/merge"
	"tributary/aggregator/normalize"
	"tributary/internal/news"
)

// ErrNoStory says that no stored story has an address.
var ErrNoStory = errors.New("no story has that address; give its link, or its id in one of the feeds")

// Retract takes the story with an address, its link or an id of it, out of all
// feeds for good, and with it the copies of other sources. It gives what was
// taken out. When it returns without an error, that is on record: neither the
// sources nor a restored backup bring the story back.
//
// A link that several stories of one source have means none of them: the error
// names their ids. Without any story the error is [ErrNoStory].
func (a *Aggregator) Retract(ctx context.Context, address, reason string) ([]news.StoredStory, error) {
	stories, err := a.store.Find(ctx, address, normalize.Canonical(address))
	if err != nil {
		return nil, err
	}
	if len(stories) == 0 {
		return nil, ErrNoStory
	}
	// Sources whose copies are hidden go first, so that none is shown between.
	slices.SortStableFunc(stories, func(x, y news.StoredStory) int { return cmp.Compare(shownPlaces(&x), shownPlaces(&y)) })
	bySource := make(map[news.SourceKey]*news.StoredStory, len(stories))
	for i := range stories {
		story := &stories[i]
		if other := bySource[story.Source]; other != nil {
			return nil, fmt.Errorf("several stories of source %s have that address, %s and %s among them; name one by its id",
				story.SourceName, other.PublicID, story.PublicID)
		}
		bySource[story.Source] = story
	}
	reason = cmp.Or(reason, "retracted")
	for i := range stories {
		story := &stories[i]
		keys := []news.StoryKey{story.Key}
		if err := a.revise(ctx, story.Source, keys, func(known *news.Known, _ *plan) news.Changes {
			return merge.Bury(known, keys, news.TombstoneRetracted, reason)
		}); err != nil {
			return stories[:i], fmt.Errorf("retract the story of source %s: %w", story.SourceName, err)
		}
		a.log.Info("story retracted", "source", story.SourceName, "id", story.PublicID, "reason", reason)
	}
	return stories, nil
}

func shownPlaces(story *news.StoredStory) int {
	n := 0
	for _, place := range story.Places {
		if !place.Hidden {
			n++
		}
	}
	return n
}
