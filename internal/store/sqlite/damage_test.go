package sqlite_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// whatever is how long the tests let Open look: as long as it takes.
const whatever = sqlite.MaxCheck

// filled writes a database with stories and a rendition, as a program that was
// stopped leaves it, and gives its bytes.
func filled(t *testing.T, path string) []byte {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := sync(t, db)
	for i := range 100 {
		if err := put(t, db, key, now.Add(time.Duration(i)*time.Hour), inserting(fmt.Sprint(i), strings.Repeat("text ", 500))); err != nil {
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
	return data
}

// noise is what a broken disk may give.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

func TestDamageIsTold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		spoil  func(data []byte) []byte
		log    string // what lies beside it as its log
		want   string // in the damage; empty: there is none
	}{
		{reason: "as it was", spoil: func(data []byte) []byte { return data }},
		{reason: "cut off in the middle", spoil: func(data []byte) []byte { return data[:len(data)/2] }, want: "malformed"},
		{reason: "cut off in its first page", spoil: func(data []byte) []byte { return data[:1000] }, want: "malformed"},
		{reason: "noise all over", spoil: func(data []byte) []byte { return noise(len(data)) }, want: "does not begin like a database"},
		{reason: "another text all over", spoil: func([]byte) []byte { return []byte(strings.Repeat("text\n", 1000)) }, want: "does not begin like a database"},
		{reason: "zeros all over", spoil: func(data []byte) []byte { return make([]byte, len(data)) }, want: "does not begin like a database"},
		{reason: "noise in the schema", spoil: func(data []byte) []byte { return append(data[:100:100], append(noise(3996), data[4096:]...)...) }, want: "malformed"},
		{reason: "noise in one page of many", spoil: func(data []byte) []byte {
			page := len(data) / 2 / 4096 * 4096
			copy(data[page:page+4096], noise(4096))
			return data
		}, want: "error code 11"},
		{reason: "noise in all pages but the first three", spoil: func(data []byte) []byte {
			return append(data[:3*4096:3*4096], noise(len(data)-3*4096)...)
		}, want: "*"},
		{reason: "two pages exchanged", spoil: func(data []byte) []byte {
			first := bytes.Clone(data[4*4096 : 5*4096])
			last := data[len(data)-4096:]
			copy(data[4*4096:], last)
			copy(last, first)
			return data
		}, want: "*"},
		{reason: "emptied beside a log", spoil: func([]byte) []byte { return nil }, log: "what was written last", want: "it is empty"},
		{reason: "new: the program ended before it wrote", spoil: func([]byte) []byte { return nil }},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.db")
			spoiled := test.spoil(filled(t, path))
			if err := os.WriteFile(path, spoiled, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+"-wal", []byte(test.log), 0o644); err != nil {
				t.Fatal(err)
			}
			db, err := sqlite.Open(t.Context(), path, sqlite.Options{Check: whatever})
			if db != nil {
				defer db.Close()
			}
			damage, ok := errors.AsType[*sqlite.DamagedError](err)
			t.Log(err)
			if test.want == "" && err != nil || test.want != "" && !ok {
				t.Fatalf("error %v, want damage: %t", err, test.want != "")
			}
			if ok && test.want != "*" && !strings.Contains(damage.Err.Error(), test.want) {
				t.Errorf("damage %v lacks %q", damage.Err, test.want)
			}
			if after, err := os.ReadFile(path); ok && (err != nil || !bytes.Equal(after, spoiled)) {
				t.Errorf("looking at it changed the file, %v", err)
			}
		})
	}
}

// What is no database of ours is told, and stays as it is.
func TestOtherFilesAreNotDamage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "config.toml")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(folder, "loop.db")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ reason, path, want string }{
		{"a text", text, "check the path"},
		{"a folder", folder, "is a folder; name a file"},
		{"what can't be reached, not even by root", loop, "too many levels"},
	} {
		_, err := sqlite.Open(t.Context(), test.path, sqlite.Options{Check: whatever})
		if _, ok := errors.AsType[*sqlite.DamagedError](err); ok || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v lacks %q", test.reason, err, test.want)
		}
	}
}

// A check that has no time to end is no finding; it can be made up for.
func TestCheckIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	data := filled(t, path)
	copy(data[len(data)/2/4096*4096:], noise(4096))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Check: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if db.Checked() {
		t.Error("all of it was looked at in no time")
	}
	if _, ok := errors.AsType[*sqlite.DamagedError](db.QuickCheck(t.Context())); !ok {
		t.Error("no damage is found later")
	}
}

func TestSetAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	for _, want := range []string{path + ".corrupt-20260203T030506Z", path + ".corrupt-20260203T030506Z-2"} {
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.WriteFile(path+end, []byte("file"+end), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		aside, err := sqlite.SetAside(path, at)
		if err != nil || aside != want {
			t.Fatalf("set aside as %s, %v; want %s", aside, err, want)
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			if text, err := os.ReadFile(aside + end); err != nil || string(text) != "file"+end {
				t.Errorf("%s%s holds %q, %v", aside, end, text, err)
			}
			if _, err := os.Stat(path + end); err == nil {
				t.Errorf("%s%s is still there", path, end)
			}
		}
	}
}

// What another process writes to stays where it is.
func TestSetAsideLeavesWhatIsInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	used := false
	watchWriter(t, path, func(stored int) (enough bool) {
		if stored != 3 { // what it still said before it was killed comes after that
			return stored > 3
		}
		_, err := sqlite.SetAside(path, now)
		used = err != nil && strings.Contains(err.Error(), "another process has it open")
		return true
	})
	if !used {
		t.Error("a database in use was set aside")
	}
	if _, err := sqlite.SetAside(path, now); err != nil {
		t.Errorf("after the other process ended: %v", err)
	}
}

// A new database takes over what was published from a damaged one, where that
// is whole, and knows the sources by their keys.
func TestSalvage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	filled(t, path)
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole := news.KeptRendition{Path: "/x.rss", Kind: "feed", ContentType: "text/xml", Tag: `"1"`, LastModified: now,
		Links: []string{"<x>; rel=hub"}, Body: bytes.Repeat([]byte("whole "), 100)}
	whole.Gzip = compressed(t, whole.Body)
	torn := whole
	torn.Path, torn.Body = "/torn.rss", bytes.Repeat([]byte("wh0le "), 100)
	last := news.LastEdition{Revision: 77, Fingerprint: "1", Stories: []news.LastStory{{PublicID: "urn:1", Source: 1, ID: "1", Date: now}}}
	if _, err := db.Keep(t.Context(), news.Kept{
		Renditions: []news.KeptRendition{whole, torn}, Editions: map[string]news.LastEdition{"x": last},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data[len(data)/2/4096*4096:], noise(4096))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	aside, err := sqlite.SetAside(path, now)
	if err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	if n, err := db.Salvage(t.Context(), aside); err != nil || n != 1 {
		t.Fatalf("salvaged %d, %v", n, err)
	}
	if sync(t, db) != 1 {
		t.Error("the source has another key")
	}
	kept, err := db.Kept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last.Revision = 0
	want := news.Kept{Renditions: []news.KeptRendition{whole}, Editions: map[string]news.LastEdition{"x": last}, Revisions: map[string]int64{}}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	if after, err := os.ReadFile(aside); err != nil || !bytes.Equal(after, data) {
		t.Errorf("salvaging changed the file, %v", err)
	}
	if err := db.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
}

func compressed(t *testing.T, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
