package render_test

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rssRules hold in RSS 2.0, its profile included.
var rssRules = []rule{
	{"InvalidRSSVersion", func(d *validated) []string {
		if v := d.root.attr("version"); v != "2.0" {
			return []string{v}
		}
		return nil
	}},
	{"MissingElement", func(d *validated) (out []string) { // MissingTitle, MissingLink, MissingDescription
		for _, name := range []string{"title", "link", "description"} {
			if len(d.feed.all(name)) == 0 {
				out = append(out, name)
			}
		}
		return out
	}},
	{"ItemMustContainTitleOrDescription", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool { return len(item.all("title"))+len(item.all("description")) == 0 })
	}},
	{"MissingGuid", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool { return len(item.all("guid")) == 0 })
	}},
	{"InvalidPermalink", func(d *validated) []string { // InvalidHttpGUID
		return d.itemsWhere(func(item *node) bool {
			return slices.ContainsFunc(item.all("guid"), func(guid node) bool {
				return guid.attr("isPermaLink") != "false" && !strings.HasPrefix(guid.Text, "http")
			})
		})
	}},
	{"InvalidBooleanAttribute", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool {
			return slices.ContainsFunc(item.all("guid"), func(guid node) bool {
				return !slices.Contains([]string{"", "true", "false"}, guid.attr("isPermaLink"))
			})
		})
	}},
	{"NotSufficientlyUnique", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool {
			return slices.ContainsFunc(item.all("guid"), func(guid node) bool {
				_, err := strconv.Atoi(guid.Text)
				return err == nil && len(guid.Text) < 9
			})
		})
	}},
	{"DuplicateValue", func(d *validated) (out []string) { // of guids
		seen := map[string]bool{}
		for _, item := range d.items {
			for _, guid := range item.all("guid") {
				if seen[guid.Text] {
					out = append(out, guid.Text)
				}
				seen[guid.Text] = true
			}
		}
		return out
	}},
	{"NeedDescriptionBeforeContent", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool {
			at := func(name string) int {
				return slices.IndexFunc(item.Nodes, func(n node) bool { return n.name() == name })
			}
			content, description := at("content:encoded"), at("description")
			return content >= 0 && (description < 0 || description > content)
		})
	}},
	{"MisplacedItem", func(d *validated) (out []string) {
		items := false
		for _, n := range d.feed.Nodes {
			if items && n.name() != "item" {
				out = append(out, n.name()+" after an item")
			}
			items = items || n.name() == "item"
		}
		return out
	}},
	{"DuplicateEnclosure", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool { return len(item.all("enclosure")) > 1 })
	}},
	{"MissingAttribute", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			required := map[string][]string{"enclosure": {"url", "length", "type"}, "source": {"url"}}
			for _, name := range required[n.name()] {
				if n.attr(name) == "" {
					out = append(out, n.name()+" "+name)
				}
			}
		})
		return out
	}},
	{"InvalidIntegerAttribute", func(d *validated) (out []string) { // UseZeroForUnknown
		d.each(func(_, n *node) {
			if n.name() != "enclosure" {
				return
			}
			if length, err := strconv.ParseInt(n.attr("length"), 10, 64); err != nil || length < 0 {
				out = append(out, n.attr("length"))
			}
		})
		return out
	}},
	{"InvalidURLAttribute", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if n.name() == "enclosure" && !webAddress.MatchString(n.attr("url")) {
				out = append(out, n.attr("url"))
			}
		})
		return out
	}},
	{"InvalidPositiveInteger", func(d *validated) (out []string) {
		for _, ttl := range d.feed.all("ttl") {
			if n, err := strconv.Atoi(ttl.Text); err != nil || n <= 0 {
				out = append(out, ttl.Text)
			}
		}
		return out
	}},
	{"InvalidRFC2822Date", func(d *validated) []string { // ProblematicalRFC822Date
		return d.dates(rfc2822Date, []string{"pubDate", "lastBuildDate"}, time.RFC1123Z)
	}},
	{"IncorrectDOW", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if at, err := time.Parse(time.RFC1123Z, n.Text); err == nil && at.Format("Mon") != n.Text[:3] {
				out = append(out, n.Text)
			}
		})
		return out
	}},
	{"DuplicateSemantics", func(d *validated) (out []string) { // DuplicateItemSemantics
		pairs := map[string]string{
			"managingEditor": "dc:creator", "author": "dc:creator", "guid": "atom:id", "pubDate": "atom:published",
			"copyright": "dc:rights", "language": "dc:language", "category": "dc:subject", "source": "dc:source",
		}
		for _, n := range append([]node{*d.feed}, d.items...) {
			for core, extension := range pairs {
				if len(n.all(core)) > 0 && len(n.all(extension)) > 0 {
					out = append(out, core+" and "+extension)
				}
			}
		}
		return out
	}},
	{"EmailFormat", func(d *validated) (out []string) { // MissingRealName, InvalidContact
		for _, editor := range d.feed.all("managingEditor") {
			address, name, _ := strings.Cut(editor.Text, " (")
			if _, err := mail.ParseAddress(address); err != nil || !strings.HasSuffix(name, ")") {
				out = append(out, editor.Text)
			}
		}
		return out
	}},
	{"ImageTitleDoesntMatch", func(d *validated) []string { return d.imageDiffers("title") }},
	{"ImageLinkDoesntMatch", func(d *validated) []string { return d.imageDiffers("link") }},
	{"ImageUrlFormat", func(d *validated) (out []string) {
		for _, image := range d.feed.all("image") {
			for _, address := range image.all("url") {
				if !imageAddress.MatchString(address.Text) {
					out = append(out, address.Text)
				}
			}
		}
		return out
	}},
	{"CharacterData", func(d *validated) (out []string) { // ContainsHTML of entities
		for _, match := range plainElements.FindAllSubmatch(d.raw, -1) {
			if text := string(match[2]); lookLikeMarkup.MatchString(text) {
				out = append(out, text)
			}
		}
		return out
	}},
}

var (
	rfc2822Date  = regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d ([+-]\d\d[03]0|GMT)$`)
	webAddress   = regexp.MustCompile(`^https?://([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(:\d+)?(/|$)`)
	imageAddress = regexp.MustCompile(`(?i)\.(jpe?g|gif|png)$`)
	// What must be told from markup by hexadecimal references (RSS Profile).
	plainElements  = regexp.MustCompile(`<(title|category|source|description)[^>]*>([^<]*)</`)
	lookLikeMarkup = regexp.MustCompile(`&amp;#?\w+|&lt;[/a-zA-Z]`)
)

// itemsWhere gives the items that a rule complains of, by number.
func (d *validated) itemsWhere(bad func(item *node) bool) (out []string) {
	for i := range d.items {
		if bad(&d.items[i]) {
			out = append(out, fmt.Sprintf("item %d", i+1))
		}
	}
	return out
}

// imageDiffers complains of a part of the image that is another one than the
// channel's.
func (d *validated) imageDiffers(part string) (out []string) {
	for _, image := range d.feed.all("image") {
		for _, n := range image.all(part) {
			if n.Text != d.feed.all(part)[0].Text {
				out = append(out, n.Text)
			}
		}
	}
	return out
}
