package parse

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed/rss"

	"tributary/internal/news"
)

// fromRSS translates a feed of the RSS family.
func (w *rewritten) fromRSS(f *rss.Feed) *news.Document {
	x := extensions(f.Extensions)
	at := w.rootContext
	doc := &news.Document{
		Title:       firstText(w.textOf(f.Title, at), w.textOf(x.first("dc", "title"), at)),
		Link:        firstOf(append(trimAll(f.Links), x.atomLink("alternate"))...),
		Self:        x.atomLink("self"),
		ID:          x.first("atom", "id"),
		Description: firstText(w.textOf(f.Description, at), w.textOf(firstOf(x.first("itunes", "summary"), x.first("itunes", "subtitle"), x.first("dc", "description")), at)),
		Language:    firstOf(strings.TrimSpace(f.Language), x.first("dc", "language"), w.contexts[at].lang),
		Rights:      firstText(w.textOf(f.Copyright, at), w.textOf(firstOf(x.first("dc", "rights"), x.first("media", "copyright"), x.license()), at)),
		Generator:   strings.TrimSpace(f.Generator),
		Image:       x.image(),
		Updated:     orDate(dateOf(f.LastBuildDateParsed), dateOf(f.PubDateParsed), firstDate(x.first("dcterms", "modified"), x.first("dc", "date"), x.first("atom", "updated"))),
		Authors:     distinctPeople(append(append(x.authors(), parsePerson(f.ManagingEditor)), x.people()...)),
		Refresh:     refreshOf(f, x),
	}
	if f.Image != nil && f.Image.URL != "" {
		doc.Image = strings.TrimSpace(f.Image.URL)
	}
	doc.Categories = rssCategories(f.Categories, x)
	doc.Entries = make([]news.Entry, 0, len(f.Items))
	for _, item := range f.Items {
		doc.Entries = append(doc.Entries, w.fromItem(item))
	}
	return doc
}

// fromItem translates an item.
func (w *rewritten) fromItem(item *rss.Item) news.Entry {
	x := extensions(item.Extensions)
	at := w.rssContext(item)
	e := news.Entry{
		Link:       firstOf(x.first("feedburner", "origlink"), firstOf(trimAll(item.Links)...), x.atomLink("alternate")),
		Title:      firstText(w.textOf(item.Title, at), w.textOf(firstOf(x.first("dc", "title"), x.first("itunes", "title"), x.mediaText("title")), at)),
		Rights:     w.textOf(firstOf(item.Custom["copyright"], x.first("dc", "rights"), x.first("dcterms", "rights"), x.mediaText("copyright"), x.license()), at),
		Language:   firstOf(x.first("dc", "language"), plain(item.Custom["language"]), w.languageOf(at, item.Content, item.Custom["fullitem"], item.Description, item.Title)),
		Comments:   firstOf(strings.TrimSpace(item.Comments), x.atomLink("replies")),
		Image:      firstOf(x.image(), imageOf(plain(item.Custom["image"]))),
		Authors:    distinctPeople(append(x.authors(), x.people()...)),
		Categories: rssCategories(item.Categories, x),
		Enclosures: rssEnclosures(item, x),
	}
	if tags := plain(item.Custom["tags"]); tags != "" {
		e.Categories = distinct(append(strings.Split(tags, ","), e.Categories...))
	}
	w.setEntryContext(&e, at)
	w.rssTexts(&e, item, x, at)
	rssDates(&e, item, x)
	x.describe(e.Enclosures)
	if item.GUID != nil {
		e.ID = plain(item.GUID.Value)
		if e.Link == "" && isWebAddress(e.ID) && !strings.EqualFold(item.GUID.IsPermalink, "false") {
			e.Link = e.ID
		}
	}
	e.ID = firstOf(e.ID, x.first("atom", "id"), x.first("dc", "identifier"), plain(item.Custom["id"]))
	if s := item.Source; s != nil {
		e.Origin = originOf(plain(s.Title), "", strings.TrimSpace(s.URL))
	}
	if e.Origin == nil {
		e.Origin = x.origin()
	}
	return e
}

// rssTexts fills summary and content. A description is a summary only beside
// a content, but that is for normalize to judge.
func (w *rewritten) rssTexts(e *news.Entry, item *rss.Item, x extensions, at int) {
	e.Content = firstText(w.textOf(item.Content, at), w.textOf(item.Custom["encoded"], at),
		w.textOf(item.Custom["body"], at), w.textOf(item.Custom["content"], at), w.textOf(item.Custom["fullitem"], at),
		w.textOf(x.first("atom", "content"), at))
	description, summary := w.textOf(item.Description, at), w.textOf(item.Custom["summary"], at)
	if e.Content.IsZero() && !description.IsZero() && !summary.IsZero() {
		// RSS has no summary: its description is one (RSS 2.0, "item"), unless
		// the other is so much shorter that it must sum up the description.
		if 2*len(summary.Value) < len(description.Value) {
			description, summary = summary, description
		}
		e.Content = summary
	}
	if long := x.first("itunes", "summary"); e.Content.IsZero() && !description.IsZero() && len(long) > len(description.Value) {
		e.Content = w.textOf(long, at) // the description is its beginning
	}
	e.Summary = firstText(description, summary,
		w.textOf(x.first("dc", "description"), at), w.textOf(x.first("itunes", "summary"), at),
		w.textOf(x.first("atom", "summary"), at), w.textOf(x.mediaText("description"), at), w.textOf(x.first("itunes", "subtitle"), at))
}

// imageOf gives the address in an image of an item, which is made like that of
// a channel or is nothing but the address.
func imageOf(s string) string {
	if url := between(s, "url"); url != "" {
		return html.UnescapeString(url)
	}
	if strings.ContainsAny(s, "<> \n") {
		return ""
	}
	return s
}

// rssDates fills the dates. Dublin Core's date does not say of what; a
// publication is what feeds mean by it.
func rssDates(e *news.Entry, item *rss.Item, x extensions) {
	e.Published = orDate(dateOf(item.PubDateParsed), firstDate(
		x.first("dcterms", "issued"), x.first("dc", "date"), x.first("atom", "published"), x.first("atom03", "issued"),
		x.first("dcterms", "created"), plain(item.Custom["published"]), plain(item.Custom["date"])))
	e.Updated = firstDate(x.first("atom", "updated"), x.first("atom03", "modified"), x.first("dcterms", "modified"),
		plain(item.Custom["updated"]), plain(item.Custom["modified"]))
}

// rssContext gives the context of an item: its own if the pass left a carrier.
func (w *rewritten) rssContext(item *rss.Item) int {
	for _, e := range item.Enclosures {
		if e.Type == marker {
			return w.contextAt(e.Length)
		}
	}
	return w.rootContext
}

// rssEnclosures gives the files of an item, without the carrier.
func rssEnclosures(item *rss.Item, x extensions) []news.Enclosure {
	var list []news.Enclosure
	for _, e := range item.Enclosures {
		if e.Type != marker {
			list = append(list, news.Enclosure{URL: strings.TrimSpace(e.URL), Type: strings.TrimSpace(e.Type), Length: parseLength(e.Length)})
		}
	}
	for _, e := range x.all("atom", "link") {
		if strings.EqualFold(e.Attrs["rel"], "enclosure") {
			list = append(list, news.Enclosure{URL: strings.TrimSpace(e.Attrs["href"]), Type: e.Attrs["type"], Length: parseLength(e.Attrs["length"])})
		}
	}
	return distinctEnclosures(append(list, x.enclosures()...))
}

// rssCategories gives the categories of an item or a channel.
func rssCategories(list []*rss.Category, x extensions) []string {
	var names []string
	for _, c := range list {
		names = append(names, plain(c.Value))
	}
	return distinct(append(names, x.categories()...))
}

// trimAll trims strings in place.
func trimAll(list []string) []string {
	for i, s := range list {
		list[i] = plain(s)
	}
	return list
}

// originOf gives the origin of an entry, nil when nothing is known of it.
func originOf(title, id, link string) *news.Origin {
	if o := (news.Origin{Title: title, ID: id, Link: link}); o != (news.Origin{}) {
		return &o
	}
	return nil
}

// refreshOf reads ttl (in minutes) and the syndication module's updatePeriod
// and updateFrequency, the longer of both, and the hours and days to skip.
func refreshOf(f *rss.Feed, x extensions) news.Refresh {
	var r news.Refresh
	if minutes := parseLength(f.TTL); minutes > 0 && minutes < 60*24*366 {
		r.Interval = time.Duration(minutes) * time.Minute
	}
	r.Interval = max(r.Interval, syndication(x).Interval)
	for _, s := range f.SkipHours {
		if hour, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && hour >= 0 && hour <= 24 && !slices.Contains(r.SkipHours, hour%24) {
			r.SkipHours = append(r.SkipHours, hour%24) // RSS 0.92 counts to 24
		}
	}
	for _, s := range f.SkipDays {
		if day, ok := weekdays[strings.ToLower(strings.TrimSpace(s))]; ok && !slices.Contains(r.SkipDays, day) {
			r.SkipDays = append(r.SkipDays, day)
		}
	}
	return r
}

// syndication reads the syndication module, which Atom feeds use too.
func syndication(x extensions) news.Refresh {
	period, ok := periods[strings.ToLower(x.first("sy", "updateperiod"))]
	if !ok {
		return news.Refresh{}
	}
	times := max(parseLength(x.first("sy", "updatefrequency")), 1)
	return news.Refresh{Interval: period / time.Duration(times)}
}

// periods are the values of sy:updatePeriod (RDF Site Summary 1.0 Syndication).
var periods = map[string]time.Duration{
	"hourly":  time.Hour,
	"daily":   24 * time.Hour,
	"weekly":  7 * 24 * time.Hour,
	"monthly": 30 * 24 * time.Hour,
	"yearly":  365 * 24 * time.Hour,
}

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
}
