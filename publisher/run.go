package publisher

import (
	"context"
	"sync"
	"time"
)

const (
	// After a failure the store is asked again after firstRetry, then after
	// twice as long each time, up to lastRetry.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 30 * time.Second
	// mostRest bounds the rest after a round.
	mostRest = time.Second
)

// Run publishes at once and then whenever the store tells of a change, an item
// becomes too old or Reconfigure was called, until ctx ends. Changes that come
// while a round is on are one round together; and a round is followed by a
// rest as long as it took, so that a storm of changes leaves half of the
// machine to others. When the store fails the renditions stay, and the round
// is tried again with growing pauses. Run makes the brotli variants too, and
// keeps renditions behind the serving.
//
// It must not run twice at once.
func (p *Publisher) Run(ctx context.Context) {
	var background sync.WaitGroup
	defer background.Wait()
	background.Go(func() { p.compress(ctx) })
	background.Go(func() { p.keepAll(ctx) })
	tokens := p.store.Watch(ctx)
	retry := firstRetry
	for ctx.Err() == nil {
		started := time.Now()
		if p.publish(ctx, false) != nil { // it is among the troubles
			p.wait(ctx, nil, retry)
			retry = min(2*retry, lastRetry)
			continue
		}
		retry = firstRetry
		sleep(ctx, min(time.Since(started), mostRest))
		p.wait(ctx, tokens, p.untilNext())
	}
}

// wait returns after a while, or as soon as there is a reason for a round. A
// negative while has no end.
func (p *Publisher) wait(ctx context.Context, tokens <-chan struct{}, while time.Duration) {
	var after <-chan time.Time
	if while >= 0 {
		timer := time.NewTimer(while)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-ctx.Done():
	case <-after:
	case <-p.wake:
	case _, open := <-tokens:
		if !open { // it closes when ctx ends, or when the store does
			sleep(ctx, firstRetry)
		}
	}
}

// untilNext is how long it takes until something changes by time alone;
// negative when nothing does.
func (p *Publisher) untilNext() time.Duration {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	next := p.sourcesNext // zero without pages
	if p.config.Files != nil {
		next = sooner(next, p.files.checked.Add(filesEvery))
	}
	if p.latestChanged {
		next = sooner(next, p.articlesNext)
	}
	for _, o := range p.owners {
		next = sooner(next, o.expires)
	}
	if next.IsZero() {
		return -1
	}
	return max(0, time.Until(next))
}

func sleep(ctx context.Context, while time.Duration) {
	if while <= 0 {
		return
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
