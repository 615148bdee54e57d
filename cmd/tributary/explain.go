package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/aggregator/normalize"
	"tributary/internal/config"
	"tributary/internal/news"
	"tributary/publisher"
	"tributary/publisher/explain"
)

func newExplain(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain URL",
		Short: "Tell why a story is where it is",
		Long: `Traces the story with this link, or with this id in one of the feeds or at its
source: where it came from, how it was dated and merged, and for each feed the
rule or limit that keeps it in or out. Nothing is changed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.explain(cmd.Context(), args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) explain(ctx context.Context, address string, asJSON bool) error {
	e, err := a.wireStored(ctx, "explain "+address)
	if err != nil {
		return err
	}
	report, err := e.explainer(e.config, a.clock()).Explain(ctx, address)
	if err := errors.Join(err, e.close()); err != nil {
		return failed(err)
	}
	if asJSON {
		return failed(json.NewEncoder(a.stdout).Encode(report))
	}
	return failed(printReport(a.stdout, report))
}

// clock is the clock of the aggregator.
func (a *app) clock() func() time.Time {
	if a.now != nil {
		return a.now
	}
	return time.Now
}

// explainer explains stories under a config.
func (e *engine) explainer(c *config.Config, now func() time.Time) *explain.Explainer {
	settings := e.settings.Load()
	return &explain.Explainer{
		Store: e.store, Canonical: normalize.Canonical, Feeds: c.Feeds(),
		Sources: aggregator.AllSources(*settings), Member: settings.Member,
		Select: func(ctx context.Context, feed news.Feed, at time.Time) (news.Edition, error) {
			return publisher.Select(ctx, e.store, c.Site(), feed, at)
		},
		Held: e.publisher.Held,
		Now:  now,
	}
}

func printReport(w io.Writer, report *explain.Report) error {
	for i := range report.Stories {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printTraced(w, &report.Stories[i])
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range report.Gone {
		fmt.Fprintf(table, "%s\t%s since %s\t%s\t%s\n", g.Source, g.Kind, shortTime(timeOf(g.At)), oneLine(g.ID), oneLine(g.Reason))
	}
	for _, l := range report.LeftOut {
		fmt.Fprintf(table, "%s\t%s at %s\t%s\t%s\n", l.Source, l.Action, shortTime(l.At), oneLine(l.ID), oneLine(l.Reason))
	}
	return table.Flush()
}

// printTraced prints one story, and then a row a feed.
func printTraced(w io.Writer, s *explain.Story) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, oneLine(value))
		}
	}
	row("story", s.Title)
	row("link", s.Link)
	row("id", s.PublicID)
	row("id at its source", strings.Join(append([]string{s.ID}, s.Aliases...), ", "))
	source := s.Source
	if s.SourceURL != "" {
		source += " (" + s.SourceURL + ")"
	}
	if s.Removed != nil {
		source += ", configured no more since " + shortTime(*s.Removed)
	}
	row("source", source)
	row("first seen", shortTime(s.FirstSeen))
	row("date", shortTime(s.Date)+": "+s.DatedWhy)
	if s.Changed != nil {
		row("changed", fmt.Sprintf("%s, %d times in all", shortTime(*s.Changed), s.Updates))
	}
	row("also from", strings.Join(s.Copies, ", "))
	for _, n := range s.Notes {
		row(string(n.Action), shortTime(n.At)+": "+n.Reason)
	}
	for _, f := range s.Feeds {
		row("feed "+f.Name, string(f.Code)+": "+f.Reason)
	}
	table.Flush() // w is a buffer or a terminal; an error shows in the last row
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
