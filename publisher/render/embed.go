package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"tributary/internal/news"
)

// embed is what the element <latest-articles> loads. The keys are those of
// JSON Feed 1.1; it is no JSON Feed, since its items have no texts.
type embed struct {
	Title    string          `json:"title"`
	Page     string          `json:"home_page_url"`
	Feed     string          `json:"feed_url"` // with everything that is not here
	Language string          `json:"language,omitempty"`
	Items    json.RawMessage `json:"items"` // see Teasers
}

// EmbedJSON gives the newest items of an edition, at most so many, as the
// document that other sites load to show them. The same edition gives the same
// bytes on every machine.
func EmbedJSON(edition *news.Edition, most int) ([]byte, error) {
	teasers, err := Teasers(edition, edition.Items[:min(len(edition.Items), most)])
	if err != nil {
		return nil, err
	}
	page := clean(edition.Site.URL + "/" + edition.Feed.Name)
	doc := embed{
		Title: cmp.Or(text(edition.Feed.Title), text(edition.Site.Title), edition.Feed.Name),
		Page:  page, Feed: page + ".json", Language: language(edition.Site.Language), Items: teasers,
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(doc); err != nil {
		return nil, fmt.Errorf("render what sites embed of feed %s: %w", edition.Feed.Name, err)
	}
	return out.Bytes(), nil
}
