package render_test

import (
	"testing"

	"tributary/internal/news"
	"tributary/publisher/render"
)

func TestGoldenOPML(t *testing.T) {
	t.Parallel()
	site := testSite()
	sources := []news.SourceInfo{weekly, plain, disk, local, {
		Name: "tagged", Title: "アイテム", Site: "https://t.example/", URL: "https://t.example/feed", Tags: []string{"go", "c++ & more"},
	}, {
		Name: "keyed", Title: "Keyed", URL: "https://k.example/feed", Keyed: true, // left out
	}}
	got, err := render.OPML(&site, "Our latest articles", sources)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "sources.opml", got)
	empty, err := render.OPML(&site, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "empty.opml", empty)
}
