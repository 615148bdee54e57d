package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// journaled is a database that is opened again and again.
type journaled struct {
	t    *testing.T
	path string
	*sqlite.DB
	key news.SourceKey
	at  time.Time
}

func newJournaled(t *testing.T) *journaled {
	j := &journaled{t: t, path: filepath.Join(t.TempDir(), "x.db"), at: now}
	j.open()
	t.Cleanup(j.close)
	return j
}

func (j *journaled) journal() string { return strings.TrimSuffix(j.path, ".db") + ".journal" }

func (j *journaled) open() {
	j.t.Helper()
	db, err := sqlite.Open(j.t.Context(), j.path, sqlite.Options{})
	if err != nil {
		j.t.Fatal(err)
	}
	j.DB = db
	keys, err := db.SyncSources(j.t.Context(), []news.Source{{Name: "a", URL: "https://a.example/feed"}}, j.at)
	if err != nil {
		j.t.Fatal(err)
	}
	j.key = keys["a"]
	if _, err := db.SyncFeeds(j.t.Context(), map[string]string{"x": "1"}); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journaled) close() {
	if j.DB == nil {
		return
	}
	if err := j.IntegrityCheck(context.Background()); err != nil {
		j.t.Error(err)
	}
	if err := j.Close(); err != nil {
		j.t.Error(err)
	}
	j.DB = nil
}

// lose deletes the database, but not its journal.
func (j *journaled) lose() {
	j.t.Helper()
	j.close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(j.path + suffix); err != nil && !os.IsNotExist(err) {
			j.t.Fatal(err)
		}
	}
}

// visit records a batch and gives what was known.
func (j *journaled) visit(batch news.Batch, changes news.Changes) (known *news.Known) {
	j.t.Helper()
	j.at = j.at.Add(time.Hour)
	claimed, err := j.Claim(j.t.Context(), news.ClaimRequest{Now: j.at, Limit: 1, Only: []news.SourceKey{j.key}, Lease: time.Minute})
	if err != nil || len(claimed.Leases) != 1 {
		j.t.Fatalf("claimed %+v, %v", claimed, err)
	}
	_, err = j.Record(j.t.Context(), []news.Result{{
		Lease: claimed.Leases[0], Due: j.at, Health: news.HealthOK,
		Visit: news.Visit{At: j.at, Outcome: news.OutcomeChanged}, Batch: &batch,
	}}, func(k *news.Known, _ *news.Result) news.Changes {
		known = k
		return changes
	})
	if err != nil {
		j.t.Fatal(err)
	}
	return known
}

// insert stores a story in feed x and gives its key.
func (j *journaled) insert(id string) news.StoryKey {
	j.t.Helper()
	j.visit(news.Batch{}, news.Changes{
		Insert: []news.Story{{ID: id, PublicID: "urn:test:" + id, Date: now, FirstSeen: now}},
		Place:  []news.Place{{Feed: "x", Story: -1, Date: now, PublicID: "urn:test:" + id}}, Feeds: []string{"x"},
	})
	stories, err := j.Stories(j.t.Context(), 0, 100)
	if err != nil {
		j.t.Fatal(err)
	}
	return stories[len(stories)-1].Key
}

func (j *journaled) retract(key news.StoryKey) {
	j.t.Helper()
	if _, err := j.Revise(j.t.Context(), j.key, []news.StoryKey{key}, j.at, func(*news.Known) news.Changes {
		return news.Changes{Bury: []news.Burial{{Story: key, Kind: news.TombstoneRetracted, Reason: "libel"}}}
	}); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journaled) alias(id string, key news.StoryKey) {
	j.t.Helper()
	j.visit(news.Batch{}, news.Changes{Alias: map[string]news.StoryKey{id: key}})
}

// knows asks what is known of ids.
func (j *journaled) knows(ids ...string) *news.Known {
	j.t.Helper()
	var batch news.Batch
	for _, id := range ids {
		batch.Stories = append(batch.Stories, news.Story{ID: id})
	}
	return j.visit(batch, news.Changes{})
}

func (j *journaled) text() string {
	j.t.Helper()
	text, err := os.ReadFile(j.journal())
	if err != nil && !os.IsNotExist(err) {
		j.t.Fatal(err)
	}
	return string(text)
}

func TestJournalRebuildsWhatIsForEver(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	if j.alias("plain", j.insert("other")); j.text() == "" {
		t.Fatal("an alias left no line in the journal")
	}
	one := j.insert("one")
	j.alias("uno", one)
	j.retract(one)
	two := j.insert("two")
	j.alias("due", two)
	j.lose()
	j.at = j.at.Add(time.Hour)
	j.open()
	known := j.knows("one", "uno", "two", "due", "three")
	for _, id := range []string{"one", "uno"} {
		if known.Tombstones[id] != news.TombstoneRetracted {
			t.Errorf("%s has the tombstone %q", id, known.Tombstones[id])
		}
	}
	for _, id := range []string{"two", "due"} {
		if known.Reserved[id] != "urn:test:two" {
			t.Errorf("for %s is reserved %q", id, known.Reserved[id])
		}
	}
	if known.Space != "https://a.example/feed" || known.Reserved["three"] != "" || known.Tombstones["three"] != "" {
		t.Errorf("known %+v", known)
	}
}

func TestJournalIsAppendedOnce(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	j.insert("plain")
	if text := j.text(); text != "" {
		t.Errorf("nothing happened that can't be worked out again, yet the journal says %s", text)
	}
	key := j.insert("one")
	j.alias("uno", key)
	was := j.text()
	j.alias("uno", key)
	j.close()
	j.open()
	if text := j.text(); text != was || strings.Count(text, `"uno"`) != 1 {
		t.Errorf("journal %s, was %s", text, was)
	}
}

func TestTornJournal(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	j.alias("uno", j.insert("one"))
	file, err := os.OpenFile(j.journal(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"op":"id","source":1,"id":"half`); err != nil {
		t.Fatal(err)
	}
	file.Close()
	j.alias("due", j.insert("two")) // after the torn line
	j.lose()
	j.open()
	known := j.knows("uno", "due", "half")
	if known.Reserved["uno"] != "urn:test:one" || known.Reserved["due"] != "urn:test:two" || known.Reserved["half"] != "" {
		t.Errorf("reserved %v", known.Reserved)
	}
}

func TestLostJournalIsWrittenAnew(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	j.alias("uno", j.insert("one"))
	key := j.insert("two")
	j.retract(key)
	if err := os.Remove(j.journal()); err != nil {
		t.Fatal(err)
	}
	j.close()
	j.open()
	j.lose()
	j.open()
	known := j.knows("uno", "two")
	if known.Reserved["uno"] != "urn:test:one" || known.Tombstones["two"] != news.TombstoneRetracted {
		t.Errorf("reserved %v, tombstones %v", known.Reserved, known.Tombstones)
	}
}

// A backup from before a retraction must not bring the story back.
func TestJournalCorrectsARestoredBackup(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	key := j.insert("one")
	j.insert("two")
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := j.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	j.retract(key)
	j.lose()
	if err := os.Rename(backup, j.path); err != nil {
		t.Fatal(err)
	}
	j.open()
	stories, err := j.Stories(t.Context(), 0, 10)
	if err != nil || len(stories) != 1 || stories[0].ID != "two" {
		t.Errorf("stories %+v, %v", stories, err)
	}
	if stale, err := j.SyncFeeds(t.Context(), map[string]string{"x": "1"}); err != nil || len(stale) != 1 {
		t.Errorf("the feed that lost a story is not worked out anew: %v, %v", stale, err)
	}
	if known := j.knows("one"); known.Tombstones["one"] == "" || known.Source.Stories != 1 {
		t.Errorf("known %+v", known)
	}
}

func TestForeignJournal(t *testing.T) {
	t.Parallel()
	j, other := newJournaled(t), newJournaled(t)
	j.alias("uno", j.insert("one"))
	other.alias("due", other.insert("two"))
	j.close()
	text := other.text()
	if err := os.WriteFile(j.journal(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), j.path, sqlite.Options{})
	if err == nil {
		db.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "another database") || !strings.Contains(err.Error(), j.journal()) {
		t.Errorf("opened beside another database's journal: %v", err)
	}
	if j.text() != text {
		t.Error("the other's journal was changed")
	}
}

// What can't be written to the journal is not lost, and nothing else fails.
func TestJournalThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	if err := os.Mkdir(j.journal(), 0o755); err != nil {
		t.Fatal(err)
	}
	j.alias("uno", j.insert("one"))
	if err := j.Tidy(t.Context(), j.at); err == nil || !strings.Contains(err.Error(), j.journal()) {
		t.Errorf("the trouble is told as %v", err)
	}
	if err := os.Remove(j.journal()); err != nil {
		t.Fatal(err)
	}
	if err := j.Tidy(t.Context(), j.at); err != nil || !strings.Contains(j.text(), `"uno"`) {
		t.Errorf("journal %q, %v", j.text(), err)
	}
}

// A database from before there were journals gets one with what it knows.
func TestJournalOfAnOlderDatabase(t *testing.T) {
	t.Parallel()
	j := &journaled{t: t, path: filepath.Join(t.TempDir(), "x.db"), at: now}
	t.Cleanup(j.close)
	if err := sqlite.CreateAt(t.Context(), j.path, 1, `
		INSERT INTO sources (key, name, url, active, mirror, shape, stories, health)
		VALUES (1, 'a', 'https://a.example/feed', 1, 0, '', 1, 'ok');
		INSERT INTO schedule (source, due, delay) VALUES (1, 1, 0);
		INSERT INTO source_infos (source, title, site, author, image, content) VALUES (1, '', '', '', '', 'full');
		INSERT INTO stories (key, source, id, public_id, first_seen, date, updates, hash, raw_hash, original, local, dated,
			slug, language, words, title, link, comments, image, rights, excerpt, summary, content)
		VALUES (1, 1, 'one', 'urn:test:one', 1, 1, 0, 0, 0, 0, 0, '', '', '', 0, 'One', '', '', '', '', '', '', '');
		INSERT INTO aliases (source, id, story) VALUES (1, 'uno', 1);
		INSERT INTO tombstones (source, id) VALUES (1, 'gone')`); err != nil {
		t.Fatal(err)
	}
	j.open()
	if known := j.knows("uno", "gone"); known.Aliases["uno"] != 1 || known.Space != "https://a.example/feed" ||
		known.Tombstones["gone"] != news.TombstoneRetracted {
		t.Errorf("known %+v", known)
	}
	j.lose()
	j.open()
	known := j.knows("uno", "one", "gone")
	if known.Reserved["uno"] != "urn:test:one" || known.Reserved["one"] != "urn:test:one" || known.Tombstones["gone"] == "" {
		t.Errorf("rebuilt: %+v", known)
	}
}
