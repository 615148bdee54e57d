package aggregator

import (
	"context"
	"fmt"
	"time"

	"tributary/aggregator/merge"
	"tributary/aggregator/normalize"
	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

const (
	// choreLease is how long a chore may take before another process does it
	// too, which would do no harm.
	choreLease = 15 * time.Minute
	// choreDelay is how long a server that starts leaves chores: what was pulled
	// first is what its readers wait for, and a full disk may have room for that
	// alone.
	choreDelay = 30 * time.Second
	// choreRetry is the pause before a chore that failed is tried again.
	choreRetry = 10 * time.Minute
	// chorePage is how many stories a chore changes in one transaction.
	chorePage = 100
	// maxStories is the default of Options.MaxStories.
	maxStories = 50_000
)

// chore is work that one of the processes that share a store does for all.
type chore struct {
	name string // what the store knows it by
	spec string // when it is due
	run  func(ctx context.Context) error
}

// chores gives the chores. The name of the sanitizing one holds the version of
// the policy, so that a new one is due as soon as a program brings it.
func (a *Aggregator) chores() []chore {
	return []chore{
		{"prune", "23 * * * *", a.prune},
		{fmt.Sprintf("sanitize-%d", normalize.PolicyVersion), "53 * * * *", a.sanitizeAgain},
	}
}

// runChores does what is due until ctx ends.
func (a *Aggregator) runChores(ctx context.Context) {
	trouble := trouble{log: a.log}
	for pause := choreDelay; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		next, err := a.dueChores(ctx)
		trouble.note("do chores", err)
		if pause = trouble.pause; err == nil {
			pause = max(next.Sub(a.now()), troublePause)
		}
	}
}

// dueChores does what is due and tells when something is due again.
func (a *Aggregator) dueChores(ctx context.Context) (next time.Time, err error) {
	all := a.chores()
	names := make([]string, len(all))
	byName := make(map[string]chore, len(all))
	for i, c := range all {
		names[i], byName[c.name] = c.name, c
	}
	for {
		claimed, err := a.store.ClaimChore(ctx, news.ChoreRequest{Now: a.now(), Names: names, Lease: choreLease})
		if err != nil || claimed.Lease == nil {
			return claimed.Next, err
		}
		if err := a.doChore(ctx, byName[claimed.Lease.Name], *claimed.Lease); err != nil {
			return time.Time{}, err
		}
	}
}

// doChore does a chore. One that fails is told, and tried again later: it must
// not keep others, nor what is pulled, from being done.
func (a *Aggregator) doChore(ctx context.Context, c chore, lease news.ChoreLease) error {
	when, err := schedule.Parse(c.spec)
	if err != nil {
		return err
	}
	err = c.run(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	due := schedule.Next(schedule.Input{Now: a.now(), Schedule: when})
	if err != nil {
		due = a.now().Add(choreRetry)
		a.log.Error("a chore failed; it is tried again later", "chore", c.name, "error", err, "again", due.UTC().Format(time.RFC3339))
	}
	return a.store.FinishChore(ctx, lease, due)
}

// prune takes out what the sources' keep settings do not allow, and what is
// beyond the limit of any source.
func (a *Aggregator) prune(ctx context.Context) error {
	states, err := a.store.Sources(ctx)
	if err != nil {
		return err
	}
	for i := range states {
		state := &states[i]
		source := a.current.Load().byKey[state.Key]
		if source == nil || source.IsArticles() {
			continue
		}
		for _, rule := range a.pruning(source.Keep) {
			if rule.excess.Before.IsZero() && state.Stories <= rule.excess.Most {
				continue
			}
			if err := a.pruneSource(ctx, state, rule); err != nil {
				return fmt.Errorf("source %s: %w", state.Name, err)
			}
		}
	}
	return a.store.Tidy(ctx, a.now())
}

// pruneRule is one reason why stories go.
type pruneRule struct {
	excess news.Excess
	reason string
	capped bool
}

// pruning gives the rules for a source, the operator's own first. Age counts
// from when a story was first seen: what a source held when it was configured
// stays as long as what came later.
func (a *Aggregator) pruning(keep news.Keep) []pruneRule {
	var rules []pruneRule
	if keep.Age > 0 {
		rules = append(rules, pruneRule{
			excess: news.Excess{Before: a.now().Add(-keep.Age)},
			reason: fmt.Sprintf("its source keeps stories for %d days", int(keep.Age.Hours()/24)),
		})
	}
	if keep.Count > 0 {
		rules = append(rules, pruneRule{
			excess: news.Excess{Most: keep.Count},
			reason: fmt.Sprintf("its source keeps %d stories", keep.Count),
		})
	}
	return append(rules, pruneRule{
		excess: news.Excess{Most: a.maxStories},
		reason: fmt.Sprintf("no source has more than %d stories", a.maxStories),
		capped: true,
	})
}

func (a *Aggregator) pruneSource(ctx context.Context, source *news.SourceState, rule pruneRule) error {
	rule.excess.Source, rule.excess.Limit = source.Key, chorePage
	gone := 0
	for {
		keys, err := a.store.Excess(ctx, rule.excess)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			if err := a.revise(ctx, source.Key, keys, func(known *news.Known, _ *plan) news.Changes {
				changes := merge.Bury(known, keys, news.TombstoneExpired, rule.reason)
				changes.Capped = rule.capped
				return changes
			}); err != nil {
				return err
			}
		}
		gone += len(keys)
		if len(keys) < chorePage {
			break
		}
	}
	if gone > 0 {
		a.log.Info("old stories pruned", "source", source.Name, "stories", gone, "why", rule.reason)
	}
	return nil
}

// revise changes stored stories while no feed is worked out anew.
func (a *Aggregator) revise(ctx context.Context, source news.SourceKey, stories []news.StoryKey,
	decide func(*news.Known, *plan) news.Changes) error {
	a.applying.RLock()
	defer a.applying.RUnlock()
	plan := a.current.Load()
	_, err := a.store.Revise(ctx, source, stories, a.now(), func(known *news.Known) news.Changes {
		return decide(known, plan)
	})
	return err
}

// sanitizeAgain takes what an older sanitizing policy let in through the one of
// today.
func (a *Aggregator) sanitizeAgain(ctx context.Context) error {
	last := news.StoryKey(0)
	for {
		stories, err := a.store.Outdated(ctx, normalize.PolicyVersion, chorePage)
		if err != nil || len(stories) == 0 || stories[0].Key == last {
			return err // the same one again belongs to a config that isn't ours
		}
		last = stories[0].Key
		bySource := make(map[string][]news.StoredStory)
		for _, story := range stories {
			bySource[story.SourceName] = append(bySource[story.SourceName], story)
		}
		for name, stories := range bySource {
			if err := a.cleanSource(ctx, name, stories); err != nil {
				return fmt.Errorf("source %s: %w", name, err)
			}
		}
	}
}

func (a *Aggregator) cleanSource(ctx context.Context, name string, stories []news.StoredStory) error {
	source := a.current.Load().sources[name]
	if source == nil {
		return nil
	}
	cleaned := make([]merge.Cleaned, len(stories))
	keys := make([]news.StoryKey, len(stories))
	for i := range stories {
		story := stories[i].Story
		keys[i], cleaned[i].Was = story.Key, story.Hash
		cleaned[i].Changed = a.normalizer.Again(&story, source.Source)
		story.Policy = normalize.PolicyVersion
		cleaned[i].Story = story
	}
	return a.revise(ctx, stories[0].Source, keys, func(known *news.Known, p *plan) news.Changes {
		return merge.Clean(known, cleaned, merge.Rules{Source: source.Source, Member: p.Member})
	})
}
