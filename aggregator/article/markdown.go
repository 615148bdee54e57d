package article

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	chroma "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/yuin/goldmark"
	highlighting "github.com/yuin/goldmark-highlighting/v2"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown turns Markdown into HTML. Code is marked up with classes, whose
// colors are the page's affair: a style in the HTML would be refused by the
// page's content security policy and doesn't follow a dark theme.
type markdown struct{ engine goldmark.Markdown }

// prefixKey is where a document says what its footnotes' ids begin with.
const prefixKey = "footnote-prefix"

func newMarkdown() *markdown {
	footnotes := extension.NewFootnote(extension.WithFootnoteIDPrefixFunction(func(n ast.Node) []byte {
		prefix, _ := n.OwnerDocument().Meta()[prefixKey].(string)
		return []byte(prefix)
	}))
	// An align attribute, since the policy refuses the style that is the default.
	tables := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	return &markdown{goldmark.New(
		goldmark.WithExtensions(
			tables, extension.Strikethrough, extension.Linkify, extension.TaskList, footnotes,
			highlighting.NewHighlighting(highlighting.WithFormatOptions(chroma.WithClasses(true))),
		),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(html.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(checkBoxes{}, 0))),
	)}
}

// checkBoxes writes the boxes of task lists as characters: form controls have no
// label here, and feed readers take them out together with what they say.
type checkBoxes struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (checkBoxes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(east.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		box := "☐ "
		if n.(*east.TaskCheckBox).IsChecked {
			box = "☑ "
		}
		if entering {
			_, _ = w.WriteString(box)
		}
		return ast.WalkContinue, nil
	})
}

// rendered is the body of an article.
type rendered struct {
	html    string
	heading string // plain text of the first heading
}

// render makes HTML of Markdown. Ids of footnotes begin with the slug, so that
// several articles can stand on one page. A leading heading of the first level
// that says what the title says, or stands in for a missing one, is not
// repeated in the body.
func (m *markdown) render(slug, title, source string) (out rendered, err error) {
	// A panic in one of a hundred highlighters costs this article, not all.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("can't be rendered, which is our fault: %v", p)
		}
	}()
	src := []byte(source)
	context := parser.NewContext(parser.WithIDs(&headingIDs{taken: map[string]bool{}}))
	doc := m.engine.Parser().Parse(text.NewReader(src), parser.WithContext(context))
	doc.OwnerDocument().SetMeta(map[string]any{prefixKey: slug + "-"})
	if h := firstHeading(doc); h != nil {
		out.heading = plain(inlineText(h, src))
		if h == doc.FirstChild() && h.Level == 1 && (title == "" || title == out.heading) {
			doc.RemoveChild(doc, h)
		}
	}
	var b bytes.Buffer
	if err := m.engine.Renderer().Render(&b, src, doc); err != nil {
		return out, fmt.Errorf("can't be rendered: %w", err)
	}
	out.html = b.String()
	return out, nil
}

// firstHeading finds the first heading of a document.
func firstHeading(doc ast.Node) *ast.Heading {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			return h
		}
	}
	return nil
}

// inlineText gives the characters of inline Markdown.
func inlineText(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(src))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// headingIDs gives headings their ids: their words in any script, joined by
// hyphens, unique in the article. goldmark's own keeps ASCII only.
type headingIDs struct{ taken map[string]bool }

// Generate implements parser.IDs.
func (ids *headingIDs) Generate(value []byte, _ ast.NodeKind) []byte {
	words := strings.FieldsFunc(strings.ToLower(string(value)), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.M) && r != '_'
	})
	base := strings.Join(words, "-")
	if base == "" {
		base = "section"
	}
	id := base
	for n := 2; ids.taken[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	ids.taken[id] = true
	return []byte(id)
}

// Put implements parser.IDs.
func (ids *headingIDs) Put(value []byte) { ids.taken[string(value)] = true }
