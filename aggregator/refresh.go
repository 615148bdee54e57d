package aggregator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tributary/internal/news"
)

// Round says what one round of Refresh pulls.
type Round struct {
	Names []string // these sources, due or not
	All   bool     // every source that is not paused, due or not; else what is due
	// NoFullText leaves the pages of stories to Run or the next round.
	NoFullText bool
}

// Refresh pulls each source of a round once and returns when all of it is
// stored. The local articles are always part of it, and so are full texts,
// for a minute at most; what is left of those is read next time. So are the
// chores that are due, unless the round names sources. A source that another
// visit has leased is left to that one, which may be one of a process that was
// killed: such sources are told to Options.Held. Failed visits are no error:
// they are told to Options.Observe; an error means that the store failed, a
// name is unknown or that of a paused source, or ctx ended.
func (a *Aggregator) Refresh(ctx context.Context, round Round) error {
	only, err := a.current.Load().chosen(round)
	if err != nil {
		return err
	}
	if err := a.RefreshArticles(ctx); err != nil {
		return err
	}
	if err := a.pullOnce(ctx, only); err != nil {
		return err
	}
	if a.fullText != nil && !round.NoFullText {
		a.fullText.Round(ctx, fullTextRound)
	}
	if len(round.Names) > 0 {
		return nil
	}
	if _, err := a.dueChores(ctx); err != nil {
		return fmt.Errorf("do chores: %w", err)
	}
	return nil
}

// RefreshArticles reads the local articles once and returns when they are
// stored.
func (a *Aggregator) RefreshArticles(ctx context.Context) error {
	key, ok := a.current.Load().keys[news.ArticlesName]
	if !ok {
		return nil
	}
	return a.pullOnce(ctx, []news.SourceKey{key})
}

// pullOnce pulls these sources, or what is due when only is nil, and waits
// until all of it is stored.
func (a *Aggregator) pullOnce(ctx context.Context, only []news.SourceKey) error {
	p := a.newPuller(ctx, true)
	p.dueBy, p.only = a.now(), only
	if err := p.run(ctx); err != nil {
		return err
	}
	if p.recorder.failed != nil {
		return fmt.Errorf("record visits: %w", p.recorder.failed)
	}
	if ctx.Err() != nil { // the last visits were given up after the loop had started them
		return context.Cause(ctx)
	}
	return a.tellHeld(ctx, p.only)
}

// tellHeld tells which sources a round left to others.
func (a *Aggregator) tellHeld(ctx context.Context, left []news.SourceKey) error {
	if len(left) == 0 {
		return nil
	}
	states, err := a.store.Sources(ctx)
	if err != nil {
		return fmt.Errorf("read what other visits hold: %w", err)
	}
	for i := range states {
		if slices.Contains(left, states[i].Key) {
			a.log.Info("source is left to another visit", "source", states[i].Name,
				"due", states[i].Due.UTC().Format(time.RFC3339))
			a.held(states[i].Name, states[i].Due)
		}
	}
	return nil
}

// chosen gives the keys of a round, nil for what is due.
func (p *plan) chosen(round Round) ([]news.SourceKey, error) {
	names := round.Names
	if round.All {
		names = make([]string, 0, len(p.Sources))
		for i := range p.Sources {
			if !p.Sources[i].Paused {
				names = append(names, p.Sources[i].Name)
			}
		}
	}
	if len(names) == 0 && !round.All {
		return nil, nil
	}
	keys := make([]news.SourceKey, 0, len(names))
	for _, name := range names {
		key, ok := p.keys[name]
		if !ok || name == news.ArticlesName {
			return nil, fmt.Errorf("no source is named %q: `tributary sources` lists them", name)
		}
		if p.byKey[key].Paused {
			return nil, fmt.Errorf("source %s is paused: it is pulled again once `paused = true` is out of the config", name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
