package render

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/news"
)

// entry is an item as every format tells it: texts cleaned, cut to what may
// be republished, gaps filled. The formats only map it to their words.
//
//  1. The content modes of the feed and of the source both hold: the stricter
//     wins. In summary mode the excerpt stands in for a missing summary; in
//     title mode picture and enclosures go too.
//  2. Summary is HTML, and empty where it would repeat Content.
//  3. Changed is Date where nothing changed since, or where it makes no sense.
//  4. Language is empty where it is the feed's.
//  5. Authors and Rights are the story's, else those of its source.
type entry struct {
	news.Item
	Heading string // the title, or what stands in for it; never empty
	// Credit is Authors, or, so that a reader doesn't take the author of our
	// feed for that of other people's story, its source. RFC 4287 §4.1.2 and
	// JSON Feed (items, authors) both let an item inherit.
	Credit []news.Person
}

// Errors of an item that has no place in a document.
var (
	errNoID   = errors.New("its public id is not an absolute URI")
	errNoDate = errors.New("its date lies outside the years 1 to 9999")
)

// newEntry gives what the formats write of an item, which it doesn't change.
func newEntry(item *news.Item, scope scope) (*entry, error) {
	if !absolute(item.PublicID) {
		return nil, fmt.Errorf("%w: %.100q", errNoID, item.PublicID)
	}
	if !datable(item.Date) {
		return nil, fmt.Errorf("%w: %v", errNoDate, item.Date)
	}
	e := &entry{Item: *item}
	e.cleanTexts()
	e.cleanLists()
	e.From = cleanSource(&item.From, scope.site)
	if len(e.Authors) == 0 && e.From.Author != "" {
		e.Authors = []news.Person{{Name: e.From.Author}}
	}
	e.Rights = cmp.Or(e.Rights, e.From.Rights)
	e.Language = language(item.Language)
	if strings.EqualFold(e.Language, scope.language) {
		e.Language = ""
	}
	e.Changed = changedAt(item)
	e.Heading = e.heading()
	e.Credit = e.credit()
	e.restrict(stricter(scope.mode, item.From.Content))
	return e, nil
}

func (e *entry) cleanTexts() {
	e.Title = text(e.Title)
	e.Link = text(e.Link)
	e.Summary = clean(e.Summary)
	e.Content = clean(e.Content)
	e.Excerpt = text(e.Excerpt)
	e.Rights = text(e.Rights)
	e.Comments = text(e.Comments)
	e.Image = text(e.Image)
	if e.Summary == e.Content {
		e.Summary = ""
	}
}

func (e *entry) cleanLists() {
	e.Categories = texts(e.Categories)
	e.Authors = cleanPersons(e.Authors)
	e.Enclosures = cleanEnclosures(e.Enclosures)
	copies := make([]news.Copy, 0, len(e.AlsoIn))
	for _, c := range e.AlsoIn {
		if link := text(c.Link); link != "" {
			copies = append(copies, news.Copy{Title: text(c.Title), Link: link})
		}
	}
	e.AlsoIn = copies
}

// changedAt gives when an item changed, which is never before its date.
func changedAt(item *news.Item) time.Time {
	if !datable(item.Changed) || item.Changed.Before(item.Date) {
		return item.Date
	}
	return item.Changed
}

// cleanSource gives the attribution of an item: a source whose id no reader
// could use as an identity is known by its address instead, and one without an
// address by its place in our list of sources.
func cleanSource(from *news.SourceInfo, site string) news.SourceInfo {
	s := *from
	s.Title = cmp.Or(text(s.Title), text(s.Name))
	s.Site = text(s.Site)
	if s.URL = text(s.URL); !news.ToldOn(site, s.URL) {
		s.URL = ""
	}
	s.Author = text(s.Author)
	s.Rights = text(s.Rights)
	if !absolute(s.ID) {
		s.ID = cmp.Or(s.URL, s.Site, site+"/sources#"+text(s.Name))
	}
	return s
}

// heading gives the title, else what a person would call the story.
func (e *entry) heading() string {
	if e.Title != "" {
		return e.Title
	}
	return cmp.Or(opening(e.Excerpt), e.From.Title, e.Link, e.PublicID)
}

// credit gives the authors, else the source itself. A local article without
// an author is rightly the site's.
func (e *entry) credit() []news.Person {
	if len(e.Authors) > 0 || e.From.Local || e.From.Title == "" {
		return e.Authors
	}
	return []news.Person{{Name: e.From.Title, URL: e.From.Site}}
}

// restrict takes out what the mode doesn't let through.
func (e *entry) restrict(mode news.ContentMode) {
	switch mode {
	case news.ContentSummary:
		e.Summary = cmp.Or(e.Summary, html.EscapeString(e.Excerpt))
		e.Content = ""
	case news.ContentTitle:
		e.Summary, e.Content, e.Excerpt, e.Image = "", "", "", ""
		e.Enclosures = nil
	}
}

// stricter gives the mode that lets less through; an empty one is full.
func stricter(a, b news.ContentMode) news.ContentMode {
	for _, mode := range []news.ContentMode{news.ContentTitle, news.ContentSummary} {
		if a == mode || b == mode {
			return mode
		}
	}
	return news.ContentFull
}

// attributed reports whether the item names where it comes from: our own
// articles don't.
func (e *entry) attributed() bool { return !e.From.Local && e.From.Title != "" }

// changed reports whether what we publish changed after the date, told in the
// whole seconds in which the formats tell time.
func (e *entry) changed() bool {
	return e.Changed.Truncate(time.Second).After(e.Date.Truncate(time.Second))
}

// datable reports whether all formats can write the date: RFC 3339 §1 has
// four digits for a year.
func datable(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && year >= 1 && year <= 9999
}

// absolute reports whether s can stand as an id: something after a scheme
// (RFC 3986 §3.1), and no character that cleaning would take away, because a
// changed id is another story. Spaces and the like are an upstream's own
// affair: losing the story for them would be worse.
func absolute(s string) bool {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || scheme == "" || strings.TrimSpace(rest) != rest || rest == "" {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || !legal(r) }) < 0
}

// rfc3339 writes a date of Atom and JSON Feed: UTC, whole seconds.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
