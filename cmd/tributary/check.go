package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/internal/news"
)

func newCheck(a *app) *cobra.Command {
	var online, asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the config",
		Long: `Reads the config and the articles and tells every mistake with its line. With
--online it pulls each source that is not paused too, without storing anything.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if leftOut, err := (&articles{dir: c.ArticlesDir(), site: c.Site()}).tellProblems(a.stderr); err != nil || leftOut {
				return failed(cmp.Or(err, errors.New("some articles are left out")))
			}
			if online {
				return a.checkOnline(cmd.Context(), c, asJSON)
			}
			_, err = fmt.Fprintf(a.stdout, "%s: no mistakes: %s, %s\n",
				a.configPath, count(len(c.Sources()), "source"), count(len(c.Feeds()), "feed"))
			return failed(err)
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "pull each source without storing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --online: print JSON")
	return cmd
}

// checkOnline pulls each source once and prints what a visit would bring.
func (a *app) checkOnline(ctx context.Context, c *config.Config, asJSON bool) error {
	client := newClient(c)
	defer client.CloseIdle()
	sources := slices.DeleteFunc(slices.Clone(c.Sources()), func(s news.Source) bool { return s.Paused })
	if len(sources) == 0 && !asJSON {
		_, err := fmt.Fprintln(a.stdout, "no source to pull")
		return failed(err)
	}
	bar := newProgress(a.stderr, "checking", len(sources))
	probes := aggregator.Probe(ctx, newFetcher(c, client), sources, c.Fetch().Concurrency, bar.step)
	bar.done()
	if ctx.Err() != nil {
		return failed(context.Cause(ctx))
	}
	if err := printVisits(a.stdout, probes, asJSON); err != nil {
		return failed(err)
	}
	for _, probe := range probes {
		if probe.Visit.Failed() {
			return &failure{err: errors.New("some sources can't be read")}
		}
	}
	return nil
}
