package site

import (
	"time"

	"tributary/internal/news"
)

// posting describes an article to search engines, in JSON-LD (schema.org
// BlogPosting).
type posting struct {
	Context     string   `json:"@context"`
	Type        string   `json:"@type"`
	ID          string   `json:"mainEntityOfPage"`
	URL         string   `json:"url"`
	Headline    string   `json:"headline"`
	Description string   `json:"description,omitempty"`
	Published   string   `json:"datePublished,omitempty"`
	Modified    string   `json:"dateModified,omitempty"`
	Language    string   `json:"inLanguage,omitempty"`
	Image       string   `json:"image,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Words       int      `json:"wordCount,omitempty"`
	Authors     []agent  `json:"author,omitempty"`
	Publisher   agent    `json:"publisher"`
}

type agent struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

func (f *frame) posting(item *news.Item) posting {
	p := posting{
		Context: "https://schema.org", Type: "BlogPosting", ID: f.Canonical, URL: f.Canonical,
		Headline: first(item.Title, "Untitled"), Description: item.Excerpt, Published: machine(item.Published), Modified: machine(item.Updated),
		Language: first(item.Language, f.Lang), Image: web(item.Image), Keywords: item.Categories, Words: item.Words,
		Publisher: agent{Type: "Organization", Name: f.SiteTitle, URL: f.absolute("/")},
	}
	for _, author := range item.Authors {
		if author.Name != "" {
			p.Authors = append(p.Authors, agent{Type: "Person", Name: author.Name, URL: web(author.URL)})
		}
	}
	return p
}

// machine writes a moment for machines; nothing when it is unknown.
func machine(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
