package render

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"

	"tributary/internal/news"
)

// OPMLType is the content type of OPML documents. Nobody registered one; this
// is what others send.
const OPMLType = "text/x-opml; charset=utf-8"

type opml struct {
	XMLName xml.Name  `xml:"opml"`
	Version string    `xml:"version,attr"`
	Title   string    `xml:"head>title"`
	Owner   string    `xml:"head>ownerName,omitempty"`
	Email   string    `xml:"head>ownerEmail,omitempty"`
	Docs    string    `xml:"head>docs"`
	Sources []outline `xml:"body>outline"`
}

type outline struct {
	Type     string `xml:"type,attr"`
	Text     string `xml:"text,attr"`
	Title    string `xml:"title,attr"`
	XMLURL   string `xml:"xmlUrl,attr"`
	HTMLURL  string `xml:"htmlUrl,attr,omitempty"`
	Category string `xml:"category,attr,omitempty"` // tags, by comma
}

// OPML writes sources as a subscription list (OPML 2.0), in the order of their
// titles. Sources that have no address for others are left out: files, our own
// articles, what can't be read without a key, and what [news.ToldOn] keeps inside.
// The same sources give the same bytes.
func OPML(site *news.Site, title string, sources []news.SourceInfo) ([]byte, error) {
	author := cleanPerson(site.Author)
	doc := opml{
		Version: "2.0", Title: cmp.Or(text(title), text(site.Title)), Docs: "http://opml.org/spec2.opml",
		Owner: author.Name, Email: author.Email,
	}
	for i := range sources {
		from := cleanSource(&sources[i], site.URL)
		if from.Local || from.Keyed || from.URL == "" {
			continue
		}
		doc.Sources = append(doc.Sources, outline{
			Type: "rss", Text: from.Title, Title: from.Title, XMLURL: from.URL, HTMLURL: from.Site,
			Category: strings.Join(texts(from.Tags), ","),
		})
	}
	slices.SortFunc(doc.Sources, func(a, b outline) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), strings.Compare(a.XMLURL, b.XMLURL))
	})
	return xmlDocument(&doc, headSize+len(doc.Sources)*200)
}
