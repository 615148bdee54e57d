package aggregator

import (
	"context"
	"time"

	"tributary/internal/news"
)

// job is a leased source to visit under the plan that it was claimed by.
type job struct {
	plan  *plan
	lease *news.Lease
	wait  time.Duration // before the visit
}

// start hands leased sources to workers, and adds workers where all are busy.
// Visits of paced upstreams begin within spread, each at a time of its own.
// Workers live as long as the puller: a visit goes deep into net/http and the
// parsers, and a goroutine made for it alone would grow its stack each time
// anew, which costs as much as writing the request.
func (p *puller) start(ctx context.Context, plan *plan, leases []news.Lease, spread time.Duration) {
	for i := range leases {
		if p.inFlight.Add(1) > p.workers && p.workers < int64(plan.Concurrency) {
			p.workers++
			p.visits.Go(func() { p.work(ctx) })
		}
		j := job{plan: plan, lease: &leases[i]}
		if source := plan.byKey[leases[i].Source.Key]; spread > 0 && source != nil && !source.IsFile() && !source.Fetch.Unpaced {
			j.wait = time.Duration(p.a.jitter() * float64(spread))
		}
		p.jobs <- j
	}
}

// work visits until there are no more jobs.
func (p *puller) work(ctx context.Context) {
	for j := range p.jobs {
		sleep(ctx, j.wait)
		if result, ok := p.a.visit(ctx, j.plan, *j.lease); ok {
			p.recorder.results <- result
		} else if ctx.Err() != nil {
			p.givenUp.add(j.lease)
		}
		p.pace.ended.Add(1)
		if p.inFlight.Add(-1) == 0 {
			p.recorder.noMore()
		}
		signal(p.freed)
	}
}

// sleep waits, but not beyond the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
