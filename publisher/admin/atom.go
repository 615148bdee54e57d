package admin

import (
	"encoding/xml"
	"net/http"
	"time"
)

// atomLimit is how many entries /status.atom has at most.
const atomLimit = 100

// The elements of an Atom feed that we need (RFC 4287 §4).
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID       string        `xml:"id"`
		Title    string        `xml:"title"`
		Updated  string        `xml:"updated"`
		Category *atomCategory `xml:"category"`
		Link     atomLink      `xml:"link"`
		Content  atomText      `xml:"content"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// atom answers with the feed of our own troubles: an entry for each that began
// and each that ended, newest first. Its ids hang on the site's URL, so they
// stay the same wherever the admin listener is.
func (h *Handler) atom(w http.ResponseWriter, r *http.Request) {
	states, err := h.o.Store.Sources(r.Context())
	if err != nil {
		h.unreadable(w, err)
		return
	}
	events, err := h.recent(r.Context(), states, atomLimit)
	if err != nil {
		h.unreadable(w, err)
		return
	}
	here := "http://" + r.Host
	id := h.o.Site.URL + "/status.atom"
	feed := atomFeed{
		ID: id, Title: h.o.Site.Title + ": status", Subtitle: "Troubles of this aggregator, and their ends.",
		Updated: h.started.UTC().Format(time.RFC3339), Author: atomAuthor{Name: h.o.Site.Title},
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: here + "/status.atom"},
			{Rel: "alternate", Type: "text/html", Href: here + "/status"},
		},
	}
	for i, event := range events {
		if i == 0 {
			feed.Updated = event.At.UTC().Format(time.RFC3339Nano)
		}
		term, link := "trouble", here+"/status"
		if event.Over {
			term = "recovery"
		}
		if event.Source != "" {
			link += "?source=" + event.Source
		}
		feed.Entries = append(feed.Entries, atomEntry{
			ID: id + "#" + event.ID, Title: event.Title, Updated: event.At.UTC().Format(time.RFC3339Nano),
			Category: &atomCategory{Term: term}, Link: atomLink{Rel: "alternate", Type: "text/html", Href: link},
			Content: atomText{Type: "text", Text: event.Text},
		})
	}
	body, err := xml.MarshalIndent(feed, "", "  ")
	if err != nil {
		h.unreadable(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write([]byte(xml.Header))
	_, _ = w.Write(append(body, '\n'))
}

// unreadable says that what was asked for can't be read.
func (h *Handler) unreadable(w http.ResponseWriter, err error) {
	h.o.Log.Error("an admin page can't be made", "error", err)
	w.Header().Set("Retry-After", "30")
	plain(w, http.StatusServiceUnavailable, "the store can't be read; the log says why")
}
