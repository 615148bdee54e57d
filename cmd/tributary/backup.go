package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/store/sqlite"
)

func newBackup(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database while it is in use",
		Long: `Writes a consistent copy of the database to FILE, as it is at one moment, while
other commands go on reading and writing. FILE appears only once it is whole.
To restore one, stop the program and put it in the place of the database.
A PostgreSQL database is copied by its own pg_dump.`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			return failed(a.backup(cmd.Context(), c, args[0], force))
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it is there")
	return cmd
}

func (a *app) backup(ctx context.Context, c *config.Config, path string, force bool) error {
	database := c.Node().Database
	if onServer(database) {
		return errDump
	}
	from, err := os.Stat(database)
	if err != nil {
		return fmt.Errorf("nothing to back up: %w; `tributary serve` or `refresh` makes the database", err)
	}
	to, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("back up: %w", err)
	case os.SameFile(from, to):
		return fmt.Errorf("back up: %s is the database itself; name another file", path)
	case !to.Mode().IsRegular():
		return fmt.Errorf("back up: %s is no file; name one to write", path)
	case !force:
		return fmt.Errorf("back up: %s is there already; --force replaces it", path)
	}
	store, err := sqlite.Open(ctx, database, sqlite.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(store.Backup(ctx, path), store.Close()); err != nil {
		return err
	}
	if to, err = os.Stat(path); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d bytes\n", path, to.Size())
	return err
}
