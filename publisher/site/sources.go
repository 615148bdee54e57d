package site

import (
	"strconv"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
)

// SourcesPerPage is how many sources a page lists.
const SourcesPerPage = 200

// SourcesPage is a page of the list of sources.
type SourcesPage struct {
	Site    news.Site
	Feeds   []news.Feed
	Sources []SourceStatus // those of this page
	All     int            // how many there are on all pages
	Page    int            // from 1
	Last    int            // number of the last page
	Now     time.Time      // decides who is late
}

// SourceStatus is a source and how it does. What visitors needn't know of it,
// as the words of an error, stays out of the page.
type SourceStatus struct {
	Info  news.SourceInfo
	State news.SourceState
}

// SourcesPath gives the path of a page of the sources, below the site's.
func SourcesPath(page int) string { return numbered("/sources", page) }

// numbered gives the path of a page of a list: the first one has no number.
func numbered(path string, page int) string {
	if page <= 1 {
		return path
	}
	return path + "/" + strconv.Itoa(page)
}

type sourcesView struct {
	frame
	All     int
	Sources []sourceView
	pager
}

// sourceView is a source in the list. Its name is its anchor there.
type sourceView struct {
	Name, Title string
	URL, Feed   string // empty: none to show
	Tags        []string
	Healthy     bool
	Health      string // a sentence
	LastOK      stamp
	Stories     string
}

// Sources makes a page of the list of sources, served at /sources.
func (s *Site) Sources(p SourcesPage) ([]byte, error) {
	v := newFrame(&p.Site, p.Feeds, "")
	v.Title = title("Our sources", p.Site.Title)
	v.Description = "The publications whose stories appear here, and whether they can be read at the moment."
	v.Canonical = v.absolute(SourcesPath(p.Page))
	view := sourcesView{frame: v, All: p.All, pager: v.pages("/sources", p.Page, p.Last)}
	for i := range p.Sources {
		view.Sources = append(view.Sources, v.source(&p.Sources[i], p.Now, p.Site.Location))
	}
	return s.execute("sources.html", view)
}

func (f *frame) source(from *SourceStatus, now time.Time, zone *time.Location) sourceView {
	report := health.Of(&from.State, now)
	return sourceView{
		Name: from.Info.Name, Title: first(from.Info.Title, from.Info.Name),
		URL: f.own(web(from.Info.Site)), Feed: f.feedURL(&from.Info), Tags: from.Info.Tags,
		Healthy: health.Rank(report.Health) <= health.Rank(news.HealthMoved) && report.Health != news.HealthPaused,
		Health:  health.Sentence(&from.State, now, zone), LastOK: newStamp(from.State.LastOK, zone, f.Lang),
		Stories: count(from.State.Stories, "story", "stories"),
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// feedURL gives the address of a source's feed if it is one for the visitors of
// this site, to be read without a key.
func (f *frame) feedURL(from *news.SourceInfo) string {
	address := web(from.URL)
	if address == "" || from.Keyed || !news.ToldOn(f.url, address) {
		return ""
	}
	return address
}
