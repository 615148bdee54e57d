package aggregator_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

// counter is a store that counts its claims, and a fetcher whose visits take
// as many times 100 ms as the source's number says.
type counter struct {
	aggregator.Store
	claims atomic.Int64
}

func (c *counter) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	c.claims.Add(1)
	return c.Store.Claim(ctx, request)
}

func (c *counter) Fetch(_ context.Context, request fetch.Request) (*fetch.Response, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(request.Source.Name, "s-"))
	if err != nil {
		panic(err)
	}
	time.Sleep(time.Duration(n) * 100 * time.Millisecond)
	return &fetch.Response{Status: 304, Unchanged: true}, nil
}

// TestClaimsOnlyWhatMayBeThere runs sources whose visits end one by one, when
// nothing else is due: each is claimed when it is, and nobody looks in vain
// because a visit ended or was recorded.
func TestClaimsOnlyWhatMayBeThere(t *testing.T) {
	t.Parallel()
	const sources = 20
	for _, test := range []struct {
		schedule string
		length   time.Duration
		visits   int // of all sources, at least
		reason   string
	}{
		{"@every 20s", 10 * time.Minute, sources * 25, "often"},
		{"@every 1s", 2 * time.Minute, sources * 35, "a source that is due again before the next look"},
		{"@every 10m", time.Hour, sources * 6, "seldom: a look each half a minute, for what others made due"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{}
			r := newRig(t, func(o *aggregator.Options) { c.Store, o.Store, o.Fetcher = o.Store, c, c })
			all := make([]news.Source, sources)
			for i := range all {
				all[i] = source(fmt.Sprintf("s-%d", i), fmt.Sprintf("http://s%d.test/", i))
				all[i].Schedule = test.schedule
			}
			r.configure(all...)
			r.runFor(test.length)
			visits := len(r.all())
			if visits < test.visits {
				t.Errorf("%s: %d visits, want at least %d", test.reason, visits, test.visits)
			}
			looks := int(test.length / (30 * time.Second))
			if claims := int(c.claims.Load()); claims > visits*11/10+looks+sources {
				t.Errorf("%s: %d claims for %d visits", test.reason, claims, visits)
			}
		})
	}
}
