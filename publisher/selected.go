package publisher

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

// Select gives the edition that a feed has as of a time, as it would be
// published then. It is what explanations are made from: they must not have
// rules of their own.
func Select(ctx context.Context, store Store, site news.Site, feed news.Feed, at time.Time) (news.Edition, error) {
	edition, err := selectEdition(site, feed, at, storeReader(ctx, store, feed.Name, nil, nil))
	if err != nil {
		return news.Edition{}, fmt.Errorf("select feed %s: %w", feed.Name, err)
	}
	return edition, nil
}
