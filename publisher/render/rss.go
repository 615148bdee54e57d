package render

import (
	"cmp"
	"encoding/xml"
	"html"
	"path"
	"strconv"
	"strings"
	"time"

	"tributary/internal/news"

	"github.com/gorilla/feeds"
)

// rssDocument is RSS 2.0 with the namespaces of what it has no words for.
type rssDocument struct {
	feeds.RssFeedXml
	AtomNS  string `xml:"xmlns:atom,attr"`
	DCNS    string `xml:"xmlns:dc,attr"`
	MediaNS string `xml:"xmlns:media,attr"`
	rareSpaces
	Channel rssChannel `xml:"channel"` // instead of the embedded one
}

type rssChannel struct {
	Title       *plain `xml:"title"`
	Link        string `xml:"link"`
	Description *plain `xml:"description"`
	feeds.RssFeed
	ManagingEditor *plain `xml:"managingEditor"`
	Creator        string `xml:"dc:creator,omitempty"` // where there is no editor
	Image          *rssImage
	Links          []rssLink
	historyMarks
	podcastTags
	Items []byte `xml:",innerxml"`
}

// rssImage is the picture of a channel. It repeats title and link: they are
// what a page shows with it.
type rssImage struct {
	XMLName xml.Name `xml:"image"`
	URL     string   `xml:"url"`
	Title   *plain   `xml:"title"`
	Link    string   `xml:"link"`
}

// rssLink is an Atom link in RSS.
type rssLink struct {
	link
	XMLName xml.Name `xml:"atom:link"`
}

// rssItem adds to the item of feeds what it lacks, and shadows what it writes
// when empty, writes once where we have several, or writes in a way that is
// invalid: a name in author, a source without its address.
type rssItem struct {
	feeds.RssItem
	Lang       string   `xml:"xml:lang,attr,omitempty"`
	Title      *plain   `xml:"title"`
	Link       string   `xml:"link,omitempty"`
	Creators   []string `xml:"dc:creator"`
	Categories []*plain `xml:"category"`
	// Description comes before Content: readers that know only one of the two
	// take the last one, and the W3C validator warns of another order.
	Description *markup           `xml:"description"`
	Content     *feeds.RssContent `xml:"content:encoded"`
	Updated     string            `xml:"atom:updated,omitempty"`
	Rights      string            `xml:"dc:rights,omitempty"`
	Source      *rssSource        `xml:"source"`
	Related     []rssLink
	media
	episodeTags
}

type rssSource struct {
	URL string `xml:"url,attr"`
	plain
}

// newRSSItem gives one item element.
func newRSSItem(e *entry) *rssItem {
	item := &rssItem{
		Lang:        e.Language,
		Title:       newPlain(e.Title),
		Link:        e.Link,
		Categories:  newPlains(e.Categories),
		Rights:      e.Rights,
		media:       newMedia(e.Image),
		episodeTags: newEpisodeTags(e),
	}
	item.Guid = rssGUID(e)
	item.PubDate = e.Date.UTC().Format(time.RFC1123Z)
	item.Comments = e.Comments
	item.Enclosure = rssEnclosure(e.Enclosures)
	item.Description, item.Content = rssTexts(e)
	if item.Title == nil && item.Description == nil {
		item.Title = newPlain(e.Heading) // RSS 2.0, item: one of the two must be there
	}
	for _, p := range e.Authors {
		item.Creators = append(item.Creators, nameOf(p))
	}
	if e.changed() {
		item.Updated = rfc3339(e.Changed)
	}
	if e.attributed() && e.From.URL != "" {
		item.Source = &rssSource{URL: e.From.URL, plain: *newPlain(e.From.Title)}
	}
	for _, c := range e.AlsoIn {
		item.Related = append(item.Related, rssLink{link: newLink("related", c.Link, "", c.Title)})
	}
	return item
}

// appendRSSItem appends one item element, as encoding/xml does.
func appendRSSItem(to []byte, e *entry, _ int) []byte { return newRSSItem(e).append(to) }

func (i *rssItem) append(to []byte) []byte {
	to = append(appendAttr(append(to, "<item"...), "xml:lang", i.Lang), '>')
	to = appendElement(to, "comments", i.Comments)
	if file := i.Enclosure; file != nil {
		to = appendRequiredAttr(append(to, "<enclosure"...), "url", file.Url)
		to = appendRequiredAttr(appendRequiredAttr(to, "length", file.Length), "type", file.Type)
		to = append(to, "></enclosure>"...)
	}
	if id := i.Guid; id != nil {
		to = appendAttr(append(to, "<guid"...), "isPermaLink", id.IsPermaLink)
		to = appendEnd(appendEscaped(append(to, '>'), id.Id), "guid")
	}
	to = appendElement(to, "pubDate", i.PubDate)
	to = appendElement(appendPlain(to, "title", i.Title), "link", i.Link)
	for _, name := range i.Creators {
		to = appendRequired(to, "dc:creator", name)
	}
	for _, category := range i.Categories {
		to = appendPlain(to, "category", category)
	}
	to = appendMarkup(to, "description", i.Description)
	if i.Content != nil {
		to = appendEnd(appendCDATA(appendStart(to, "content:encoded"), i.Content.Content), "content:encoded")
	}
	to = appendElement(appendElement(to, "atom:updated", i.Updated), "dc:rights", i.Rights)
	if i.Source != nil {
		to = append(appendRequiredAttr(append(to, "<source"...), "url", i.Source.URL), '>')
		to = appendEnd(append(to, i.Source.XML...), "source")
	}
	for n := range i.Related {
		to = appendLink(to, "atom:link", &i.Related[n].link)
	}
	return appendEnd(i.episodeTags.append(i.media.append(to)), "item")
}

// rssGUID says permalink only where the id is the very address of the story.
func rssGUID(e *entry) *feeds.RssGuid {
	web := strings.HasPrefix(e.PublicID, "https://") || strings.HasPrefix(e.PublicID, "http://")
	permalink := web && e.PublicID == e.Link
	return &feeds.RssGuid{Id: e.PublicID, IsPermaLink: strconv.FormatBool(permalink)}
}

// rssTexts gives description and content:encoded. The description is the
// summary, else the excerpt, else the content itself: content:encoded needs
// one beside it, and some readers know no other.
func rssTexts(e *entry) (*markup, *feeds.RssContent) {
	description := e.Summary
	if description == "" {
		description = cmp.Or(html.EscapeString(e.Excerpt), e.Content)
	}
	switch {
	case description == "":
		return nil, nil
	case e.Content == "" || e.Content == description:
		return &markup{HTML: description}, nil
	}
	return &markup{HTML: description}, &feeds.RssContent{Content: e.Content}
}

// rssEnclosure gives the main file: RSS has one enclosure, with all attributes.
func rssEnclosure(enclosures []news.Enclosure) *feeds.RssEnclosure {
	file := mainFile(enclosures)
	if file == nil {
		return nil
	}
	return &feeds.RssEnclosure{Url: file.URL, Type: file.Type, Length: strconv.FormatInt(file.Length, 10)}
}

// aroundRSS writes the document without items.
func aroundRSS(h *head) (frame, error) {
	doc := &rssDocument{AtomNS: nsAtom, DCNS: nsDC, MediaNS: nsMedia}
	doc.rareSpaces = newRareSpaces(h)
	doc.Version = "2.0"
	doc.ContentNamespace = nsContent
	channel := &doc.Channel
	channel.Title = newPlain(h.title)
	channel.Link = h.page
	channel.Description = newPlain(cmp.Or(h.description, h.title)) // required
	channel.Image = newRSSImage(h)
	channel.Language = h.language
	channel.Generator = generator
	channel.Ttl = h.ttl
	if datable(h.updated) {
		channel.LastBuildDate = h.updated.UTC().Format(time.RFC1123Z)
	}
	if h.author.Email != "" {
		channel.ManagingEditor = newPlain(h.author.Email + " (" + h.author.Name + ")")
	} else {
		channel.Creator = h.author.Name
	}
	for _, l := range h.links() {
		channel.Links = append(channel.Links, rssLink{link: l})
	}
	channel.historyMarks = newHistoryMarks(h)
	channel.podcastTags = newPodcastTags(h)
	channel.Items = noItems
	return xmlFrame(doc, "\n</channel></rss>\n")
}

// newRSSImage gives the picture of the channel, nil where there is none of a
// type that RSS allows.
func newRSSImage(h *head) *rssImage {
	switch strings.ToLower(path.Ext(h.icon)) {
	case ".gif", ".jpeg", ".jpg", ".png":
		return &rssImage{URL: h.icon, Title: newPlain(h.title), Link: h.page}
	}
	return nil
}
