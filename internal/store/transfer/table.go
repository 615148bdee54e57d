package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tributary/internal/store/relational"
)

// Kind is what a column holds, in any database.
type Kind string

// The kinds of columns.
const (
	Integer Kind = "integer" // int64
	Text    Kind = "text"    // string, of any bytes
	Bytes   Kind = "bytes"   // []byte
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is a table as a database says it is.
type Table struct {
	Name       string
	Columns    []Column // in any order
	Key        []string // the columns of its primary key, in order; none without one
	References []string // tables that its rows need to be there first
}

// Names gives the columns' names.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		names[i] = column.Name
	}
	return names
}

// Identifiers gives names as SQL takes them, whatever they are.
func Identifiers(names ...string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ", ")
}

// pair is a table in both databases. Their columns are in the order of their
// names, so that a table has the same checksum wherever it is.
type pair struct{ from, to Table }

// match pairs the tables of two databases, each after those that it references.
// What only one of them has can't be moved, and is an error.
func match(from, to []Table) ([]pair, error) {
	there := make(map[string]Table, len(to))
	for _, table := range to {
		there[table.Name] = table
	}
	var pairs []pair
	var odd []string
	for _, table := range from {
		other, ok := there[table.Name]
		if !ok {
			odd = append(odd, "table "+table.Name+" is in the source only")
			continue
		}
		delete(there, table.Name)
		odd = append(odd, unlike(table, other)...)
		table.Columns = slices.SortedFunc(slices.Values(table.Columns), func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
		other.Columns = table.Columns
		pairs = append(pairs, pair{table, other})
	}
	for name := range there {
		odd = append(odd, "table "+name+" is in the target only")
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		return nil, errors.New("the databases differ in what they can hold, so not all could be moved: " + strings.Join(odd, "; "))
	}
	return inOrder(pairs)
}

// unlike tells how the columns of a table differ.
func unlike(from, to Table) (odd []string) {
	for _, column := range from.Columns {
		if !slices.Contains(to.Columns, column) {
			odd = append(odd, fmt.Sprintf("column %s.%s (%s) is in the source only", from.Name, column.Name, column.Kind))
		}
	}
	for _, column := range to.Columns {
		if !slices.Contains(from.Columns, column) {
			odd = append(odd, fmt.Sprintf("column %s.%s (%s) is in the target only", to.Name, column.Name, column.Kind))
		}
	}
	return odd
}

// inOrder puts tables behind those that they reference in the target.
func inOrder(pairs []pair) (ordered []pair, err error) {
	done := make(map[string]bool, len(pairs))
	for len(ordered) < len(pairs) {
		before := len(ordered)
		for _, p := range pairs {
			missing := slices.ContainsFunc(p.to.References, func(name string) bool { return !done[name] && name != p.to.Name })
			if !done[p.to.Name] && !missing {
				ordered = append(ordered, p)
				done[p.to.Name] = true
			}
		}
		if len(ordered) == before {
			return nil, errors.New("tables reference each other in a circle, so none could be filled first")
		}
	}
	return ordered, nil
}

// read calls each for every row of a table, in the order of its key. A row is
// valid until each returns.
func read(db Reader, table Table, each func(row relational.Row) error) error {
	query := `SELECT ` + Identifiers(table.Names()...) + ` FROM ` + Identifiers(table.Name)
	if len(table.Key) > 0 {
		query += ` ORDER BY ` + Identifiers(table.Key...)
	}
	return db.Query(query, func(scanner relational.Scanner) error {
		row, ok := scanner.(relational.Row)
		if !ok {
			return fmt.Errorf("a row came as %T", scanner)
		}
		return each(row)
	})
}

// number reads one number.
func number(db Reader, query string, args ...any) (n int64, err error) {
	err = db.Query(query, func(row relational.Scanner) error { return row.Scan(&n) }, args...)
	return n, err
}
