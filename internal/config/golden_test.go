package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/config"
)

var update = flag.Bool("update", false, "write the expected texts of testdata/bad")

// TestMistakes parses each testdata/bad/*.toml, which starts with its reason,
// and compares the whole text of the error with the file beside it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 30 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			loaded, err := config.Parse(file, data, noEnv)
			var list config.Errors
			if loaded != nil || !errors.As(err, &list) {
				t.Fatalf("got %v, %v, want no config and config.Errors", loaded, err)
			}
			got := filepath.ToSlash(err.Error()) + "\n"
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, leak := range []string{"hunter2", "interface", "struct", "map[", "config."} {
				if strings.Contains(strings.ReplaceAll(got, "config.toml", ""), leak) {
					t.Errorf("the text holds %q", leak)
				}
			}
		})
	}
}

func noEnv(string) (string, bool) { return "", false }

// cures are words of a message that says itself what to write instead.
var cures = regexp.MustCompile(`did you mean|must be|as in|: write |write it |cannot be set|must not|stands for a variable only|can be read$|stands in quotes`)

// TestMistakesHaveCures checks over all of testdata/bad that every mistake has
// its place, its line, and what to do, and that there are many kinds of them.
func TestMistakesHaveCures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`"[^"]*"|\d+|[A-Z_]{4,}`) // what differs within a kind
	kinds := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Parse(file, data, noEnv)
		var list config.Errors
		if !errors.As(err, &list) {
			t.Fatalf("%s: %v", file, err)
		}
		for _, mistake := range list {
			kinds[said.ReplaceAllString(mistake.Message, "…")] = true
			if mistake.Line < 1 || mistake.Column < 1 || mistake.Text == "" {
				t.Errorf("%s: no place: %v", file, mistake)
			}
			if mistake.Hint == "" && !cures.MatchString(mistake.Message) {
				t.Errorf("%s: no cure: %v", file, mistake)
			}
		}
	}
	if len(kinds) < 60 {
		t.Errorf("%d kinds of mistakes", len(kinds))
	}
}
