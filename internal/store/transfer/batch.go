package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/news"
	"tributary/internal/store/relational"
)

// What is held in memory at most, a single row of more aside.
const (
	batchRows  = 1000
	batchBytes = 4 << 20
)

// RowError says which row of those that it was given a [Writer] could not store.
type RowError struct {
	Row int // from 0
	Err error
}

// Error implements error.
func (e *RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }

// Unwrap gives what the database said.
func (e *RowError) Unwrap() error { return e.Err }

// batch gathers the rows of a table and stores many at once.
type batch struct {
	to     Writer
	tables pair
	rows   []relational.Row
	bytes  int
	stored func(rows int)
}

// add takes a copy of a row.
func (b *batch) add(row relational.Row) error {
	row = slices.Clone(row)
	for i, value := range row {
		switch value := value.(type) {
		case string:
			b.bytes += len(value)
		case []byte:
			row[i] = append(make([]byte, 0, len(value)), value...) // never nil, which is NULL: empty ones may come so
			b.bytes += len(value)
		}
	}
	b.rows = append(b.rows, row)
	if len(b.rows) < batchRows && b.bytes < batchBytes {
		return nil
	}
	return b.flush()
}

// flush stores what was gathered.
func (b *batch) flush() error {
	if len(b.rows) == 0 {
		return nil
	}
	err := b.to.Fill(b.tables.to, b.rows)
	if failure, ok := errors.AsType[*RowError](err); ok && failure.Row >= 0 && failure.Row < len(b.rows) {
		return fmt.Errorf("row with %s: %w", b.tables.keyOf(b.rows[failure.Row]), failure.Err)
	}
	if err != nil {
		return fmt.Errorf("rows from %s to %s: %w", b.tables.keyOf(b.rows[0]), b.tables.keyOf(b.rows[len(b.rows)-1]), err)
	}
	b.stored(len(b.rows))
	clear(b.rows)
	b.rows, b.bytes = b.rows[:0], 0
	return nil
}

// maxShown is how much of a text tells which one it is.
const maxShown = 120

// keyOf names a row: its key, without what may be secret in an address.
func (p *pair) keyOf(row relational.Row) string {
	key := p.from.Key
	if len(key) == 0 {
		key = p.to.Key
	}
	if len(key) == 0 {
		key = p.from.Names()[:1]
	}
	var parts []string
	for _, name := range key {
		at := slices.IndexFunc(p.from.Columns, func(c Column) bool { return c.Name == name })
		switch value := row[at].(type) {
		case string:
			if strings.Contains(value, "://") {
				value, _ = news.PublicAddress(value)
			}
			if len(value) > maxShown {
				value = value[:maxShown] + "…"
			}
			parts = append(parts, name+" "+strconv.Quote(value))
		default:
			parts = append(parts, fmt.Sprintf("%s %v", name, value))
		}
	}
	return strings.Join(parts, ", ")
}
