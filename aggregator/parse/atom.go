package parse

import (
	"strings"

	"github.com/mmcdole/gofeed/atom"

	"tributary/internal/news"
)

// fromAtom translates an Atom feed.
func (w *rewritten) fromAtom(f *atom.Feed) *news.Document {
	x := extensions(f.Extensions)
	at := w.rootContext
	doc := &news.Document{
		Title:       w.textOf(f.Title, at),
		Link:        alternate(f.Links),
		Self:        related(f.Links, "self"),
		ID:          plain(f.ID),
		Description: firstText(w.textOf(f.Subtitle, at), w.textOf(x.marked(feedSpace, "info"), at)),
		Language:    firstOf(w.contexts[at].lang, x.first("dc", "language")),
		Rights:      firstText(w.textOf(f.Rights, at), w.textOf(firstOf(x.first("dc", "rights"), related(f.Links, "license"), x.license()), at)),
		Image:       firstOf(plain(f.Logo), plain(f.Icon), x.image()),
		Updated:     orDate(dateOf(f.UpdatedParsed), firstDate(x.first("dc", "date"))),
		Authors:     distinctPeople(append(atomPeople(f.Authors), x.people()...)),
		Categories:  atomCategories(f.Categories, x),
		Refresh:     syndication(x),
		Deleted:     deletions(x),
	}
	if f.Generator != nil {
		doc.Generator = strings.TrimSpace(f.Generator.Value)
	}
	doc.Entries = make([]news.Entry, 0, len(f.Entries))
	for _, entry := range f.Entries {
		e := w.fromEntry(entry)
		if len(e.Authors) == 0 {
			e.Authors = doc.Authors // RFC 4287 §4.2.1
		}
		doc.Entries = append(doc.Entries, e)
	}
	return doc
}

// fromEntry translates an entry.
func (w *rewritten) fromEntry(entry *atom.Entry) news.Entry {
	x := extensions(entry.Extensions)
	at := w.atomContext(entry)
	e := news.Entry{
		ID:         plain(entry.ID),
		Link:       firstOf(x.first("feedburner", "origlink"), alternate(entry.Links)),
		Title:      firstText(w.textOf(entry.Title, at), w.textOf(x.mediaText("title"), at)),
		Summary:    firstText(w.textOf(entry.Summary, at), w.textOf(x.mediaText("description"), at)),
		Rights:     firstText(w.textOf(entry.Rights, at), w.textOf(x.first("dc", "rights"), at)),
		Language:   w.atomLanguage(entry, at),
		Comments:   related(entry.Links, "replies"),
		Image:      x.image(),
		Published:  orDate(dateOf(entry.PublishedParsed), firstDate(x.first("dcterms", "issued"), x.first("dc", "date"), x.first(feedSpace, "created"))),
		Updated:    dateOf(entry.UpdatedParsed),
		Authors:    distinctPeople(append(atomPeople(entry.Authors), x.people()...)),
		Categories: atomCategories(entry.Categories, x),
		Enclosures: atomEnclosures(entry.Links, x),
	}
	w.setEntryContext(&e, at)
	x.describe(e.Enclosures)
	if c := entry.Content; c != nil {
		e.Content = w.textOf(c.Value, at)
		if e.Link == "" {
			e.Link = strings.TrimSpace(c.Src) // content that lies elsewhere (RFC 4287 §4.1.3.2)
		}
	}
	if e.Link == "" && isWebAddress(e.ID) {
		e.Link = e.ID // no page has a better claim, and most such ids are one
	}
	w.setOrigin(&e, entry.Source)
	if e.Rights.IsZero() {
		e.Rights = w.textOf(firstOf(related(entry.Links, "license"), x.license()), at)
	}
	return e
}

// setOrigin notes where an entry was taken from; such an entry has the authors
// of its source (RFC 4287 §4.2.1).
func (w *rewritten) setOrigin(e *news.Entry, s *atom.Source) {
	if s == nil {
		return
	}
	e.Origin = originOf(plain(s.Title), plain(s.ID), firstOf(alternate(s.Links), related(s.Links, "self")))
	if len(e.Authors) == 0 {
		e.Authors = distinctPeople(atomPeople(s.Authors))
	}
	if e.Rights.IsZero() {
		e.Rights = w.textOf(s.Rights, w.rootContext)
	}
}

// atomContext gives the context of an entry: its own if the pass left a carrier.
func (w *rewritten) atomContext(entry *atom.Entry) int {
	for _, l := range entry.Links {
		if l.Rel == marker {
			return w.contextAt(l.Title)
		}
	}
	return w.rootContext
}

// atomLanguage gives the language of an entry: that of its content, else of
// its title, where they say one, else its own.
func (w *rewritten) atomLanguage(entry *atom.Entry, at int) string {
	texts := []string{entry.Summary, entry.Title}
	if entry.Content != nil {
		texts = []string{entry.Content.Value, entry.Summary, entry.Title}
	}
	return w.languageOf(at, texts...)
}

// alternate gives the page that a feed or entry is about: the first HTML
// alternate, else one without a type, else any (RFC 4287 §4.2.7.2).
func alternate(links []*atom.Link) string {
	best, rank := "", 0
	for _, l := range links {
		if !strings.EqualFold(l.Rel, "alternate") && l.Rel != iana+"alternate" {
			continue
		}
		r := 1
		switch t := strings.ToLower(l.Type); {
		case strings.HasPrefix(t, "text/html"), strings.HasPrefix(t, "application/xhtml"):
			r = 3
		case t == "":
			r = 2
		}
		if href := strings.TrimSpace(l.Href); r > rank && href != "" {
			best, rank = href, r
		}
	}
	return best
}

// iana is the long form of registered relations (RFC 4287 §4.2.7.2).
const iana = "http://www.iana.org/assignments/relation/"

// related gives the first link with a relation.
func related(links []*atom.Link, rel string) string {
	for _, l := range links {
		if strings.EqualFold(l.Rel, rel) || l.Rel == iana+rel {
			return strings.TrimSpace(l.Href)
		}
	}
	return ""
}

// atomEnclosures gives the files of an entry.
func atomEnclosures(links []*atom.Link, x extensions) []news.Enclosure {
	var list []news.Enclosure
	for _, l := range links {
		if strings.EqualFold(l.Rel, "enclosure") || l.Rel == iana+"enclosure" {
			list = append(list, news.Enclosure{URL: strings.TrimSpace(l.Href), Type: strings.TrimSpace(l.Type), Length: parseLength(l.Length)})
		}
	}
	return distinctEnclosures(append(list, x.enclosures()...))
}

// atomPeople translates people. Some feeds write "mail (Name)" into the name.
func atomPeople(people []*atom.Person) []news.Person {
	var list []news.Person
	for _, p := range people {
		person := news.Person{Name: plain(p.Name), Email: plain(p.Email), URL: plain(p.URI)}
		if person.Email == "" && strings.Contains(person.Name, "@") {
			split := parsePerson(person.Name)
			person.Name, person.Email = split.Name, split.Email
		}
		list = append(list, person)
	}
	return list
}

// atomCategories gives the labels of categories, else their terms.
func atomCategories(list []*atom.Category, x extensions) []string {
	var names []string
	for _, c := range list {
		names = append(names, firstOf(strings.TrimSpace(c.Label), c.Term))
	}
	return distinct(append(names, x.categories()...))
}
