package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// killEnv names the database of a child that writes until it is killed.
const killEnv = "SQLITE_KILL_TEST_DATABASE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killEnv); path != "" {
		writeForever(path)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever stores story after story and prints each one's id once the
// store has acknowledged it.
func writeForever(path string) {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	keys, err := db.SyncSources(context.Background(), []news.Source{{Name: "a", URL: "https://a.example/feed"}}, now)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	stored, err := db.Stories(context.Background(), 0, 1<<20)
	for i := len(stored); err == nil; i++ {
		if err = writeOne(db, keys["a"], i); err == nil {
			fmt.Println("stored", i)
		}
	}
	fmt.Println("error", err)
}

func writeOne(db *sqlite.DB, key news.SourceKey, i int) error {
	at := now.Add(time.Duration(i) * time.Hour)
	// A lease without length: that of a killed writer holds nobody up.
	claimed, err := db.Claim(context.Background(), news.ClaimRequest{Now: at, Limit: 1, Only: []news.SourceKey{key}})
	if err != nil || len(claimed.Leases) == 0 {
		return fmt.Errorf("claim %d: %+v, %v", i, claimed, err)
	}
	_, err = db.Record(context.Background(), []news.Result{{
		Lease: claimed.Leases[0], Due: at, Health: news.HealthOK,
		Visit: news.Visit{At: at, Outcome: news.OutcomeChanged}, Batch: &news.Batch{},
	}}, inserting(fmt.Sprint(i), strings.Repeat("text ", 1000)))
	return err
}

// TestKill kills a writing process again and again: whatever it was told is
// stored is there, and the database is whole.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	acknowledged := 0
	for round := range 8 {
		acknowledged = max(acknowledged, killWriter(t, path, 5+7*round))
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatalf("after %d kills: %v", round+1, err)
		}
		if err := db.IntegrityCheck(t.Context()); err != nil {
			t.Errorf("after %d kills: %v", round+1, err)
		}
		stories, err := db.Stories(t.Context(), 0, 1<<20)
		if err != nil || len(stories) < acknowledged {
			t.Errorf("%d of %d stories are left, %v", len(stories), acknowledged, err)
		}
		if states, err := db.Sources(t.Context()); err != nil || states[0].Stories != len(stories) {
			t.Errorf("states %+v count something else than %d stories, %v", states, len(stories), err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if acknowledged < 8*5 {
		t.Errorf("only %d stories were stored in all", acknowledged)
	}
}

// killWriter runs a writer, kills it after some stories and gives how many
// stories it had stored by then, those of earlier ones included.
func killWriter(t *testing.T, path string, after int) (stored int) {
	t.Helper()
	n := 0
	watchWriter(t, path, func(all int) bool {
		stored = all
		n++
		return n > after
	})
	return stored
}

// watchWriter runs a writer and kills it once enough says so of how many stories
// there are.
func watchWriter(t *testing.T, path string, enough func(stored int) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), killEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var i int
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &i); err != nil {
			t.Errorf("the writer said %q", lines.Text())
		}
		if enough(i + 1) {
			child.Process.Kill()
		}
	}
	child.Wait() // tells only that it was killed
}
