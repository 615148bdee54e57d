package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/news"
)

func newSources(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "Show the health of every source",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.sources(cmd.Context(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) sources(ctx context.Context, asJSON bool) error {
	log, err := a.quietLogger()
	if err != nil {
		return err
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	e, err := a.open(ctx, c, log, observers{})
	if err != nil {
		return err
	}
	states, err := e.store.Sources(ctx)
	if err := errors.Join(err, e.close()); err != nil {
		return failed(err)
	}
	if asJSON {
		return failed(printSourcesJSON(a.stdout, states))
	}
	return failed(printSources(a.stdout, states))
}

// sourceJSON is a row of `sources --json`.
type sourceJSON struct {
	Name     string      `json:"name"`
	URL      string      `json:"url"`
	Health   news.Health `json:"health"`
	Since    *time.Time  `json:"since,omitempty"`
	Due      *time.Time  `json:"due,omitempty"`
	Failures int         `json:"failures"`
	Stories  int         `json:"stories"`
	LastOK   *time.Time  `json:"last_ok,omitempty"`
	MovedTo  string      `json:"moved_to,omitempty"`
	Last     *lastJSON   `json:"last,omitempty"`
}

// lastJSON is the last visit of a source.
type lastJSON struct {
	At      time.Time    `json:"at"`
	Outcome news.Outcome `json:"outcome"`
	Cause   news.Cause   `json:"cause,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	Status  int          `json:"status,omitempty"`
}

func printSourcesJSON(w io.Writer, states []news.SourceState) error {
	rows := make([]sourceJSON, 0, len(states))
	for i := range states {
		s := &states[i]
		row := sourceJSON{
			Name: s.Name, URL: s.URL, Health: s.Health, Since: known(s.Since), Due: known(s.Due),
			Failures: s.Failures, Stories: s.Stories, LastOK: known(s.LastOK), MovedTo: s.MovedTo,
		}
		if !s.Last.At.IsZero() {
			row.Last = &lastJSON{At: s.Last.At, Outcome: s.Last.Outcome, Cause: s.Last.Cause, Detail: s.Last.Detail, Status: s.Last.Status}
		}
		rows = append(rows, row)
	}
	return json.NewEncoder(w).Encode(rows)
}

// known leaves an unknown time out of JSON.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func printSources(w io.Writer, states []news.SourceState) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tHEALTH\tSTORIES\tLAST VISIT\tNEXT\tDETAIL")
	for i := range states {
		s := &states[i]
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n",
			s.Name, s.Health, s.Stories, shortTime(s.Last.At), shortTime(s.Due), oneLine(s.Last.Detail))
	}
	return table.Flush()
}

// shortTime is a time for a table; far ones, like the next visit of a source
// that is gone, are "never".
func shortTime(t time.Time) string {
	if t.IsZero() || t.Year() > 2100 {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
