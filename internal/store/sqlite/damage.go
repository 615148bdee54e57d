package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"tributary/internal/store/relational"
)

// magic is what a database file begins with.
const magic = "SQLite format 3\x00"

// besides are the endings of the files that belong to a database file, in the
// order in which they go with it: a log that is left behind would be deleted by
// whoever makes a new database.
var besides = []string{"-wal", "-shm", ""}

// DamagedError says that a database file of ours can't be relied on any more.
// [SetAside] moves it out of the way.
type DamagedError struct {
	Path string
	Err  error // what was found first
}

// Error implements error.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("database %s is damaged: %v; restore a backup, or let `tributary serve`, `refresh` or `build` "+
		"set it aside and start anew from the sources", e.Path, e.Err)
}

// Unwrap gives what was found.
func (e *DamagedError) Unwrap() error { return e.Err }

// lookAtHead looks whether a file at path begins like a database. One that
// doesn't is a damaged database when a log lies beside it, which ours always
// have: SQLite would take an empty one for new and delete that log. Without a log
// it may be anybody's file, and is for SQLite to refuse.
func lookAtHead(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return errors.New("it is a folder; name a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	switch {
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
		return err
	case bytes.Equal(head, []byte(magic)):
		return nil
	}
	if log, err := os.Stat(path + "-wal"); err != nil || n == 0 && log.Size() == 0 {
		return nil // a new database, on which the program ended before it wrote
	}
	if n == 0 {
		return &DamagedError{Path: path, Err: errors.New("it is empty, beside a log that is not")}
	}
	return &DamagedError{Path: path, Err: errors.New("it does not begin like a database")}
}

// check looks for damage for at most a while, and notes whether that was enough
// for all of the file.
func (db *DB) check(ctx context.Context, most time.Duration) error {
	if most <= 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := db.QuickCheck(limited)
	if limited.Err() != nil && ctx.Err() == nil {
		return nil // it was cut short
	}
	db.checked = err == nil
	return err
}

// Checked reports whether [Open] had the time to look at all of the file.
func (db *DB) Checked() bool { return db.checked }

// QuickCheck looks for damage in the whole file, in time that grows with its
// size; it says less than IntegrityCheck in a fraction of the time. Damage is a
// [*DamagedError].
func (db *DB) QuickCheck(ctx context.Context) error {
	own, err := db.readers.take(ctx)
	if err != nil {
		return err
	}
	defer db.readers.drop(own) // it read all of the file through its cache
	var found error
	err = own.query(ctx, `PRAGMA quick_check(1)`, func(row relational.Scanner) error {
		var line string
		if err := row.Scan(&line); err != nil || line == "ok" {
			return err
		}
		lines := strings.Split(strings.TrimSpace(line), "\n") // a headline may come before
		found = &DamagedError{Path: db.path, Err: errors.New(lines[len(lines)-1])}
		return nil
	})
	switch {
	case found != nil:
		return found
	case isDamage(err):
		return damageOf(db.path, err)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("check database %s: %w", db.path, explain(err))
	}
	return nil
}

// isDamage reports whether an error of the engine is due to what the file holds.
func isDamage(err error) bool { return code(err) == codes.SQLITE_CORRUPT }

// damageOf is the damage that an error of the engine speaks of, without what
// others have said to it.
func damageOf(path string, err error) error {
	if failure, ok := errors.AsType[*driver.Error](err); ok {
		err = failure
	}
	return &DamagedError{Path: path, Err: err}
}

// SetAside gives a damaged database file and what belongs to it another name,
// with a moment in it, and tells the name. It refuses while another process has
// the file open, as far as the system can tell. Nobody may have it open in this
// one.
func SetAside(path string, at time.Time) (aside string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if inUse(path) {
		return "", fmt.Errorf("set aside %s: another process has it open; stop that one first", path)
	}
	aside, err = free(path + ".corrupt-" + at.UTC().Format("20060102T150405Z"))
	if err != nil {
		return "", fmt.Errorf("set aside %s: %w", path, err)
	}
	for _, end := range besides {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set aside %s: %w; move it away by hand, with its -wal and -shm", path, err)
		}
	}
	return aside, relational.SyncFolder(filepath.Dir(path))
}

// free gives a name that nothing has yet.
func free(name string) (string, error) {
	for i := 1; ; i++ {
		candidate := name
		if i > 1 {
			candidate = fmt.Sprintf("%s-%d", name, i)
		}
		if _, err := os.Lstat(candidate); errors.Is(err, fs.ErrNotExist) {
			return candidate, nil
		} else if err != nil {
			return "", err
		}
	}
}
