package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/gorilla/feeds"
)

// Namespaces of our XML documents. Each is declared once, at the root, so that
// an item's fragment doesn't depend on its neighbors.
const (
	nsAtom    = "http://www.w3.org/2005/Atom"
	nsContent = "http://purl.org/rss/1.0/modules/content/"
	nsDC      = "http://purl.org/dc/elements/1.1/"
	nsMedia   = "http://search.yahoo.com/mrss/"
	nsHistory = "http://purl.org/syndication/history/1.0"
	nsITunes  = "http://www.itunes.com/dtds/podcast-1.0.dtd"
	nsXML     = "http://www.w3.org/XML/1998/namespace" // of xml:lang, declared by itself
)

// rareSpaces are the namespaces that few documents need. They are declared
// where they are used, at the root: some readers look for a bare <channel>.
type rareSpaces struct {
	History string `xml:"xmlns:fh,attr,omitempty"`
	ITunes  string `xml:"xmlns:itunes,attr,omitempty"`
}

func newRareSpaces(h *head) (spaces rareSpaces) {
	if h.history.complete || h.history.archive {
		spaces.History = nsHistory
	}
	if h.podcast.any {
		spaces.ITunes = nsITunes
	}
	return spaces
}

// historyMarks say what kind of document it is (RFC 5005 §2, §4).
type historyMarks struct {
	Complete *struct{} `xml:"fh:complete"`
	Archive  *struct{} `xml:"fh:archive"`
}

func newHistoryMarks(h *head) (marks historyMarks) {
	if h.history.complete {
		marks.Complete = &struct{}{}
	}
	if h.history.archive {
		marks.Archive = &struct{}{}
	}
	return marks
}

// markup is HTML inside XML. CDATA is smaller than escaping and cheaper to
// write; the encoder splits the section where the text has "]]>".
type markup struct {
	Type string `xml:"type,attr,omitempty"` // Atom's; RSS has none
	HTML string `xml:",cdata"`
}

// plain is plain text inside XML. Many readers take it for HTML, so what would
// look like a tag or an entity there is written in hexadecimal, which is how
// the RSS Profile tells text from markup ("Character Data"); an XML parser
// sees no difference.
type plain struct {
	XML string `xml:",innerxml"`
}

var plainEscapes = strings.NewReplacer("&", "&#x26;", "<", "&#x3C;", ">", "&#x3E;")

// newPlain gives a text, nil for an empty one.
func newPlain(s string) *plain {
	if s == "" {
		return nil
	}
	return &plain{XML: plainEscapes.Replace(s)}
}

func newPlains(list []string) []*plain {
	out := make([]*plain, len(list))
	for i, s := range list {
		out[i] = newPlain(s)
	}
	return out
}

// link is an Atom link with its title, which the one of feeds lacks.
type link struct {
	feeds.AtomLink
	Title string `xml:"title,attr,omitempty"`
}

func newLink(rel, href, mediaType, title string) link {
	return link{AtomLink: feeds.AtomLink{Rel: rel, Href: href, Type: mediaType}, Title: title}
}

// media is the picture of an item (Media RSS 1.5.1): as a thumbnail for
// readers that show cards, and as content for those that look for no other.
type media struct {
	Content   *mediaContent   `xml:"media:content"`
	Thumbnail *mediaThumbnail `xml:"media:thumbnail"`
}

type mediaContent struct {
	URL    string `xml:"url,attr"`
	Medium string `xml:"medium,attr"`
}

type mediaThumbnail struct {
	URL string `xml:"url,attr"`
}

func newMedia(image string) media {
	if image == "" {
		return media{}
	}
	return media{
		Content:   &mediaContent{URL: image, Medium: "image"},
		Thumbnail: &mediaThumbnail{URL: image},
	}
}

// xmlDocument writes a whole document. feeds.ToXML would do, but for the
// FeedXml methods that embedding promotes: they drop the fields we add.
func xmlDocument(root any, size int) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(size)
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(root); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// headSize is room for a document around its items, in bytes.
const headSize = 2048

// noItems stands where the items of a document will.
var noItems = []byte("\n")

// xmlFrame writes a document whose last element is noItems, without them.
func xmlFrame(root any, end string) (frame, error) {
	document, err := xmlDocument(root, headSize)
	if err != nil {
		return frame{}, err
	}
	f, found := cutFrame(document, end, "")
	if !found {
		return f, errors.New("items do not come last in the document")
	}
	return f, nil
}
