package aggregator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tributary/aggregator/fulltext"
)

// fullTextRound bounds the reading of pages at the end of a round.
const fullTextRound = time.Minute

// configureFullText tells the reader of pages which sources want it. The
// caller holds applying.
func (a *Aggregator) configureFullText(ctx context.Context, p *plan) error {
	if a.fullText == nil {
		return nil
	}
	var sources []fulltext.Source
	for key, source := range p.byKey {
		sources = append(sources, fulltext.Source{Key: key, Source: source.Source})
	}
	if err := a.fullText.Configure(ctx, sources, p.Member); err != nil {
		return fmt.Errorf("store which sources want full text: %w", err)
	}
	return nil
}

// runFullText reads pages in the background and gives the function that waits
// until that ends, which it does with ctx.
func (a *Aggregator) runFullText(ctx context.Context) (wait func()) {
	if a.fullText == nil {
		return func() {}
	}
	var reading sync.WaitGroup
	reading.Go(func() { a.fullText.Run(ctx) })
	return reading.Wait
}
