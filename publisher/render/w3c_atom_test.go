package render_test

import (
	"net/mail"
	"slices"
)

// atomRules hold in Atom 1.0.
var atomRules = []rule{
	{"MissingElement", func(d *validated) (out []string) {
		for _, name := range []string{"atom:id", "atom:title", "atom:updated"} {
			for _, n := range append([]node{*d.feed}, d.items...) {
				if len(n.all(name)) == 0 {
					out = append(out, name+" in "+n.name())
				}
			}
		}
		for _, item := range d.items {
			if len(d.feed.all("atom:author"))+len(item.all("atom:author")) == 0 {
				out = append(out, "author")
			}
		}
		d.each(func(_, n *node) {
			if n.name() == "atom:author" && len(n.all("atom:name")) == 0 {
				out = append(out, "name of an author")
			}
		})
		return out
	}},
	{"MissingSourceElement", func(d *validated) (out []string) {
		for _, item := range d.items {
			for _, source := range item.all("atom:source") {
				for _, name := range []string{"atom:id", "atom:title", "atom:updated"} {
					if len(source.all(name)) == 0 {
						out = append(out, name)
					}
				}
			}
		}
		return out
	}},
	{"MissingContentOrAlternate", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool {
			return len(item.all("atom:content"))+len(item.linksOf("alternate")) == 0
		})
	}},
	{"MissingTextualContent", func(d *validated) []string {
		return d.itemsWhere(func(item *node) bool {
			return len(item.all("atom:content"))+len(item.all("atom:summary"))+len(item.all("atom:title")) == 0
		})
	}},
	{"DuplicateAtomLink", func(d *validated) (out []string) {
		for _, n := range append([]node{*d.feed}, d.items...) {
			seen := map[string]bool{}
			for _, l := range n.linksOf("alternate") {
				if key := l.attr("type") + " " + l.attr("hreflang"); seen[key] {
					out = append(out, l.attr("href"))
				} else {
					seen[key] = true
				}
			}
		}
		return out
	}},
	{"DuplicateIds", func(d *validated) []string { return d.repeated("atom:id") }},          // DuplicateEntries
	{"DuplicateUpdated", func(d *validated) []string { return d.repeated("atom:updated") }}, // two that readers can't order
	{"InvalidTextType", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			texts := []string{"atom:title", "atom:summary", "atom:content", "atom:rights", "atom:subtitle"}
			if slices.Contains(texts, n.name()) && !slices.Contains([]string{"", "text", "html"}, n.attr("type")) {
				out = append(out, n.attr("type"))
			}
		})
		return out
	}},
	{"InvalidAddrSpec", func(d *validated) (out []string) {
		d.each(func(_, n *node) {
			if n.name() != "atom:email" {
				return
			}
			if parsed, err := mail.ParseAddress(n.Text); err != nil || parsed.Address != n.Text {
				out = append(out, n.Text)
			}
		})
		return out
	}},
}

// repeated gives the texts that two entries have.
func (d *validated) repeated(name string) (out []string) {
	seen := map[string]bool{}
	for _, item := range d.items {
		for _, n := range item.all(name) {
			if seen[n.Text] {
				out = append(out, n.Text)
			}
			seen[n.Text] = true
		}
	}
	return out
}
