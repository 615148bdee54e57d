package config_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/internal/config"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	source := config.NewSource{
		Name: "new", URL: "https://e.example/feed?a=1&b=\"2\"", Tags: []string{"go", `quo"ted \ back`},
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	block := strings.Join([]string{
		"[[source]]", `name = "new"`, `url  = "https://e.example/feed?a=1&b=\"2\""`, `tags = ["go", "quo\"ted \\ back"]`,
		`allow_networks = ["10.0.0.0/8"]`, "",
	}, "\n")
	const old = "# first\n[site]\ntitle = 'A' # odd   spaces\n\n[[source]]\nname = \"old\"\nurl  = \"https://o.example/\"\n\n[[feed]]\nname = \"x\" # last"
	cases := []struct{ reason, before, want string }{
		{"at the end, all else as it was", old + "\n", old + "\n\n" + block},
		{"a line without an end gets one", old, old + "\n\n" + block},
		{"an empty file", "", block},
		{"line ends of another system", strings.ReplaceAll(old, "\n", "\r\n") + "\r\n", strings.ReplaceAll(old+"\n\n"+block, "\n", "\r\n")},
		{"a byte order mark", "\ufeff# x\n", "\ufeff# x\n\n" + block},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config.toml")
			save(t, path, c.before, 0o640)
			if err := config.Append(path, source); err != nil {
				t.Fatal(err)
			}
			if got := load(t, path); got != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
			parsed, err := config.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := parsed.Source("new")
			if !ok || got.URL != source.URL || len(got.Tags) != 2 || got.Tags[1] != source.Tags[1] || len(got.Fetch.AllowNetworks) != 1 {
				t.Errorf("read back: %+v", got)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("files left behind: %v", left)
			}
		})
	}
}

func TestAppendKeepsALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "config.toml")
	save(t, real, "# x\n", 0o644)
	if err := os.Symlink("real.toml", link); err != nil {
		t.Skip(err)
	}
	if err := config.Append(link, config.NewSource{Name: "new", URL: "https://e.example/"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || !strings.Contains(load(t, real), "e.example") {
		t.Errorf("the link is %v, %v; the file %q", info.Mode(), err, load(t, real))
	}
}

func TestAppendLeavesAlone(t *testing.T) {
	t.Parallel()
	good := config.NewSource{Name: "new", URL: "https://e.example/"}
	cases := []struct {
		reason, before string
		mode           os.FileMode
		source         config.NewSource
		unwritable     bool
	}{
		{"read-only", "# x\n", 0o444, good, true},
		{"source = [...]", "source = [{ name = 'a', url = 'https://a.example/' }]\n", 0o644, good, true},
		{"source = []", "\ufeff# x\nsource = []\n[site]\ntitle = 'x'\n", 0o644, good, true},
		{"a name that is taken", "[[source]]\nname = 'new'\nurl = 'https://a.example/'\n", 0o644, good, false},
		{"a url that is taken", "[[source]]\nname = 'a'\nurl = 'https://E.example'\n", 0o644, good, false},
		{"a bad name", "# x\n", 0o644, config.NewSource{Name: "No Name", URL: "https://e.example/"}, false},
		{"a config with mistakes", "nonsense = 1\n", 0o644, good, false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config.toml")
			save(t, path, c.before, c.mode)
			err := config.Append(path, c.source)
			var unwritable *config.UnwritableError
			var mistakes config.Errors
			if errors.As(err, &unwritable) != c.unwritable || errors.As(err, &mistakes) == c.unwritable {
				t.Errorf("error %v", err)
			}
			if got := load(t, path); got != c.before {
				t.Errorf("the file is now %q", got)
			}
		})
	}
}

func save(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
