package render

import (
	"cmp"
	"strconv"
	"time"

	"tributary/internal/news"

	"github.com/gorilla/feeds"
)

// atomFeed adds to the feed of feeds what it lacks.
type atomFeed struct {
	feeds.AtomFeed
	MediaNS string `xml:"xmlns:media,attr"`
	Lang    string `xml:"xml:lang,attr,omitempty"`
	rareSpaces
	Title     *plain `xml:"title"`
	Subtitle  *plain `xml:"subtitle"`
	Generator string `xml:"generator"`
	Links     []link `xml:"link"`
	historyMarks
	podcastTags
	Entries []byte `xml:",innerxml"`
}

// atomEntry adds to the entry of feeds what it lacks, and shadows what it has
// once where we have several. The embedded Links stay nil: they have no tag,
// so both would be written.
type atomEntry struct {
	feeds.AtomEntry
	Lang       string             `xml:"xml:lang,attr,omitempty"`
	Title      *plain             `xml:"title"`
	Rights     *plain             `xml:"rights"`
	Authors    []feeds.AtomAuthor `xml:"author"`
	Categories []atomCategory     `xml:"category"`
	Links      []link             `xml:"link"`
	Summary    *markup            `xml:"summary"`
	Content    *markup            `xml:"content"`
	Source     *atomSource        `xml:"source"`
	media
	episodeTags
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// atomSource is what is kept of the feed that an entry comes from
// (RFC 4287 §4.2.11).
type atomSource struct {
	ID      string             `xml:"id,omitempty"`
	Title   *plain             `xml:"title"`
	Updated string             `xml:"updated"`
	Authors []feeds.AtomAuthor `xml:"author"`
	Links   []link             `xml:"link"`
}

// newAtomEntry gives one entry element.
func newAtomEntry(e *entry, rank int) *atomEntry {
	entry := &atomEntry{
		Lang:    e.Language,
		Authors: atomAuthors(e.Credit),
		Links:   atomLinks(e),
		Title:   newPlain(e.Heading),
		Rights:  newPlain(e.Rights),
		media:   newMedia(e.Image),

		episodeTags: newEpisodeTags(e),
	}
	entry.Id = e.PublicID
	entry.Published = rfc3339(e.Date)
	entry.Updated = ranked(e.Changed, rank)
	entry.Summary, entry.Content = atomTexts(e)
	for _, c := range e.Categories {
		entry.Categories = append(entry.Categories, atomCategory{Term: c})
	}
	if e.attributed() {
		entry.Source = newAtomSource(e)
	}
	return entry
}

// appendAtomEntry appends one entry element, as encoding/xml does.
func appendAtomEntry(to []byte, e *entry, rank int) []byte { return newAtomEntry(e, rank).append(to) }

func (a *atomEntry) append(to []byte) []byte {
	to = append(appendAttr(append(to, "<entry"...), "xml:lang", a.Lang), '>')
	to = appendRequired(appendRequired(to, "updated", a.Updated), "id", a.Id)
	to = appendElement(to, "published", a.Published)
	to = appendPlain(appendPlain(to, "title", a.Title), "rights", a.Rights)
	to = appendAuthors(to, a.Authors)
	for i := range a.Categories {
		to = append(appendRequiredAttr(append(to, "<category"...), "term", a.Categories[i].Term), "></category>"...)
	}
	for i := range a.Links {
		to = appendLink(to, "link", &a.Links[i])
	}
	to = appendMarkup(appendMarkup(to, "summary", a.Summary), "content", a.Content)
	if source := a.Source; source != nil {
		to = appendElement(append(to, "<source>"...), "id", source.ID)
		to = appendRequired(appendPlain(to, "title", source.Title), "updated", source.Updated)
		to = appendAuthors(to, source.Authors)
		for i := range source.Links {
			to = appendLink(to, "link", &source.Links[i])
		}
		to = append(to, "</source>"...)
	}
	return appendEnd(a.episodeTags.append(a.media.append(to)), "entry")
}

func appendAuthors(to []byte, authors []feeds.AtomAuthor) []byte {
	for i := range authors {
		a := &authors[i]
		to = appendElement(append(to, "<author>"...), "name", a.Name)
		to = appendElement(appendElement(to, "uri", a.Uri), "email", a.Email)
		to = append(to, "</author>"...)
	}
	return to
}

// ranked writes a date, with its rank as microseconds.
func ranked(t time.Time, rank int) string {
	if rank == 0 {
		return rfc3339(t)
	}
	t = t.UTC().Truncate(time.Second).Add(time.Duration(rank) * time.Microsecond)
	return t.Format("2006-01-02T15:04:05.000000Z07:00")
}

// atomTexts gives summary and content. An entry without an alternate link
// must have content (RFC 4287 §4.1.2): then what there is takes its place.
func atomTexts(e *entry) (summary, content *markup) {
	switch {
	case e.Content == "" && e.Link == "" && e.Summary == "":
		return nil, &markup{Type: "text", HTML: e.Heading}
	case e.Content == "" && e.Link == "":
		return nil, &markup{Type: "html", HTML: e.Summary}
	}
	return atomHTML(e.Summary), atomHTML(e.Content)
}

func atomHTML(s string) *markup {
	if s == "" {
		return nil
	}
	return &markup{Type: "html", HTML: s}
}

// atomLinks gives the links of an entry: the story, its discussion, all its
// files, and other copies of it.
func atomLinks(e *entry) []link {
	var links []link
	if e.Link != "" {
		links = append(links, newLink("alternate", e.Link, "text/html", ""))
	}
	if e.Comments != "" {
		links = append(links, newLink("replies", e.Comments, "text/html", "")) // RFC 4685 §4
	}
	for _, file := range e.Enclosures {
		l := newLink("enclosure", file.URL, file.Type, "")
		if file.Length > 0 {
			l.Length = strconv.FormatInt(file.Length, 10)
		}
		links = append(links, l)
	}
	for _, c := range e.AlsoIn {
		links = append(links, newLink("related", c.Link, "", c.Title))
	}
	return links
}

func atomAuthors(persons []news.Person) []feeds.AtomAuthor {
	authors := make([]feeds.AtomAuthor, 0, len(persons))
	for _, p := range persons {
		authors = append(authors, feeds.AtomAuthor{
			AtomPerson: feeds.AtomPerson{Name: nameOf(p), Uri: p.URL, Email: p.Email},
		})
	}
	return authors
}

// newAtomSource gives the attribution. It is dated by the story, not by the
// source's own date: that moves at nearly every visit, and each move would give
// all of our feeds new bytes.
func newAtomSource(e *entry) *atomSource {
	from := &e.From
	source := &atomSource{
		ID:      from.ID,
		Title:   newPlain(from.Title),
		Updated: rfc3339(e.Changed),
		Authors: atomAuthors([]news.Person{{Name: cmp.Or(from.Author, from.Title)}}),
	}
	if from.URL != "" {
		source.Links = append(source.Links, newLink("self", from.URL, "", ""))
	}
	if from.Site != "" {
		source.Links = append(source.Links, newLink("alternate", from.Site, "text/html", ""))
	}
	return source
}

// emptyUpdated is when an empty feed changed: the element is required, and
// the clock would make the same edition differ. Validators doubt earlier dates
// (ImplausibleDate).
var emptyUpdated = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// aroundAtom writes the document without entries. Its id is the feed's page:
// one feed, whatever its format or the address it is read from.
func aroundAtom(h *head) (frame, error) {
	doc := &atomFeed{MediaNS: nsMedia, Lang: h.language, Generator: generator}
	doc.Xmlns = nsAtom
	doc.rareSpaces = newRareSpaces(h)
	doc.Id = h.page
	doc.Title = newPlain(h.title)
	doc.Subtitle = newPlain(h.description)
	doc.Icon = h.icon
	doc.Updated = rfc3339(emptyUpdated)
	if datable(h.updated) {
		doc.Updated = rfc3339(h.updated)
	}
	doc.AtomFeed.Author = &atomAuthors([]news.Person{h.author})[0]
	doc.Links = append(h.links(), newLink("alternate", h.page, "text/html", ""))
	doc.historyMarks = newHistoryMarks(h)
	doc.podcastTags = newPodcastTags(h)
	doc.Entries = noItems
	return xmlFrame(doc, "\n</feed>\n")
}
