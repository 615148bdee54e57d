package aggregator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

// crowd is a store and a fetcher that count the sources which are leased and
// not fetched yet, and those which are being fetched.
type crowd struct {
	aggregator.Store
	takes time.Duration // of a visit

	mu                       sync.Mutex
	leased, mostLeased       int
	fetching, mostFetching   int
	shortestLease, longLease time.Duration
}

func (c *crowd) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	claimed, err := c.Store.Claim(ctx, request)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leased += len(claimed.Leases)
	c.mostLeased = max(c.mostLeased, c.leased)
	if c.shortestLease == 0 {
		c.shortestLease = request.Lease
	}
	c.shortestLease, c.longLease = min(c.shortestLease, request.Lease), max(c.longLease, request.Lease)
	return claimed, err
}

func (c *crowd) Fetch(context.Context, fetch.Request) (*fetch.Response, error) {
	c.mu.Lock()
	c.fetching++
	c.mostFetching = max(c.mostFetching, c.fetching)
	c.mu.Unlock()
	time.Sleep(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetching--
	c.leased--
	return &fetch.Response{Status: 304, Unchanged: true}, nil
}

// TestLeasesAhead has eight workers: where visits are quick, others are leased
// for them before they are free, for long enough to wait for one visit.
func TestLeasesAhead(t *testing.T) {
	t.Parallel()
	const timeout, slack = 5 * time.Second, 30 * time.Second
	for _, test := range []struct {
		takes     time.Duration
		leased    int
		longLease time.Duration
		reason    string
	}{
		{time.Millisecond, 16, 2*timeout + slack, "quick ones: one more for each worker"},
		{time.Second, 8, timeout + slack, "slow ones: nothing waits here that others could have"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &crowd{takes: test.takes}
			r := newRig(t, func(o *aggregator.Options) { c.Store, o.Store, o.Fetcher = o.Store, c, c })
			sources := make([]news.Source, 100)
			for i := range sources {
				sources[i] = source(fmt.Sprintf("s-%d", i), fmt.Sprintf("http://s%d.test/", i))
			}
			r.configure(sources...)
			if visited := r.refresh(aggregator.Round{All: true}); len(visited) != len(sources) {
				t.Errorf("%s: %d sources visited", test.reason, len(visited))
			}
			if c.mostFetching != 8 {
				t.Errorf("%s: %d visits at once, want 8", test.reason, c.mostFetching)
			}
			if c.mostLeased != test.leased {
				t.Errorf("%s: %d leased at once, want %d", test.reason, c.mostLeased, test.leased)
			}
			if c.shortestLease != timeout+slack || c.longLease != test.longLease {
				t.Errorf("%s: leases of %v to %v, want up to %v", test.reason, c.shortestLease, c.longLease, test.longLease)
			}
		})
	}
}
