package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tributary/internal/news"

	"github.com/gorilla/feeds"
)

// jsonVersion names the edition of the format that we write.
const jsonVersion = "https://jsonfeed.org/version/1.1"

// jsonFeed is the feed of feeds with our extension, and with items even when
// there are none: the key is required.
type jsonFeed struct {
	feeds.JSONFeed
	Tributary jsonFeedExtension `json:"_tributary"`
	Items     []struct{}        `json:"items"` // last: see aroundJSON
}

// jsonFeedExtension holds what JSON Feed has no key for.
type jsonFeedExtension struct {
	Generator string `json:"generator"`
	TTL       int    `json:"ttl,omitempty"` // minutes
}

// jsonItem adds to the item of feeds what it lacks.
type jsonItem struct {
	feeds.JSONItem
	Language    string             `json:"language,omitempty"`
	Attachments []jsonAttachment   `json:"attachments,omitempty"`
	Tributary   *jsonItemExtension `json:"_tributary,omitempty"`
}

// jsonAttachment is our own: the one of feeds misnames the size, cuts it to 32
// bits, and has a MarshalJSON that embedding would promote.
type jsonAttachment struct {
	URL      string `json:"url"`
	MIMEType string `json:"mime_type"`
	Size     int64  `json:"size_in_bytes,omitempty"`
	// Whole seconds: Miniflux rejects the whole feed for a fraction.
	Duration  int64                    `json:"duration_in_seconds,omitempty"`
	Tributary *jsonAttachmentExtension `json:"_tributary,omitempty"`
}

// jsonAttachmentExtension holds what JSON Feed has no key for.
type jsonAttachmentExtension struct {
	Episode news.Episode `json:"episode"`
}

// jsonItemExtension holds what JSON Feed has no key for.
type jsonItemExtension struct {
	Source   *jsonSource `json:"source,omitempty"`
	AlsoIn   []jsonCopy  `json:"also_in,omitempty"`
	Rights   string      `json:"rights,omitempty"`
	Comments string      `json:"comments,omitempty"`
}

type jsonSource struct {
	Title   string `json:"title"`
	URL     string `json:"url,omitempty"`      // of its home page
	FeedURL string `json:"feed_url,omitempty"` // of the feed itself
}

type jsonCopy struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

// newJSONItem gives one object of items.
func newJSONItem(e *entry) *jsonItem {
	item := &jsonItem{Language: e.Language, Tributary: newJSONExtension(e)}
	item.Id = e.PublicID
	item.Url = e.Link
	item.Title = e.Title
	item.Image = e.Image
	item.Tags = e.Categories
	item.Authors = jsonAuthors(e.Credit)
	item.PublishedDate = jsonDate(e.Date)
	if e.changed() {
		item.ModifiedDate = jsonDate(e.Changed)
	}
	setJSONTexts(&item.JSONItem, e)
	for _, file := range e.Enclosures {
		item.Attachments = append(item.Attachments, newJSONAttachment(file))
	}
	return item
}

func newJSONAttachment(file news.Enclosure) jsonAttachment {
	a := jsonAttachment{URL: file.URL, MIMEType: file.Type, Size: file.Length, Duration: file.Duration}
	if file.Episode != (news.Episode{}) {
		a.Tributary = &jsonAttachmentExtension{file.Episode}
	}
	return a
}

// setJSONTexts sets the texts of an item: one of content_html and
// content_text must be there, and summary is plain text beside them.
func setJSONTexts(item *feeds.JSONItem, e *entry) {
	switch {
	case e.Content != "":
		item.ContentHTML = e.Content
		if e.Summary != "" {
			item.Summary = e.Excerpt
		}
	case e.Summary != "":
		item.ContentHTML = e.Summary
	default:
		item.ContentText = e.Heading
	}
}

func newJSONExtension(e *entry) *jsonItemExtension {
	extension := jsonItemExtension{Rights: e.Rights, Comments: e.Comments}
	if e.attributed() {
		extension.Source = &jsonSource{Title: e.From.Title, URL: e.From.Site, FeedURL: e.From.URL}
	}
	for _, c := range e.AlsoIn {
		extension.AlsoIn = append(extension.AlsoIn, jsonCopy{Title: c.Title, URL: c.Link})
	}
	if extension.Source == nil && extension.AlsoIn == nil && e.Rights == "" && e.Comments == "" {
		return nil
	}
	return &extension
}

// jsonAuthors gives the authors; JSON Feed has no key for an email address.
func jsonAuthors(persons []news.Person) []*feeds.JSONAuthor {
	authors := make([]*feeds.JSONAuthor, 0, len(persons))
	for _, p := range persons {
		authors = append(authors, &feeds.JSONAuthor{Name: nameOf(p), Url: p.URL})
	}
	return authors
}

// jsonDate gives a date in UTC and whole seconds.
func jsonDate(t time.Time) *time.Time {
	t = t.UTC().Truncate(time.Second)
	return &t
}

// aroundJSON writes the document without items, on one line and without HTML
// escapes: nobody reads it inside a script element.
func aroundJSON(h *head) (frame, error) {
	doc := &jsonFeed{Items: []struct{}{}}
	doc.Version = jsonVersion
	doc.Title = h.title
	doc.Description = h.description
	doc.HomePageUrl = h.page
	doc.FeedUrl = cmp.Or(h.history.current, h.self) // a page is no feed of its own
	doc.NextUrl = h.history.prev                    // what is older
	doc.Language = h.language
	doc.Icon = h.icon
	if h.hub != "" {
		doc.Hubs = []*feeds.JSONHub{{Type: "WebSub", Url: h.hub}}
	}
	doc.Authors = jsonAuthors([]news.Person{h.author})
	doc.Tributary = jsonFeedExtension{Generator: generator, TTL: h.ttl}
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(doc); err != nil {
		return frame{}, fmt.Errorf("encode the document: %w", err)
	}
	f, found := cutFrame(document.Bytes(), "]}\n", ",")
	if !found {
		return f, errors.New("items are not the last key of the document")
	}
	return f, nil
}
