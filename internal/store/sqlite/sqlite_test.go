package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"tributary/internal/store/sqlite"
	"tributary/internal/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Open {
		path := filepath.Join(t.TempDir(), "data", "tributary.db")
		return func(t *testing.T) storetest.Store { return open(t, path) }
	})
}

// open opens a database and, when the test ends, checks and closes it.
func open(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.IntegrityCheck(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
