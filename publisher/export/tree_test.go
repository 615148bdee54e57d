package export_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/publisher/export"
)

// alone checks that nothing is left beside an export directory.
func alone(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{export.StagePath(dir), export.OldPath(dir), filepath.Join(dir, export.Marker)} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s is left over", name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Who reads two files while exports go on finds both, and never the first one
// of a later tree with the second one of an earlier one, or the other way.
func TestWriteAllAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	write(t, dir, map[string]string{"/a.rss": "0", "/z.rss": "0"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; i <= 50; i++ {
			version := strconv.Itoa(i)
			report, err := export.Write(context.Background(), dir, table(map[string]string{"/a.rss": version, "/z.rss": version}), export.Archives{})
			if err != nil || report.InPlace != "" {
				t.Errorf("%v, in place: %q", err, report.InPlace)
			}
		}
	}()
	checks := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for _, pair := range [][2]string{{"a.rss", "z.rss"}, {"z.rss", "a.rss"}} {
			before, other, after := read(t, filepath.Join(dir, pair[0])), read(t, filepath.Join(dir, pair[1])), read(t, filepath.Join(dir, pair[0]))
			if before != after {
				continue // exchanged meanwhile: nothing to compare
			}
			if checks++; other != before {
				t.Fatalf("%s is of tree %s and %s of tree %s at once", pair[0], before, pair[1], other)
			}
		}
	}
	if checks < 10 {
		t.Errorf("only %d checks", checks)
	}
	alone(t, dir)
}

// What isn't ours is the same afterwards: the same files, not copies.
func TestWriteAllAtOnceKeepsOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	write(t, dir, map[string]string{"/": "1", "/same.rss": "same", "/old/page": "gone soon"})
	put(t, filepath.Join(dir, ".git", "objects", "ab", "cdef"), "object")
	put(t, filepath.Join(dir, "CNAME"), "example.org")
	put(t, filepath.Join(dir, "old", "mine.txt"), "mine")
	for name, to := range map[string]string{"dangling": "nowhere", "out": "/etc", "in": "CNAME"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, ".well-known", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{".": 0o750 | fs.ModeSetgid, ".git": 0o700} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	kept := []string{".git", ".git/objects/ab/cdef", "CNAME", "old/mine.txt", "dangling", "out", "in", ".well-known/empty", "same.rss", "."}
	before := make(map[string]fs.FileInfo)
	for _, name := range kept {
		before[name], _ = os.Lstat(filepath.Join(dir, name))
	}
	report := write(t, dir, map[string]string{"/": "2", "/same.rss": "same"})
	if want := (export.Report{Written: 1, Unchanged: 1, Removed: 1}); report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	for _, name := range kept {
		after, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if after.Mode() != before[name].Mode() || !after.IsDir() && !os.SameFile(after, before[name]) {
			t.Errorf("%s is another one: %v, was %v", name, after.Mode(), before[name].Mode())
		}
	}
	if after, _ := os.Lstat(dir); os.SameFile(after, before["."]) {
		t.Error("the directory is the same one: it was not exchanged")
	}
	if _, err := os.Stat(filepath.Join(dir, "old", "page")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a gone page has left its directory")
	}
	alone(t, dir)
}

func TestWriteBehindALink(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	if err := os.Symlink("releases/site", filepath.Join(base, "public")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	put(t, filepath.Join(base, "releases", "site", "CNAME"), "example.org")
	for i := range 2 {
		report := write(t, filepath.Join(base, "public"), map[string]string{"/": fmt.Sprint(i)})
		if report.InPlace != "" {
			t.Errorf("in place: %s", report.InPlace)
		}
		wantTree(t, filepath.Join(base, "releases", "site"), map[string]string{"index.html": fmt.Sprint(i), "CNAME": "example.org"})
	}
	if to, err := os.Readlink(filepath.Join(base, "public")); err != nil || to != "releases/site" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	alone(t, filepath.Join(base, "releases", "site"))
}

// Where directories can't be exchanged by the system, renames do it.
func TestWriteByRenames(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.ErrUnsupported, syscall.EINVAL} {
		dir := filepath.Join(t.TempDir(), "public")
		put(t, filepath.Join(dir, "CNAME"), "example.org")
		with := export.WriteExchanging(func(_, _ string) error { return err })
		for i := range 2 {
			if report := writeWith(t, with, dir, map[string]string{"/": fmt.Sprint(i)}); report.InPlace != "" {
				t.Errorf("in place: %s", report.InPlace)
			}
			wantTree(t, dir, map[string]string{"index.html": fmt.Sprint(i), "CNAME": "example.org"})
			alone(t, dir)
		}
	}
}

// Where nothing can be exchanged files are written one by one, and it is told
// why.
func TestWriteFallsBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why, dir string
		with     writer
		prepare  func(t *testing.T, dir string)
		want     string
	}{
		{why: "no name is left for the new tree", dir: strings.Repeat("x", 250), want: "beside it: file name too long"},
		{why: "the system refuses", dir: "public", want: "exchanged: device or resource busy",
			with: export.WriteExchanging(func(_, _ string) error { return syscall.EBUSY })},
		{why: "others have too much there", dir: "public", want: fmt.Sprint("more than ", export.MaxOthers),
			prepare: func(t *testing.T, dir string) {
				for i := range export.MaxOthers + 1 {
					name := filepath.Join(dir, fmt.Sprint(i))
					if i == 0 {
						put(t, name, "")
					} else if err := os.Link(filepath.Join(dir, "0"), name); err != nil {
						t.Fatal(err)
					}
				}
			}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), tc.dir)
			if tc.prepare != nil {
				tc.prepare(t, dir)
			}
			if tc.with == nil {
				tc.with = export.Write
			}
			report := writeWith(t, tc.with, dir, map[string]string{"/": "home", "/latest.rss": "1"})
			if report.Written != 2 || !strings.Contains(report.InPlace, tc.want) {
				t.Errorf("report %+v, want one in place for %q", report, tc.want)
			}
			if got := read(t, filepath.Join(dir, "index.html")); got != "home" {
				t.Errorf("home page %q", got)
			}
			alone(t, dir)
		})
	}
}

// A shell, or a web server that was started there, must not be left in a
// directory that is no more. It changes the current directory: not parallel.
func TestWriteIntoTheCurrentDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	before, _ := os.Stat(dir)
	report := write(t, ".", map[string]string{"/": "home"})
	if after, _ := os.Stat(dir); !os.SameFile(before, after) || !strings.Contains(report.InPlace, "current folder") {
		t.Errorf("exchanged; report %+v", report)
	}
	wantTree(t, dir, map[string]string{"index.html": "home"})
}

// What others do while the new tree is made isn't lost.
func TestWriteWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	for _, name := range []string{"replaced", "deleted", "edited", "kept"} {
		put(t, filepath.Join(dir, name), "before")
	}
	past := time.Now().Add(-time.Hour)
	with := export.WriteExchanging(func(a, b string) error {
		put(t, filepath.Join(dir, "edited"), "after")
		put(t, filepath.Join(dir, "deep", "new"), "after")
		put(t, filepath.Join(dir, ".x"), "after")
		return errors.Join(
			os.Rename(filepath.Join(dir, ".x"), filepath.Join(dir, "replaced")),
			os.Chtimes(filepath.Join(dir, "replaced"), past, past), // as rsync does
			os.Remove(filepath.Join(dir, "deleted")),
			export.Exchange(a, b),
		)
	})
	if report := writeWith(t, with, dir, map[string]string{"/": "home"}); report.InPlace != "" {
		t.Skip("directories can't be exchanged here:", report.InPlace)
	}
	wantTree(t, dir, map[string]string{"index.html": "home", "replaced": "after", "edited": "after", "deep/new": "after", "kept": "before"})
	alone(t, dir)
}

func TestWriteByTwo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	with := export.WriteExchanging(func(a, b string) error {
		for _, m := range modes {
			if _, err := m.write(t.Context(), dir, table(map[string]string{"/": "other"}), export.Archives{}); err == nil || !strings.Contains(err.Error(), "another build") {
				t.Errorf("%s: error %v, want one that tells of the other build", m.name, err)
			}
		}
		return export.Exchange(a, b)
	})
	writeWith(t, with, dir, map[string]string{"/": "first"})
	wantTree(t, dir, map[string]string{"index.html": "first"})
	write(t, dir, map[string]string{"/": "second"})
}

// An export that fails or is told to stop leaves the old tree as it was.
func TestWriteFailsWhole(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	before := map[string]string{"index.html": "home", "latest.rss": "1"}
	write(t, dir, map[string]string{"/": "home", "/latest.rss": "1"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := export.Write(ctx, dir, table(map[string]string{"/": "2", "/new": "2"}), export.Archives{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	wantTree(t, dir, before)
	alone(t, dir)
}

// The states in which a crash can leave an exchange, and what the next export
// makes of them.
func TestWriteAfterACrashOfAnExchange(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why   string
		crash func(t *testing.T, dir, stage, old string)
		want  map[string]string // beside ours
	}{
		{"before the exchange", func(t *testing.T, dir, stage, _ string) {
			put(t, filepath.Join(stage, export.Marker), "")
			put(t, filepath.Join(stage, "index.html"), "half")
			put(t, filepath.Join(stage, "foreign"), "a link to what was deleted since")
		}, map[string]string{"note": "mine"}},
		{"after it", func(t *testing.T, dir, stage, _ string) {
			put(t, filepath.Join(dir, export.Marker), "")
			put(t, filepath.Join(stage, manifest), read(t, filepath.Join(dir, manifest))+"gone.rss\n")
			put(t, filepath.Join(stage, "index.html"), "old")
			put(t, filepath.Join(stage, "gone.rss"), "old")
			put(t, filepath.Join(stage, "late"), "written while the new tree was made")
			put(t, filepath.Join(stage, "note"), "an older one")
			past := time.Now().Add(-time.Hour)
			if err := os.Chtimes(filepath.Join(stage, "note"), past, past); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"note": "mine", "late": "written while the new tree was made"}},
		{"between two renames", func(t *testing.T, dir, stage, old string) {
			if err := os.Rename(dir, old); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(stage, export.Marker), "")
			put(t, filepath.Join(stage, "index.html"), "new")
		}, map[string]string{"note": "mine"}},
		{"after the second rename", func(t *testing.T, dir, _, old string) {
			put(t, filepath.Join(dir, export.Marker), "")
			put(t, filepath.Join(old, manifest), read(t, filepath.Join(dir, manifest)))
			put(t, filepath.Join(old, "index.html"), "old")
		}, map[string]string{"note": "mine"}},
	} {
		for _, m := range modes {
			t.Run(tc.why+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "public")
				write(t, dir, map[string]string{"/": "home"})
				put(t, filepath.Join(dir, "note"), "mine")
				tc.crash(t, dir, export.StagePath(dir), export.OldPath(dir))
				writeWith(t, m.write, dir, map[string]string{"/": "home"})
				tc.want["index.html"] = "home"
				wantTree(t, dir, tc.want)
				alone(t, dir)
			})
		}
	}
}

// BenchmarkWriteOneOfMany changes one of 10,000 pages.
func BenchmarkWriteOneOfMany(b *testing.B) {
	bodies := make(map[string]string)
	for i := range 10_000 {
		bodies[fmt.Sprint("/articles/", i)] = strings.Repeat("text ", 1000)
	}
	renditions := table(bodies)
	for _, m := range slices.Backward(modes) {
		b.Run(m.name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "public")
			started := time.Now()
			if _, err := m.write(b.Context(), dir, renditions, export.Archives{}); err != nil {
				b.Fatal(err)
			}
			b.Logf("10,000 new files: %v", time.Since(started))
			started = time.Now()
			if _, err := m.write(b.Context(), dir, renditions, export.Archives{}); err != nil {
				b.Fatal(err)
			}
			b.Logf("none changed: %v", time.Since(started))
			for i := 0; b.Loop(); i++ {
				changed := table(map[string]string{"/articles/0": fmt.Sprint(i)})
				renditions["/articles/0"] = changed["/articles/0"]
				report, err := m.write(b.Context(), dir, renditions, export.Archives{})
				if err != nil || report.Written != 1 {
					b.Fatal(report, err)
				}
			}
		})
	}
}
