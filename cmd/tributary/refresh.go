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
	"unicode"

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
		Long: `Pulls the sources that are due, or the named ones, due or not, stores and
publishes what they bring, and prints what came of each. Exits with 1 when one
of them failed. A source that another process is visiting is left to it and told
as held; so is one whose visit was killed, until that visit's time is over.`,
		ValidArgsFunction: a.completeSources,
		RunE: func(cmd *cobra.Command, args []string) error {
			collectLess()
			round.Names = args
			return a.refresh(cmd.Context(), round, asJSON)
		},
	}
	cmd.Flags().BoolVar(&round.All, "all", false, "pull every source that is not paused, due or not")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) refresh(ctx context.Context, round aggregator.Round, asJSON bool) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	for _, name := range round.Names {
		if _, ok := c.Source(name); !ok && len(c.ReadingLists()) == 0 { // names in lists are known once these are read
			return fmt.Errorf("no source is named %q; `tributary sources` lists them", name)
		}
		if source, _ := c.Source(name); source.Paused {
			return fmt.Errorf("source %s is paused: it is pulled again once `paused = true` is out of the config", name)
		}
	}
	visited, e, err := a.pullOnce(ctx, c, round)
	if err != nil {
		return err
	}
	_, err = e.articles.tellProblems(a.stderr)
	err = errors.Join(err, e.publishOnce(ctx), e.troubles())
	if err := errors.Join(err, printVisits(a.stdout, visited, asJSON), e.close()); err != nil {
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
	e, err := a.wire(ctx, c, log, observers{
		visited: func(v aggregator.Visited) {
			bar.step()
			if v.Source != news.ArticlesName || v.Visit.Failed() || v.Visit.New+v.Visit.Changed > 0 {
				visited = append(visited, v)
			}
		},
		held: func(source string, due time.Time) {
			bar.step()
			visited = append(visited, heldSource(source, due))
		},
		anew: func(string, error) {}, // it is logged
	})
	if err != nil {
		return nil, nil, err
	}
	if err = e.followLists(ctx, a.clock(), log); err == nil {
		err = e.configure(ctx)
	}
	if err == nil {
		err = e.aggregator.Refresh(ctx, round)
	}
	bar.done()
	if err != nil {
		return nil, nil, failed(errors.Join(err, e.close()))
	}
	slices.SortFunc(visited, func(a, b aggregator.Visited) int { return strings.Compare(a.Source, b.Source) })
	return visited, e, nil
}

// outcomeHeld is the outcome of no visit at all, as tables tell it.
const outcomeHeld news.Outcome = "held"

// heldSource is the row of a source that was left to another visit.
func heldSource(source string, due time.Time) aggregator.Visited {
	return aggregator.Visited{Source: source, Visit: news.Visit{
		Outcome: outcomeHeld,
		Detail:  "another visit has it, or one that was cut off; due again at " + shortTime(due),
	}}
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
		_, err := fmt.Fprintln(w, "nothing was due; --all pulls every source that is not paused")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tOUTCOME\tNEW\tCHANGED\tTOOK\tDETAIL")
	var stories, failures, held int
	for _, v := range visited {
		stories += v.Visit.New
		switch v.Visit.Outcome {
		case news.OutcomeFailed:
			failures++
		case outcomeHeld:
			held++
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%s\n", v.Source, v.Visit.Outcome, v.Visit.New, v.Visit.Changed,
			v.Visit.Duration.Round(time.Millisecond), oneLine(v.Visit.Detail))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	summary := fmt.Sprintf("%s, %s, %d failed", count(len(visited)-held, "visit"), count(stories, "new story"), failures)
	if held > 0 {
		summary += fmt.Sprintf(", %d held", held)
	}
	_, err := fmt.Fprintln(w, summary)
	return err
}

// oneLine keeps text that came from elsewhere from breaking a table, or from
// giving orders to the terminal.
func oneLine(s string) string { return strings.Join(strings.Fields(harmless(s)), " ") }

// harmless leaves characters out that order a terminal about, or turn the
// direction of the text around. Lines stay lines.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.In(r, unicode.Zl, unicode.Zp) || r == '\r' || r == 0x85:
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		}
		return r
	}, s)
}
