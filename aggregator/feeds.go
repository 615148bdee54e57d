package aggregator

import (
	"context"
	"fmt"

	"tributary/aggregator/merge"
	"tributary/internal/news"
)

// storyPage is how many stories are held at once while places are worked out.
const storyPage = 500

// arrangeFeeds works out the places of every feed whose definition, or that of
// its sources, is not the one that its places were made with.
func (a *Aggregator) arrangeFeeds(ctx context.Context, p *plan) error {
	stale, err := a.store.SyncFeeds(ctx, p.Fingerprints)
	if err != nil {
		return fmt.Errorf("store the configured feeds: %w", err)
	}
	if len(stale) == 0 {
		return nil
	}
	arrangers := make(map[string]*merge.Arranger, len(stale))
	for _, feed := range stale {
		arrangers[feed] = merge.NewArranger(feed)
	}
	if err := a.eachStory(ctx, func(story *news.StoredStory) { p.arrange(arrangers, story) }); err != nil {
		return err
	}
	for _, feed := range stale {
		if err := a.store.ReplacePlaces(ctx, feed, p.Fingerprints[feed], arrangers[feed].Places()); err != nil {
			return fmt.Errorf("store the places of feed %q: %w", feed, err)
		}
	}
	return nil
}

// arrange hands a story to the feeds that it belongs to.
func (p *plan) arrange(arrangers map[string]*merge.Arranger, story *news.StoredStory) {
	source := p.sources[story.SourceName]
	if source == nil {
		return
	}
	for _, verdict := range p.Member(&story.Story, source.Source) {
		if arranger := arrangers[verdict.Feed]; arranger != nil && verdict.In {
			arranger.Add(&story.Story, story.Places)
		}
	}
}

func (a *Aggregator) eachStory(ctx context.Context, visit func(*news.StoredStory)) error {
	var after news.StoryKey
	for {
		page, err := a.store.Stories(ctx, after, storyPage)
		if err != nil {
			return fmt.Errorf("read the stored stories: %w", err)
		}
		for i := range page {
			visit(&page[i])
		}
		if len(page) < storyPage {
			return nil
		}
		after = page[len(page)-1].Key
	}
}
