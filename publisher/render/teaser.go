package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/news"
)

// teaser is what stands for a story where its texts don't: in lists that other
// sites embed, and in live updates. The keys are those of JSON Feed 1.1.
type teaser struct {
	ID        string        `json:"id"`
	URL       string        `json:"url,omitempty"`
	Title     string        `json:"title"` // never empty
	Published *time.Time    `json:"date_published"`
	Image     string        `json:"image,omitempty"`
	Language  string        `json:"language,omitempty"`
	Source    *teaserSource `json:"source,omitempty"` // nil: the site itself
}

type teaserSource struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// Teasers gives items of an edition as a JSON array on one line, in their
// order, without those that no format could render. The same items give the
// same bytes on every machine.
func Teasers(edition *news.Edition, items []news.Item) ([]byte, error) {
	scope := newScope(edition)
	teasers := make([]teaser, 0, len(items))
	for i := range items {
		e, err := newEntry(&items[i], scope)
		if err != nil {
			continue // told where the feed itself is rendered
		}
		teasers = append(teasers, newTeaser(e))
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(teasers); err != nil {
		return nil, fmt.Errorf("render teasers of feed %s: %w", edition.Feed.Name, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func newTeaser(e *entry) teaser {
	t := teaser{
		ID: e.PublicID, URL: e.Link, Title: e.Heading, Published: jsonDate(e.Date), Image: e.Image, Language: e.Language,
	}
	if e.attributed() {
		t.Source = &teaserSource{Title: e.From.Title, URL: e.From.Site}
	}
	return t
}
