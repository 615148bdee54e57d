// Package transfer moves a whole site from one database into another one, of
// another engine for instance: every row of every table with its keys, so that
// ids, addresses, dates and validators stay what they were. It knows no engine: a
// [Reader] and a [Writer] do what differs. What there is to move, it learns from
// the tables themselves.
//
//  1. The source is read at one moment of it, and never written.
//  2. The target must be empty, and is filled in one transaction: until that is
//     committed, which is after all was read back and compared, it is an empty
//     site for everybody else.
//  3. No more than a batch of rows is held in memory.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/store/relational"
)

// Source is a database to move from.
type Source interface {
	// Dump runs fn on one consistent state of the database.
	Dump(ctx context.Context, fn func(Reader) error) error
}

// Target is a database to move to.
type Target interface {
	// Load runs fn in one transaction that nobody else writes beside, and commits
	// it, or nothing of it. It is never begun twice.
	Load(ctx context.Context, fn func(Writer) error) error
}

// Reader reads a database. It is for one user at a time.
type Reader interface {
	// Query calls each for every row; a row is a [relational.Row].
	Query(query string, each func(relational.Scanner) error, args ...any) error
	// Tables gives the tables and columns that sites have in every database, not
	// those by which the engine itself keeps its books.
	Tables() ([]Table, error)
	// LastKey gives the largest number that the database ever gave a row of the
	// table, or may have given; 0 when it numbers none.
	LastKey(table Table) (int64, error)
}

// Writer fills an empty database.
type Writer interface {
	Reader
	// Exec runs a statement and says how many rows it changed.
	Exec(query string, args ...any) (int64, error)
	// Begin keeps the database from doing anything by itself when rows come.
	Begin(tables []Table) error
	// Fill stores rows whose columns are those of the table, in its order. An
	// error that one row is to blame for is a [*RowError].
	Fill(table Table, rows []relational.Row) error
	// SetLastKey has the database number the table's next row behind a key.
	SetLastKey(table Table, key int64) error
	// End undoes what Begin did, and makes the database ready for use.
	End(tables []Table) error
}

// ErrNothing says that the source is as new.
var ErrNothing = errors.New("nothing is stored in the source: check its name")

// NotEmptyError says that the target holds something.
type NotEmptyError struct{ Table string }

// Error says what to do.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the target is not empty, its table %s has rows: name a database, a schema (?search_path=NAME) "+
		"or a file that nothing is stored in; nothing was changed", e.Table)
}

// Moved is a table that was moved.
type Moved struct {
	Table string
	Sum
}

// Watcher hears how a move goes. Each function may be nil.
type Watcher struct {
	// Begun hears how many rows there are, and how many leases are in force, if
	// any, whose holders may be at work.
	Begun func(rows, leases int64)
	// Stored hears of rows that were stored.
	Stored func(rows int)
	// Verifying hears that all are stored and now read back.
	Verifying func()
}

// articles is the feed that a new database has already.
const articles = "'@articles'"

// Move moves all of a site, and tells what each table held, in the order of their
// names. now is the time by
// which leases are in force. After an error the target is as it was.
func Move(ctx context.Context, from Source, to Target, now time.Time, watcher Watcher) (moved []Moved, err error) {
	err = from.Dump(ctx, func(source Reader) error {
		return to.Load(ctx, func(target Writer) error {
			m := move{ctx: ctx, from: source, to: target, watcher: watcher}
			moved, err = m.run(now)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(moved, func(a, b Moved) int { return strings.Compare(a.Table, b.Table) })
	return moved, nil
}

// move is a move that runs.
type move struct {
	ctx     context.Context
	from    Reader
	to      Writer
	watcher Watcher
}

func (m *move) run(now time.Time) ([]Moved, error) {
	pairs, err := m.plan()
	if err != nil {
		return nil, err
	}
	targets := make([]Table, len(pairs))
	for i := range pairs {
		targets[i] = pairs[i].to
	}
	if err := m.to.Begin(targets); err != nil {
		return nil, fmt.Errorf("prepare the target: %w", err)
	}
	if err := m.empty(pairs); err != nil {
		return nil, err
	}
	if err := m.announce(pairs, now); err != nil {
		return nil, err
	}
	moved := make([]Moved, len(pairs))
	for i, p := range pairs {
		if moved[i], err = m.table(p); err != nil {
			return nil, fmt.Errorf("move table %s: %w; nothing was moved", p.from.Name, err)
		}
	}
	if err := m.to.End(targets); err != nil {
		return nil, fmt.Errorf("finish the target: %w; nothing was moved", err)
	}
	if m.watcher.Verifying != nil {
		m.watcher.Verifying()
	}
	for i, p := range pairs {
		if err := m.verify(p.to, moved[i].Sum); err != nil {
			return nil, err
		}
	}
	return moved, nil
}

// plan pairs the tables.
func (m *move) plan() ([]pair, error) {
	from, err := m.from.Tables()
	if err != nil {
		return nil, fmt.Errorf("look at the tables of the source: %w", err)
	}
	to, err := m.to.Tables()
	if err != nil {
		return nil, fmt.Errorf("look at the tables of the target: %w", err)
	}
	return match(from, to)
}

// empty refuses a target with anything but what every new one has, and takes
// that out.
func (m *move) empty(pairs []pair) error {
	for _, p := range pairs {
		where := ""
		if p.to.Name == "feeds" {
			where = ` WHERE name <> ` + articles + ` OR revision > 0 OR entered > 0`
		}
		there, err := number(m.to, `SELECT count(*) FROM (SELECT 1 FROM `+Identifiers(p.to.Name)+where+` LIMIT 1) AS t`)
		if err != nil {
			return fmt.Errorf("look into table %s of the target: %w", p.to.Name, err)
		}
		if there > 0 {
			return &NotEmptyError{Table: p.to.Name}
		}
	}
	// Where it went, the source's own has its place.
	if _, err := m.to.Exec(`DELETE FROM feeds`); err != nil {
		return fmt.Errorf("make room in the target: %w", err)
	}
	return nil
}

// announce counts what is to be moved.
func (m *move) announce(pairs []pair, now time.Time) error {
	var rows, leases int64
	nothing := true
	for _, p := range pairs {
		n, err := number(m.from, `SELECT count(*) FROM `+Identifiers(p.from.Name))
		if err != nil {
			return fmt.Errorf("count the rows of table %s: %w", p.from.Name, err)
		}
		rows += n
		nothing = nothing && (n == 0 || p.from.Name == "feeds")
		for _, column := range p.from.Columns {
			if column.Name != "leased_until" {
				continue
			}
			n, err := number(m.from, `SELECT count(*) FROM `+Identifiers(p.from.Name)+` WHERE leased_until > ?`, now.UnixMilli())
			if err != nil {
				return fmt.Errorf("count the leases of table %s: %w", p.from.Name, err)
			}
			leases += n
		}
	}
	if nothing {
		return ErrNothing
	}
	if m.watcher.Begun != nil {
		m.watcher.Begun(rows, leases)
	}
	return nil
}

// table moves a table.
func (m *move) table(p pair) (Moved, error) {
	moved := Moved{Table: p.from.Name}
	rows := batch{to: m.to, tables: p, stored: func(n int) {
		if m.watcher.Stored != nil {
			m.watcher.Stored(n)
		}
	}}
	if err := read(m.from, p.from, func(row relational.Row) error {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if err := moved.add(row); err != nil {
			return fmt.Errorf("row with %s: %w", p.keyOf(row), err)
		}
		return rows.add(row)
	}); err != nil {
		return moved, err
	}
	if err := rows.flush(); err != nil {
		return moved, err
	}
	last, err := m.from.LastKey(p.from)
	if err != nil {
		return moved, fmt.Errorf("ask for the last key: %w", err)
	}
	if err := m.to.SetLastKey(p.to, last); err != nil {
		return moved, fmt.Errorf("set the last key: %w", err)
	}
	return moved, nil
}

// verify reads a table of the target and compares.
func (m *move) verify(table Table, want Sum) error {
	var got Sum
	if err := read(m.to, table, func(row relational.Row) error {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		return got.add(row)
	}); err != nil {
		return fmt.Errorf("read table %s back: %w; nothing was moved", table.Name, err)
	}
	if got != want {
		return fmt.Errorf("table %s: %d rows with checksum %016x were read, and %d with %016x came out of the target: "+
			"nothing was moved; try another server or disk, and report this if it comes again",
			table.Name, want.Rows, want.Checksum, got.Rows, got.Checksum)
	}
	return nil
}
