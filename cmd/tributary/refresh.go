package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/internal/news"
)

func newRefresh(a *app) *cobra.Command {
	var round aggregator.Round
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "refresh [NAME...]",
		Short: "Pull what is due once",
		Long: `Pulls the sources that are due, or the named ones, due or not, stores what they
bring, and prints what came of each. Exits with 1 when one of them failed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			round.Names = args
			return a.refresh(cmd.Context(), round, asJSON)
		},
	}
	cmd.Flags().BoolVar(&round.All, "all", false, "pull every source, due or not")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) refresh(ctx context.Context, round aggregator.Round, asJSON bool) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	for _, name := range round.Names {
		if _, ok := c.Source(name); !ok {
			return fmt.Errorf("no source is named %q; `tributary sources` lists them", name)
		}
	}
	visited, e, err := a.pullOnce(ctx, c, round)
	if err != nil {
		return err
	}
	if err := errors.Join(printVisits(a.stdout, visited, asJSON), e.close()); err != nil {
		return failed(err)
	}
	if slices.ContainsFunc(visited, func(v aggregator.Visited) bool { return v.Visit.Failed() }) {
		return &failure{} // the table tells
	}
	return nil
}

// pullOnce opens the engine and pulls a round, with a progress bar. The caller
// closes the engine unless there was an error.
func (a *app) pullOnce(ctx context.Context, c *config.Config, round aggregator.Round) ([]aggregator.Visited, *engine, error) {
	log, err := a.quietLogger()
	if err != nil {
		return nil, nil, err
	}
	bar := newProgress(a.stderr, "pulling", expected(c, round))
	var visited []aggregator.Visited
	e, err := open(ctx, c, log, func(v aggregator.Visited) {
		bar.step()
		if v.Source != news.ArticlesName || v.Visit.Failed() || v.Visit.New+v.Visit.Changed > 0 {
			visited = append(visited, v)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	err = e.aggregator.Refresh(ctx, round)
	bar.done()
	if err != nil {
		return nil, nil, failed(errors.Join(err, e.close()))
	}
	slices.SortFunc(visited, func(a, b aggregator.Visited) int { return strings.Compare(a.Source, b.Source) })
	return visited, e, nil
}

// expected is how many visits a round may take.
func expected(c *config.Config, round aggregator.Round) int {
	if len(round.Names) > 0 {
		return len(round.Names)
	}
	return len(c.Sources()) + 1
}

// quietLogger is the logger of commands that end with a table: what the table
// tells is not logged too.
func (a *app) quietLogger() (*slog.Logger, error) {
	if a.logLevel == "info" {
		quiet := *a
		quiet.logLevel = "error"
		return quiet.logger()
	}
	return a.logger()
}

// visitJSON is a row of `refresh --json`.
type visitJSON struct {
	Source  string       `json:"source"`
	Outcome news.Outcome `json:"outcome"`
	Cause   news.Cause   `json:"cause,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	Status  int          `json:"status,omitempty"`
	Bytes   int64        `json:"bytes"`
	New     int          `json:"new"`
	Changed int          `json:"changed"`
	Seconds float64      `json:"seconds"`
}

func printVisits(w io.Writer, visited []aggregator.Visited, asJSON bool) error {
	if asJSON {
		rows := make([]visitJSON, len(visited))
		for i, v := range visited {
			rows[i] = visitJSON{
				Source: v.Source, Outcome: v.Visit.Outcome, Cause: v.Visit.Cause, Detail: v.Visit.Detail,
				Status: v.Visit.Status, Bytes: v.Visit.Bytes, New: v.Visit.New, Changed: v.Visit.Changed,
				Seconds: v.Visit.Duration.Seconds(),
			}
		}
		return json.NewEncoder(w).Encode(rows)
	}
	return printVisitTable(w, visited)
}

func printVisitTable(w io.Writer, visited []aggregator.Visited) error {
	if len(visited) == 0 {
		_, err := fmt.Fprintln(w, "nothing was due; --all pulls every source")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tOUTCOME\tNEW\tCHANGED\tTOOK\tDETAIL")
	var stories, failures int
	for _, v := range visited {
		stories += v.Visit.New
		if v.Visit.Failed() {
			failures++
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%s\n", v.Source, v.Visit.Outcome, v.Visit.New, v.Visit.Changed,
			v.Visit.Duration.Round(time.Millisecond), oneLine(v.Visit.Detail))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s, %s, %d failed\n", count(len(visited), "visit"), count(stories, "new story"), failures)
	return err
}

// oneLine keeps text that came from elsewhere from breaking a table.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
