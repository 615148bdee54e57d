package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/store/relational"
)

func openOne(t *testing.T, options Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), postgrestest.URL(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Of two transactions that wait for each other, the server ends one; it is begun
// again and nobody hears of it.
func TestDeadlocksAreTriedAgain(t *testing.T) {
	t.Parallel()
	db := openOne(t, Options{})
	if _, err := db.SyncFeeds(t.Context(), map[string]string{"x": "", "y": ""}); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	var met sync.WaitGroup
	met.Add(2)
	tries := make([]int, 2)
	for i, order := range [][2]string{{"x", "y"}, {"y", "x"}} {
		both.Go(func() {
			err := db.engine.Write(t.Context(), relational.Recording, func(own relational.Session) error {
				tries[i]++
				for at, name := range order {
					if at == 1 && tries[i] == 1 {
						met.Done()
						met.Wait()
					}
					if _, err := own.Exec(`UPDATE feeds SET revision = revision + 1 WHERE name = ?`, name); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	revisions, err := db.Revisions(t.Context())
	if err != nil || revisions["x"] != 2 || revisions["y"] != 2 {
		t.Errorf("revisions %v, %v", revisions, err)
	}
	if tries[0]+tries[1] < 3 {
		t.Errorf("nobody tried again: %v", tries)
	}
}

func TestExclusiveTransactionsAreAlone(t *testing.T) {
	t.Parallel()
	db := openOne(t, Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				if err := db.engine.Write(t.Context(), relational.Exclusive, func(own relational.Session) error {
					var revision int64
					if err := scanOne(own, `SELECT revision FROM feeds WHERE name = '@articles'`, &revision); err != nil {
						return err
					}
					_, err := own.Exec(`UPDATE feeds SET revision = ? WHERE name = '@articles'`, revision+1)
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if revisions, err := db.Revisions(t.Context()); err != nil || revisions[news.ArticlesName] != 40 {
		t.Errorf("revisions %v, %v", revisions, err)
	}
}

// A connection may die while nobody uses it. Whoever gets it next begins on
// another one, unless that could do something twice.
func TestDeadConnections(t *testing.T) {
	t.Parallel()
	db, other := openOne(t, Options{Connections: 1}), openOne(t, Options{})
	for _, test := range []struct {
		reason string
		use    func(relational.Session) error
		with   func(context.Context, func(relational.Session) error) error
		fails  bool
	}{
		{"a read", func(own relational.Session) error { return own.Query(`SELECT 1`, discard) }, db.engine.Read, false},
		{"a read that waits for COMMIT", func(own relational.Session) error { return own.Later(`SELECT 1`, discard) }, db.engine.Read, false},
		{"a write", func(own relational.Session) error { return own.Query(raise+` RETURNING 1`, discard) }, write(db), false},
		{"a write that waits for COMMIT", func(own relational.Session) error { return own.Later(raise, nil) }, write(db), true},
	} {
		var pid int64
		if err := db.engine.Read(t.Context(), func(own relational.Session) error {
			return scanOne(own, `SELECT pg_backend_pid()`, &pid)
		}); err != nil {
			t.Fatal(err)
		}
		if err := other.engine.Read(t.Context(), func(own relational.Session) error {
			return own.Query(`SELECT pg_terminate_backend(?::int, 5000)`, discard, pid)
		}); err != nil {
			t.Fatal(err)
		}
		if err := test.with(t.Context(), test.use); (err != nil) != test.fails {
			t.Errorf("%s: error %v", test.reason, err)
		}
	}
}

func discard(relational.Scanner) error { return nil }

func write(db *DB) func(context.Context, func(relational.Session) error) error {
	return func(ctx context.Context, fn func(relational.Session) error) error {
		return db.engine.Write(ctx, relational.Recording, fn)
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		reason               string
		before, after, there time.Duration
		want                 time.Duration
	}{
		{"in between", 0, time.Second, 500 * time.Millisecond, 0},
		{"we are ahead", time.Minute, time.Minute + time.Second, 0, time.Minute},
		{"we are behind", 0, time.Second, time.Minute, -59 * time.Second},
		{"a slow way leaves doubt", 0, time.Minute, time.Second, 0},
	}
	for _, test := range tests {
		if got := skew(noon.Add(test.before), noon.Add(test.after), noon.Add(test.there)); got != test.want {
			t.Errorf("%s: %v, want %v", test.reason, got, test.want)
		}
	}
}

// A node whose clock is wrong leases nothing, but goes on reading.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	db := openOne(t, Options{Connections: 1})
	shift := func(by time.Duration) {
		t.Helper()
		if err := db.engine.once(t.Context(), []string{`BEGIN`}, func(own relational.Session) error {
			own.(*session).conn.PgConn().CustomData()[skewKey] = by
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for by, want := range map[time.Duration]string{time.Minute: "1m0s ahead of", -time.Hour: "1h0m0s behind", time.Second: ""} {
		shift(by)
		_, err := db.Claim(t.Context(), news.ClaimRequest{Now: time.Now(), Limit: 1})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", by, err, want)
		}
		if _, err := db.Sources(t.Context()); err != nil {
			t.Errorf("%v: reading: %v", by, err)
		}
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	db := openOne(t, Options{Connections: 1})
	ctx, cancel := context.WithCancel(t.Context())
	err := db.engine.Write(ctx, relational.Recording, func(own relational.Session) error {
		if _, err := own.Exec(`UPDATE feeds SET revision = 7`); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if revisions, err := db.Revisions(t.Context()); err != nil || revisions[news.ArticlesName] != 0 {
		t.Errorf("revisions %v, %v", revisions, err)
	}
}
