package discover

import (
	"bytes"
	"io"
	"mime"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// maxPage is how many bytes of a page are searched.
const maxPage = 2 << 20

// page is what a page says about feeds.
type page struct {
	url     *url.URL // it came from
	base    *url.URL // its links are relative to; RFC 3986 §5.1.1
	links   []reference
	anchors []reference
}

// reference is an address that may be a feed's.
type reference struct {
	url      string // absolute
	title    string // as the page calls it
	weak     bool   // its type alone doesn't say feed
	comments bool
}

// Types of feeds. What the weak ones hold is a feed sometimes.
var (
	feedTypes = []string{"application/rss+xml", "application/atom+xml", "application/rdf+xml",
		"application/feed+json", "application/x.atom+xml", "application/x-atom+xml", "text/rss+xml", "text/atom+xml"}
	weakTypes = []string{"application/xml", "text/xml", "application/json"}
)

var (
	// feedPath matches addresses that look like feeds: a folder or file name
	// that says so, or a query.
	feedPath = regexp.MustCompile(`(?i)(^|/)(feeds?|rss2?|atom)(\.(xml|json|php|aspx?|rss|atom))?/?$|\.(rss|atom|rdf)$|(^|/)index\.(xml|rdf)$|(^|/)(feeds?|rss|atom)/`)
	feedText = regexp.MustCompile(`(?i)\b(rss|atom|json ?feed|feeds?)\b`)
	comments = regexp.MustCompile(`(?i)\bcomments?\b|kommentare?\b|commentaires?\b|comentarios?\b`)
)

// readPage searches a page. It reads tags alone, so no page is too broken.
func readPage(a *answer) *page {
	p := &page{}
	p.url, _ = url.Parse(a.url)
	if p.url == nil {
		p.url = &url.URL{}
	}
	p.base = p.url
	var body io.Reader = bytes.NewReader(a.body[:min(len(a.body), maxPage)])
	if decoded, err := charset.NewReader(body, a.contentType); err == nil {
		body = decoded
	}
	p.scan(html.NewTokenizer(body))
	slices.SortStableFunc(p.links, func(x, y reference) int { return order(x) - order(y) })
	slices.SortStableFunc(p.anchors, func(x, y reference) int { return order(x) - order(y) })
	return p
}

// order puts what is surely a feed first and comments last.
func order(r reference) int { return rank(r.weak) + 2*rank(r.comments) }

func (p *page) scan(z *html.Tokenizer) {
	var open *reference // an <a> whose text is being read
	var text strings.Builder
	based := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if open != nil && text.Len() < 200 {
				text.Write(z.Text())
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "a" && open != nil {
				p.anchor(*open, text.String())
				open = nil
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch token.Data {
			case "base": // the first one counts, HTML §4.2.3
				if to := p.resolve(attribute(token, "href")); to != nil && !based {
					p.base, based = to, true
				}
			case "link":
				p.link(token)
			case "a":
				open = p.reference(attribute(token, "href"), attribute(token, "title"))
				text.Reset()
				if open != nil && hasToken(attribute(token, "rel"), "feed") {
					open.title += " feed"
				}
			case "img": // the orange icon
				if open != nil {
					text.WriteString(" " + attribute(token, "alt"))
				}
			}
		}
	}
}

// link takes a <link> that declares a feed. A type that is no feed's for sure
// (oEmbed, a REST interface, a translation of the page) is left out.
func (p *page) link(token html.Token) {
	rel := attribute(token, "rel")
	media, _, _ := mime.ParseMediaType(attribute(token, "type"))
	strong := slices.Contains(feedTypes, media)
	if !hasToken(rel, "feed") {
		if !hasToken(rel, "alternate") || hasToken(rel, "stylesheet") || !strong && !slices.Contains(weakTypes, media) {
			return
		}
	}
	ref := p.reference(attribute(token, "href"), attribute(token, "title"))
	if ref == nil {
		return
	}
	if ref.weak = !strong; ref.weak && strings.Contains(ref.url, "/wp-json/") {
		return
	}
	p.links = add(p.links, *ref)
}

// anchor takes an <a> that looks like a feed: by its address on the page's own
// site or a feed host, or by its text on the own site.
func (p *page) anchor(ref reference, text string) {
	u, err := url.Parse(ref.url)
	if err != nil || u.Path == p.url.Path && u.RawQuery == p.url.RawQuery && u.Host == p.url.Host {
		return
	}
	own := sameSite(u.Hostname(), p.url.Hostname())
	byPath := feedPath.MatchString(u.Path) || u.Query().Has("feed") || path.Ext(u.Path) == ".xml" && feedText.MatchString(text)
	byText := feedText.MatchString(text + " " + ref.title)
	feedHost := strings.HasPrefix(strings.ToLower(u.Hostname()), "feed") // feeds.feedburner.com and its kind
	if !own && !(feedHost && (byPath || byText)) || !byPath && !byText {
		return
	}
	ref.weak = !byPath
	ref.title = fold(text)
	ref.comments = ref.comments || comments.MatchString(text)
	p.anchors = add(p.anchors, ref)
}

// reference resolves an address; nil when it leads nowhere on the web.
func (p *page) reference(href, title string) *reference {
	u := p.resolve(href)
	if u == nil {
		return nil
	}
	u.Fragment = ""
	return &reference{url: u.String(), title: fold(title), comments: comments.MatchString(title + " " + u.Path)}
}

// resolve makes an address absolute against the base (RFC 3986 §5.2).
func (p *page) resolve(href string) *url.URL {
	href = strings.TrimSpace(href)
	if rest, ok := strings.CutPrefix(href, "feed:"); ok {
		if href = rest; strings.HasPrefix(href, "//") {
			href = "http:" + href
		}
	}
	if href == "" {
		return nil
	}
	u, err := p.base.Parse(href)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil
	}
	u.User = nil
	return u
}

// add appends a reference unless its address is there.
func add(refs []reference, ref reference) []reference {
	if slices.ContainsFunc(refs, func(r reference) bool { return r.url == ref.url }) {
		return refs
	}
	return append(refs, ref)
}

// sameSite reports whether two hosts are one but for a subdomain.
func sameSite(a, b string) bool {
	a, b = strings.TrimPrefix(strings.ToLower(a), "www."), strings.TrimPrefix(strings.ToLower(b), "www.")
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// hasToken reports whether a list separated by spaces has a token, in any case.
func hasToken(list, token string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(s string) bool { return strings.EqualFold(s, token) })
}

// fold makes text that a stranger wrote one line of at most 200 bytes that is
// safe to print: no control characters, none that turn the direction.
func fold(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)
	}), " ")
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}
