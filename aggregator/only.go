package aggregator

import (
	"context"
	"slices"
	"time"

	"tributary/internal/news"
)

// maxOnly is how many of the sources that were asked for are shown to the
// store in one claim at most.
const maxOnly = 256

// claimOnly leases among the sources that were asked for, and starts their
// visits. A store looks at every source that it is shown, so to show it all of
// a long list at each claim would cost the square of its length. Hence
//
//  1. the first part that it is shown is as long as there are free places,
//     which is enough where no host keeps a source back;
//  2. further parts follow, each longer, until the places are taken or the
//     list is through;
//  3. what stays back goes to the end of the list.
func (p *puller) claimOnly(ctx context.Context, plan *plan, free int) (all news.Claimed, err error) {
	left, back := p.only, []news.SourceKey(nil)
	defer func() { p.only = append(left, back...) }()
	for size := free; len(left) > 0 && len(all.Leases) < free; size = min(2*size, maxOnly) {
		part := left[:min(size, len(left))]
		claimed, err := p.a.store.Claim(ctx, news.ClaimRequest{
			Now: p.a.now(), Only: part, Limit: free - len(all.Leases), Lease: p.lease(plan), Suspicion: p.a.suspicion(),
		})
		if err != nil {
			return all, err
		}
		left = left[len(part):]
		back = append(back, without(part, claimed.Leases)...)
		p.start(ctx, plan, claimed.Leases, 0)
		if all.Leases == nil {
			all.Leases = claimed.Leases // mostly all of them; they are large
		} else {
			all.Leases = append(all.Leases, claimed.Leases...)
		}
		all.Waiting = all.Waiting || claimed.Waiting
		all.Next = earliest(all.Next, claimed.Next)
		all.Free = earliest(all.Free, claimed.Free)
	}
	return all, nil
}

// without takes the leased sources out of keys, in place.
func without(keys []news.SourceKey, leases []news.Lease) []news.SourceKey {
	return slices.DeleteFunc(keys, func(key news.SourceKey) bool {
		return slices.ContainsFunc(leases, func(l news.Lease) bool { return l.Source.Key == key })
	})
}

// earliest is the earlier of two times that may be unknown.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
