package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tributary/internal/config"
)

// manual is what operators read about the config, from this folder.
var manual = filepath.Join("..", "..", "docs", "config.md")

// tables are the tables of a config: where the manual has their keys, and a
// config with a key in them that nobody knows. The answer to that names those
// that are known. Keys of [host] are those of [[source]].
var tables = []struct{ section, config string }{
	{"## The top level", "qqqqqq = 1"},
	{"## [site]", "[site]\nqqqqqq = 1"},
	{"## [site]", "[site]\nauthor = { qqqqqq = 1 }"},
	{"## [fetch]", "[fetch]\nqqqqqq = 1"},
	{"## [[source]]", "[host.\"example.org\"]\nqqqqqq = 1"},
	{"## [articles]", "[articles]\nqqqqqq = 1"},
	{"## [[source]]", "[[source]]\nname = \"a\"\nurl = \"https://example.org/\"\nqqqqqq = 1"},
	{"## [[feed]]", "[[feed]]\nname = \"a\"\nqqqqqq = 1"},
	{"## [push]", "[push]\nqqqqqq = 1"},
	{"## [[reading_list]]", "[[reading_list]]\nopml = \"a\"\nqqqqqq = 1"},
}

// TestManualHasEveryKey fails when a key is added that the manual doesn't tell.
func TestManualHasEveryKey(t *testing.T) {
	t.Parallel()
	sections := readSections(t)
	for _, table := range tables {
		text, ok := sections[table.section]
		if !ok {
			t.Errorf("%s has no section %q", manual, table.section)
		}
		for _, key := range knownKeys(t, table.config) {
			if !strings.Contains(text, "`"+key+"`") {
				t.Errorf("%s doesn't tell `%s` in %q", manual, key, table.section)
			}
		}
	}
}

// knownKeys gives the keys of the table of a config that has an unknown one.
func knownKeys(t *testing.T, text string) []string {
	t.Helper()
	_, err := config.Parse("config.toml", []byte(text), env())
	if err == nil {
		t.Fatalf("an unknown key is accepted:\n%s", text)
	}
	_, list, ok := strings.Cut(err.Error(), "known keys: ")
	if !ok {
		t.Fatalf("the error names no known keys:\n%v", err)
	}
	list, _, _ = strings.Cut(list, "\n")
	return strings.Split(list, ", ")
}

// TestManualExamples reads every example of the manual as the config it shows.
func TestManualExamples(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile("(?s)\n```toml\n(.*?)\n```\n").FindAllStringSubmatch(readManual(t), -1)
	if len(examples) < len(tables) {
		t.Fatalf("found %d examples in %s", len(examples), manual)
	}
	for i, example := range examples {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			parse(t, example[1], env("EXAMPLE_TOKEN", "t0ken", "TRIBUTARY_ADMIN_TOKEN", "t0ken"))
		})
	}
}

// readSections gives the manual's sections by their headings.
func readSections(t *testing.T) map[string]string {
	t.Helper()
	sections := map[string]string{}
	for section := range strings.SplitSeq(readManual(t), "\n## ") {
		heading, text, _ := strings.Cut(section, "\n")
		sections["## "+heading] = text
	}
	return sections
}

func readManual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
