package sqlite

import (
	"context"
	"os"
)

// Size gives the bytes of the file and its log.
func (db *DB) Size(context.Context) (sum int64) {
	for _, name := range []string{db.path, db.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
