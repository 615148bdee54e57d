package publisher

import (
	"context"
	"fmt"

	"tributary/internal/news"
)

// Held says why readers keep an earlier edition of a feed instead of this one,
// which must be as of now, as Troubles would; "" when they don't.
//
//  1. A publisher that has made everything once says what it does itself.
//  2. Any other one, as that of a command beside the server, finds out from
//     what is kept what the server does.
func (p *Publisher) Held(ctx context.Context, edition *news.Edition) (why string, err error) {
	for _, trouble := range p.Troubles() {
		if trouble.Held && trouble.Where == "/"+edition.Feed.Name {
			return trouble.Detail, nil
		}
	}
	select {
	case <-p.ready:
		return "", nil
	default:
	}
	if p.keeper.store == nil {
		return "", nil
	}
	last, ok, err := p.keeper.store.LastEdition(ctx, edition.Feed.Name)
	if err != nil {
		return "", fmt.Errorf("read the last edition of feed %s: %w", edition.Feed.Name, err)
	}
	if !ok || !suspicious(&last, edition) {
		return "", nil
	}
	l, err := p.weigh(ctx, &last, edition)
	if err != nil || l == nil {
		return "", err
	}
	return l.text(edition.Feed.Name), nil
}
