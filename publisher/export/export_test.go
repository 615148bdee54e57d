package export_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/publisher"
	"tributary/publisher/export"
)

const manifest = ".tributary-export"

// table makes renditions from address and body; the kind follows the address.
func table(bodies map[string]string) map[string]*publisher.Rendition {
	t := make(map[string]*publisher.Rendition, len(bodies))
	for path, body := range bodies {
		kind := publisher.KindPage
		switch {
		case strings.HasPrefix(path, "/static/"):
			kind = publisher.KindAsset
		case slices.Contains([]string{".rss", ".txt", ".png"}, filepath.Ext(path)), strings.HasSuffix(path, "/index.html"):
			kind = publisher.KindFile
		}
		t[path] = publisher.NewRendition(publisher.Draft{Path: path, Kind: kind, Body: []byte(body)}, nil)
	}
	return t
}

// tree reads all files below dir but the manifest.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == manifest {
			return err
		}
		body, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func wantTree(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if got := tree(t, dir); !maps.Equal(got, want) {
		t.Errorf("files %v\nwant  %v", got, want)
	}
}

type writer = func(context.Context, string, map[string]*publisher.Rendition, export.Archives) (export.Report, error)

// modes are the two ways to write.
var modes = []struct {
	name  string
	write writer
}{{"as a whole", export.Write}, {"in place", export.WriteInPlace}}

func write(t *testing.T, dir string, bodies map[string]string) export.Report {
	t.Helper()
	return writeWith(t, export.Write, dir, bodies)
}

func writeWith(t *testing.T, write writer, dir string, bodies map[string]string) export.Report {
	t.Helper()
	report, err := write(t.Context(), dir, table(bodies), export.Archives{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func put(t *testing.T, name, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWritePlaces(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "by", "us")
	report := write(t, dir, map[string]string{
		"/": "home", "/latest": "page", "/latest.rss": "rss", "/static/site.1f.css": "css",
		"/articles/go1.26": "article", "/articles/pics/a.png": "png", "/404.html": "lost", "/robots.txt": "robots",
	})
	if report != (export.Report{Written: 8}) {
		t.Errorf("report %+v", report)
	}
	wantTree(t, dir, map[string]string{
		"index.html": "home", "latest/index.html": "page", "latest.rss": "rss", "static/site.1f.css": "css",
		"articles/go1.26/index.html": "article", "articles/pics/a.png": "png", "404.html": "lost", "robots.txt": "robots",
	})
}

func TestWriteAgain(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			testWriteAgain(t, m.write)
		})
	}
}

func testWriteAgain(t *testing.T, with writer) {
	dir := t.TempDir()
	writeWith(t, with, dir, map[string]string{"/": "home", "/old": "gone soon", "/old.rss": "gone soon", "/latest.rss": "1"})
	put(t, filepath.Join(dir, "CNAME"), "example.org")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(filepath.Join(dir, "index.html"), past, past); err != nil {
		t.Fatal(err)
	}

	report := writeWith(t, with, dir, map[string]string{"/": "home", "/latest.rss": "2"})
	if want := (export.Report{Written: 1, Unchanged: 1, Removed: 2}); report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	wantTree(t, dir, map[string]string{"index.html": "home", "latest.rss": "2", "CNAME": "example.org"})
	if _, err := os.Stat(filepath.Join(dir, "old")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the empty directory of a gone page stayed")
	}
	if info, _ := os.Stat(filepath.Join(dir, "index.html")); !info.ModTime().Equal(past) {
		t.Error("a file with the same bytes was written again")
	}
}

func TestWriteKeepsForeignFiles(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "old", "note.txt"), "mine")
		writeWith(t, m.write, dir, map[string]string{"/old": "page"})
		writeWith(t, m.write, dir, map[string]string{"/": "home"})
		wantTree(t, dir, map[string]string{"old/note.txt": "mine", "index.html": "home"})
	}
}

// The manifest must not come to name a foreign file by a failed attempt, or
// the second attempt would overwrite it.
func TestWriteForeignFileInTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "index.html"), "hand-made")
	for _, m := range append(modes, modes...) {
		_, err := m.write(t.Context(), dir, table(map[string]string{"/": "home", "/latest": "page"}), export.Archives{})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "index.html")) {
			t.Fatalf("error %v, want one that names the file", err)
		}
		wantTree(t, dir, map[string]string{"index.html": "hand-made"})
	}
}

func TestWriteAfterACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"/": "home", "/latest": "page"})
	put(t, filepath.Join(dir, ".index.html.tributary-tmp"), "ho")
	put(t, filepath.Join(dir, "latest", ".index.html.tributary-tmp"), "pa")
	write(t, dir, map[string]string{"/": "home", "/latest": "page"})
	wantTree(t, dir, map[string]string{"index.html": "home", "latest/index.html": "page"})
}

func TestWriteCutOffLeavesNoOrphans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"/old": "gone by the next export"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // after the manifest, before the first file and the first removal
	if _, err := export.WriteInPlace(ctx, dir, table(map[string]string{"/new": "page"}), export.Archives{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	put(t, filepath.Join(dir, "new", "index.html"), "written just before the end")
	write(t, dir, map[string]string{"/": "home"})
	wantTree(t, dir, map[string]string{"index.html": "home"})
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, path, want string }{
		{"out of the directory", "/../evil.rss", "evil.rss"},
		{"out of it in the middle", "/a/../../evil.rss", "evil.rss"},
		{"not rooted", "evil.rss", "evil.rss"},
		{"an empty part", "//evil.rss", "evil.rss"},
		{"another system's separator", `/..\evil.rss`, "evil.rss"},
		{"a line break would forge the manifest", "/a\nb.rss", "cannot be a file"},
		{"our own manifest", "/" + manifest + "/x.rss", manifest},
		{"a temporary name", "/.x.tributary-tmp/x.rss", "tributary-tmp"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "out")
			_, err := export.Write(t.Context(), dir, table(map[string]string{tc.path: "x"}), export.Archives{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if got := tree(t, filepath.Dir(dir)); len(got) > 0 {
				t.Errorf("wrote %v", got)
			}
		})
	}
}

func TestWriteTwoAddressesOneFile(t *testing.T) {
	t.Parallel()
	renditions := table(map[string]string{"/a": "page", "/a/index.html": "file"})
	_, err := export.Write(t.Context(), t.TempDir(), renditions, export.Archives{})
	if err == nil || !strings.Contains(err.Error(), "/a and /a/index.html") {
		t.Errorf("error %v, want one that names both addresses", err)
	}
}

func TestWriteFollowsNoLinkOut(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "latest")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	_, err := export.Write(t.Context(), dir, table(map[string]string{"/latest": "page"}), export.Archives{})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "latest", "index.html")) {
		t.Errorf("error %v, want one that names the file", err)
	}
	wantTree(t, outside, map[string]string{})
}

func TestWriteBadManifest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"# Files that tributary wrote here and may replace or remove.\n../../etc/passwd\n",
		"something else\n",
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, manifest), text)
		_, err := export.Write(t.Context(), dir, table(map[string]string{"/": "home"}), export.Archives{})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, manifest)) {
			t.Errorf("manifest %q: error %v, want one that names it", text, err)
		}
		wantTree(t, dir, map[string]string{})
	}
}

func TestWriteUnwritable(t *testing.T) {
	t.Parallel()
	t.Run("the directory is a file", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "public")
		put(t, dir, "a file")
		_, err := export.Write(t.Context(), dir, table(map[string]string{"/": "home"}), export.Archives{})
		if err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want one that names %s", err, dir)
		}
	})
	t.Run("a directory stands where a file must be", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, dir, map[string]string{"/latest.rss": "1"})
		name := filepath.Join(dir, "latest.rss")
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(name, "x"), "mine")
		_, err := export.Write(t.Context(), dir, table(map[string]string{"/latest.rss": "2"}), export.Archives{})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that names %s", err, name)
		}
		wantTree(t, dir, map[string]string{"latest.rss/x": "mine"})
	})
}

// fullEnv makes the test binary, run again, the process that meets a full
// disk: the limit on file sizes holds for a whole process.
const fullEnv = "EXPORT_TEST_FULL_DIR"

func TestWriteFull(t *testing.T) {
	if dir := os.Getenv(fullEnv); dir != "" {
		exportIntoFull(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"/": "home", "/latest.rss": "before"})
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriteFull$")
	cmd.Env = append(os.Environ(), fullEnv+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantTree(t, dir, map[string]string{"index.html": "home", "latest.rss": "before"})
}

func exportIntoFull(t *testing.T, dir string) {
	limit := syscall.Rlimit{Cur: 4096, Max: 4096}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip("cannot limit file sizes:", err)
	}
	for _, m := range modes {
		_, err := m.write(t.Context(), dir, table(map[string]string{"/": "home", "/latest.rss": strings.Repeat("x", 8192)}), export.Archives{})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "latest.rss")) {
			t.Errorf("%s: error %v, want one that names the file", m.name, err)
		}
	}
}

func TestManifestIsSorted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"/": "home", "/b": "b", "/a.rss": "a"})
	text, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	if want := []string{"a.rss", "b/index.html", "index.html"}; !slices.Equal(lines, want) {
		t.Errorf("manifest %q, want %q", lines, want)
	}
}
