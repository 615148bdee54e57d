package render_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

var options = render.Options{TTL: 30 * time.Minute, Hub: "https://hub.example.net/?a=1&b=2"}

// mustRender renders and fails the test when anything was left out.
func mustRender(t testing.TB, f render.Format, edition *news.Edition) []byte {
	t.Helper()
	out, err := f.Render(edition, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range out.Left {
		t.Errorf("%s: story %d left out: %v", f.Name, left.Story, left.Err)
	}
	if err := f.Verify(out.Body, len(edition.Items)); err != nil {
		t.Error(err)
	}
	return out.Body
}

// editions are those with a golden file in each format.
func editions() map[string]*news.Edition {
	empty := &news.Edition{
		Site: news.Site{Title: "Bare", URL: "http://localhost:8080/sub"},
		Feed: news.Feed{Name: "none"},
	}
	summary, title := richEdition(), richEdition()
	summary.Feed.Content = news.ContentSummary
	title.Feed.Content = news.ContentTitle
	page, open, whole := edition(cjk()), edition(cjk()), edition(cjk())
	page.History = news.History{Page: 2, Prev: 1, Next: 3}
	open.History = news.History{Page: 3, Open: true, Prev: 2}
	whole.History = news.History{Complete: true}
	rich := richEdition()
	rich.History = news.History{Prev: 3}
	return map[string]*news.Edition{
		"rich": rich, "empty": empty, "summary": summary, "title": title,
		"archive": page, "archive-open": open, "complete": whole,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, edition := range editions() {
		for _, f := range render.Formats {
			t.Run(name+f.Extension, func(t *testing.T) {
				t.Parallel()
				compareGolden(t, name+f.Extension, mustRender(t, f, edition))
			})
		}
	}
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// TestSameBytes: the same edition in another zone, from another copy, twice.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	away := richEdition()
	zone := time.FixedZone("away", 9*3600+30*60)
	away.Updated = away.Updated.In(zone)
	for i := range away.Items {
		item := &away.Items[i]
		item.Date, item.Changed = item.Date.In(zone), item.Changed.In(zone)
		item.From.Updated = item.From.Updated.In(zone)
	}
	for _, f := range render.Formats {
		want := mustRender(t, f, richEdition())
		if got := mustRender(t, f, away); !bytes.Equal(got, want) {
			t.Errorf("%s depends on the zone of its dates:\n%s", f.Name, cmp.Diff(string(want), string(got)))
		}
	}
}

// TestEditionUntouched: others read the edition at the same time.
func TestEditionUntouched(t *testing.T) {
	t.Parallel()
	edition := richEdition()
	for _, f := range render.Formats {
		mustRender(t, f, edition)
	}
	if diff := cmp.Diff(richEdition(), edition, cmp.Comparer(func(a, b *time.Location) bool { return a == b })); diff != "" {
		t.Errorf("rendering changed the edition:\n%s", diff)
	}
}
