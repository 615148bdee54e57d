package publisher

import (
	"context"
	"time"

	"tributary/internal/news"
)

// Store is what the publisher reads. It has no way to write a story.
// Implementations are safe for concurrent use.
type Store interface {
	// Revisions gives the revision of every feed: a number that rises with
	// each change of what the feed would show. That of news.ArticlesName
	// rises with each change of a local article.
	Revisions(ctx context.Context) (map[string]int64, error)

	// Watch gives a channel that holds a token whenever a revision may have
	// risen since the last one was taken, by this process or another one. It
	// is closed when ctx ends.
	Watch(ctx context.Context) <-chan struct{}

	// Newest gives the shown items of a feed, newest first (Date, then key,
	// both descending), from the first after a cursor, at most limit. Date and
	// PublicID are those of the item's place in the feed; From and AlsoIn are
	// filled. The zero cursor stands before the newest. Stories that are known
	// need not be read again.
	Newest(ctx context.Context, feed string, after news.Cursor, limit int, known news.Remembered) ([]news.Item, error)

	// Spread gives the shown items of a feed as Newest does, from the newest
	// on, but at most perSource of each source, its newest, and at most limit.
	// It costs the same however many stories a source has.
	Spread(ctx context.Context, feed string, perSource, limit int, known news.Remembered) ([]news.Item, error)

	// Articles gives the local articles, newest first, with From filled.
	Articles(ctx context.Context) ([]news.Item, error)

	// Entered gives the number of the newest story that entered a feed, 0 when
	// none ever did, and the stories beyond the last full run of so many
	// numbers, those that are still shown. A story gets a number when it is
	// first shown in a feed, from 1 on, one more than the last one; it is never
	// given again. A copy that takes a place over has the number of the place.
	Entered(ctx context.Context, feed string, run int64) (last int64, open []news.StoryKey, err error)

	// Run gives the shown items of a feed with numbers from first to last, the
	// last one that entered first; otherwise as Newest.
	Run(ctx context.Context, feed string, first, last int64) ([]news.Item, error)

	// Fingerprints gives, by feed, what its places were made by; empty where
	// that is being changed. Two that are equal mean the same definition of the
	// feed and of what its sources give to it.
	Fingerprints(ctx context.Context) (map[string]string, error)

	// Fates tells what became of stories that a feed once showed, in their
	// order, and the fingerprint of the feed at that moment.
	Fates(ctx context.Context, feed string, stories []news.LastStory) (fates []news.Fate, fingerprint string, err error)

	// SourceInfos gives what is known of every configured source but the local
	// articles, by name.
	SourceInfos(ctx context.Context) ([]news.SourceInfo, error)

	// Sources gives the state of every configured source, by name. Neither it
	// nor its changes raise a revision.
	Sources(ctx context.Context) ([]news.SourceState, error)
}

// Renditions is where renditions are kept, so that a program that was started
// again serves at once what it served before. Implementations are safe for
// concurrent use, by several processes too.
type Renditions interface {
	// Kept gives everything that is kept.
	Kept(ctx context.Context) (news.Kept, error)

	// LastEdition gives the edition that is kept of a feed; ok tells if one is.
	LastEdition(ctx context.Context, feed string) (last news.LastEdition, ok bool, err error)

	// Keep keeps renditions in place of those at the same paths, forgets those
	// at the paths that are gone, and notes the revisions and the editions of
	// feeds, all in one step. An edition doesn't take the place of one with a
	// higher revision. Where another process keeps the same bytes at a path already, the
	// LastModified of that one stays: modified has it, so that all processes
	// send the same.
	Keep(ctx context.Context, put news.Kept, gone []string) (modified map[string]time.Time, err error)
}
