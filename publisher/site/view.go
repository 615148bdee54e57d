package site

import (
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/news"
)

// frame is what every page shares.
type frame struct {
	Lang, Dir   string
	Base        string // path of the site's URL, without a slash at its end
	SiteTitle   string
	Tagline     string
	Title       string
	Description string
	Canonical   string
	Type        string // Open Graph
	Image       string
	Authors     []news.Person // of an article
	Icon        string        // of the site
	NoIndex     bool
	Note        string // of a preview; the page then runs no script
	Nav         []link
	Alternates  []alternate // for autodiscovery
	OEmbed      string      // how other sites can show the page; empty: not at all

	url  string // of the site
	home string // name of the feed whose page is /
}

type feedView struct {
	frame
	Feed    feed
	Stories []story
	Archive string // number of the archive page; empty for the newest stories
	Span    string // days over which the stories of an archive page spread
	pager
}

type articleView struct {
	frame
	Story   story
	Updated stamp
	Content template.HTML
	Tags    []tagLink
	Feed    feed
	Latest  []story
	Data    posting // for search engines
}

type link struct {
	Title, URL string
	Current    bool
}

// feed is a feed with its addresses.
type feed struct {
	Title, Description string
	Page               string // path of its page
	Embed              string // path of the page that writes embeds
	Formats            []format
}

type format struct {
	Name       string
	Type       mediaType
	Site, Path string // the two halves of its address
}

// alternate is a feed that a page announces.
type alternate struct {
	Title string
	Type  mediaType
	URL   string
}

// mediaType is one of ours: trusted.
type mediaType string

// Attr gives the attribute type with it. As a mere value it would get its plus
// as &#43;, which whoever searches pages for feeds without parsing them doesn't
// understand.
func (t mediaType) Attr() template.HTMLAttr { return template.HTMLAttr(`type="` + string(t) + `"`) }

// formats are those in which every feed is published.
var formats = []struct {
	name, suffix string
	contentType  mediaType
}{
	{"RSS", ".rss", "application/rss+xml"},
	{"Atom", ".atom", "application/atom+xml"},
	{"JSON Feed", ".json", "application/feed+json"},
}

// story is a story on a card.
type story struct {
	Title     string
	URL       string // empty: there is nowhere to go
	Lang      string // where it differs from the page's
	Source    string
	SourceURL string
	Authors   string
	Date      stamp
	Excerpt   string
	Image     string
	AlsoIn    []link
}

// newFrame frames the page of the feed called current, which may be none.
func newFrame(site *news.Site, feeds []news.Feed, current string) frame {
	return newFrameAt(basePath(site), site, feeds, current)
}

// basePath is the path of the site's URL, without a slash at its end.
func basePath(site *news.Site) string {
	u, err := url.Parse(strings.TrimSuffix(site.URL, "/"))
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// newFrameAt frames a page whose links lead below base.
func newFrameAt(base string, site *news.Site, feeds []news.Feed, current string) frame {
	f := frame{
		Base: base,
		Lang: first(site.Language, "en"), Dir: direction(site.Language),
		SiteTitle: site.Title, Tagline: site.Description,
		Icon: site.Icon,
		Type: "website", url: strings.TrimSuffix(site.URL, "/"),
	}
	if len(feeds) > 0 {
		f.home = feeds[0].Name
	}
	for i := range feeds {
		page := f.feed(&feeds[i])
		f.Nav = append(f.Nav, link{Title: page.Title, URL: page.Page, Current: feeds[i].Name == current})
	}
	f.Alternates = f.alternates(feeds, first(current, f.home))
	return f
}

// alternates announces every format of a page's own feed, before the others
// since many clients take the first one they find, and one format of those.
func (f *frame) alternates(feeds []news.Feed, own string) []alternate {
	var mine, others []alternate
	for i := range feeds {
		feed := f.feed(&feeds[i])
		if feeds[i].Name != own {
			others = append(others, alternate{feed.Title, feed.Formats[0].Type, f.absolute(feed.Formats[0].Path)})
			continue
		}
		for _, format := range feed.Formats {
			mine = append(mine, alternate{feed.Title + " (" + format.Name + ")", format.Type, f.absolute(format.Path)})
		}
	}
	return append(mine, others...)
}

// absolute gives the address of a path of the site.
func (f *frame) absolute(path string) string { return f.url + path }

// page gives the path of a feed's page below the site's.
func (f *frame) page(name string) string {
	if name == f.home {
		return "/"
	}
	return "/" + name
}

func (f *frame) feed(from *news.Feed) feed {
	out := feed{Title: first(from.Title, from.Name), Description: from.Description, Page: f.Base + f.page(from.Name), Embed: f.Base + "/embed"}
	for _, known := range formats {
		out.Formats = append(out.Formats, format{known.name, known.contentType, f.url, "/" + from.Name + known.suffix})
	}
	return out
}

func (f *frame) stories(items []news.Item, zone *time.Location) []story {
	out := make([]story, len(items))
	for i := range items {
		out[i] = f.story(&items[i], zone)
	}
	return out
}

func (f *frame) story(item *news.Item, zone *time.Location) story {
	s := story{
		Title: item.Title, URL: f.own(web(item.Link)), Source: item.From.Title, SourceURL: f.own(web(item.From.Site)),
		Date: newStamp(item.Date, zone, f.Lang), Excerpt: item.Excerpt, Image: f.own(web(item.Image)),
	}
	if item.Local && item.Slug != "" {
		s.URL = f.Base + "/articles/" + url.PathEscape(item.Slug)
	}
	if item.Language != "" && !strings.EqualFold(item.Language, f.Lang) {
		s.Lang = item.Language
	}
	if s.Title == "" {
		s.Title, s.Excerpt = headline(item.Excerpt)
	}
	if s.Excerpt == s.Title {
		s.Excerpt = ""
	}
	if s.Authors = names(item.Authors); s.Authors == s.Source {
		s.Authors = ""
	}
	for _, copied := range item.AlsoIn {
		s.AlsoIn = append(s.AlsoIn, link{Title: first(copied.Title, copied.Link), URL: web(copied.Link)})
	}
	return s
}

// own gives an address of the site as a path and any other as it is.
func (f *frame) own(address string) string {
	if rest, ok := strings.CutPrefix(address, f.url); ok && (rest == "" || rest[0] == '/') {
		return f.Base + first(rest, "/")
	}
	return address
}

// web gives an address if a reader may be sent there.
func web(address string) string {
	lower := strings.ToLower(address[:min(len(address), len("https://"))])
	if strings.HasPrefix(lower, "http://") || lower == "https://" {
		return address
	}
	return ""
}

// headline makes a title for a story without one, of the words it begins with,
// and gives the excerpt to show below it: none if the title says it all.
func headline(text string) (title, excerpt string) {
	const most = 80
	switch {
	case text == "":
		return "Untitled", ""
	case utf8.RuneCountInString(text) <= most:
		return text, ""
	}
	cut := string([]rune(text)[:most])
	if at := strings.LastIndexByte(cut, ' '); at > 0 {
		cut = cut[:at]
	}
	return cut + "…", text
}

// names lists authors, the first three of many.
func names(people []news.Person) string {
	var out []string
	for _, p := range people {
		if p.Name != "" {
			out = append(out, p.Name)
		}
	}
	if len(out) > 3 {
		out = append(out[:3], "…")
	}
	return strings.Join(out, ", ")
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
