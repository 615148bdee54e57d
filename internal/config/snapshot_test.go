package config

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Nodes that share a database compare their configs by the hash: the same file
// must have the same one wherever it lies.
func TestSnapshotIsTheSameElsewhere(t *testing.T) {
	t.Parallel()
	hash := func(folder, text string) string {
		t.Helper()
		c, err := Parse(filepath.Join(folder, "config.toml"), []byte(text), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		hash, err := c.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	here, there := t.TempDir(), t.TempDir()
	for _, tc := range []struct {
		reason, here, there string
		same                bool
	}{
		{"nothing said", "", "", true},
		{"relative paths", "[articles]\ndir = \"posts\"\n[[reading_list]]\nopml = \"a.opml\"\n[[source]]\nname = \"a\"\nurl = \"file:a.xml\"\n", "", true},
		{"what a node has for itself", "[site]\nlisten = \":1\"\nadmin = \"localhost:2\"\nroles = [\"pull\"]\n", "[site]\n", true},
		{"another folder", "[articles]\ndir = \"posts\"\n", "[articles]\ndir = \"texts\"\n", false},
		{"another file", "[[source]]\nname = \"a\"\nurl = \"file:a.xml\"\n", "[[source]]\nname = \"a\"\nurl = \"file:b.xml\"\n", false},
		{"a path outside", "[articles]\ndir = \"/srv/a\"\n", "[articles]\ndir = \"/srv/b\"\n", false},
	} {
		if tc.there == "" {
			tc.there = tc.here
		}
		if got := hash(here, tc.here) == hash(there, tc.there); got != tc.same {
			t.Errorf("%s: the same is %t, want %t", tc.reason, got, tc.same)
		}
	}
}

// The text is compared with what other versions put on record: it is what
// encoding/json makes of the snapshot, to the byte.
func TestTextIsTheJSONOfTheSnapshot(t *testing.T) {
	t.Parallel()
	for reason, text := range map[string]string{
		"nothing said": "",
		"all of it": "[[source]]\nname = \"b\"\nurl = \"https://b.example/?a=1&b=<2>\"\ntitle = \"\\\"Ü\\\" \\\\ \\u0001\u2028\\u007f<>&\"\ntags = [\"x\", \"y\"]\n" +
			"headers = { X-Key = \"x\", Accept = \"y\" }\nembeds = [\"v.example\"]\nmirror = true\nwhere = 'words > 3 and title contains \"<\"'\n" +
			"[[source]]\nname = \"a\"\nurl = \"file:a.xml\"\nkeep = 7\nallow_networks = [\"10.0.0.0/8\"]\nproxy = \"http://u:p@p.example:1\"\n" +
			"[[feed]]\nname = \"one\"\nsources = [\"b\"]\n[[feed]]\nname = \"two\"\ntitle = \"<&>\"\n" +
			"[[reading_list]]\nopml = \"https://l.example/list\"\n[redirects]\n\"/a&b\" = \"/c\"\n",
	} {
		c, err := Parse(filepath.Join(t.TempDir(), "config.toml"), []byte(text), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		if err := encoder.Encode(c.Snapshot()); err != nil {
			t.Fatal(err)
		}
		got, err := c.Text()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
		read, err := ReadSnapshot(got)
		if err != nil {
			t.Fatal(err)
		}
		if d := read.Diff(c.Snapshot()); !d.Empty() {
			t.Errorf("%s: what was read differs: %+v", reason, d)
		}
	}
}
