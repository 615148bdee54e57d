package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"tributary/internal/news"
	"tributary/publisher"
)

func newPublish(a *app) *cobra.Command {
	var force []string
	cmd := &cobra.Command{
		Use:   "publish --force FEED",
		Short: "Let a held feed through",
		Long: `Publishes a feed that is held: its next edition would lose more than half of its
stories at once, so readers still get the last one. A running serve notices at
once. Nothing is pulled.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(force) == 0 {
				return errors.New(`publish needs the feed to let through: "tributary publish --force latest"`)
			}
			return a.publish(cmd.Context(), force)
		},
	}
	cmd.Flags().StringSliceVar(&force, "force", nil, "`feed` to let through, whatever it loses")
	return cmd
}

func (a *app) publish(ctx context.Context, feeds []string) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	for _, name := range feeds {
		if !slices.ContainsFunc(c.Feeds(), func(f news.Feed) bool { return f.Name == name }) {
			return fmt.Errorf("no feed is named %q in the config", name)
		}
	}
	log, err := a.quietLogger()
	if err != nil {
		return err
	}
	e, err := a.open(ctx, c, log, observers{})
	if err != nil {
		return err
	}
	return failed(errors.Join(a.forceFeeds(ctx, e, feeds), e.close()))
}

// forceFeeds lets through those of the feeds that are held. Others are told
// and left alone: what they lose next is still looked at.
func (a *app) forceFeeds(ctx context.Context, e *engine, feeds []string) error {
	if err := e.publishOnce(ctx); err != nil {
		return err
	}
	held := heldFeeds(e.publisher)
	for _, name := range feeds {
		if !held[name] {
			fmt.Fprintf(a.stdout, "%s: not held, left as it is\n", name)
			continue
		}
		if _, err := e.store.Force(ctx, name); err != nil {
			return err
		}
	}
	if err := e.publisher.Publish(ctx); err != nil {
		return err
	}
	still := heldFeeds(e.publisher)
	for _, name := range feeds {
		if held[name] && !still[name] {
			fmt.Fprintf(a.stdout, "%s: let through\n", name)
		}
	}
	return e.troubles()
}

// heldFeeds are the feeds that keep their last edition.
func heldFeeds(p *publisher.Publisher) map[string]bool {
	held := make(map[string]bool)
	for _, trouble := range p.Troubles() {
		if trouble.Held {
			held[trouble.Where[1:]] = true
		}
	}
	return held
}
