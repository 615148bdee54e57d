package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// inline are elements that may stand inside a word. Any other one parts words,
// as it does on a page.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true,
	atom.Cite: true, atom.Code: true, atom.Del: true, atom.Dfn: true,
	atom.Em: true, atom.Font: true, atom.I: true, atom.Ins: true,
	atom.Kbd: true, atom.Mark: true, atom.Q: true, atom.S: true,
	atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strong: true,
	atom.Sub: true, atom.Sup: true, atom.Time: true, atom.Tt: true,
	atom.U: true, atom.Var: true, atom.Wbr: true,
}

// plain gives the text of sanitised HTML as a reader sees it: without tags,
// entities decoded, white space folded to single spaces.
func plain(markup string) string {
	if markup == "" {
		return ""
	}
	var text folder
	text.Grow(len(markup) / 2)
	tokens := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end: a string reader has no other error
			return text.String()
		case html.TextToken:
			text.fold(tokens.Text())
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			if name, _ := tokens.TagName(); !inline[atom.Lookup(name)] {
				text.space = true
			}
		}
	}
}

// folder is a builder that folds white space to single spaces, with none at
// the ends.
type folder struct {
	strings.Builder
	space bool // owed before the next letter
}

func (f *folder) fold(text []byte) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if unicode.IsSpace(r) {
			f.space = true
		} else {
			if f.space && f.Len() > 0 {
				f.WriteByte(' ')
			}
			f.space = false
			f.Write(text[:size])
		}
		text = text[size:]
	}
}
