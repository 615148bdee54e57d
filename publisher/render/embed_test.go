package render_test

import (
	"encoding/json"
	"testing"

	"tributary/publisher/render"
)

func TestEmbedJSON(t *testing.T) {
	t.Parallel()
	edition := richEdition()
	got, err := render.EmbedJSON(edition, 1)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Title, Language string
		Items           json.RawMessage
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	want, err := render.Teasers(edition, edition.Items[:1])
	if err != nil {
		t.Fatal(err)
	}
	if string(doc.Items) != string(want) || doc.Title != edition.Feed.Title || doc.Language != edition.Site.Language {
		t.Errorf("%s", got)
	}
	edition.Feed.Title, edition.Site.Title, edition.Items = "", "", nil
	if got, err = render.EmbedJSON(edition, 1); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &doc); err != nil || string(doc.Items) != "[]" || doc.Title != edition.Feed.Name {
		t.Errorf("of an empty feed without a title: %s, %v", got, err)
	}
}
