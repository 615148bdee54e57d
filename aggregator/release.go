package aggregator

import (
	"context"
	"sync"
	"time"

	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

// releaseTimeout bounds the giving back of leases. Those that stay expire.
const releaseTimeout = time.Second

// givenUp are the leases of visits that were given up, because the process
// stops or may not pull any more.
type givenUp struct {
	mu     sync.Mutex
	leases []news.Lease
}

// add notes a lease, unless its source is suspected of killing processes: what
// was written of that at its claim holds until a visit ends.
func (g *givenUp) add(lease *news.Lease) {
	if lease.Strike+1 >= schedule.MaxStrikes {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leases = append(g.leases, *lease)
}

// release gives the leases back once no visit is under way.
func (p *puller) release(ctx context.Context) {
	if len(p.givenUp.leases) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := p.a.store.Release(ctx, p.givenUp.leases, p.a.now()); err != nil {
		p.a.log.Warn("visits were given up; their sources come again once their leases end",
			"sources", len(p.givenUp.leases), "error", err)
	}
}
