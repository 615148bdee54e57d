package parse

import (
	"bytes"
	"strings"

	"github.com/mmcdole/gofeed/json"

	"tributary/internal/news"
)

// isJSON reports whether a text is a JSON object.
func isJSON(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 0 && text[0] == '{'
}

// parseJSON reads a JSON Feed (https://www.jsonfeed.org/version/1.1/).
func parseJSON(text []byte, opts Options) (*news.Document, error) {
	if err := guardJSON(text); err != nil {
		return nil, err
	}
	var warnings []string
	partial := false
	feed, err := readJSON(text)
	if err != nil {
		var mended []byte
		var warning string
		mended, warning, partial = mendJSON(text)
		if mended == nil {
			return nil, &Error{Cause: news.CauseMalformed, Detail: "broken JSON: " + err.Error()}
		}
		if feed, err = readJSON(mended); err != nil {
			return nil, &Error{Cause: news.CauseMalformed, Detail: "a JSON feed that can't be read: " + err.Error()}
		}
		warnings = []string{warning}
	}
	version, ok := jsonVersion(feed)
	if !ok {
		return nil, &Error{Cause: news.CauseNotFeed, Detail: "another JSON document"}
	}
	if len(feed.Items) > maxEntries {
		return nil, limitError(maxEntries, "entries")
	}
	doc := fromJSON(feed)
	doc.Format, doc.Warnings, doc.Partial = version, warnings, partial
	return doc, nil
}

// jsonVersion names the format. A feed that forgot its version counts if it
// has what every feed has.
func jsonVersion(f *json.Feed) (string, bool) {
	_, number, ok := strings.Cut(f.Version, "jsonfeed.org/version/")
	if ok && len(number) < 8 {
		return "json " + number, true
	}
	return "json", ok || f.Title != "" && f.Items != nil
}

// fromJSON translates a feed.
func fromJSON(f *json.Feed) *news.Document {
	doc := &news.Document{
		Title:       jsonText(f.Title, news.TextPlain),
		Link:        strings.TrimSpace(f.HomePageURL),
		Self:        strings.TrimSpace(f.FeedURL),
		Description: jsonText(f.Description, news.TextPlain),
		Language:    strings.TrimSpace(f.Language),
		Image:       strings.TrimSpace(firstOf(f.Icon, f.Favicon)),
		Authors:     jsonPeople(f.Authors, f.Author),
		Entries:     make([]news.Entry, 0, len(f.Items)),
	}
	for _, item := range f.Items {
		if item == nil {
			continue
		}
		e := fromJSONItem(item)
		if len(e.Authors) == 0 {
			e.Authors = doc.Authors
		}
		doc.Entries = append(doc.Entries, e)
	}
	return doc
}

// fromJSONItem translates an item. A linkblog's external_url is what the item
// is about, its url the page of the item itself, which is the link; without
// one the external_url stands in.
func fromJSONItem(item *json.Item) news.Entry {
	e := news.Entry{
		ID:         strings.TrimSpace(item.ID),
		Link:       strings.TrimSpace(firstOf(item.URL, item.ExternalURL)),
		Title:      jsonText(item.Title, news.TextPlain),
		Summary:    jsonText(item.Summary, news.TextPlain),
		Content:    firstText(jsonText(item.ContentHTML, news.TextHTML), jsonText(item.ContentText, news.TextPlain)),
		Language:   strings.TrimSpace(item.Language),
		Image:      strings.TrimSpace(firstOf(item.Image, item.BannerImage)),
		Published:  firstDate(item.DatePublished),
		Updated:    firstDate(item.DateModified),
		Authors:    jsonPeople(item.Authors, item.Author),
		Categories: distinct(item.Tags),
	}
	if item.Attachments != nil {
		var files []news.Enclosure
		for _, a := range *item.Attachments {
			files = append(files, news.Enclosure{
				URL: strings.TrimSpace(a.URL), Type: a.MimeType, Length: max(a.SizeInBytes, 0), Duration: max(a.DurationInSeconds, 0),
			})
		}
		e.Enclosures = distinctEnclosures(files)
	}
	return e
}

func jsonText(s string, t news.TextType) news.Text {
	if s = strings.TrimSpace(s); s == "" {
		return news.Text{}
	}
	return news.Text{Value: s, Type: t}
}

// jsonPeople gives the authors of version 1.1, else the author of version 1.
func jsonPeople(authors []*json.Author, author *json.Author) []news.Person {
	var list []news.Person
	for _, a := range append(authors[:len(authors):len(authors)], author) {
		if a != nil {
			list = append(list, news.Person{Name: strings.TrimSpace(a.Name), URL: strings.TrimSpace(a.URL)})
		}
	}
	return distinctPeople(list)
}
