package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tributary/internal/store/relational"
	"tributary/internal/store/transfer"
)

// InUse reports whether another process has a database file open, as far as the
// system can tell. Nobody may have it open in this one.
func InUse(path string) bool {
	path, err := filepath.Abs(path)
	return err == nil && inUse(path)
}

// Dump runs fn on one consistent state of the database, for a move to another.
func (db *DB) Dump(ctx context.Context, fn func(transfer.Reader) error) error {
	err := db.readers.run(ctx, `BEGIN`, func(own relational.Session) error {
		return fn(&mover{session: own.(*session)})
	})
	if isDamage(err) {
		return damageOf(db.path, err)
	}
	return explain(err)
}

// Load runs fn in one transaction, for a move from another database, and then
// writes the journal.
func (db *DB) Load(ctx context.Context, fn func(transfer.Writer) error) error {
	if err := db.writer.run(ctx, `BEGIN IMMEDIATE`, func(opened relational.Session) error {
		own := opened.(*session)
		own.memory.Forget()
		if err := fn(&mover{session: own}); err != nil {
			return err
		}
		return ctx.Err()
	}); err != nil {
		return explain(err)
	}
	return db.OpenJournal(ctx)
}

// books are the tables and columns that only this engine has: those of the
// journal.
var books = []string{"journal", "lineage", "sources.journaled"}

// mover is a session that moves a site.
type mover struct {
	*session
	triggers []string // statements that make them
	inserts  map[string]string
}

// Tables gives the tables of the schema.
func (m *mover) Tables() (tables []transfer.Table, err error) {
	names, err := m.texts(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(books, name) {
			continue
		}
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
	kinds := map[string]transfer.Kind{"INTEGER": transfer.Integer, "TEXT": transfer.Text, "BLOB": transfer.Bytes}
	if err := m.Query(`SELECT name, type FROM pragma_table_info(?) ORDER BY cid`, func(row relational.Scanner) error {
		var column, kind string
		if err := row.Scan(&column, &kind); err != nil || slices.Contains(books, name+"."+column) {
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
	if table.Key, err = m.texts(`SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, name); err != nil {
		return table, err
	}
	table.References, err = m.texts(`SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`, name)
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

// LastKey gives what SQLite notes for tables that never give a key twice, and the
// largest key there is for others with one.
func (m *mover) LastKey(table transfer.Table) (last int64, err error) {
	if !numbered(table) {
		return 0, nil
	}
	if err := m.Query(`SELECT seq FROM sqlite_sequence WHERE name = ?`,
		func(row relational.Scanner) error { return row.Scan(&last) }, table.Name); err != nil {
		return 0, err
	}
	var largest int64
	err = m.Query(`SELECT max("key") FROM `+transfer.Identifiers(table.Name),
		func(row relational.Scanner) error { return row.Scan(&largest) })
	return max(last, largest), err
}

// numbered reports whether the rows of a table have numbers for keys.
func numbered(table transfer.Table) bool {
	return len(table.Key) == 1 && table.Key[0] == "key" &&
		slices.Contains(table.Columns, transfer.Column{Name: "key", Kind: transfer.Integer})
}

// SetLastKey notes the key where SQLite notes any.
func (m *mover) SetLastKey(table transfer.Table, key int64) error {
	_, err := m.Exec(`
		INSERT INTO sqlite_sequence (name, seq)
		SELECT ?1, ?2
		WHERE ?2 > 0 AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)
			AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%')`, table.Name, key)
	if err != nil {
		return err
	}
	_, err = m.Exec(`UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?`, key, table.Name)
	return err
}

// Begin takes the triggers away, in this transaction.
func (m *mover) Begin([]transfer.Table) error {
	names, err := m.texts(`SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`)
	if err != nil {
		return err
	}
	if m.triggers, err = m.texts(`SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`); err != nil {
		return err
	}
	for _, name := range names {
		if err := m.script(context.Background(), `DROP TRIGGER `+transfer.Identifiers(name)); err != nil {
			return err
		}
	}
	return nil
}

// Fill inserts rows.
func (m *mover) Fill(table transfer.Table, rows []relational.Row) error {
	query := m.insert(table)
	args := make([]any, len(table.Columns))
	for i, row := range rows {
		for j, value := range row {
			args[j] = value
		}
		if _, err := m.Exec(query, args...); err != nil {
			return &transfer.RowError{Row: i, Err: err}
		}
	}
	return nil
}

// insert gives the statement that inserts a row of a table.
func (m *mover) insert(table transfer.Table) string {
	if m.inserts == nil {
		m.inserts = make(map[string]string)
	}
	query, ok := m.inserts[table.Name]
	if !ok {
		names := table.Names()
		query = `INSERT INTO ` + transfer.Identifiers(table.Name) + ` (` + transfer.Identifiers(names...) + `)
			VALUES (?` + strings.Repeat(`, ?`, len(names)-1) + `)`
		m.inserts[table.Name] = query
	}
	return query
}

// End puts the triggers back and has the journal written anew.
func (m *mover) End([]transfer.Table) error {
	for _, sql := range m.triggers {
		if err := m.script(context.Background(), sql); err != nil {
			return err
		}
	}
	// One byte more than there is makes the journal be written anew.
	_, err := m.Exec(`
		UPDATE lineage
		SET read = read + 1
		WHERE EXISTS (SELECT 1 FROM identities) OR EXISTS (SELECT 1 FROM tombstones) OR EXISTS (SELECT 1 FROM standings)`)
	return err
}
