package aggregator

import (
	"sync/atomic"
	"time"
)

const (
	// aheadTime is how long the sources that wait for a worker should keep
	// the workers busy: as long as a claim may have to wait for the store.
	aheadTime = 5 * time.Millisecond
	// maxAhead bounds the sources that wait for a worker.
	maxAhead = 256
)

// pace is how fast visits end, and what follows from it.
type pace struct {
	ended atomic.Int64 // visits since the measuring began
	since time.Time    // when that was
	ahead int          // how many sources may be leased beyond the visits at once
}

// lookAhead decides how many sources are leased beyond the visits at once, so
// that workers have something to do while the store is busy.
//
//  1. As many as end within aheadTime. That is measured over as many visits as
//     there are workers: a few that end together say nothing.
//  2. None where that is less than half of the workers: upstreams that take
//     their time leave the store enough of it, and what waits here, others
//     can't have.
//  3. At most as many as there are workers, since then none waits for longer
//     than one visit takes, which the lease allows for; hence none at all while
//     more workers are left than the settings want.
func (p *puller) lookAhead(plan *plan) {
	now, workers := p.a.now(), plan.Concurrency
	took := max(now.Sub(p.pace.since), time.Millisecond)
	if took > 2*aheadTime || p.workers > int64(workers) {
		p.pace.ahead = 0
	}
	ended := p.pace.ended.Load()
	if ended < int64(workers) {
		return
	}
	p.pace.since = now
	p.pace.ended.Add(-ended)
	ahead := int(ended * int64(aheadTime) / int64(took))
	if ahead < max(workers/2, 1) || p.workers > int64(workers) {
		ahead = 0
	}
	p.pace.ahead = min(ahead, workers, maxAhead)
}

// lease is how long the sources of a claim are leased: those that may have to
// wait for a worker get the time of the visit before theirs too.
func (p *puller) lease(plan *plan) time.Duration {
	if p.pace.ahead > 0 {
		return plan.longest + plan.lease
	}
	return plan.lease
}
