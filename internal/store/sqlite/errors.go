package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// explain adds what the operator can do about an error of the engine.
func explain(err error) error {
	failure, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return err
	}
	// The low byte is the kind, the rest its detail.
	if hint := hints[failure.Code()&0xff]; hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

var hints = map[int]string{
	codes.SQLITE_FULL:     "free some space; writing goes on by itself then",
	codes.SQLITE_READONLY: "make the file and its folder writable; writing goes on by itself then",
	codes.SQLITE_CANTOPEN: "check that the folder exists and that this user may write there",
	codes.SQLITE_IOERR:    "the disk can't be read or written: see whether it is full, read-only or failing",
	codes.SQLITE_BUSY:     "another process keeps the database locked; find it, or try again",
	codes.SQLITE_CORRUPT:  "set the file aside and restore a backup, or start anew from the sources",
	codes.SQLITE_NOTADB:   "this is not a database of ours; check the path",
}
