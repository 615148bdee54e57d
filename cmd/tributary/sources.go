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

	"tributary/internal/config"
	"tributary/internal/health"
	"tributary/internal/news"
)

func newSources(a *app) *cobra.Command {
	var asJSON, accept bool
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "Show the health of every source",
		Long: `Shows a line for each source: its health, how many stories it has, its last and
its next visit (UTC), and why it fails, where it has moved to, or what to know of
it although it works. It reads what is stored and pulls nothing, beside a running
serve too. With --accept-moves, the new addresses of moved sources are written
into the config.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if accept {
				return a.acceptMoves(cmd.Context(), asJSON)
			}
			return a.sources(cmd.Context(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&accept, "accept-moves", false, "write the new addresses of moved sources into the config")
	return cmd
}

func (a *app) sources(ctx context.Context, asJSON bool) error {
	c, states, err := a.configured(ctx)
	if err != nil {
		return err
	}
	log, err := a.quietLogger()
	if err != nil {
		return err
	}
	lists, err := a.listSources(ctx, c, log)
	if err != nil {
		return failed(err)
	}
	if asJSON {
		return failed(printSourcesJSON(a.stdout, states, lists, a.time()))
	}
	return failed(printSources(a.stdout, states, lists, a.time()))
}

// listSources names the reading list of each source that comes from one, and
// tells which lists can't be read.
func (a *app) listSources(ctx context.Context, c *config.Config, log *slog.Logger) (map[string]string, error) {
	from := make(map[string]string)
	if err := isStored(c.Node().Database); err != nil || len(c.ReadingLists()) == 0 {
		return from, nil
	}
	e, err := a.wire(ctx, c, log, observers{})
	if err != nil {
		return nil, err
	}
	stored, err := e.store.ReadingLists(ctx)
	if err := errors.Join(err, e.close()); err != nil {
		return nil, err
	}
	for _, source := range e.config.Sources() {
		if list := e.config.ListOf(source.Name); list != "" {
			from[source.Name] = list
		}
	}
	for _, list := range stored {
		if list.Trouble != "" && slices.ContainsFunc(c.ReadingLists(), func(l config.ReadingList) bool { return l.OPML == list.Address }) {
			fmt.Fprintf(a.stderr, "reading list %s can't be read: %s; its last good state of %s stays in force\n",
				list.Address, oneLine(list.Trouble), count(len(list.Entries), "source"))
		}
	}
	return from, nil
}

// configured gives the config and what is known of its sources.
func (a *app) configured(ctx context.Context) (*config.Config, []news.SourceState, error) {
	log, err := a.quietLogger()
	if err != nil {
		return nil, nil, err
	}
	c, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	states, err := a.states(ctx, c, log)
	return c, states, err
}

// states gives what is stored of the sources, and those that no server or
// refresh has seen yet. It only reads: a config that is being edited doesn't
// reach the store this way, and no database is made.
func (a *app) states(ctx context.Context, c *config.Config, log *slog.Logger) ([]news.SourceState, error) {
	var states []news.SourceState
	if err := isStored(c.Node().Database); err == nil {
		e, err := a.wire(ctx, c, log, observers{})
		if err != nil {
			return nil, err
		}
		states, err = e.store.Sources(ctx)
		if err := errors.Join(err, e.close()); err != nil {
			return nil, failed(err)
		}
	}
	for _, source := range c.Sources() {
		if !slices.ContainsFunc(states, func(s news.SourceState) bool { return s.Name == source.Name }) {
			state := news.SourceState{Name: source.Name, URL: source.URL, Health: news.HealthNew}
			if source.Paused {
				state.Health = news.HealthPaused
			}
			states = append(states, state)
		}
	}
	slices.SortFunc(states, func(a, b news.SourceState) int { return strings.Compare(a.Name, b.Name) })
	return states, nil
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
	Reason   string      `json:"reason,omitempty"`
	Advice   string      `json:"advice,omitempty"`
	MovedTo  string      `json:"moved_to,omitempty"`
	List     string      `json:"reading_list,omitempty"`
	Last     *lastJSON   `json:"last,omitempty"`
	Warnings []string    `json:"warnings,omitempty"`
}

// lastJSON is the last visit of a source.
type lastJSON struct {
	At      time.Time    `json:"at"`
	Outcome news.Outcome `json:"outcome"`
	Cause   news.Cause   `json:"cause,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	Status  int          `json:"status,omitempty"`
}

func printSourcesJSON(w io.Writer, states []news.SourceState, lists map[string]string, now time.Time) error {
	rows := make([]sourceJSON, 0, len(states))
	for i := range states {
		s := &states[i]
		report := health.Of(s, now)
		row := sourceJSON{
			Name: s.Name, URL: health.Address(s.URL), Health: report.Health, Since: known(report.Since), Due: known(report.Next),
			Failures: s.Failures, Stories: s.Stories, LastOK: known(s.LastOK), MovedTo: health.Address(s.MovedTo),
			Reason: report.Reason, Advice: report.Advice, Warnings: s.Warnings, List: lists[s.Name],
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

func printSources(w io.Writer, states []news.SourceState, lists map[string]string, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tHEALTH\tSTORIES\tLAST VISIT\tNEXT\tDETAIL")
	for i := range states {
		s := &states[i]
		report := health.Of(s, now)
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n",
			s.Name, report.Health, s.Stories, shortTime(s.Last.At), shortTime(report.Next), detail(&report, s, lists[s.Name]))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return printAdvice(w, states, now)
}

// printAdvice tells below the table what can be done, a line for each source
// that needs something.
func printAdvice(w io.Writer, states []news.SourceState, now time.Time) error {
	gap := "\n"
	for i := range states {
		advice := health.Of(&states[i], now).Advice
		if advice == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s%s: %s\n", gap, states[i].Name, advice); err != nil {
			return err
		}
		gap = ""
	}
	return nil
}

// detail is why a source is as it is, or what its document was warned of, and
// which reading list it comes from.
func detail(report *health.Report, s *news.SourceState, list string) string {
	if list != "" {
		return strings.TrimPrefix(detail(report, s, "")+"; from "+oneLine(list), "; ")
	}
	if report.Reason != "" || len(s.Warnings) == 0 {
		return report.Reason
	}
	text := "warning: " + s.Warnings[0]
	if more := len(s.Warnings) - 1; more > 0 {
		text += fmt.Sprintf(" (%d more: --json)", more)
	}
	return oneLine(text)
}

// shortTime is a time for a table; far ones, like the next visit of a source
// that is gone, are "never".
func shortTime(t time.Time) string {
	if t.IsZero() || t.Year() > 2100 {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
