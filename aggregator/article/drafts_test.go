package article_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/aggregator/article"
)

func TestLoadDrafts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a-draft.md":   "---\ntitle: A draft\ndraft: true\n---\n[Myself](a-draft.md), [out](out.md), [later](later.md). ![pier](pier.svg)\n",
		"later.md":     "---\ndate: 2026-12-24 18:00\n---\nLater.\n",
		"out.md":       "---\ndate: 2026-01-02\n---\nOut.\n",
		"torn.md":      "---\ntitle: Torn\ndraft: true\n",
		"odd.md":       "---\ndraft: true\ndate: tomorrow\n---\n# Odd\n",
		"pier.svg":     `<svg width="31" height="17"/>`,
		"_private.md":  "---\ndraft: true\n---\nMine.\n",
		"sub/index.md": "---\ndraft: true\ndate: 2026-01-02\n---\nBelow.\n",
	} {
		put(t, dir, name, text)
	}
	drafts, err := article.LoadDrafts(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range drafts.Waiting {
		due := ""
		if !d.Due.IsZero() {
			due = " " + d.Due.Format(time.RFC3339)
		}
		got = append(got, d.File+" "+d.Story.Slug+" "+d.Story.Title+due)
	}
	want := []string{"a-draft.md a-draft A draft", "later.md later Later 2026-12-24T16:00:00Z", "odd.md odd Odd", "sub/index.md sub Sub"}
	if !slices.Equal(got, want) {
		t.Errorf("drafts %q, want %q", got, want)
	}
	for _, want := range []string{
		`href="https://example.org/news/articles/a-draft"`, `href="https://example.org/news/articles/out"`, `width="31" height="17"`,
	} {
		if !strings.Contains(drafts.Waiting[0].Story.Content, want) {
			t.Errorf("no %s in %s", want, drafts.Waiting[0].Story.Content)
		}
	}
	var problems []string
	for _, p := range drafts.Problems {
		problems = append(problems, p.String())
	}
	for i, want := range []string{
		"a-draft.md: has no date", "a-draft.md:5: links to later.md, which is not published", `odd.md:3: date "tomorrow"`, "torn.md:1: front matter is not closed",
	} {
		if i >= len(problems) || !strings.HasPrefix(problems[i], want) {
			t.Errorf("problems %q, want %q", problems, want)
			break
		}
	}
	// What waits is in nothing that is published, nor what it lacks.
	published, err := article.Load(dir, options())
	if err != nil || len(published.Batch.Stories) != 1 || len(published.Problems) != 1 {
		t.Errorf("published %+v, %v", published, err)
	}
	if _, err := article.LoadDrafts(dir+"/none", options()); err == nil {
		t.Error("a folder that isn't there has drafts")
	}
}
