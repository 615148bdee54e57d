package aggregator

import (
	"context"
	"time"

	"tributary/internal/news"
)

// Store is what the aggregator needs to remember. Implementations are safe for
// concurrent use, by several processes too where the engine allows it. What a
// method has acknowledged survives the death of the process. Errors are the
// engine's own, wrapped with the operation; none of them is a decision.
type Store interface {
	// SyncSources makes the stored sources those that are configured, found
	// again by name, then by URL, so a rename or a move keeps key, stories and
	// fetch state. A new source is due at now; one whose URL changed too, and
	// loses its validators, and so is one that is configured again. One whose
	// settings that shape stories changed loses its validators only. The due
	// time of any other is left alone, of a leased one always. A paused one is
	// never claimed: it has HealthPaused, no due time, and a lease of it ends;
	// once it is paused no more, it is due at now, with the health that its last
	// visit left. A source that is configured no more is never claimed again; its stories stay stored but leave every feed. It returns the keys
	// by name, those of the configured sources only.
	SyncSources(ctx context.Context, sources []news.Source, now time.Time) (map[string]news.SourceKey, error)

	// Claim leases sources that are due, longest due first, at most one a free
	// slot of a host: a host has as many slots as the largest HostConcurrency
	// of its sources, and its slots are leased with the sources.
	Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error)

	// Seen gives the RawHash of those of the source's stories that have one of
	// ids, by id. An alias counts as an id.
	Seen(ctx context.Context, source news.SourceKey, ids []string) (map[string]uint64, error)

	// Record stores results, each one whole or, when its claim is stale, not
	// at all: the source was claimed again, recorded already, or is configured
	// no more. For a result with a batch it loads what is known, asks decide,
	// and applies the changes, all in one transaction with the visit, the next
	// due time and the host's. All results of one call may share a transaction:
	// either all of them are stored or an error is returned and none is.
	Record(ctx context.Context, results []news.Result, decide news.Decide) ([]news.Recorded, error)

	// Release gives leases back whose visits were given up: each source is due
	// when it was, and what its claim counted is taken back. A host that the
	// visit may have asked keeps its pause from now on. A stale lease changes
	// nothing.
	Release(ctx context.Context, leases []news.Lease, now time.Time) error

	// Sources gives the state of every configured source, by name.
	Sources(ctx context.Context) ([]news.SourceState, error)

	// Visits gives the last visits of a source, newest first, at most 50.
	Visits(ctx context.Context, source news.SourceKey) ([]news.Visit, error)

	// SyncFeeds notes which feeds are configured, each with a fingerprint of
	// all that decides its membership, forgets the places of the others, and
	// returns those whose fingerprint differs from the one of their places.
	SyncFeeds(ctx context.Context, fingerprints map[string]string) (stale []string, err error)

	// Stories gives stored stories of configured sources in the order of their
	// keys, from the first after a key, at most limit. Their Places come with
	// them.
	Stories(ctx context.Context, after news.StoryKey, limit int) ([]news.StoredStory, error)

	// ReplacePlaces makes places the only ones of a feed, stores its
	// fingerprint and raises its revision if anything differs. The order in
	// which known places entered the feed is kept.
	ReplacePlaces(ctx context.Context, feed, fingerprint string, places []news.Place) error

	// ClaimChore leases the chore that is longest due, if one is. One that the
	// store has never heard of is due at once. A lease that has expired is given
	// again.
	ClaimChore(ctx context.Context, request news.ChoreRequest) (news.ClaimedChore, error)

	// FinishChore ends the lease of a chore and sets when it is due again.
	// Nothing happens when another process has it by now.
	FinishChore(ctx context.Context, lease news.ChoreLease, due time.Time) error

	// Revise asks decide what becomes of stored stories of a source, and applies
	// the changes, in one transaction. Known.Stories are those of the stories
	// that still exist, and others of the source with the same canonical links.
	// What is buried is on record for good once it returns without an error.
	Revise(ctx context.Context, source news.SourceKey, stories []news.StoryKey, now time.Time, decide news.Revise) (news.Recorded, error)

	// Find gives the stories of configured sources that an address means: a
	// public id, that of a place too, an id, or a canonical link. The copies of
	// other sources come with them, and all their places.
	Find(ctx context.Context, address, canonical string) ([]news.StoredStory, error)

	// Excess gives the stories of a source that are too old or too many.
	Excess(ctx context.Context, excess news.Excess) ([]news.StoryKey, error)

	// Outdated gives stories of configured sources, but no local articles, whose
	// Policy is lower than this one, the lowest first.
	Outdated(ctx context.Context, policy, limit int) ([]news.StoredStory, error)

	// Tidy forgets what the store keeps beside stories and is needed no more,
	// and makes up for what it could not put on record before.
	Tidy(ctx context.Context, now time.Time) error
}
