package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tributary/internal/store/relational"
)

// IntegrityCheck looks for damage in the whole file, in time that grows with
// its size, and for rows that refer to nothing. Reading goes on meanwhile.
func (db *DB) IntegrityCheck(ctx context.Context) error {
	err := db.readers.run(ctx, `BEGIN`, func(own relational.Session) error {
		var found []error
		err := own.Query(`PRAGMA integrity_check`, func(row relational.Scanner) error {
			var line string
			err := row.Scan(&line)
			if line != "ok" {
				found = append(found, errors.New(line))
			}
			return err
		})
		if err != nil {
			return err
		}
		err = own.Query(`PRAGMA foreign_key_check`, func(row relational.Scanner) error {
			var table, parent string
			var id *int64
			var constraint int
			err := row.Scan(&table, &id, &parent, &constraint)
			found = append(found, fmt.Errorf("a row of %s refers to nothing in %s", table, parent))
			return err
		})
		if err != nil {
			return err
		}
		return errors.Join(found...)
	})
	if err != nil {
		return fmt.Errorf("check database: %w", explain(err))
	}
	return nil
}

// Backup writes a consistent copy of the database to a file at path, which it
// replaces only once the copy is whole. Reading and writing go on meanwhile.
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.backup(ctx, path); err != nil {
		return fmt.Errorf("back up database to %s: %w", path, explain(err))
	}
	return nil
}

func (db *DB) backup(ctx context.Context, path string) error {
	folder, err := os.MkdirTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	copied := filepath.Join(folder, "copy.db")
	if err := db.vacuumInto(ctx, copied); err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(copied, 0o600), syncFile(copied)); err != nil {
		return err
	}
	if err := os.Rename(copied, path); err != nil {
		return err
	}
	return relational.SyncFolder(filepath.Dir(path))
}

// vacuumInto copies on a connection of the readers, which for once may write:
// to SQLite the copy is a database like any other. The connection ends then.
func (db *DB) vacuumInto(ctx context.Context, path string) error {
	own, err := db.readers.take(ctx)
	if err != nil {
		return err
	}
	defer db.readers.drop(own)
	if _, err := own.exec(ctx, `PRAGMA query_only = off`); err != nil {
		return err
	}
	_, err = own.exec(ctx, `VACUUM INTO ?`, path)
	return err
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
