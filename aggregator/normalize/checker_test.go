package normalize

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// harmless are the elements that may stand in sanitised HTML. The list is
// written by hand, apart from the package's own table, so that a slip there
// shows here.
var harmless = words(`a abbr address article aside audio b bdi bdo blockquote br caption
	cite code col colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6
	header hr i img ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source
	span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var video wbr`)

// urlAttributes are all that browsers take for an address somewhere.
var urlAttributes = words(`href src srcset poster cite action formaction background data longdesc
	manifest ping icon dynsrc lowsrc codebase classid usemap profile archive xlink:href`)

var refused = words(`id name class style target ping srcdoc action formaction background is slot http-equiv`)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// danger parses HTML as a browser does, inside a div, and says what in it could
// run, frame, disguise or escape; nil when nothing could. Frames are allowed
// from embeds.
func danger(fragment string, embeds ...string) error {
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{
		Type: html.ElementNode, Data: "div", DataAtom: atom.Div,
	})
	if err != nil {
		return err
	}
	for _, node := range nodes {
		for n := range all(node) {
			if err := dangerNode(n, embeds); err != nil {
				return err
			}
		}
	}
	return nil
}

func all(root *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if !yield(root) {
			return
		}
		for n := range root.Descendants() {
			if !yield(n) {
				return
			}
		}
	}
}

func dangerNode(n *html.Node, embeds []string) error {
	switch n.Type {
	case html.CommentNode, html.DoctypeNode:
		return fmt.Errorf("comment or doctype %q", n.Data)
	case html.ElementNode:
	default:
		return nil
	}
	if n.Namespace != "" {
		return fmt.Errorf("foreign element <%s>", n.Data)
	}
	if n.Data == "iframe" {
		if !allowedFrame(n, embeds) {
			return fmt.Errorf("frame %v", n.Attr)
		}
	} else if !harmless[n.Data] {
		return fmt.Errorf("element <%s>", n.Data)
	}
	for _, a := range n.Attr {
		if err := dangerAttribute(n, a); err != nil {
			return fmt.Errorf("<%s>: %w", n.Data, err)
		}
	}
	return nil
}

func dangerAttribute(n *html.Node, a html.Attribute) error {
	key := strings.ToLower(a.Key)
	if strings.HasPrefix(key, "on") || refused[key] || strings.ContainsAny(key, "<>\"'`=") {
		return fmt.Errorf("attribute %s=%q", a.Key, a.Val)
	}
	if !urlAttributes[key] {
		return nil
	}
	value := strings.ToLower(stripControls(html.UnescapeString(a.Val)))
	for _, scheme := range []string{"javascript:", "data:", "vbscript:", "livescript:", "mocha:", "file:", "blob:"} {
		if strings.HasPrefix(value, scheme) {
			return fmt.Errorf("%s=%q", a.Key, a.Val)
		}
	}
	for _, address := range addresses(key, a.Val) {
		u, err := url.Parse(address)
		if err != nil {
			return fmt.Errorf("%s=%q: %w", a.Key, a.Val, err)
		}
		web := (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
		if !web && !(u.Scheme == "mailto" && n.Data == "a") {
			return fmt.Errorf("%s=%q is not absolute http(s)", a.Key, a.Val)
		}
	}
	return nil
}

func addresses(key, value string) []string {
	if key != "srcset" {
		return []string{value}
	}
	var list []string
	for candidate := range strings.SplitSeq(value, ", ") {
		list = append(list, strings.Fields(candidate)[0])
	}
	return list
}

func allowedFrame(n *html.Node, embeds []string) bool {
	boxed, framed := false, false
	for _, a := range n.Attr {
		switch a.Key {
		case "sandbox":
			boxed = !strings.Contains(a.Val, "top-navigation")
		case "src":
			u, err := url.Parse(a.Val)
			if err != nil || u.Scheme != "https" {
				return false
			}
			for _, host := range embeds {
				framed = framed || u.Host == host || strings.HasSuffix(u.Host, "."+host)
			}
		}
	}
	return boxed && framed
}

func stripControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == '\u00a0' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
}
