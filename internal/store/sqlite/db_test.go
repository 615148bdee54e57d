package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/migrate"
	"tributary/internal/store/sqlite"
)

var now = time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)

// sync configures one source and one feed and gives the source's key.
func sync(t testing.TB, db *sqlite.DB) news.SourceKey {
	t.Helper()
	keys, err := db.SyncSources(t.Context(), []news.Source{{Name: "a", URL: "https://a.example/feed"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SyncFeeds(t.Context(), map[string]string{"x": "1"}); err != nil {
		t.Fatal(err)
	}
	return keys["a"]
}

// put claims the source at a time and records changes.
func put(t testing.TB, db *sqlite.DB, key news.SourceKey, at time.Time, decide news.Decide) error {
	t.Helper()
	claimed, err := db.Claim(t.Context(), news.ClaimRequest{Now: at, Limit: 1, Only: []news.SourceKey{key}, Lease: time.Minute})
	if err != nil {
		return err
	}
	if len(claimed.Leases) != 1 {
		t.Fatalf("nothing to claim: %+v", claimed)
	}
	_, err = db.Record(t.Context(), []news.Result{{
		Lease: claimed.Leases[0], Due: at.Add(time.Hour), Health: news.HealthOK,
		Visit: news.Visit{At: at, Outcome: news.OutcomeChanged}, Batch: &news.Batch{},
	}}, decide)
	return err
}

func inserting(id, content string) news.Decide {
	return func(*news.Known, *news.Result) news.Changes {
		return news.Changes{
			Insert: []news.Story{{ID: id, PublicID: "urn:" + id, Content: content, Date: now}},
			Place:  []news.Place{{Feed: "x", Story: -1, Date: now, PublicID: "urn:" + id}},
			Feeds:  []string{"x"},
		}
	}
}

func TestOpenRefusesANewerDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if err := db.Exec(t.Context(), `PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if newer, ok := errors.AsType[*migrate.NewerError](err); !ok || newer.Database != 99 {
		t.Errorf("error %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ reason, path, want string }{
		{"another file", text, "check the path"},
		{"a folder that is a file", filepath.Join(text, "x.db"), "notes.txt"},
		{"a folder", folder, folder},
	}
	for _, test := range tests {
		db, err := sqlite.Open(t.Context(), test.path, sqlite.Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v lacks %q", test.reason, err, test.want)
		}
		if db != nil {
			t.Errorf("%s: a database and an error", test.reason)
		}
	}
}

func TestOpenTakesOddPaths(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20é", "x&y.db")
	open(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	key := sync(t, db)
	if err := put(t, db, key, now, inserting("first", "small")); err != nil {
		t.Fatal(err)
	}
	if err := db.LimitPages(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	large := inserting("second", strings.Repeat("x", 1<<20))
	err := put(t, db, key, now.Add(time.Hour), large)
	if err == nil || !strings.Contains(err.Error(), "free some space") {
		t.Fatalf("error %v", err)
	}
	items, err := db.Newest(t.Context(), "x", news.Cursor{}, 10, nil)
	if err != nil || len(items) != 1 || items[0].ID != "first" {
		t.Errorf("reading gives %v, %v", items, err)
	}
	if err := db.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.LimitPages(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	if err := put(t, db, key, now.Add(2*time.Hour), large); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if revisions, err := db.Revisions(t.Context()); err != nil || revisions["x"] != 2 {
		t.Errorf("revisions %v, %v", revisions, err)
	}
}

func TestBusyDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	key := sync(t, db)
	impatient, err := sqlite.Open(t.Context(), path, sqlite.Options{BusyTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer impatient.Close()
	err = put(t, db, key, now, func(*news.Known, *news.Result) news.Changes {
		_, err := impatient.Claim(t.Context(), news.ClaimRequest{Now: now, Limit: 1})
		if err == nil || !strings.Contains(err.Error(), "another process") {
			t.Errorf("error %v while another process writes", err)
		}
		if _, err := impatient.Sources(t.Context()); err != nil {
			t.Errorf("reading while another process writes: %v", err)
		}
		return news.Changes{}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := impatient.Claim(t.Context(), news.ClaimRequest{Now: now, Limit: 1}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWaitingForTheWriterEndsWithTheContext(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	key := sync(t, db)
	err := put(t, db, key, now, func(*news.Known, *news.Result) news.Changes {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := db.Claim(ctx, news.ClaimRequest{Now: now, Limit: 1}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		return news.Changes{}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := open(t, filepath.Join(folder, "x.db"))
	key := sync(t, db)
	copied := filepath.Join(folder, "backups'", "copy.db")
	if err := db.Backup(t.Context(), copied); err == nil {
		t.Error("a backup into a folder that isn't there")
	}
	if err := os.Mkdir(filepath.Dir(copied), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"one", "two"} { // the second replaces the first
		if err := put(t, db, key, now.Add(time.Duration(i)*time.Hour), inserting(id, "")); err != nil {
			t.Fatal(err)
		}
		if err := db.Backup(t.Context(), copied); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{copied, filepath.Join(folder, "x.db"), filepath.Join(folder, "x.db-wal")} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, %v: others may read it", name, info, err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(copied)); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
	if stories, err := open(t, copied).Stories(t.Context(), 0, 10); err != nil || len(stories) != 2 {
		t.Errorf("the copy has %v, %v", stories, err)
	}
}

func TestIntegrityCheckFindsDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := sync(t, db)
	for i := range 200 {
		if err := put(t, db, key, now.Add(time.Duration(i)*time.Hour), inserting(strings.Repeat("x", i+1), "text")); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 6; page < len(data)/4096; page++ {
		copy(data[page*4096+1000:], "damage damage damage damage damage damage")
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		return // found even sooner
	}
	defer db.Close()
	if err := db.IntegrityCheck(t.Context()); err == nil {
		t.Error("no damage found")
	}
}

func TestTombstones(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	key := sync(t, db)
	if err := db.Exec(t.Context(), `INSERT INTO tombstones (source, id) VALUES (?, 'http://x.example/1'), (?, 'gone')`, key, key); err != nil {
		t.Fatal(err)
	}
	claimed, err := db.Claim(t.Context(), news.ClaimRequest{Now: now, Limit: 1, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	batch := &news.Batch{Stories: []news.Story{{ID: "https://www.x.example/1"}, {ID: "here"}}}
	fates, _, err := db.Fates(t.Context(), "x", []news.LastStory{{Source: key, ID: "gone"}, {Source: key, ID: "here"}})
	if err != nil || !fates[0].Retracted || fates[1].Retracted {
		t.Errorf("fates %+v, %v", fates, err)
	}
	result := news.Result{Lease: claimed.Leases[0], Visit: news.Visit{At: now, Outcome: news.OutcomeChanged}, Batch: batch}
	_, err = db.Record(t.Context(), []news.Result{result}, func(known *news.Known, _ *news.Result) news.Changes {
		if got := known.Tombstones; got["https://www.x.example/1"] != news.TombstoneRetracted || got["here"] != "" || got["gone"] != "" {
			t.Errorf("tombstones %v", got)
		}
		return news.Changes{}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEntered pins the order that archives will run by.
func TestEntered(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	key := sync(t, db)
	for i, id := range []string{"one", "two", "three"} {
		if err := put(t, db, key, now.Add(time.Duration(i)*time.Hour), inserting(id, "")); err != nil {
			t.Fatal(err)
		}
	}
	check := func(reason string, want map[string]int64) {
		t.Helper()
		got, err := db.Numbers(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		for id, at := range want {
			if got[id] != at {
				t.Errorf("%s: %s entered at %d, want %d", reason, id, got[id], at)
			}
		}
	}
	check("inserted one by one", map[string]int64{"urn:one": 1, "urn:two": 2, "urn:three": 3})
	err := put(t, db, key, now.Add(9*time.Hour), func(*news.Known, *news.Result) news.Changes {
		return news.Changes{
			Insert: []news.Story{{ID: "better", PublicID: "urn:better"}},
			Place:  []news.Place{{Feed: "x", Story: -1, Date: now, PublicID: "urn:one"}},
			Remove: []news.StoryKey{1}, Feeds: []string{"x"},
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	check("a copy took over a removed one's id", map[string]int64{"urn:one": 1, "urn:two": 2})
	places := []news.Place{
		{Story: 4, Date: now, PublicID: "urn:two"}, {Story: 3, Date: now, PublicID: "urn:three"}, {Story: 2, Date: now, PublicID: "urn:new"},
	}
	if err := db.ReplacePlaces(t.Context(), "x", "2", places); err != nil {
		t.Fatal(err)
	}
	check("all places were replaced", map[string]int64{"urn:two": 2, "urn:three": 3, "urn:new": 4})
}

// A write that was cut off while the program stopped gives its session up; the
// log is emptied all the same.
func TestCloseEmptiesTheLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t, db, sync(t, db), now, inserting("one", "")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a session that is free wins over the end of the context now and then
		if _, err := db.SyncFeeds(ctx, map[string]string{"x": "1"}); err == nil {
			t.Fatal("a write after its context ended")
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() > 0 {
		t.Errorf("the log holds %d bytes, %v", info.Size(), err)
	}
}
