package render_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/publisher/render"
)

// The feed validator of the W3C documents each of its messages. What follows
// are those that bear on what we write, errors and warnings alike, under its
// names. Each rule gives what it complains about.

// validated is a document with what the validator knows of it.
type validated struct {
	raw      []byte
	root     *node
	feed     *node // channel or feed
	items    []node
	location string    // where it was read
	now      time.Time // when
}

func newValidated(t testing.TB, f render.Format, body []byte, location string) *validated {
	t.Helper()
	d := &validated{raw: body, root: parseXML(t, body), location: location, now: day(22, 0, 0, 0)}
	d.feed, d.items = d.root, d.root.all("atom:entry")
	if f.Name == "rss" {
		channels := d.root.all("channel")
		d.feed, d.items = &channels[0], channels[0].all("item")
	}
	return d
}

// each calls visit for every element with its parent.
func (d *validated) each(visit func(parent, n *node)) {
	var walk func(parent, n *node)
	walk = func(parent, n *node) {
		visit(parent, n)
		for i := range n.Nodes {
			walk(n, &n.Nodes[i])
		}
	}
	walk(&node{}, d.root)
}

func (n *node) name() string { return qualified(n.XMLName) }

// rule is one message of the validator.
type rule struct {
	message string
	check   func(d *validated) []string
}

// rulesOf are the rules for a format.
func rulesOf(format string) []rule {
	rules := slices.Concat(commonRules, htmlRules, podcastRules)
	if format == "rss" {
		return append(rules, rssRules...)
	}
	return append(rules, atomRules...)
}

// validate gives all messages about a document.
func (d *validated) validate(format string) (messages []string) {
	for _, r := range rulesOf(format) {
		for _, complaint := range r.check(d) {
			messages = append(messages, r.message+": "+complaint)
		}
	}
	return messages
}

// TestW3C: no error and no warning for any edition.
func TestW3C(t *testing.T) {
	t.Parallel()
	for name, edition := range editions() {
		for _, f := range render.Formats {
			if f.Name == "json" {
				continue
			}
			location := fmt.Sprintf("%s/%s%s", edition.Site.URL, edition.Feed.Name, f.Extension)
			if page := edition.History.Page; page > 0 {
				location = fmt.Sprintf("%s/%s/archive/%d%s", edition.Site.URL, edition.Feed.Name, page, f.Extension)
			}
			for _, message := range newValidated(t, f, mustRender(t, f, edition), location).validate(f.Name) {
				t.Errorf("%s%s: %s", name, f.Extension, message)
			}
		}
	}
}

// commonRules hold in RSS and in Atom.
var commonRules = []rule{
	{"BadCharacters", func(d *validated) []string {
		if i := bytes.IndexFunc(d.raw, func(r rune) bool { return 0x80 <= r && r <= 0x9f || r == '\ufffd' }); i >= 0 {
			return []string{fmt.Sprintf("%.40q", d.raw[i:])}
		}
		return nil
	}},
	{"UndefinedElement", func(d *validated) (out []string) {
		d.each(func(parent, n *node) {
			if parent.XMLName.Local != "" && !slices.Contains(children[parent.name()], n.name()) {
				out = append(out, parent.name()+" > "+n.name())
			}
		})
		return out
	}},
	{"UnexpectedAttribute", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			for _, a := range n.Attrs {
				name := qualified(a.Name)
				declares := a.Name.Space == "xmlns" || name == "xmlns"
				if !declares && name != "xml:lang" && !slices.Contains(attributes[n.name()], name) {
					out = append(out, n.name()+" "+name)
				}
			}
		})
		return out
	}},
	{"DuplicateElement", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			seen := map[string]bool{}
			for _, child := range n.Nodes {
				name := child.name()
				if seen[name] && !slices.Contains(severalTimes, name) && name != "enclosure" {
					out = append(out, n.name()+" > "+name)
				}
				seen[name] = true
			}
		})
		return out
	}},
	{"NotBlank", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if len(n.Nodes) == 0 && strings.TrimSpace(n.Text) == "" && !mayBeEmpty[n.name()] && n.name() != "channel" {
				out = append(out, n.name())
			}
		})
		return out
	}},
	{"AttrNotBlank", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			for _, a := range n.Attrs {
				if a.Value == "" {
					out = append(out, n.name()+" "+qualified(a.Name))
				}
			}
		})
		return out
	}},
	{"InvalidLanguage", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			for _, tag := range []string{n.attr("xml:lang"), map[bool]string{true: n.Text}[n.name() == "language"]} {
				if tag != "" && !isLanguage(tag) {
					out = append(out, tag)
				}
			}
		})
		return out
	}},
	{"InvalidFullLink", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			for _, address := range addressesOf(n) {
				if !isFullLink(address) {
					out = append(out, n.name()+" "+address)
				}
			}
		})
		return out
	}},
	{"InvalidMIMEType", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			typed := slices.Contains([]string{"enclosure", "atom:link", "media:content"}, n.name())
			if value := n.attr("type"); typed && value != "" && !mimeType.MatchString(value) {
				out = append(out, value)
			}
		})
		return out
	}},
	{"UnregisteredAtomLinkRel", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if n.name() == "atom:link" && !slices.Contains(linkRelations, n.attr("rel")) {
				out = append(out, n.attr("rel"))
			}
		})
		return out
	}},
	{"MissingHref", func(d *validated) (out []string) {
		d.each(func(parent, n *node) {
			if n.name() == "atom:link" && n.attr("href") == "" {
				out = append(out, "in "+parent.name())
			}
		})
		return out
	}},
	{"AtomLinkNotEmpty", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if n.name() == "atom:link" && (n.Text != "" || len(n.Nodes) > 0) {
				out = append(out, n.Text)
			}
		})
		return out
	}},
	{"MissingSelf", func(d *validated) []string { // MissingAtomSelfLink in RSS
		if len(d.feed.linksOf("self")) != 1 {
			return []string{fmt.Sprint(len(d.feed.linksOf("self")), " self links")}
		}
		return nil
	}},
	{"SelfDoesntMatchLocation", func(d *validated) (out []string) {
		for _, self := range d.feed.linksOf("self") {
			if self.attr("href") != d.location {
				out = append(out, self.attr("href")+" at "+d.location)
			}
		}
		return out
	}},
	{"SelfNotAtom", func(d *validated) (out []string) {
		for _, self := range d.feed.linksOf("self") {
			if t := self.attr("type"); t != "application/atom+xml" && t != "application/rss+xml" {
				out = append(out, t)
			}
		}
		return out
	}},
	{"InvalidRFC3339Date", func(d *validated) []string {
		return d.dates(rfc3339Date, []string{"atom:updated", "atom:published"}, time.RFC3339)
	}},
	{"ImplausibleDate", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			at, err := time.Parse(time.RFC3339, n.Text)
			if err != nil {
				at, err = time.Parse(time.RFC1123Z, n.Text)
			}
			if err == nil && (at.Year() < 1990 || at.After(d.now.Add(10*time.Minute))) {
				out = append(out, n.Text)
			}
		})
		return out
	}},
	{"FeedHistoryRelInEntry", func(d *validated) (out []string) {
		for _, item := range d.items {
			for _, l := range item.all("atom:link") {
				if slices.Contains(historyRelations, l.attr("rel")) {
					out = append(out, l.attr("rel"))
				}
			}
		}
		return out
	}},
	{"FeedRelInCompleteFeed", func(d *validated) (out []string) {
		for _, rel := range historyRelations {
			if len(d.feed.all("fh:complete")) > 0 && len(d.feed.linksOf(rel)) > 0 {
				out = append(out, rel)
			}
		}
		return out
	}},
	{"MissingCurrentInArchive", func(d *validated) []string {
		if len(d.feed.all("fh:archive")) > 0 && len(d.feed.linksOf("current")) == 0 {
			return []string{"no current link"}
		}
		return nil
	}},
	{"UnknownNamespace", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			for _, a := range n.Attrs {
				if prefix, known := prefixes[a.Value]; a.Name.Space == "xmlns" && (!known || prefix != a.Name.Local+":") {
					out = append(out, a.Name.Local+"="+a.Value) // NonstdPrefix, ReservedPrefix
				}
			}
		})
		return out
	}},
}

var (
	mimeType         = regexp.MustCompile(`^[^\s()<>,;:\\"/[\]?=]+/[^\s()<>,;:\\"/[\]?=]+(\s*;\s*[^\s()<>,;:\\"/[\]?=]+=("(\\"|[^"])*"|[^\s()<>,;:\\"/[\]?=]+))*$`)
	rfc3339Date      = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
	historyRelations = []string{"current", "first", "last", "next", "next-archive", "prev-archive", "previous"}
	linkRelations    = append([]string{"alternate", "enclosure", "hub", "related", "replies", "self", "via"}, historyRelations...)
)

// dates gives those of the named elements that have another shape or are none.
func (d *validated) dates(shape *regexp.Regexp, names []string, layout string) (out []string) {
	d.each(func(_, n *node) {
		if !slices.Contains(names, n.name()) {
			return
		}
		if _, err := time.Parse(layout, n.Text); err != nil || !shape.MatchString(n.Text) {
			out = append(out, n.name()+" "+n.Text)
		}
	})
	return out
}

// addressesOf gives the addresses in an element that must be absolute.
func addressesOf(n *node) (list []string) {
	switch n.name() {
	case "link", "comments", "url", "atom:id", "atom:icon", "atom:uri":
		return []string{n.Text}
	case "guid":
		if n.attr("isPermaLink") != "false" {
			return []string{n.Text}
		}
	case "atom:link", "itunes:image":
		return []string{n.attr("href")}
	case "enclosure", "source", "media:content", "media:thumbnail":
		return []string{n.attr("url")}
	}
	return nil
}

var (
	uriShape  = regexp.MustCompile(`^[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[0-9a-zA-Z;/?:@&=+$._!~*'()%,#-]+$`)
	uuidShape = regexp.MustCompile(`^urn:uuid:[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$`)
	urnShape  = regexp.MustCompile(`^urn:[a-zA-Z0-9][a-zA-Z0-9-]{1,31}:([a-zA-Z0-9()+,.:=@;$_!*'-]|%[0-9A-Fa-f]{2})+$`)
	tagShape  = regexp.MustCompile(`^tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$._!~*'()%,-]*(#[0-9a-zA-Z;/?:@&=+$._!~*'()%,-]*)?$`)
)

// isFullLink takes in InvalidUriChar, InvalidTAG, InvalidURN and InvalidUUID.
func isFullLink(s string) bool {
	scheme, _, _ := strings.Cut(s, ":")
	switch {
	case strings.HasPrefix(s, "urn:uuid:"):
		return uuidShape.MatchString(s)
	case scheme == "urn":
		return urnShape.MatchString(s)
	case scheme == "tag":
		return tagShape.MatchString(s)
	}
	return uriShape.MatchString(s) && (scheme == "http" || scheme == "https")
}
