package aggregator

import (
	"context"

	"tributary/internal/news"
)

// job is a leased source to visit under the plan that it was claimed by.
type job struct {
	plan  *plan
	lease *news.Lease
}

// start hands leased sources to workers, and adds workers where all are busy.
// Workers live as long as the puller: a visit goes deep into net/http and the
// parsers, and a goroutine made for it alone would grow its stack each time
// anew, which costs as much as writing the request.
func (p *puller) start(ctx context.Context, plan *plan, leases []news.Lease) {
	for i := range leases {
		if p.inFlight.Add(1) > p.workers && p.workers < int64(plan.Concurrency) {
			p.workers++
			p.visits.Go(func() { p.work(ctx) })
		}
		p.jobs <- job{plan, &leases[i]}
	}
}

// work visits until there are no more jobs.
func (p *puller) work(ctx context.Context) {
	for j := range p.jobs {
		if result, ok := p.a.visit(ctx, j.plan, *j.lease); ok {
			p.recorder.results <- result
		}
		p.pace.ended.Add(1)
		if p.inFlight.Add(-1) == 0 {
			p.recorder.noMore()
		}
		p.signal()
	}
}
