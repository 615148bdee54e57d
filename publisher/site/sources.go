package site

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

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
		view.Sources = append(view.Sources, v.source(&p.Sources[i], p.Site.Location))
	}
	return s.execute("sources.html", view)
}

func (f *frame) source(from *SourceStatus, zone *time.Location) sourceView {
	healthy, health := healthSentence(&from.State)
	return sourceView{
		Name: from.Info.Name, Title: first(from.Info.Title, from.Info.Name),
		URL: f.own(web(from.Info.Site)), Feed: publicURL(&from.Info), Tags: from.Info.Tags,
		Healthy: healthy, Health: health, LastOK: newStamp(from.State.LastOK, zone, f.Lang),
		Stories: count(from.State.Stories, "story", "stories"),
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// healthSentence says how a source does. Addresses and the words of errors are
// the operator's business.
func healthSentence(s *news.SourceState) (healthy bool, sentence string) {
	switch s.Health {
	case news.HealthNew:
		return true, "Not read yet."
	case news.HealthOK:
		return true, "Read without trouble."
	case news.HealthLate:
		return false, "Its next reading is overdue."
	case news.HealthMoved:
		return true, "Read without trouble; it has moved to another address."
	case news.HealthGone:
		return false, "Its publisher has closed it for good."
	case news.HealthPaused:
		return false, "We have paused it."
	case news.HealthDead:
		return false, fmt.Sprintf("Could not be read for more than 30 days: %s.", reason(s.Last.Cause))
	default:
		return false, fmt.Sprintf("Can't be read at the moment: %s.", reason(s.Last.Cause))
	}
}

// reason says in the words of a visitor why a source can't be read.
func reason(cause news.Cause) string {
	switch cause {
	case news.CauseDNS, news.CauseConnect, news.CauseBlocked:
		return "its server can't be reached"
	case news.CauseTLS:
		return "the encryption of its server is not in order"
	case news.CauseTimeout:
		return "its server answers too slowly"
	case news.CauseRateLimited:
		return "its server asks us to come less often"
	case news.CauseNotFound, news.CauseGone, news.CauseRedirect, news.CauseFile:
		return "there is nothing at its address"
	case news.CauseForbidden:
		return "its server does not let us in"
	case news.CauseStatus:
		return "its server answers with an error"
	case news.CauseLimit, news.CauseTruncated, news.CauseNotFeed, news.CauseMalformed:
		return "what it sends is no feed that can be read"
	default:
		return "something went wrong"
	}
}

// publicURL gives the address of a source's feed if it is one for everybody: on
// the public internet by its looks, and to be read without a key.
func publicURL(from *news.SourceInfo) string {
	address := web(from.URL)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || from.Keyed {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsGlobalUnicast() || ip.IsPrivate() {
			return ""
		}
		return address
	}
	dot := strings.LastIndexByte(host, '.')
	switch host[dot+1:] {
	case "local", "localhost", "internal", "intranet", "lan", "home", "corp", "test", "arpa":
		return ""
	}
	if dot < 0 {
		return ""
	}
	return address
}
