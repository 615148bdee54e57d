package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// Explain is explain.
func (engine) Explain(err error) error { return explain(err) }

// explain adds what the operator can do about an error of the engine.
func explain(err error) error {
	if hint := hints[code(err)]; hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

// code gives the kind of an error of the engine, 0 for any other. The low byte
// of what it says is the kind, the rest its detail.
func code(err error) int {
	failure, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return 0
	}
	return failure.Code() & 0xff
}

var hints = map[int]string{
	codes.SQLITE_FULL:     "free some space; writing goes on by itself then",
	codes.SQLITE_READONLY: "make the file and its folder writable; writing goes on by itself then",
	codes.SQLITE_CANTOPEN: "check that the folder exists and that this user may write there",
	codes.SQLITE_IOERR:    "the disk can't be read or written: see whether it is full, read-only or failing",
	codes.SQLITE_BUSY:     "another process keeps the database locked; find it, or try again",
	codes.SQLITE_CORRUPT: "the file is damaged; restore a backup, or start serve again, which looks for damage, sets the file aside and " +
		"starts anew from the sources",
	codes.SQLITE_NOTADB: "this is not a database of ours; check the path",
}
