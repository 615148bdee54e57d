package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tributary/internal/store/relational"
	"tributary/internal/store/transfer"
)

// moveTimeout bounds one statement of a move: a table is read by one.
const moveTimeout = 48 * time.Hour

// Dump runs fn on one consistent state of the database, for a move to another.
func (db *DB) Dump(ctx context.Context, fn func(transfer.Reader) error) error {
	return db.move(ctx, beginReading, func(m *mover) error { return fn(m) })
}

// Load runs fn in one transaction, for a move from another database. Nobody else
// can write meanwhile.
func (db *DB) Load(ctx context.Context, fn func(transfer.Writer) error) error {
	return db.move(ctx, `BEGIN`, func(m *mover) error { return fn(m) })
}

// move runs fn in a transaction that may be slow, and wait long for the other
// database.
func (db *DB) move(ctx context.Context, begin string, fn func(*mover) error) error {
	slow := &engine{pool: db.engine.pool, statementTimeout: moveTimeout}
	patient := []string{begin, `SET LOCAL statement_timeout = 0`, `SET LOCAL idle_in_transaction_session_timeout = 0`}
	return explain(slow.once(ctx, patient, func(opened relational.Session) error {
		own := opened.(*session)
		if err := own.Flush(); err != nil {
			return err
		}
		return fn(&mover{session: own})
	}))
}

// book is the table by which the engine knows its schema.
const book = "schema_version"

// mover is a session that moves a site.
type mover struct{ *session }

// Tables gives the tables of the schema.
func (m *mover) Tables() (tables []transfer.Table, err error) {
	names, err := m.texts(`
		SELECT relname::text FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname <> ?
		ORDER BY relname`, book)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		table, err := m.table(name)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

func (m *mover) table(name string) (table transfer.Table, err error) {
	table.Name = name
	kinds := map[string]transfer.Kind{"bigint": transfer.Integer, "text": transfer.Text, "bytea": transfer.Bytes}
	if err := m.Query(`
		SELECT attname::text, format_type(atttypid, atttypmod)
		FROM pg_attribute
		WHERE attrelid = quote_ident(?)::regclass AND attnum > 0 AND NOT attisdropped
		ORDER BY attnum`, func(row relational.Scanner) error {
		var column, kind string
		if err := row.Scan(&column, &kind); err != nil {
			return err
		}
		if kinds[kind] == "" {
			return fmt.Errorf("column %s is of type %q, which can't be moved", column, kind)
		}
		table.Columns = append(table.Columns, transfer.Column{Name: column, Kind: kinds[kind]})
		return nil
	}, name); err != nil {
		return table, err
	}
	if table.Key, err = m.texts(`
		SELECT a.attname::text
		FROM pg_index AS i
		JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = quote_ident(?)::regclass AND i.indisprimary
		ORDER BY array_position(i.indkey::int2[], a.attnum)`, name); err != nil {
		return table, err
	}
	table.References, err = m.texts(`
		SELECT DISTINCT r.relname::text
		FROM pg_constraint AS c
		JOIN pg_class AS r ON r.oid = c.confrelid
		WHERE c.conrelid = quote_ident(?)::regclass AND c.contype = 'f'`, name)
	return table, err
}

// texts reads one column.
func (m *mover) texts(query string, args ...any) (texts []string, err error) {
	err = m.Query(query, func(row relational.Scanner) error {
		var text string
		err := row.Scan(&text)
		texts = append(texts, text)
		return err
	}, args...)
	return texts, err
}

// sequence gives the sequence that numbers a table, as SQL takes it; "" when none
// does.
func (m *mover) sequence(table transfer.Table) (name string, err error) {
	if !slices.Contains(table.Columns, transfer.Column{Name: "key", Kind: transfer.Integer}) {
		return "", nil
	}
	err = m.Query(`SELECT coalesce(pg_get_serial_sequence(quote_ident(?), 'key'), '')`,
		func(row relational.Scanner) error { return row.Scan(&name) }, table.Name)
	return name, err
}

// LastKey gives the last number of the table's sequence.
func (m *mover) LastKey(table transfer.Table) (last int64, err error) {
	name, err := m.sequence(table)
	if err != nil || name == "" {
		return 0, err
	}
	if err := m.Query(`SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM `+name,
		func(row relational.Scanner) error { return row.Scan(&last) }); err != nil {
		return 0, err
	}
	var largest int64
	err = m.Query(`SELECT max(key) FROM `+transfer.Identifiers(table.Name),
		func(row relational.Scanner) error { return row.Scan(&largest) })
	return max(last, largest), err
}

// SetLastKey moves the table's sequence.
func (m *mover) SetLastKey(table transfer.Table, key int64) error {
	name, err := m.sequence(table)
	if err != nil || name == "" || key <= 0 {
		return err
	}
	return m.Query(`SELECT setval(?::text::regclass, ?)`, func(relational.Scanner) error { return nil }, name, key)
}

// Begin locks the tables against everybody who would write, and turns their
// triggers off, in this transaction.
func (m *mover) Begin(tables []transfer.Table) error {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = transfer.Identifiers(table.Name)
	}
	if err := m.script(`LOCK TABLE ` + strings.Join(names, `, `) + ` IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return err
	}
	return m.each(tables, `ALTER TABLE %s DISABLE TRIGGER USER`)
}

// End turns the triggers on, and counts what there is for the planner.
func (m *mover) End(tables []transfer.Table) error {
	if err := m.each(tables, `ALTER TABLE %s ENABLE TRIGGER USER`); err != nil {
		return err
	}
	return m.each(tables, `ANALYZE %s`)
}

func (m *mover) each(tables []transfer.Table, script string) error {
	for _, table := range tables {
		if err := m.script(fmt.Sprintf(script, transfer.Identifiers(table.Name))); err != nil {
			return err
		}
	}
	return nil
}

// Fill copies rows into a table.
func (m *mover) Fill(table transfer.Table, rows []relational.Row) error {
	columns := table.Names()
	ctx, cancel := m.limited()
	defer cancel()
	values := make([]any, len(columns))
	_, err := m.conn.CopyFrom(ctx, pgx.Identifier{table.Name}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		for j, value := range rows[i] {
			var err error
			if values[j], err = argument(value); err != nil {
				return nil, &transfer.RowError{Row: i, Err: err}
			}
		}
		return values, nil
	}))
	if line := lineOf(err); line > 0 {
		return &transfer.RowError{Row: line - 1, Err: err}
	}
	return err
}

var copyLine = regexp.MustCompile(`^COPY .*, line (\d+)`)

// lineOf gives the row that COPY blames, from 1; 0 for none.
func lineOf(err error) int {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return 0
	}
	found := copyLine.FindStringSubmatch(failure.Where)
	if found == nil {
		return 0
	}
	line, _ := strconv.Atoi(found[1])
	return line
}
