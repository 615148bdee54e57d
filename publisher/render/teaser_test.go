package render_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"tributary/internal/news"
	"tributary/publisher/render"
)

func TestTeasers(t *testing.T) {
	t.Parallel()
	edition := richEdition()
	unfit := edition.Items[0]
	unfit.PublicID = "no id"
	got, err := render.Teasers(edition, append([]news.Item{unfit}, edition.Items...))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(got, "\n<>") {
		t.Errorf("not one line, or not safe inside a script: %s", got)
	}
	var list []struct {
		ID, URL, Title, Image string
		Published             string `json:"date_published"`
		Source                *struct{ Title, URL string }
	}
	if err := json.Unmarshal(got, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(edition.Items) {
		t.Fatalf("%d teasers of %d items", len(list), len(edition.Items))
	}
	for i, teaser := range list {
		item := &edition.Items[i]
		if teaser.ID != item.PublicID || teaser.Title == "" || teaser.Published == "" || (teaser.Source == nil) != item.From.Local {
			t.Errorf("teaser %+v of %s", teaser, item.PublicID)
		}
	}
	if first := list[0]; first.Image != "https://weekly.example/1.jpg" || first.Published != "2026-01-20T09:30:00Z" ||
		first.Source.Title != "Weekly <Tools> & More" || first.Source.URL != "https://weekly.example/" {
		t.Errorf("the first is %+v", first)
	}
	if none, err := render.Teasers(edition, nil); err != nil || string(none) != "[]" {
		t.Errorf("of no items: %s, %v", none, err)
	}
}
