package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// node is an XML element as a reader sees it.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Nodes   []node     `xml:",any"`
}

func (n *node) all(name string) []node {
	var found []node
	for _, child := range n.Nodes {
		if qualified(child.XMLName) == name {
			found = append(found, child)
		}
	}
	return found
}

// one gives the text of the only child of that name, or fails.
func (n *node) one(t *testing.T, name string) string {
	t.Helper()
	found := n.all(name)
	if len(found) != 1 {
		t.Errorf("%s has %d %s, want one", n.XMLName.Local, len(found), name)
		return ""
	}
	return found[0].Text
}

func (n *node) attr(name string) string {
	for _, a := range n.Attrs {
		if qualified(a.Name) == name {
			return a.Value
		}
	}
	return ""
}

// linksOf gives the Atom links of a relation.
func (n *node) linksOf(rel string) []node {
	var found []node
	for _, l := range n.all("atom:link") {
		if l.attr("rel") == rel {
			found = append(found, l)
		}
	}
	return found
}

const nsITunes = "http://www.itunes.com/dtds/podcast-1.0.dtd"

var prefixes = map[string]string{
	"http://www.w3.org/2005/Atom":              "atom:",
	"http://purl.org/rss/1.0/modules/content/": "content:",
	"http://purl.org/dc/elements/1.1/":         "dc:",
	"http://search.yahoo.com/mrss/":            "media:",
	"http://purl.org/syndication/history/1.0":  "fh:",
	nsITunes:                               "itunes:",
	"http://www.w3.org/XML/1998/namespace": "xml:",
	"":                                     "",
}

func qualified(name xml.Name) string {
	prefix, known := prefixes[name.Space]
	if !known {
		prefix = "{" + name.Space + "}"
	}
	return prefix + name.Local
}

// formatNamed gives the format of that name.
func formatNamed(t testing.TB, name string) render.Format {
	t.Helper()
	for _, f := range render.Formats {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no format is called %q", name)
	return render.Format{}
}

func parseXML(t testing.TB, body []byte) *node {
	t.Helper()
	root := new(node)
	if err := xml.Unmarshal(body, root); err != nil {
		t.Fatalf("%v in:\n%s", err, body)
	}
	return root
}

// mayBeEmpty are the elements whose attributes say it all.
var mayBeEmpty = map[string]bool{
	"atom:link": true, "atom:category": true, "enclosure": true,
	"media:content": true, "media:thumbnail": true, "itunes:image": true, "itunes:category": true,
	"fh:archive": true, "fh:complete": true,
}

// checkElements: no empty element, no unknown namespace, no bad language.
func checkElements(t *testing.T, n *node) {
	t.Helper()
	name := qualified(n.XMLName)
	if len(n.Nodes) == 0 && strings.TrimSpace(n.Text) == "" && !mayBeEmpty[name] {
		t.Errorf("%s is empty", name)
	}
	if strings.HasPrefix(name, "{") {
		t.Errorf("%s is of no namespace that we declare", name)
	}
	if lang := n.attr("xml:lang"); lang != "" && !languageShape.MatchString(lang) {
		t.Errorf("%s has xml:lang %q", name, lang)
	}
	for _, child := range n.Nodes {
		checkElements(t, &child)
	}
}

var languageShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// checkIDs: each an absolute URI and no two the same.
func checkIDs(t *testing.T, ids []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, id := range ids {
		if u, err := url.Parse(id); err != nil || !u.IsAbs() {
			t.Errorf("id %q is no absolute URI", id)
		}
		if seen[id] {
			t.Errorf("id %q comes twice", id)
		}
		seen[id] = true
	}
}

func checkTime(t *testing.T, layout, value string) {
	t.Helper()
	parsed, err := time.Parse(layout, value)
	if err != nil {
		t.Error(err)
	}
	if again := parsed.UTC().Format(layout); again != value {
		t.Errorf("date %q should be written %q", value, again)
	}
}

func TestRSSIsValid(t *testing.T) {
	t.Parallel()
	for name, edition := range editions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := parseXML(t, mustRender(t, formatNamed(t, "rss"), edition))
			checkElements(t, root)
			channel := root.all("channel")[0]
			for _, required := range []string{"title", "link", "description"} {
				channel.one(t, required)
			}
			checkLinks(t, &channel, edition, ".rss", "application/rss+xml")
			var ids []string
			for _, item := range channel.all("item") {
				checkRSSItem(t, &item)
				ids = append(ids, item.one(t, "guid"))
			}
			checkIDs(t, ids)
		})
	}
}

// checkLinks: one self, and RFC 5005's links and marks as the edition asks.
func checkLinks(t *testing.T, feed *node, edition *news.Edition, extension, mediaType string) {
	t.Helper()
	page, at := edition.Site.URL+"/"+edition.Feed.Name, edition.History
	archive := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%s/archive/%d%s", page, n, extension)
	}
	if hub := feed.linksOf("hub"); len(hub) != 1 || hub[0].attr("href") != options.Hub {
		t.Errorf("hub links %v, want one to %s", hub, options.Hub)
	}
	want := map[string]string{
		"self": page + extension, "current": "", "prev-archive": archive(at.Prev), "next-archive": archive(at.Next),
	}
	if at.Page > 0 {
		want["self"], want["current"] = archive(at.Page), page+extension
	}
	for rel, href := range want {
		links := feed.linksOf(rel)
		switch {
		case href == "" && len(links) == 0:
		case len(links) != 1 || links[0].attr("href") != href || links[0].attr("type") != mediaType:
			t.Errorf("%s links %v, want one to %q of type %s", rel, links, href, mediaType)
		}
	}
	for mark, is := range map[string]bool{"fh:complete": at.Complete, "fh:archive": at.Page > 0 && !at.Open} {
		if n := len(feed.all(mark)); (n == 1) != is || n > 1 {
			t.Errorf("%d × %s, want it: %t", n, mark, is)
		}
	}
}

func checkRSSItem(t *testing.T, item *node) {
	t.Helper()
	checkTime(t, time.RFC1123Z, item.one(t, "pubDate"))
	if len(item.all("title"))+len(item.all("description")) == 0 {
		t.Error("an item has neither title nor description")
	}
	if len(item.all("content:encoded")) > 0 && len(item.all("description")) == 0 {
		t.Error("an item has content:encoded without description")
	}
	permalink := item.all("guid")[0].attr("isPermaLink") == "true"
	if permalink && item.one(t, "guid") != item.one(t, "link") {
		t.Errorf("guid %q is no permalink", item.one(t, "guid"))
	}
	if n := len(item.all("enclosure")); n > 1 {
		t.Errorf("an item has %d enclosures", n)
	}
	for _, e := range item.all("enclosure") {
		if e.attr("url") == "" || e.attr("length") == "" || !strings.Contains(e.attr("type"), "/") {
			t.Errorf("an enclosure lacks an attribute: %v", e.Attrs)
		}
	}
	for _, s := range item.all("source") {
		if s.attr("url") == "" {
			t.Error("a source has no url")
		}
	}
}

func TestAtomIsValid(t *testing.T) {
	t.Parallel()
	for name, edition := range editions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := parseXML(t, mustRender(t, formatNamed(t, "atom"), edition))
			checkElements(t, root)
			page := edition.Site.URL + "/" + edition.Feed.Name
			if id := root.one(t, "atom:id"); id != page {
				t.Errorf("feed id %q, want its page %q", id, page)
			}
			checkTime(t, time.RFC3339, root.one(t, "atom:updated"))
			checkLinks(t, root, edition, ".atom", "application/atom+xml")
			if len(root.all("atom:author")) == 0 {
				t.Error("the feed has no author (RFC 4287 §4.1.1)")
			}
			var ids []string
			for _, entry := range root.all("atom:entry") {
				checkAtomEntry(t, &entry)
				ids = append(ids, entry.one(t, "atom:id"))
			}
			checkIDs(t, ids)
		})
	}
}

func checkAtomEntry(t *testing.T, entry *node) {
	t.Helper()
	entry.one(t, "atom:title")
	published, updated := entry.one(t, "atom:published"), entry.one(t, "atom:updated")
	checkTime(t, time.RFC3339, published)
	checkTime(t, time.RFC3339Nano, updated)
	if strings.TrimSuffix(updated, "Z") < strings.TrimSuffix(published, "Z") {
		t.Errorf("updated %s before published %s", updated, published)
	}
	if len(entry.linksOf("alternate")) == 0 && len(entry.all("atom:content")) == 0 {
		t.Error("an entry has neither content nor an alternate link (RFC 4287 §4.1.2)")
	}
	for _, author := range entry.all("atom:author") {
		author.one(t, "atom:name")
	}
	for _, l := range entry.linksOf("enclosure") {
		if l.attr("href") == "" || !strings.Contains(l.attr("type"), "/") {
			t.Errorf("an enclosure lacks an attribute: %v", l.Attrs)
		}
	}
}

// jsonDocument is JSON Feed 1.1 with our extension: every key that we write.
type jsonDocument struct {
	Version     string `json:"version"`
	Title       string `json:"title"`
	Language    string `json:"language"`
	HomePageURL string `json:"home_page_url"`
	FeedURL     string `json:"feed_url"`
	Description string `json:"description"`
	NextURL     string `json:"next_url"`
	Icon        string `json:"icon"`
	Hubs        []struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	} `json:"hubs"`
	Authors   []jsonPerson `json:"authors"`
	Tributary struct {
		Generator string `json:"generator"`
		TTL       int    `json:"ttl"`
	} `json:"_tributary"`
	Items []jsonItem `json:"items"`
}

type jsonPerson struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type jsonItem struct {
	ID          string       `json:"id"`
	URL         string       `json:"url"`
	Title       string       `json:"title"`
	ContentHTML string       `json:"content_html"`
	ContentText string       `json:"content_text"`
	Summary     string       `json:"summary"`
	Image       string       `json:"image"`
	Published   string       `json:"date_published"`
	Modified    string       `json:"date_modified"`
	Authors     []jsonPerson `json:"authors"`
	Tags        []string     `json:"tags"`
	Language    string       `json:"language"`
	Attachments []struct {
		URL      string `json:"url"`
		MIMEType string `json:"mime_type"`
		Size     int64  `json:"size_in_bytes"`
		Duration int64  `json:"duration_in_seconds"`

		Tributary struct {
			Episode news.Episode `json:"episode"`
		} `json:"_tributary"`
	} `json:"attachments"`
	Tributary struct {
		Source struct {
			Title   string `json:"title"`
			URL     string `json:"url"`
			FeedURL string `json:"feed_url"`
		} `json:"source"`
		AlsoIn []struct {
			Title string `json:"title"`
			URL   string `json:"url"`
		} `json:"also_in"`
		Rights   string `json:"rights"`
		Comments string `json:"comments"`
	} `json:"_tributary"`
}

// parseJSON decodes and refuses any key that is not in jsonDocument.
func parseJSON(t testing.TB, body []byte) *jsonDocument {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	doc := new(jsonDocument)
	if err := decoder.Decode(doc); err != nil {
		t.Fatalf("%v in:\n%s", err, body)
	}
	return doc
}

func TestJSONIsValid(t *testing.T) {
	t.Parallel()
	for name, edition := range editions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parseJSON(t, mustRender(t, formatNamed(t, "json"), edition))
			page := edition.Site.URL + "/" + edition.Feed.Name
			if doc.Version != "https://jsonfeed.org/version/1.1" || doc.Title == "" || doc.Items == nil {
				t.Errorf("version %q, title %q, items %v: one is missing", doc.Version, doc.Title, doc.Items)
			}
			if len(doc.Hubs) != 1 || doc.Hubs[0].URL != options.Hub || doc.Hubs[0].Type != "WebSub" {
				t.Errorf("hubs %v, want %s", doc.Hubs, options.Hub)
			}
			if doc.FeedURL != page+".json" || doc.HomePageURL != page {
				t.Errorf("feed_url %q, home_page_url %q", doc.FeedURL, doc.HomePageURL)
			}
			if older := edition.History.Prev; (doc.NextURL != "") != (older > 0) ||
				older > 0 && doc.NextURL != fmt.Sprintf("%s/archive/%d.json", page, older) {
				t.Errorf("next_url %q, want page %d", doc.NextURL, older)
			}
			var ids []string
			for i := range doc.Items {
				checkJSONItem(t, &doc.Items[i])
				ids = append(ids, doc.Items[i].ID)
			}
			checkIDs(t, ids)
		})
	}
}

func checkJSONItem(t *testing.T, item *jsonItem) {
	t.Helper()
	checkTime(t, time.RFC3339, item.Published)
	if item.Modified != "" {
		checkTime(t, time.RFC3339, item.Modified)
	}
	if (item.ContentHTML == "") == (item.ContentText == "") {
		t.Errorf("%s: one of content_html and content_text must be there", item.ID)
	}
	if item.Language != "" && !languageShape.MatchString(item.Language) {
		t.Errorf("%s: language %q", item.ID, item.Language)
	}
	for _, a := range item.Attachments {
		if a.URL == "" || a.MIMEType == "" {
			t.Errorf("%s: an attachment lacks url or mime_type", item.ID)
		}
	}
}
