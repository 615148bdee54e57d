package upstreamtest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// Item is an entry of a generated feed. Empty fields are left out.
type Item struct {
	ID         string
	Title      string
	Link       string
	Date       time.Time
	Content    string // HTML
	Author     string
	Categories []string
}

// Items makes n items with all fields, newest first. Item i of Items(n) has
// number n-i, so Items(n+1) is Items(n) with one new item in front. Their dates
// are an hour apart, from January 1st, 2026.
func Items(n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = NewItem(n - i)
	}
	return items
}

// NewItem makes the item with this number.
func NewItem(number int) Item {
	link := fmt.Sprintf("https://example.org/story/%d", number)
	return Item{
		ID:    link,
		Title: fmt.Sprintf("Story %d", number),
		Link:  link,
		Date:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(number) * time.Hour),
		Content: fmt.Sprintf("<p>The text of story %d, with a <a href=\"%s\">link</a> &amp; an entity.</p>",
			number, link),
		Author:     "Jo Writer",
		Categories: []string{"news", fmt.Sprintf("topic %d", number%5)},
	}
}

// RSS makes a valid RSS 2.0 document.
func RSS(title string, items ...Item) string {
	var b strings.Builder
	b.WriteString(xml.Header + `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>`)
	element(&b, "title", title)
	b.WriteString("<link>https://example.org/</link><description>Made for a test.</description>\n")
	for _, item := range items {
		b.WriteString("<item>")
		if item.ID != "" {
			fmt.Fprintf(&b, `<guid isPermaLink="%t">%s</guid>`, item.ID == item.Link, escape(item.ID))
		}
		element(&b, "title", item.Title)
		element(&b, "link", item.Link)
		element(&b, "dc:creator", item.Author)
		for _, category := range item.Categories {
			element(&b, "category", category)
		}
		if !item.Date.IsZero() {
			element(&b, "pubDate", item.Date.UTC().Format(time.RFC1123Z))
		}
		element(&b, "content:encoded", item.Content)
		b.WriteString("</item>\n")
	}
	b.WriteString("</channel></rss>\n")
	return b.String()
}

// Atom makes a valid Atom 1.0 document (RFC 4287).
func Atom(title string, items ...Item) string {
	updated := epoch
	if len(items) > 0 && !items[0].Date.IsZero() {
		updated = items[0].Date
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<feed xmlns="http://www.w3.org/2005/Atom"><id>https://example.org/</id>`)
	element(&b, "title", title)
	element(&b, "updated", updated.UTC().Format(time.RFC3339))
	b.WriteString("<author><name>Example</name></author>\n")
	for _, item := range items {
		b.WriteString("<entry>")
		element(&b, "id", item.ID)
		fmt.Fprintf(&b, "<title>%s</title>", escape(item.Title)) // required, empty or not
		if item.Link != "" {
			fmt.Fprintf(&b, `<link rel="alternate" href="%s"/>`, escape(item.Link))
		}
		if item.Author != "" {
			fmt.Fprintf(&b, "<author><name>%s</name></author>", escape(item.Author))
		}
		for _, category := range item.Categories {
			fmt.Fprintf(&b, `<category term="%s"/>`, escape(category))
		}
		if !item.Date.IsZero() {
			element(&b, "published", item.Date.UTC().Format(time.RFC3339))
			element(&b, "updated", item.Date.UTC().Format(time.RFC3339))
		}
		if item.Content != "" {
			fmt.Fprintf(&b, `<content type="html">%s</content>`, escape(item.Content))
		}
		b.WriteString("</entry>\n")
	}
	b.WriteString("</feed>\n")
	return b.String()
}

type jsonFeed struct {
	Version string     `json:"version"`
	Title   string     `json:"title"`
	Items   []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url,omitempty"`
	Title     string       `json:"title,omitempty"`
	Content   string       `json:"content_html"`
	Published string       `json:"date_published,omitempty"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

// JSON makes a valid JSON Feed 1.1 document.
func JSON(title string, items ...Item) string {
	feed := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: title, Items: []jsonItem{}}
	for _, item := range items {
		entry := jsonItem{ID: item.ID, URL: item.Link, Title: item.Title, Content: item.Content, Tags: item.Categories}
		if item.Author != "" {
			entry.Authors = []jsonAuthor{{item.Author}}
		}
		if !item.Date.IsZero() {
			entry.Published = item.Date.UTC().Format(time.RFC3339)
		}
		feed.Items = append(feed.Items, entry)
	}
	out, err := json.Marshal(feed)
	if err != nil {
		panic("upstreamtest: " + err.Error()) // strings always marshal
	}
	return string(out)
}

// element writes <name>text</name>, or nothing when there is no text.
func element(b *strings.Builder, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "<%s>%s</%s>", name, escape(text), name)
	}
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // into memory
	return b.String()
}
