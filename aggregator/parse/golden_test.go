package parse

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden parses each document in testdata and compares all that came out
// with the .golden file beside it.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, path := range fixtures(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			doc, err := Parse(readFile(t, path), Options{URL: "https://feeds.example/dir/feed"})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			encoder := json.NewEncoder(&got)
			encoder.SetIndent("", "  ")
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(doc); err != nil {
				t.Fatal(err)
			}
			golden := path + ".golden"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(readFile(t, golden)), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// fixtures gives the documents in testdata.
func fixtures(t testing.TB) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*.xml", "*.json"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
	}
	if len(list) == 0 {
		t.Fatal("no fixtures in testdata")
	}
	return list
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestShared parses real feeds from a collection outside the repository.
func TestShared(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "feeds", "*_*.*"))
	if err != nil || len(paths) == 0 {
		t.Skip("the collection of real feeds is not beside the repository")
	}
	for _, path := range paths {
		doc, err := Parse(readFile(t, path), Options{})
		name := filepath.Base(path)
		switch {
		case strings.HasPrefix(name, "xml_sample"):
			if err == nil {
				t.Errorf("%s is no feed, but parsed", name)
			}
		case name == "rss_2.0_invalid_1.xml":
			if e, ok := err.(*Error); !ok || !e.Empty || doc == nil {
				t.Errorf("%s has no items: got %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}
