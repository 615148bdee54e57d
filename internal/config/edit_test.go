package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/config"
)

// folder writes files and loads the config among them.
func folder(t *testing.T, files map[string]string) (string, *config.Config) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, c
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestReplaceURLs(t *testing.T) {
	t.Parallel()
	const before = "\ufeff# the news\r\ninclude = [\"more.d/*.toml\"]\r\n\r\n" +
		"[[source]] # the first\r\nurl   =   \"https://a.example/feed\" # its address\r\nname = \"a\"\r\n\r\n" +
		"[[source]]\nname = \"quote\"\nurl = 'https://q.example/feed'\nwhere = 'words > 3' # https://q.example/feed\n" +
		"[[source]]\nname = \"lines\"\nurl = \"\"\"https://l.example/feed\"\"\"\n" +
		"[[source]]\nname = \"same\"\nurl = \"https://s.example/feed\""
	const more = "source = [{ name = \"inline\", url = \"https://i.example/feed\" }, { url = \"https://j.example/feed\", name = \"other\" }] # end\n"
	dir, c := folder(t, map[string]string{"config.toml": before, "more.d/one.toml": more})
	written, err := c.ReplaceURLs(map[string]string{
		"a": "https://new.example/é?a=b", "quote": `https://q.example/"x\y`, "lines": "https://l.example/new", "inline": "https://i.example/new",
	})
	if err != nil {
		t.Fatal(err)
	}
	main, included := filepath.Join(dir, "config.toml"), filepath.Join(dir, "more.d", "one.toml")
	if diff := cmp.Diff([]string{main, included}, written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	replacer := strings.NewReplacer(
		`"https://a.example/feed" #`, `"https://new.example/é?a=b" #`, `'https://q.example/feed'`, `"https://q.example/\"x\\y"`,
		`"""https://l.example/feed"""`, `"https://l.example/new"`, "https://i.example/feed", "https://i.example/new")
	if diff := cmp.Diff(replacer.Replace(before), content(t, main)); diff != "" {
		t.Errorf("config.toml (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(replacer.Replace(more), content(t, included)); diff != "" {
		t.Errorf("one.toml (-want +got):\n%s", diff)
	}
	next, err := config.Load(main)
	if err != nil {
		t.Fatal(err)
	}
	if source, _ := next.Source("quote"); source.URL != `https://q.example/"x\y` {
		t.Errorf("read back as %q", source.URL)
	}
	if info, err := os.Stat(main); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestReplaceURLsThroughALink(t *testing.T) {
	t.Parallel()
	dir, _ := folder(t, map[string]string{"config.toml": "[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\n"})
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(filepath.Join(dir, "config.toml"), link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	c, err := config.Load(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReplaceURLs(map[string]string{"a": "https://b.example/"}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became a file: %v, %v", info.Mode(), err)
	}
	if got := content(t, filepath.Join(dir, "config.toml")); !strings.Contains(got, "https://b.example/") {
		t.Errorf("the file holds %q", got)
	}
}

func TestReplaceURLsRefuses(t *testing.T) {
	t.Parallel()
	const text = "[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\n[[source]]\nname = \"b\"\nurl = \"https://b.example/\"\n"
	for _, row := range []struct {
		urls    map[string]string
		now     string // what the file holds by then
		mistake bool
		reason  string
	}{
		{map[string]string{"a": "https://b.example/"}, text, true, "the address of another source"},
		{map[string]string{"a": "gopher://a.example/"}, text, true, "no address that can be read"},
		{map[string]string{"nobody": "https://c.example/"}, text, false, "no such source"},
		{map[string]string{"b": "https://c.example/"}, "# one line more\n" + text, false, "the file was edited before the address"},
		{map[string]string{"a": "https://c.example/"}, text + "[[source]]\nname = \"c\"\nurl = \"https://d.example/\"\n", false, "the file was edited behind it"},
		{map[string]string{"a": "https://c.example/"}, text + "# one line more\n", false, "a comment came: nobody's edit is overwritten"},
	} {
		dir, c := folder(t, map[string]string{"config.toml": text})
		path := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(path, []byte(row.now), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := c.ReplaceURLs(row.urls)
		var mistakes config.Errors
		if err == nil || errors.As(err, &mistakes) != row.mistake {
			t.Errorf("%s: %v", row.reason, err)
		}
		if got := content(t, path); got != row.now {
			t.Errorf("%s: the file now holds %q", row.reason, got)
		}
	}
}

func TestReplaceURLsLeavesReadOnlyFiles(t *testing.T) {
	t.Parallel()
	const text = "[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\n"
	dir, c := folder(t, map[string]string{"config.toml": text})
	path := filepath.Join(dir, "config.toml")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	written, err := c.ReplaceURLs(map[string]string{"a": "https://b.example/"})
	var unwritable *config.UnwritableError
	if !errors.As(err, &unwritable) || len(written) != 0 {
		t.Errorf("written %v, error %v", written, err)
	}
	if got := content(t, path); got != text {
		t.Errorf("the file now holds %q", got)
	}
}
