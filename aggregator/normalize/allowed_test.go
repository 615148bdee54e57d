package normalize

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// The second checker of sanitized HTML. The first, danger, builds the tree that
// a browser would build and looks for what could hurt; this one reads token by
// token and allows what is written here by hand.

// common are the attributes that every element may have.
const common = " dir lang title "

// allowed are the attributes that elements may have beside common.
var allowed = map[string]string{
	"a": "href rel", "audio": "src controls loop muted preload", "blockquote": "cite", "col": "span", "colgroup": "span",
	"del": "cite datetime", "details": "open", "iframe": "src width height allowfullscreen sandbox loading",
	"img": "src srcset sizes alt width height", "ins": "cite datetime", "li": "value",
	"ol": "start reversed type", "q": "cite",
	"source": "src srcset sizes media type width height", "td": "colspan rowspan scope align abbr",
	"th": "colspan rowspan scope align abbr", "time": "datetime",
	"video": "src controls loop muted preload poster width height playsinline",
}

// web matches an absolute http(s) URL without user, in ASCII.
var web = regexp.MustCompile(`^https?://[a-z0-9._-]+(:[0-9]+)?([/?#][!-~]*)?$|^https?://\[[0-9a-f:.]+\](:[0-9]+)?([/?#][!-~]*)?$`)

// forbidden says which token is not allowed in sanitized HTML; nil when all
// are. Frames are allowed from embeds.
func forbidden(s string, embeds ...string) error {
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		kind := z.Next()
		raw := string(z.Raw())
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if raw != "" {
				return fmt.Errorf("unfinished %q", raw)
			}
			return nil
		case html.TextToken:
			if strings.ContainsAny(raw, "<") {
				return fmt.Errorf("text %q", raw)
			}
		case html.StartTagToken, html.EndTagToken:
			if !harmless[token.Data] && token.Data != "iframe" {
				return fmt.Errorf("tag %q", raw)
			}
			for _, a := range token.Attr {
				if err := forbiddenAttribute(token, a, embeds); err != nil {
					return fmt.Errorf("%w in %q", err, raw)
				}
			}
		default:
			return fmt.Errorf("token %q", raw)
		}
	}
}

func forbiddenAttribute(token html.Token, a html.Attribute, embeds []string) error {
	if !strings.Contains(common+allowed[token.Data]+" ", a.Key+" ") || token.Type == html.EndTagToken {
		return fmt.Errorf("attribute %s", a.Key)
	}
	ok := true
	switch a.Key {
	case "href":
		ok = web.MatchString(a.Val) || strings.HasPrefix(a.Val, "mailto:")
	case "src", "poster", "cite":
		ok = web.MatchString(a.Val)
	case "srcset":
		for candidate := range strings.SplitSeq(a.Val, ", ") {
			address, _, _ := strings.Cut(candidate, " ")
			ok = ok && web.MatchString(address)
		}
	case "rel":
		ok = a.Val == "nofollow noreferrer"
	}
	if token.Data == "iframe" && a.Key == "src" {
		host, _, _ := strings.Cut(strings.TrimPrefix(a.Val, "https://"), "/")
		host, _, _ = strings.Cut(host, "?")
		host, _, _ = strings.Cut(host, "#")
		ok = slices.ContainsFunc(embeds, func(e string) bool { return host == e || strings.HasSuffix(host, "."+e) })
	}
	if !ok {
		return fmt.Errorf("value of %s", a.Key)
	}
	return nil
}
