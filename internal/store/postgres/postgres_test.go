package postgres_test

import (
	"testing"

	"tributary/internal/postgrestest"
	"tributary/internal/store/postgres"
	"tributary/internal/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // skips where there is none
	storetest.Run(t, func(t *testing.T) storetest.Open {
		url := postgrestest.URL(t)
		return func(t *testing.T) storetest.Store { return open(t, url) }
	})
}

// open opens a database and closes it when the test ends.
func open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
