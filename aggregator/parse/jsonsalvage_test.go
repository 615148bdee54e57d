package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSalvageJSON: what is whole in a broken JSON feed is read.
func TestSalvageJSON(t *testing.T) {
	t.Parallel()
	feed := func(items string) string {
		return `{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [` + items
	}
	tests := []struct{ name, body, titles, why string }{
		{"cut between items", feed(`{"id": "1", "title": "a"}, {"id": "2", "title": "b"},`), "a|b", "both are whole"},
		{"cut in an item", feed(`{"id": "1", "title": "a"}, {"id": "2", "ti`), "a", "the first is whole"},
		{"cut behind the items", feed(`{"id": "1", "title": "a"}]`), "a", "nothing is missing but the end"},
		{"commas before brackets", feed(`{"id": "1", "title": "a", "tags": ["x", ], }, ]}`), "a", "as JavaScript allows"},
		{"lines in a string", feed("{\"id\": \"1\", \"title\": \"a\", \"content_text\": \"x\n\ty\r\n\"}]}"), "a", "hand-made"},
		{"needless backslash", feed(`{"id": "1", "title": "it\'s"}]}`), "it's", "as JavaScript allows"},
		{"a broken item", feed(`{"id": "1", "title": "a"}, {"id": "2", title: "b"}, {"id": "3", "title": "c"}]}`), "a", "nobody knows where the next one starts"},
		{"escapes stay", feed(`{"id": "1", "title": "\"a\" \\ \u00e9,]"},]}`), `"a" \ é,]`, "only mistakes are mended"},
	}
	for _, tt := range tests {
		doc, err := Parse([]byte(tt.body), Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var titles []string
		for _, e := range doc.Entries {
			titles = append(titles, e.Title.Value)
		}
		if diff := cmp.Diff(tt.titles, strings.Join(titles, "|")); diff != "" {
			t.Errorf("%s (%s): -want +got:\n%s", tt.name, tt.why, diff)
		}
		if !doc.Partial || len(doc.Warnings) != 1 || !strings.HasPrefix(doc.Warnings[0], "its JSON is broken: ") {
			t.Errorf("%s: warnings %q", tt.name, doc.Warnings)
		}
	}
	for _, body := range []string{`{`, `{"version"`, `{]`, `{"a": tru`, `{"error": "no such feed", `} {
		if doc, err := Parse([]byte(body), Options{}); err == nil {
			t.Errorf("%s: got %+v", body, doc)
		}
	}
}
