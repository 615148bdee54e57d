package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/internal/config"
	"tributary/publisher"
	"tributary/publisher/export"
)

func newBuild(a *app) *cobra.Command {
	var out string
	var noRefresh, inPlace bool
	cmd := &cobra.Command{
		Use:   "build --out DIR",
		Short: "Write everything as files for a static host",
		Long: `Pulls what is due, then writes every page and feed into a folder: the same bytes
that serve would give. A source that fails doesn't stop it: its last stories stay.

The whole folder is exchanged for a new one at once, with files in it that are
not from a build. With --in-place it stays the same folder and files are replaced
one by one, for a folder that is mounted into a container or otherwise held open.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			collectLess()
			if out == "" {
				return errors.New(`build needs a folder to write to: "tributary build --out public"`)
			}
			write := export.Write
			if inPlace {
				write = export.WriteInPlace
			}
			return a.build(cmd.Context(), out, noRefresh, write)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`folder` to write to")
	cmd.Flags().BoolVar(&noRefresh, "no-refresh", false, "write what is stored, pull nothing")
	cmd.Flags().BoolVar(&inPlace, "in-place", false, "replace files one by one, not the folder as a whole")
	return cmd
}

// writer is export.Write or export.WriteInPlace.
type writer func(context.Context, string, map[string]*publisher.Rendition, export.Archives) (export.Report, error)

func (a *app) build(ctx context.Context, out string, noRefresh bool, write writer) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := apart(out, c.ArticlesDir()); err != nil {
		return err
	}
	e, err := a.pullForBuild(ctx, c, noRefresh)
	if err != nil {
		return err
	}
	if _, err := e.articles.tellProblems(a.stderr); err != nil {
		return failed(errors.Join(err, e.close()))
	}
	report, err := e.writeFiles(ctx, out, write)
	if err := errors.Join(err, e.close()); err != nil {
		return failed(err)
	}
	if report.InPlace != "" {
		fmt.Fprintf(a.stderr, "tributary: %s was not exchanged as a whole, its files were replaced one by one: %s; --in-place says that this is meant\n",
			out, report.InPlace)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d written, %d unchanged, %d removed\n",
		out, report.Written, report.Unchanged, report.Removed)
	return failed(err)
}

// apart refuses a folder to write to whose files would lie among the articles:
// pages of a build would be published as files that belong to these.
func apart(out, articles string) error {
	folder := realPath(out)
	if pages := filepath.Join(folder, "articles"); !within(realPath(articles), pages) && !within(folder, realPath(articles)) {
		return nil
	}
	return fmt.Errorf("build would write its pages among the articles in %s; give it a folder of its own: "+
		`"tributary build --out public"`, articles)
}

// realPath is an absolute path; without links, if it exists.
func realPath(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	if straight, err := filepath.EvalSymlinks(path); err == nil {
		return straight
	}
	return path
}

// within reports whether a path is a folder or lies below it.
func within(path, folder string) bool {
	rest, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rest)
}

// pullForBuild pulls unless told not to, and prints what failed.
func (a *app) pullForBuild(ctx context.Context, c *config.Config, noRefresh bool) (*engine, error) {
	if noRefresh {
		log, err := a.quietLogger()
		if err != nil {
			return nil, err
		}
		return a.open(ctx, c, log, observers{})
	}
	visited, e, err := a.pullOnce(ctx, c, aggregator.Round{})
	if err != nil {
		return nil, err
	}
	for _, v := range visited {
		if v.Visit.Failed() || v.Visit.Outcome == outcomeHeld {
			fmt.Fprintf(a.stderr, "tributary: source %s was not read, its last stories stay: %s\n", v.Source, oneLine(v.Visit.Detail))
		}
	}
	return e, nil
}

// writeFiles writes all that can be published; the error names what can't.
func (e *engine) writeFiles(ctx context.Context, out string, write writer) (export.Report, error) {
	if err := e.publishOnce(ctx); err != nil {
		return export.Report{}, err
	}
	renditions := e.publisher.Renditions()
	maps.Copy(renditions, e.publisher.MovedPages())
	report, err := write(ctx, out, renditions, export.Archives{
		Paths: e.publisher.ArchivePaths(), Make: e.publisher.Archive,
	})
	return report, errors.Join(err, e.troubles())
}

// publishOnce brings what is published up to date, for programs that start
// later too. An error is the store's.
func (e *engine) publishOnce(ctx context.Context) error {
	if _, err := e.publisher.Restore(ctx); err != nil {
		return err
	}
	return e.publisher.Publish(ctx)
}

// troubles names all that can't be published.
func (e *engine) troubles() (err error) {
	for _, trouble := range e.publisher.Troubles() {
		err = errors.Join(err, fmt.Errorf("not published: %s: %s", trouble.Where, trouble.Detail))
	}
	return err
}
