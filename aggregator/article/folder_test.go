package article_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator/article"
)

func load(t *testing.T, dir string, o article.Options) *article.Result {
	t.Helper()
	result, err := article.Load(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func problems(result *article.Result) string {
	var out []string
	for _, p := range result.Problems {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	if _, err := article.Load(filepath.Join(t.TempDir(), "none"), options()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	o := options()
	o.Site.URL = "/news"
	if _, err := article.Load(t.TempDir(), o); err == nil || !strings.Contains(err.Error(), `"/news"`) {
		t.Errorf("site without a host: %v", err)
	}
}

// Nothing outside the folder is read, and nothing that could block.
func TestLoadStaysInside(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	put(t, outside, "2026-08-01-secret.md", "secret")
	put(t, dir, "2026-08-02-in.md", "[out](../../etc/passwd)")
	put(t, dir, "sub/pic.png", "x")
	links := map[string]string{
		"absolute.md":            filepath.Join(outside, "2026-08-01-secret.md"),
		"folder":                 outside,
		"2026-08-03-within.md":   "2026-08-02-in.md",
		"same.png":               "sub/pic.png",
		"subfolder":              "sub",
		"2026-08-04-dangling.md": "nowhere.md",
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	result := load(t, dir, options())
	var slugs, files []string
	for _, s := range result.Batch.Stories {
		slugs = append(slugs, s.Slug)
	}
	for _, f := range result.Files {
		files = append(files, f.Path)
	}
	if diff := cmp.Diff([]string{"within", "in"}, slugs); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"same.png", "sub/pic.png"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	want := strings.Join([]string{
		"2026-08-04-dangling.md: is a link that leads nowhere or out of the folder: put the file itself here",
		"absolute.md: is a link that leads nowhere or out of the folder: put the file itself here",
		"folder: is a link that leads nowhere or out of the folder: put the file itself here",
		"pipe.md: is no regular file",
		"subfolder: is a link to a folder, which is not followed: put the files themselves here",
	}, "\n")
	if diff := cmp.Diff(want, problems(result)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestLoadLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "2026-08-01-source.md", strings.Repeat("x\n", 1<<20))
	put(t, dir, "2026-08-02-content.md", strings.Repeat("&", 200<<10))
	put(t, dir, "2026-08-03-latin1.md", "caf\xe9")
	put(t, dir, "2026-08-04-crlf.md", "\ufeff---\r\ntitle: Windows\r\n---\r\n\r\nfine\r\n")
	big := filepath.Join(dir, "big.iso")
	put(t, dir, "big.iso", "")
	if err := os.Truncate(big, 1<<30); err != nil {
		t.Fatal(err)
	}
	result := load(t, dir, options())
	if len(result.Batch.Stories) != 1 || result.Batch.Stories[0].Title != "Windows" || len(result.Files) != 0 {
		t.Errorf("stories %+v, files %+v", result.Batch.Stories, result.Files)
	}
	want := strings.Join([]string{
		"2026-08-01-source.md: is larger than 1048576 bytes: split it",
		"2026-08-02-content.md: makes 1024008 bytes of HTML, more than 524288: split it",
		"2026-08-03-latin1.md: is not UTF-8: save it as UTF-8",
		"big.iso: has 1073741824 bytes, more than the 67108864 that are served: make it smaller or serve it elsewhere",
	}, "\n")
	if diff := cmp.Diff(want, problems(result)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// An article whose file can't be used for a moment is there still, under the
// slug that it has when it can.
func TestLoadNamesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x\n", 1<<20)
	tests := []struct {
		why, name, good, bad, slug string
	}{
		{"no longer UTF-8", "2026-08-01-coffee.md", "coffee", "caf\xe9", "coffee"},
		{"the same, with a slug of its own", "2026-08-01-coffee.md", "---\nslug: break\n---\nx", "---\nslug: break\n---\ncaf\xe9", "break"},
		{"too large", "walks/2026-08-01-Far Out.md", "x", large, "far-out"},
		{"the same, with a slug of its own", "2026-08-01-long.md", "+++\nslug = 'saga'\n+++\nx", "+++\nslug = 'saga'\n+++\n" + large, "saga"},
		{"too much HTML", "2026-08-01-html.md", "x", strings.Repeat("&", 200<<10), "html"},
		{"saved as UTF-16", "2026-08-01-wide.md", "x", "\xff\xfex\x00", "wide"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		put(t, dir, test.name, test.good)
		if got := load(t, dir, options()).Batch; len(got.Stories) != 1 || got.Stories[0].ID != test.slug || len(got.Unchanged) > 0 {
			t.Fatalf("%s: before: stories %+v, unchanged %q", test.why, got.Stories, got.Unchanged)
		}
		put(t, dir, test.name, test.bad)
		got := load(t, dir, options())
		if len(got.Batch.Stories) > 0 || !slices.Equal(got.Batch.Unchanged, []string{test.slug}) {
			t.Errorf("%s: %d stories, unchanged %q, want %q", test.why, len(got.Batch.Stories), got.Batch.Unchanged, test.slug)
		}
		if len(got.Problems) != 1 || !got.Problems[0].LeftOut {
			t.Errorf("%s: problems %q, want one that leaves it out", test.why, problems(got))
		}
	}
}

// A file that may not be opened counts as there too, and so does a link whose
// target is away.
func TestLoadNamesWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("away.txt", filepath.Join(dir, "2026-08-01-link.md")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	want := []string{"link"}
	put(t, dir, "2026-08-02-locked.md", "x")
	put(t, dir, "locked.png", "x")
	for _, name := range []string{"2026-08-02-locked.md", "locked.png"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := os.Open(filepath.Join(dir, "2026-08-02-locked.md")); err == nil { // root may
		file.Close()
	} else {
		want = append(want, "locked")
	}
	if diff := cmp.Diff(want, load(t, dir, options()).Batch.Unchanged); diff != "" {
		t.Errorf("unchanged (-want +got):\n%s", diff)
	}
}

// The hashes rise and fall with what readers see, and with nothing else.
func TestHashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "2026-08-01-a.md", "[b](2026-08-02-b.md)")
	put(t, dir, "2026-08-02-b.md", "x")
	hashes := func(o article.Options) (hash, raw uint64) {
		for _, s := range load(t, dir, o).Batch.Stories {
			if s.Slug == "a" {
				return s.Hash, s.RawHash
			}
		}
		t.Fatal("article a is gone")
		return 0, 0
	}
	hash, raw := hashes(options())
	steps := []struct {
		why            string
		do             func(o *article.Options)
		hashes, rawNew bool
	}{
		{"nothing changed", func(*article.Options) {}, false, false},
		{"a later moment", func(o *article.Options) { o.Now = o.Now.Add(time.Hour) }, false, false},
		{"another address of the site", func(o *article.Options) { o.Site.URL = "https://example.net" }, true, true},
		{"another zone: another moment of publication", func(o *article.Options) { o.Site.Location = time.UTC }, true, true},
		{"a comment in the file", func(*article.Options) { put(t, dir, "2026-08-01-a.md", "[b](2026-08-02-b.md)\n\n\n") }, false, true},
		{"a new address of the article it links to", func(*article.Options) {
			put(t, dir, "2026-08-02-b.md", "---\nslug: bee\n---\nx")
		}, true, true},
	}
	for _, step := range steps {
		o := options()
		step.do(&o)
		nextHash, nextRaw := hashes(o)
		if (nextHash != hash) != step.hashes || (nextRaw != raw) != step.rawNew {
			t.Errorf("%s: Hash changed %t, RawHash changed %t", step.why, nextHash != hash, nextRaw != raw)
		}
		if o.Site.URL == options().Site.URL && o.Site.Location != time.UTC {
			hash, raw = nextHash, nextRaw
		}
	}
}

// Each key alone makes an article another one, so that the change is stored.
func TestHashOfEachKey(t *testing.T) {
	t.Parallel()
	keys := map[string][2]string{
		"title":    {"Low water", "High water"},
		"date":     {"2026-08-01 08:00", "2026-08-01 09:00"},
		"updated":  {"2026-08-02", "2026-08-03"},
		"summary":  {"The tide goes out.", "The tide comes in."},
		"author":   {"Jane Doe", "John Doe"},
		"tags":     {"sea", "river"},
		"image":    {"https://example.org/a.png", "https://example.org/b.png"},
		"language": {"en", "de"},
	}
	hash := func(changed string) uint64 {
		var front strings.Builder
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			value := keys[key][0]
			if key == changed {
				value = keys[key][1]
			}
			fmt.Fprintf(&front, "%s: %s\n", key, value)
		}
		dir := t.TempDir()
		put(t, dir, "a.md", "---\n"+front.String()+"---\nText.\n")
		result := load(t, dir, options())
		if len(result.Batch.Stories) != 1 || len(result.Problems) > 0 {
			t.Fatalf("changed %q: %d stories, %s", changed, len(result.Batch.Stories), problems(result))
		}
		return result.Batch.Stories[0].Hash
	}
	before := hash("")
	for key := range keys {
		if hash(key) == before {
			t.Errorf("another %s alone gives the same hash", key)
		}
	}
}

// What a fresh clone shows is as clean as what it asks of others.
func TestOwnArticles(t *testing.T) {
	t.Parallel()
	result := load(t, "../../articles", options())
	if len(result.Problems) > 0 {
		t.Error(problems(result))
	}
	if len(result.Batch.Stories) == 0 {
		t.Error("there are none")
	}
	for _, s := range result.Batch.Stories {
		if s.Summary == "" || len(s.Authors) == 0 || len(s.Categories) == 0 {
			t.Errorf("%s lacks a summary, an author or tags", s.Slug)
		}
	}
}

var relative = regexp.MustCompile(`<(?:a href="[^":]*"|img src="[^":]+")`)

// FuzzLoad holds any Markdown file to what a story promises.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"---\ntitle: x\ndate: 2026-08-03\n---\n# x\n[a](b.md) ![c](d.png)",
		"+++\ndate = 2026-08-03\n[author]\nname='x'\n+++\n```go\nx\n```\n[^1]\n\n[^1]: y",
		"<a href=x><svg><script>\n| a |\n|--|\n| b |", "---\n&a [*a]\n---\n", "# \u202e\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		put(t, dir, "2026-08-01-fuzz.md", text)
		result := load(t, dir, options())
		if n := len(result.Batch.Stories); n == 0 {
			return
		} else if n > 1 {
			t.Fatalf("%d stories in one file", n)
		}
		s := result.Batch.Stories[0]
		switch {
		case s.Title == "" || s.Slug == "" || s.Published.IsZero() || s.PublicID == "":
			t.Errorf("incomplete: %+v", s)
		case strings.ContainsFunc(s.Title, func(r rune) bool { return r < ' ' || r == '\u202e' }):
			t.Errorf("title %q is not plain", s.Title)
		case utf8.RuneCountInString(s.Excerpt) > 280:
			t.Errorf("excerpt of %d characters", utf8.RuneCountInString(s.Excerpt))
		case !utf8.ValidString(s.Content):
			t.Errorf("content is not UTF-8: %q", s.Content)
		}
		if !strings.Contains(text, "<") && relative.MatchString(s.Content) {
			t.Errorf("relative link in %q", s.Content)
		}
		again := load(t, dir, options())
		if diff := cmp.Diff(result, again); diff != "" {
			t.Errorf("another result the second time:\n%s", diff)
		}
	})
}

// BenchmarkLoad reads a hundred articles of the size of those that come with
// the program.
func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile("../../articles/2026-09-28-writing-articles.md")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for n := range 100 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("article-%d.md", n)), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		result, err := article.Load(dir, options())
		if err != nil || len(result.Batch.Stories) != 100 {
			b.Fatal(err, len(result.Batch.Stories))
		}
	}
}
