package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/internal/news"
)

func newRetract(a *app) *cobra.Command {
	var reason string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "retract URL",
		Short: "Take a story out everywhere, for good",
		Long: `Takes the story with this link, or with this id in one of the feeds, out of every
feed, and with it the copies of other sources. It stays out when a source sends
it again, when a backup is restored, and when the database is made anew. A
server that runs beside publishes without it within a second.`,
		Args:              oneArgument,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.retract(cmd.Context(), args[0], reason, asJSON)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why`, for the record")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) retract(ctx context.Context, address, reason string, asJSON bool) error {
	e, err := a.wireStored(ctx, "retract "+address)
	if err != nil {
		return err
	}
	stories, err := e.aggregator.Retract(ctx, address, reason)
	if errors.Is(err, aggregator.ErrNoStory) {
		err = fmt.Errorf("%s: %w", address, err)
	}
	return failed(errors.Join(printRetracted(a.stdout, stories, asJSON), err, e.close()))
}

// retractedJSON is a row of `retract --json`.
type retractedJSON struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	Title  string `json:"title"`
	Link   string `json:"link,omitempty"`
}

func printRetracted(w io.Writer, stories []news.StoredStory, asJSON bool) error {
	rows := make([]retractedJSON, len(stories))
	for i := range stories {
		s := &stories[i]
		rows[i] = retractedJSON{Source: s.SourceName, ID: s.PublicID, Title: s.Title, Link: s.Link}
	}
	if asJSON {
		return json.NewEncoder(w).Encode(rows)
	}
	for _, row := range rows {
		if _, err := fmt.Fprintf(w, "retracted from %s: %s (%s)\n", row.Source, oneLine(row.Title), row.ID); err != nil {
			return err
		}
	}
	return nil
}
