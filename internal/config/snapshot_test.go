package config

import (
	"path/filepath"
	"testing"
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
		snapshot, err := c.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		return snapshot.Hash()
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
