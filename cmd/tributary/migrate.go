package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tributary/internal/store/postgres"
	"tributary/internal/store/relational"
	"tributary/internal/store/sqlite"
	"tributary/internal/store/transfer"
)

func newMigrate(a *app) *cobra.Command {
	var from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "migrate --from DATABASE --to DATABASE",
		Short: "Move a site into another database",
		Long: `Moves everything that is stored from one database into another, empty one, of
PostgreSQL for instance: stories with their ids, dates and archive pages, the state
of each source, what was retracted, and what is published with its ETags. Readers
notice nothing, and no story comes twice.

A DATABASE is sqlite:PATH, or a URL as the config takes it:

    tributary migrate --from sqlite:data/tributary.db --to postgres://tributary@db.example/tributary

Stop all that use either database first: what "serve" stores while this runs is
not moved. The source stays as it is, but for its schema, which an older program's
gets brought up to date as by any other command. The target is filled all at once,
after every table was read back and compared: should anything fail, it is as empty
as before.

Then set "database" in the config, and start again. The config isn't read here.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			source, err := endpointOf("--from", from)
			if err != nil {
				return err
			}
			target, err := endpointOf("--to", to)
			if err != nil {
				return err
			}
			if source == target {
				return errors.New("--from and --to are the same database")
			}
			return failed(a.migrate(cmd.Context(), source, target, asJSON))
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`database` to move from, which stays as it is")
	cmd.Flags().StringVar(&to, "to", "", "`database` to move to, which must be empty")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// endpoint is a database as migrate is told it.
type endpoint struct {
	file string // of SQLite; "" for a database of a server
	url  string
}

// filePrefix marks the path of a file.
const filePrefix = "sqlite:"

func endpointOf(flag, address string) (endpoint, error) {
	path, isFile := strings.CutPrefix(address, filePrefix)
	switch {
	case address == "":
		return endpoint{}, fmt.Errorf("%s is missing: name a database, sqlite:PATH or postgres://…", flag)
	case isFile && path != "" && !strings.HasPrefix(path, "//"):
		return endpoint{file: path}, nil
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return endpoint{url: address}, nil
	}
	kind, _, _ := strings.Cut(address, ":") // the rest may hold a password
	return endpoint{}, fmt.Errorf("%s: want sqlite:PATH or postgres://…, not %q", flag, kind)
}

// String names the database, without user, password and parameters.
func (e endpoint) String() string {
	if e.file != "" {
		return filePrefix + e.file
	}
	u, err := url.Parse(e.url)
	if err != nil {
		return "postgres://…"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if schema := u.Query().Get("search_path"); schema != "" {
		shown.RawQuery = url.Values{"search_path": {schema}}.Encode()
	}
	return shown.String()
}

// database is one that can be moved from and to.
type database interface {
	transfer.Source
	transfer.Target
	Close() error
}

func (e endpoint) open(ctx context.Context) (database, error) {
	if e.file == "" {
		return postgres.Open(ctx, e.url, postgres.Options{})
	}
	return sqlite.Open(ctx, e.file, sqlite.Options{})
}

func (a *app) migrate(ctx context.Context, from, to endpoint, asJSON bool) error {
	if err := a.lookAtSource(from); err != nil {
		return err
	}
	undo, err := to.lookAtTarget()
	if err != nil {
		return err
	}
	source, err := from.open(ctx)
	if err != nil {
		return fmt.Errorf("open the source: %w", err)
	}
	target, err := to.open(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("open the target: %w", err), source.Close())
	}
	moved, err := a.move(ctx, source, target)
	if err != nil {
		err = fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	if err := errors.Join(err, target.Close(), source.Close()); err != nil {
		return errors.Join(err, undo(moved == nil))
	}
	return a.printMoved(moved, to, asJSON)
}

// lookAtSource refuses to move from a file that isn't there, which opening would
// make, and warns of others that have it open.
func (a *app) lookAtSource(e endpoint) error {
	if e.file == "" {
		return nil
	}
	if _, err := os.Stat(e.file); err != nil {
		return fmt.Errorf("nothing to move: %w", err)
	}
	if sqlite.InUse(e.file) {
		a.warn("another process has %s open: what it stores from now on is not moved; stop it, and move to an empty database again", e.file)
	}
	return nil
}

// lookAtTarget refuses a new file beside the journal of another, which would
// take that over. undo takes a file away that was made for nothing.
func (e endpoint) lookAtTarget() (undo func(failed bool) error, err error) {
	keep := func(bool) error { return nil }
	if e.file == "" {
		return keep, nil
	}
	if info, err := os.Stat(e.file); err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return keep, nil // whatever it is, opening tells
	}
	journal := relational.JournalPath(e.file)
	if _, err := os.Stat(journal); err == nil {
		return nil, fmt.Errorf("move to %s: the journal of another database lies beside it: move %s away, or name another file", e.file, journal)
	}
	return func(failed bool) error {
		if !failed {
			return nil
		}
		var errs []error
		for _, path := range []string{e.file, e.file + "-wal", e.file + "-shm", journal} {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}, nil
}

func (a *app) move(ctx context.Context, from transfer.Source, to transfer.Target) ([]transfer.Moved, error) {
	bar := &progress{}
	defer func() { bar.done() }()
	return transfer.Move(ctx, from, to, a.time(), transfer.Watcher{
		Begun: func(rows, leases int64) {
			if leases > 0 {
				a.warn("%s in force in the source: if a process is at work there, what it stores from now on is not moved; "+
					"stop it, and move to an empty database again", count(int(leases), "lease"))
			}
			bar = newProgress(a.stderr, "moving rows", int(rows))
		},
		Stored: func(n int) { bar.steps(n) },
		Verifying: func() {
			bar.done()
			if isTerminal(a.stderr) {
				fmt.Fprintln(a.stderr, "reading everything back")
			}
		},
	})
}

// warn tells of what may be wrong.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintln(a.stderr, "tributary: "+harmless(fmt.Sprintf("warning: "+format, args...)))
}

// movedJSON is a row of `migrate --json`.
type movedJSON struct {
	Table    string `json:"table"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"`
}

func (a *app) printMoved(moved []transfer.Moved, to endpoint, asJSON bool) error {
	rows := make([]movedJSON, len(moved))
	var sum int64
	for i, table := range moved {
		rows[i] = movedJSON{Table: table.Table, Rows: table.Rows, Checksum: fmt.Sprintf("%016x", table.Checksum)}
		sum += table.Rows
	}
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(rows)
	}
	if err := printMovedTable(a.stdout, rows); err != nil {
		return err
	}
	next := strings.TrimPrefix(to.String(), filePrefix)
	if onServer(next) {
		next = "what --to says" // whole, it may hold a password
	}
	_, err := fmt.Fprintf(a.stdout, "%s in %s, the same in both databases; now set database in the config to %s\n",
		count(int(sum), "row"), count(len(rows), "table"), next)
	return err
}

func printMovedTable(w io.Writer, rows []movedJSON) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TABLE\tROWS\tCHECKSUM")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%d\t%s\n", row.Table, row.Rows, row.Checksum)
	}
	return table.Flush()
}
