package migrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"tributary/internal/store/migrate"
)

// ledger is a database that notes which steps it ran.
type ledger struct {
	version int
	ran     []string
	fail    string // the step whose Apply fails
}

func (l *ledger) Version(context.Context) (int, error) { return l.version, nil }

func (l *ledger) Apply(_ context.Context, step migrate.Step) error {
	if step.Name == l.fail {
		return errors.New("no such column")
	}
	l.ran = append(l.ran, step.SQL)
	l.version = step.Version
	return nil
}

func files(names ...string) fstest.MapFS {
	fsys := fstest.MapFS{"README": {Data: []byte("ignored")}}
	for _, name := range names {
		fsys[name] = &fstest.MapFile{Data: []byte("sql of " + name)}
	}
	return fsys
}

func TestUpAppliesWhatIsMissing(t *testing.T) {
	t.Parallel()
	db := &ledger{version: 1}
	if err := migrate.Up(t.Context(), db, files("0003_c.sql", "0001_a.sql", "0002_b.sql")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(db.ran, ", "); got != "sql of 0002_b.sql, sql of 0003_c.sql" {
		t.Errorf("ran %s", got)
	}
	if err := migrate.Up(t.Context(), db, files("0001_a.sql", "0002_b.sql", "0003_c.sql")); err != nil || len(db.ran) != 2 {
		t.Errorf("a second Up ran %v, error %v", db.ran, err)
	}
}

func TestUpStopsAtTheFailingStep(t *testing.T) {
	t.Parallel()
	db := &ledger{fail: "0002_b.sql"}
	err := migrate.Up(t.Context(), db, files("0001_a.sql", "0002_b.sql", "0003_c.sql"))
	if err == nil || !strings.Contains(err.Error(), "0002_b.sql: no such column") {
		t.Errorf("error %v does not name the step", err)
	}
	if db.version != 1 {
		t.Errorf("version is %d after a failure of step 2, want 1", db.version)
	}
}

func TestUpRefusesANewerDatabase(t *testing.T) {
	t.Parallel()
	db := &ledger{version: 7}
	err := migrate.Up(t.Context(), db, files("0001_a.sql"))
	newer, ok := errors.AsType[*migrate.NewerError](err)
	if !ok || newer.Database != 7 || newer.Program != 1 || len(db.ran) != 0 {
		t.Fatalf("got %v, ran %v", err, db.ran)
	}
	for _, word := range []string{"version 7", "up to 1", "backup"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q lacks %q", err, word)
		}
	}
}

func TestLoadRefusesBadNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		names  []string
	}{
		{"a gap", []string{"0001_a.sql", "0003_c.sql"}},
		{"does not start at one", []string{"0002_b.sql"}},
		{"the same number twice", []string{"0001_a.sql", "0001_b.sql"}},
		{"no number", []string{"first.sql"}},
		{"no name", []string{"0001.sql"}},
		{"too few digits would sort wrongly", []string{"1_a.sql"}},
	}
	for _, test := range tests {
		if steps, err := migrate.Load(files(test.names...)); err == nil {
			t.Errorf("%s: loaded %v", test.reason, steps)
		}
	}
}
