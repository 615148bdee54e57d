package article_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator/article"
	"tributary/internal/news"
)

var update = flag.Bool("update", false, "rewrite what the cases in testdata/load expect")

// now is when the tests take place.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func options() article.Options {
	return article.Options{
		Now: now,
		Site: news.Site{
			Title: "Example", URL: "https://example.org/news", Language: "en",
			Location: time.FixedZone("UTC+2", 2*60*60),
		},
	}
}

// outcome is what a case expects, in the words of the file "want".
type outcome struct {
	Stories   []story  `json:"stories"`
	Unchanged []string `json:"unchanged,omitempty"`
	Files     []string `json:"files,omitempty"`
	Problems  []string `json:"problems,omitempty"`
	NextDue   string   `json:"nextDue,omitempty"`
}

type story struct {
	ID         string        `json:"id"`
	PublicID   string        `json:"publicID"`
	Title      string        `json:"title"`
	Link       string        `json:"link"`
	Published  string        `json:"published"`
	Updated    string        `json:"updated,omitempty"`
	Language   string        `json:"language"`
	Image      string        `json:"image,omitempty"`
	Summary    string        `json:"summary,omitempty"`
	Excerpt    string        `json:"excerpt"`
	Words      int           `json:"words"`
	Authors    []news.Person `json:"authors,omitempty"`
	Categories []string      `json:"categories,omitempty"`
	Aliases    []string      `json:"aliases,omitempty"`
	Content    []string      `json:"content"`
}

// TestLoad runs the cases in testdata/load: a folder of articles each, with
// the reason above them (the format is txtar's) and the outcome in the file "want".
func TestLoad(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, name)
		})
	}
}

func runCase(t *testing.T, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	given, want, _ := strings.Cut(string(data), "-- want --\n")
	reason, files, _ := strings.Cut("\n"+given, "\n-- ")
	dir := t.TempDir()
	for file := range strings.SplitSeq(files, "\n-- ") {
		name, text, _ := strings.Cut(file, " --\n")
		put(t, dir, name, text)
	}
	result, err := article.Load(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	got := encode(t, result)
	if *update {
		if err := os.WriteFile(name, []byte(given+"-- want --\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", reason, diff)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, result *article.Result) string {
	t.Helper()
	out := outcome{Stories: []story{}, Unchanged: result.Batch.Unchanged, NextDue: stamp(result.NextDue)}
	for _, s := range result.Batch.Stories {
		out.Stories = append(out.Stories, story{
			ID: s.ID, PublicID: s.PublicID, Title: s.Title, Link: s.Link,
			Published: stamp(s.Published), Updated: stamp(s.Updated), Language: s.Language, Image: s.Image,
			Summary: s.Summary, Excerpt: s.Excerpt, Words: s.Words,
			Authors: s.Authors, Categories: s.Categories, Aliases: s.FormerSlugs, Content: strings.Split(s.Content, "\n"),
		})
	}
	for _, f := range result.Files {
		out.Files = append(out.Files, f.Path)
	}
	for _, p := range result.Problems {
		text := p.String()
		if p.LeftOut {
			text += " [left out]"
		}
		out.Problems = append(out.Problems, text)
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}
