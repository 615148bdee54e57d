package postgres

import (
	"context"
	"errors"
	"fmt"

	"tributary/internal/store/migrate"
	"tributary/internal/store/relational"
)

// check refuses databases whose texts are no UTF-8, and makes the schema that
// search_path names when it isn't there.
func (e *engine) check(own relational.Session) error {
	var encoding, path, schema string
	if err := own.Query(`SELECT current_setting('server_encoding'), current_setting('search_path'), coalesce(current_schema()::text, '')`,
		func(row relational.Scanner) error { return row.Scan(&encoding, &path, &schema) }); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("its encoding is %s, and UTF8 is needed: create it with ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	if schema != "" {
		return nil
	}
	// Without a schema there is none to hang the lock on.
	if _, err := own.Exec(`SELECT pg_advisory_xact_lock(hashtext(current_setting('search_path')), ` + lockSchema + `)`); err != nil {
		return err
	}
	if _, err := own.Exec(`
		DO $$
		BEGIN
			EXECUTE 'CREATE SCHEMA IF NOT EXISTS ' || quote_ident(
				btrim(split_part(current_setting('search_path'), ',', 1), ' "'));
		END
		$$`); err != nil {
		return fmt.Errorf("there is no schema for search_path %s, and it can't be made: %w", path, err)
	}
	return nil
}

// schema lets migrate move the schema; its version is in a table of one row.
type schema struct{ *engine }

func (s schema) Version(ctx context.Context) (version int, err error) {
	err = s.Read(ctx, func(own relational.Session) error {
		there := false
		if err := scanOne(own, `SELECT to_regclass('schema_version') IS NOT NULL`, &there); err != nil || !there {
			return err
		}
		return scanOne(own, `SELECT version FROM schema_version`, &version)
	})
	return version, err
}

func (s schema) Apply(ctx context.Context, step migrate.Step) error {
	return s.once(ctx, []string{`BEGIN`, `SELECT pg_advisory_xact_lock(` + lockSpace + `, ` + lockSchema + `)`}, func(opened relational.Session) error {
		own := opened.(*session)
		if err := own.script(`
			CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL);
			INSERT INTO schema_version (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)`); err != nil {
			return err
		}
		var version int
		if err := scanOne(own, `SELECT version FROM schema_version`, &version); err != nil || version >= step.Version {
			return err
		}
		if err := own.script(step.SQL); err != nil {
			return err
		}
		_, err := own.Exec(`UPDATE schema_version SET version = ?`, int64(step.Version))
		return err
	})
}

// scanOne reads one column of a single row.
func scanOne(own relational.Session, query string, into any) error {
	found := false
	err := own.Query(query, func(row relational.Scanner) error {
		found = true
		return row.Scan(into)
	})
	if err == nil && !found {
		return errors.New("no row of: " + query)
	}
	return err
}
