package render_test

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlRules hold for HTML in XML, and for text that is none.
var htmlRules = []rule{
	{"NotHtml", func(d *validated) (out []string) {
		d.eachHTML(func(text string) {
			if why := malformed(text); why != "" {
				out = append(out, why)
			}
		})
		return out
	}},
	{"SecurityRisk", func(d *validated) (out []string) {
		d.eachTag(func(tag html.Token) {
			if slices.Contains(riskyElements, tag.Data) {
				out = append(out, tag.Data)
			}
		})
		return out
	}},
	{"SecurityRiskAttr", func(d *validated) (out []string) { // DangerousStyleAttr
		d.eachTag(func(tag html.Token) {
			for _, a := range tag.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					out = append(out, a.Key)
				}
			}
		})
		return out
	}},
	{"ContainsRelRef", func(d *validated) (out []string) {
		d.eachTag(func(tag html.Token) {
			for _, a := range tag.Attr {
				if (a.Key == "href" || a.Key == "src") && !schemeFirst.MatchString(strings.TrimSpace(a.Val)) {
					out = append(out, a.Val)
				}
			}
		})
		return out
	}},
	{"ContainsHTML", func(d *validated) (out []string) { // ContainsUndeclaredHTML
		d.each(func(_, n *node) {
			texts := []string{"title", "category", "source", "atom:title", "atom:rights", "atom:subtitle"}
			if slices.Contains(texts, n.name()) && n.attr("type") != "html" && endTag.MatchString(n.Text) {
				out = append(out, n.Text)
			}
		})
		return out
	}},
}

var (
	riskyElements = []string{"script", "style", "iframe", "object", "embed", "applet", "base", "link", "meta", "frame", "frameset", "title", "param"}
	schemeFirst   = regexp.MustCompile(`^\w+:`)
	endTag        = regexp.MustCompile(`(?i)</(a|b|i|p|br|em|strong|div|span|body|html|script|style|table|td|tr|ul|ol|li|h[1-6]|code|pre|img)>`)
)

// eachHTML calls visit for each text that is HTML.
func (d *validated) eachHTML(visit func(text string)) {
	d.each(func(_, n *node) {
		switch {
		case n.name() == "content:encoded", n.attr("type") == "html":
			visit(n.Text)
		case n.name() == "description" && n.XMLName.Space == "" && len(d.items) > 0 && !d.isFeedDescription(n):
			visit(n.Text)
		}
	})
}

// isFeedDescription: the one of the channel is plain text.
func (d *validated) isFeedDescription(n *node) bool {
	own := d.feed.all("description")
	return len(own) > 0 && own[0].Text == n.Text
}

func (d *validated) eachTag(visit func(tag html.Token)) {
	d.eachHTML(func(text string) {
		tokens := html.NewTokenizer(strings.NewReader(text))
		for tokens.Next() != html.ErrorToken {
			if tag := tokens.Token(); tag.Type == html.StartTagToken || tag.Type == html.SelfClosingTagToken {
				visit(tag)
			}
		}
	})
}

// malformed says what a strict parser of HTML complains of: elements that it
// has to open, close or move itself, and ampersands that stand for nothing.
func malformed(text string) string {
	if bareAmpersand.MatchString(text) {
		return "a bare ampersand in " + text
	}
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"})
	if err != nil {
		return err.Error()
	}
	var mended strings.Builder
	for _, n := range nodes {
		if err := html.Render(&mended, n); err != nil {
			return err.Error()
		}
	}
	if want, got := tagsOf(mended.String()), tagsOf(text); !slices.Equal(want, got) {
		return text + " reads as " + mended.String()
	}
	return ""
}

var bareAmpersand = regexp.MustCompile(`&([^#a-zA-Z]|$)|&[a-zA-Z0-9]+[^a-zA-Z0-9;]`)

// tagsOf gives the tags of a text in their order.
func tagsOf(text string) (tags []string) {
	tokens := html.NewTokenizer(strings.NewReader(text))
	for tokens.Next() != html.ErrorToken {
		switch token := tokens.Token(); {
		case token.Data == "tbody": // it need not be written
		case token.Type == html.StartTagToken, token.Type == html.SelfClosingTagToken:
			tags = append(tags, "<"+token.Data)
		case token.Type == html.EndTagToken:
			tags = append(tags, "</"+token.Data)
		}
	}
	return tags
}
