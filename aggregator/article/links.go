package article

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// finished is the HTML of an article with absolute links, and what else is
// seen on the way through it.
type finished struct {
	html  string
	text  string // plain text, without footnotes
	prose string // the same without headings, code and tables
	image string // the first one
}

// finish makes the links in rendered HTML absolute, those of Markdown and of
// raw HTML alike. Only tags that need it are written anew; all else stays byte
// for byte.
//
// A picture from the folder gets its size, unless the author gave one, so that
// nothing moves when it comes, and any picture is loaded when it is needed.
func finish(source string, resolve func(ref string) string, sizeOf func(address string) size) finished {
	var out finished
	var b strings.Builder
	var texts texts
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			out.html, out.text, out.prose = b.String(), fold(texts.all.String()), fold(texts.prose.String())
			return out
		}
		raw := string(z.Raw()) // before Token, which writes over it
		token := z.Token()
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			changed := absolute(&token, resolve)
			if token.Data == "img" && describe(&token, sizeOf) || changed {
				raw = token.String()
			}
			if out.image == "" && token.Data == "img" {
				out.image = attribute(token, "src")
			}
		}
		texts.add(token)
		b.WriteString(raw)
	}
}

// texts collects the characters of an article.
type texts struct {
	all, prose    strings.Builder
	hidden, aside int // depth inside elements that are left out
}

func (t *texts) add(token html.Token) {
	step := map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[token.Type]
	switch {
	case token.Type == html.TextToken:
		t.write(token.Data)
		return
	case isHidden(token):
		t.hidden = max(0, t.hidden+step)
	case isAside(token.Data):
		t.aside = max(0, t.aside+step)
	}
	if isBlock(token.Data) {
		t.write(" ")
	}
}

func (t *texts) write(text string) {
	if t.hidden > 0 {
		return
	}
	t.all.WriteString(text)
	if t.aside == 0 {
		t.prose.WriteString(text)
	}
}

// isHidden reports whether an element's text is no part of the article's: code
// for the machine, and footnotes with their marks. The end tag of the footnotes
// is not told apart from that of any other div, and needn't be: they come last.
func isHidden(token html.Token) bool {
	footnotes := token.Data == "div" && attribute(token, "class") == "footnotes"
	return footnotes || slices.Contains([]string{"script", "style", "template", "sup", "svg", "math"}, token.Data)
}

// isAside reports whether an element's text reads badly in an excerpt.
func isAside(tag string) bool {
	return slices.Contains([]string{"h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"}, tag)
}

// isBlock reports whether an element separates words.
func isBlock(tag string) bool {
	return !slices.Contains([]string{"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "q", "s", "del", "ins", "small", "span", "strong", "sub", "sup", "u", "var", "wbr"}, tag)
}

// describe adds the size of a picture, and that it may come late, where the
// author says neither. It reports whether it did.
func describe(token *html.Token, sizeOf func(address string) size) (changed bool) {
	add := func(key, value string) {
		token.Attr = append(token.Attr, html.Attribute{Key: key, Val: value})
		changed = true
	}
	if attribute(*token, "width") == "" && attribute(*token, "height") == "" {
		if s := sizeOf(attribute(*token, "src")); s != (size{}) {
			add("width", strconv.Itoa(s.width))
			add("height", strconv.Itoa(s.height))
		}
	}
	if attribute(*token, "loading") == "" {
		add("loading", "lazy")
	}
	return changed
}

// absolute makes the addresses in a tag absolute and reports whether it had to.
func absolute(token *html.Token, resolve func(string) string) bool {
	changed := false
	for i, a := range token.Attr {
		value := a.Val
		switch a.Key {
		case "href":
			value = resolve(strings.TrimSpace(a.Val))
		case "src", "poster", "data":
			// An empty one means nothing, not the article as in a link.
			if value != "" {
				value = resolve(strings.TrimSpace(value))
			}
		case "srcset":
			value = absoluteSet(a.Val, resolve)
		}
		if value != a.Val {
			token.Attr[i].Val = value
			changed = true
		}
	}
	return changed
}

// absoluteSet does the same for a srcset: addresses, each with an optional
// width or density, divided by commas.
func absoluteSet(set string, resolve func(string) string) string {
	var out []string
	for candidate := range strings.SplitSeq(set, ",") {
		fields := strings.Fields(candidate)
		if len(fields) == 0 {
			continue
		}
		fields[0] = resolve(fields[0])
		out = append(out, strings.Join(fields, " "))
	}
	return strings.Join(out, ", ")
}

func attribute(token html.Token, key string) string {
	for _, a := range token.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// resolve gives the absolute address of what the article in the file at name
// refers to. A reference that leads nowhere is still resolved, with an error
// that says so.
func (l *loader) resolve(name, slug, ref string) (string, error) {
	u, err := url.Parse(ref)
	switch {
	case err != nil:
		return ref, fmt.Errorf("link %q is no address", ref)
	case u.Scheme != "":
		return ref, nil
	case u.Host != "":
		return l.base.ResolveReference(u).String(), nil
	case u.Path == "":
		return l.link(slug) + suffix(u), nil
	case strings.HasPrefix(u.Path, "/"):
		return l.siteLink(u.Path) + suffix(u), nil
	}
	target, err := l.target(name, u.Path)
	return l.siteLink(target) + suffix(u), err
}

// target finds what a relative path in the file at name refers to, as a path of
// the site.
func (l *loader) target(name, ref string) (string, error) {
	inFolder := path.Join(path.Dir(name), ref)
	if to, ok := l.targets[inFolder]; ok {
		return "/articles/" + to, nil
	}
	outside := strings.HasPrefix(inFolder, "../")
	full := path.Join("/articles", inFolder)
	switch {
	case outside || inFolder == "..":
		return full, nil // another page of the site
	case isMarkdown(inFolder):
		return full, fmt.Errorf("links to %s, which is not published", inFolder)
	}
	if file, ok := l.slugs[inFolder]; ok {
		if _, published := l.targets[file]; published {
			return full, nil
		}
		return full, fmt.Errorf("links to the article %s, which is not published", inFolder)
	}
	return full, fmt.Errorf("links to %s, which is not in the articles folder", inFolder)
}

// suffix gives the query and fragment of an address.
func suffix(u *url.URL) string {
	return (&url.URL{RawQuery: u.RawQuery, Fragment: u.Fragment, RawFragment: u.RawFragment}).String()
}
