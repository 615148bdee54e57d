package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/postgrestest"
	"tributary/internal/store/postgres"
	"tributary/internal/store/relational"
	"tributary/internal/store/sqlite"
	"tributary/internal/store/transfer"
)

// database is one of either engine.
type database interface {
	transfer.Source
	transfer.Target
	Close() error
}

func newSQLite(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "site.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func newPostgres(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgrestest.URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// lastStory is a key that was given to a story which is gone.
const lastStory = 1000

// fill puts rows into every table, with a value of its own in each column: every
// third has texts that PostgreSQL refuses, and nothing where nothing may be; some are
// empty.
func fill(t testing.TB, db *sqlite.DB, rows int) {
	t.Helper()
	if err := db.Load(t.Context(), func(w transfer.Writer) error {
		tables, err := w.Tables()
		if err != nil {
			return err
		}
		if err := w.Begin(tables); err != nil {
			return err
		}
		if _, err := w.Exec(`DELETE FROM feeds`); err != nil {
			return err
		}
		for len(tables) > 0 {
			table := tables[0]
			tables = tables[1:]
			if slices.ContainsFunc(tables, func(other transfer.Table) bool { return slices.Contains(table.References, other.Name) }) {
				tables = append(tables, table) // later
				continue
			}
			made, err := synthetic(w, table, rows)
			if err != nil {
				return err
			}
			if err := w.Fill(table, made); err != nil {
				return fmt.Errorf("table %s: %w", table.Name, err)
			}
			if table.Name == "stories" {
				if err := w.SetLastKey(table, lastStory); err != nil {
					return err
				}
			}
		}
		return w.End(nil)
	}); err != nil {
		t.Fatal(err)
	}
}

func synthetic(w transfer.Writer, table transfer.Table, n int) ([]relational.Row, error) {
	optional := map[string]bool{}
	if err := w.Query(`SELECT name FROM pragma_table_info(?) WHERE "notnull" = 0 AND pk = 0`, func(row relational.Scanner) error {
		var name string
		err := row.Scan(&name)
		optional[name] = true
		return err
	}, table.Name); err != nil {
		return nil, err
	}
	if table.Name == "applied" {
		n = 1 // by its schema
	}
	var rows []relational.Row
	for i := 1; i <= n; i++ {
		var row relational.Row
		for _, column := range table.Columns {
			row = append(row, value(table.Name, column, i, optional[column.Name]))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func value(table string, column transfer.Column, i int, optional bool) any {
	switch {
	case column.Kind == transfer.Integer && slices.Contains([]string{"key", "source", "story", "feed", "host"}, column.Name):
		return int64(i)
	case optional && i%3 == 0:
		return nil
	case column.Kind == transfer.Integer:
		return int64(rand.Uint64())
	case i%3 == 0 && column.Kind == transfer.Text:
		return fmt.Sprintf("%s.%s %d \x00 \xff \uffff ü", table, column.Name, i)
	case i%100 == 2 && optional: // nothing is not the same as empty
		return map[transfer.Kind]any{transfer.Text: "", transfer.Bytes: []byte{}}[column.Kind]
	case i%100 == 4 && column.Kind == transfer.Bytes:
		return []byte{}
	case column.Kind == transfer.Text:
		return fmt.Sprintf("%s.%s %d", table, column.Name, i)
	}
	return []byte(fmt.Sprintf("\x00\xff%s.%s %d", table, column.Name, i))
}

// contents reads everything, each row as text, in an order that all engines share.
func contents(t testing.TB, db transfer.Source) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	if err := db.Dump(t.Context(), func(r transfer.Reader) error {
		tables, err := r.Tables()
		if err != nil {
			return err
		}
		for _, table := range tables {
			names := slices.Sorted(slices.Values(table.Names()))
			if err := r.Query(`SELECT `+transfer.Identifiers(names...)+` FROM `+transfer.Identifiers(table.Name), func(row relational.Scanner) error {
				all[table.Name] = append(all[table.Name], fmt.Sprintf("%q %#v", names, asAny(row.(relational.Row))))
				return nil
			}); err != nil {
				return err
			}
			slices.Sort(all[table.Name])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func asAny(row relational.Row) []any {
	values := make([]any, len(row))
	for i := range row {
		values[i] = row[i]
		if content, ok := row[i].([]byte); ok {
			values[i] = append([]byte{}, content...) // empty ones come as nil from SQLite
		}
	}
	return values
}

// TestMove moves a site that has something in every column of every table from
// one engine to the other and back. A column that a later step of a schema adds
// is among them, as tables tell their columns themselves; one that only one of
// the engines gets makes Move fail.
func TestMove(t *testing.T) {
	t.Parallel()
	const rows = 1100 // two batches
	first, second, third := newSQLite(t), newPostgres(t), newSQLite(t)
	fill(t, first, rows)
	want := contents(t, first)
	if len(want) < 22 {
		t.Fatalf("only %d tables: %v", len(want), want)
	}
	for _, step := range []struct {
		name     string
		from, to database
	}{{"to PostgreSQL", first, second}, {"back to SQLite", second, third}} {
		var announced, stored int
		moved, err := transfer.Move(t.Context(), step.from, step.to, time.UnixMilli(0), transfer.Watcher{
			Begun:  func(rows, _ int64) { announced = int(rows) },
			Stored: func(rows int) { stored += rows },
		})
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if want := rows*21 + 1; announced != want || stored != want {
			t.Errorf("%s: %d rows announced and %d stored, want %d", step.name, announced, stored, want)
		}
		for _, table := range moved {
			if table.Rows != int64(len(want[table.Table])) {
				t.Errorf("%s: %d rows of %s, want %d", step.name, table.Rows, table.Table, len(want[table.Table]))
			}
		}
		if diff := cmp.Diff(want, contents(t, step.to)); diff != "" {
			t.Errorf("%s: %.2000s", step.name, diff)
		}
		if after := contents(t, step.from); !cmp.Equal(want, after) {
			t.Errorf("%s: the source has changed", step.name)
		}
		if err := step.to.Load(t.Context(), func(w transfer.Writer) error { return likeNew(w, rows) }); !errors.Is(err, errRollback) {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

// likeNew looks for what only shows when rows come later: keys are never given
// twice, and triggers work.
func likeNew(w transfer.Writer, rows int64) error {
	for table, last := range map[string]int64{"stories": lastStory, "sources": rows, "feeds": rows} {
		key, err := w.LastKey(transfer.Table{Name: table, Key: []string{"key"}, Columns: []transfer.Column{{Name: "key", Kind: transfer.Integer}}})
		if err != nil || key != max(last, rows) {
			return fmt.Errorf("the last key of %s is %d, want %d: %v", table, key, max(last, rows), err)
		}
	}
	if _, err := w.Exec(`INSERT INTO hosts (name, slots) VALUES ('new', 1)`); err != nil {
		return fmt.Errorf("number a new host: %w", err)
	}
	if _, err := w.Exec(`DELETE FROM feed_sources`); err != nil {
		return err
	}
	if _, err := w.Exec(`INSERT INTO feed_story (feed, hidden, date, story, source, entered) VALUES (1, 0, 5, 2, 2, 9)`); err != nil {
		return err
	}
	var placed int64
	if err := w.Query(`SELECT count(*) FROM feed_sources WHERE feed = 1 AND source = 2`, func(row relational.Scanner) error { return row.Scan(&placed) }); err != nil {
		return err
	}
	if placed != 1 {
		return errors.New("the triggers are gone")
	}
	return errRollback
}

// A key that was given once, to a story that is gone, isn't given again.
func TestMoveKeepsLastKey(t *testing.T) {
	t.Parallel()
	first, second, third := newSQLite(t), newPostgres(t), newSQLite(t)
	fill(t, first, 3)
	for _, step := range []struct{ from, to database }{{first, second}, {second, third}} {
		if _, err := transfer.Move(t.Context(), step.from, step.to, time.Now(), transfer.Watcher{}); err != nil {
			t.Fatal(err)
		}
		if err := step.to.Load(t.Context(), func(w transfer.Writer) error {
			if _, err := w.Exec(`DELETE FROM sources WHERE key > 1`); err != nil {
				return err
			}
			if _, err := w.Exec(`INSERT INTO sources (name, url, active, mirror, shape, health) VALUES ('n', 'u', 1, 0, '', '')`); err != nil {
				return err
			}
			var key, story int64
			if err := w.Query(`SELECT max(key) FROM sources`, func(row relational.Scanner) error { return row.Scan(&key) }); err != nil {
				return err
			}
			story, err := w.LastKey(transfer.Table{Name: "stories", Key: []string{"key"}, Columns: []transfer.Column{{Name: "key", Kind: transfer.Integer}}})
			if key < 4 || story != lastStory {
				return fmt.Errorf("a new source got key %d, want more than 3, and the last one of stories is %d: %v", key, story, err)
			}
			return errRollback
		}); !errors.Is(err, errRollback) {
			t.Error(err)
		}
	}
}

// errRollback ends a transaction that was only to look.
var errRollback = errors.New("roll back")

// TestMoveFails moves what can't be moved; the target stays as new, and the next
// move into it works.
func TestMoveFails(t *testing.T) {
	t.Parallel()
	long := func(t *testing.T, db *sqlite.DB) {
		const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
		id := make([]byte, 9000) // PostgreSQL has no index over ids as long
		for i := range id {
			id[i] = letters[rand.IntN(len(letters))]
		}
		change(t, db, `UPDATE stories SET id = ? WHERE key = 2`, string(id))
	}
	for _, test := range []struct {
		reason string
		spoil  func(*testing.T, *sqlite.DB)
		target func(database) transfer.Target
		cancel bool
		want   []string
	}{
		{reason: "a row that the target refuses", spoil: long, want: []string{"move table stories", "row with key 2", "nothing was moved"}},
		{reason: "a target that changes what it stores", target: func(db database) transfer.Target { return forger{db} },
			want: []string{"table sources: 3 rows with checksum", "nothing was moved"}},
		{reason: "the operator ends it", cancel: true, want: []string{"context canceled"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			from, to := newSQLite(t), newPostgres(t)
			fill(t, from, 3)
			if test.spoil != nil {
				test.spoil(t, from)
			}
			var target transfer.Target = to
			if test.target != nil {
				target = test.target(to)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			before := contents(t, to)
			_, err := transfer.Move(ctx, from, target, time.Now(), transfer.Watcher{Stored: func(int) {
				if test.cancel {
					cancel()
				}
			}})
			if err == nil {
				t.Fatal("moved")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}
			if diff := cmp.Diff(before, contents(t, to)); diff != "" {
				t.Errorf("the target has changed: %s", diff)
			}
			change(t, from, `UPDATE stories SET id = 'short' WHERE key = 2`)
			if _, err := transfer.Move(t.Context(), from, to, time.Now(), transfer.Watcher{}); err != nil {
				t.Errorf("the next move: %v", err)
			}
		})
	}
}

func change(t testing.TB, db transfer.Target, query string, args ...any) {
	t.Helper()
	if err := db.Load(t.Context(), func(w transfer.Writer) error {
		_, err := w.Exec(query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// forger is a target that stores one URL wrongly.
type forger struct{ database }

func (f forger) Load(ctx context.Context, fn func(transfer.Writer) error) error {
	return f.database.Load(ctx, func(w transfer.Writer) error { return fn(forging{w}) })
}

type forging struct{ transfer.Writer }

func (f forging) Fill(table transfer.Table, rows []relational.Row) error {
	if at := slices.Index(table.Names(), "url"); at >= 0 {
		rows[1][at] = "https://elsewhere.example/"
	}
	return f.Writer.Fill(table, rows)
}

// A target that holds anything is refused, by either engine.
func TestMoveRefuses(t *testing.T) {
	t.Parallel()
	full := newSQLite(t)
	fill(t, full, 3)
	for name, to := range map[string]database{"PostgreSQL": newPostgres(t), "SQLite": newSQLite(t)} {
		if _, err := transfer.Move(t.Context(), newSQLite(t), to, time.Now(), transfer.Watcher{}); !errors.Is(err, transfer.ErrNothing) {
			t.Errorf("%s: from an empty source: %v", name, err)
		}
		change(t, to, `UPDATE feeds SET revision = 1`)
		_, err := transfer.Move(t.Context(), full, to, time.Now(), transfer.Watcher{})
		if full, ok := errors.AsType[*transfer.NotEmptyError](err); !ok || full.Table != "feeds" {
			t.Errorf("%s: a feed that was published: %v", name, err)
		}
		change(t, to, `UPDATE feeds SET revision = 0`)
		change(t, to, `INSERT INTO hosts (name, slots) VALUES ('h', 1)`)
		_, err = transfer.Move(t.Context(), full, to, time.Now(), transfer.Watcher{})
		if full, ok := errors.AsType[*transfer.NotEmptyError](err); !ok || full.Table != "hosts" {
			t.Errorf("%s: a host: %v", name, err)
		}
	}
}

// Leases in force are told.
func TestMoveTellsLeases(t *testing.T) {
	t.Parallel()
	from := newSQLite(t)
	fill(t, from, 3)
	change(t, from, `UPDATE schedule SET leased_until = 1000`)
	change(t, from, `UPDATE full_texts SET leased_until = 1001 + story`)
	change(t, from, `UPDATE chores SET leased_until = 0`)
	var leases int64
	if _, err := transfer.Move(t.Context(), from, newSQLite(t), time.UnixMilli(1000), transfer.Watcher{
		Begun: func(_, n int64) { leases = n },
	}); err != nil || leases != 3 {
		t.Errorf("%d leases, want 3: %v", leases, err)
	}
}
