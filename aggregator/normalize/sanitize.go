package normalize

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// Limits of one piece of HTML.
const (
	maxContent = 512 << 10 // bytes of sanitised HTML
	maxDepth   = 100       // elements inside each other; tags beyond go, their content stays
)

// maxCost is what sanitizing the texts of one document may cost, counted in
// tags: some 0.4 s of CPU. The stories of a document rich in markup come well
// below, all 500 of them; one that is nothing but markup would take many
// seconds. An attribute, most often a URL, costs as much as several tags.
const (
	maxCost       = 300_000
	attributeCost = 3
)

// markup is a piece of HTML with what surrounds it.
type markup struct {
	html  string
	xml   bool     // it was XML once: <x/> is an empty element whatever x is
	base  *url.URL // what its URLs are relative to; nil when unknown
	limit int      // bytes of output
}

// fragment is sanitised HTML with what one pass over it found.
type fragment struct {
	html    string
	excerpt string
	words   int
	image   string // the first that could stand for the story
	cut     bool   // it was too long
	cost    int    // of sanitizing it, see maxCost
}

// rules are the settings of a source that bear on its HTML.
type rules struct {
	embeds []string // as embedHosts gives them
	strip  bool     // no images
}

// pass is one walk over a piece of HTML. It keeps these rules:
//
//  1. What the table of elements does not know goes; what dropped names goes
//     with its content.
//  2. Tags match: an end tag ends what is open inside, one that has nothing to
//     end goes, and start tags end what HTML says they end (HTML §13.2.6.4.7).
//  3. URLs become absolute or go.
//  4. Pictures at trackers and those of one pixel go, and so does what is
//     empty without them.
//  5. Text keeps no character that XML cannot carry.
//  6. The output has at most limit bytes, cut between two tokens or words.
//
// Its output passes through it, and through bluemonday, unchanged.
type pass struct {
	markup
	rules
	z     *html.Tokenizer
	out   []byte
	open  []opened
	tails int // bytes of the end tags that open still needs
	full  bool
	prose prose
	first string // image
	found found  // of the start tag at hand
	cost  int    // see maxCost

	skip  string // the dropped element that we are in
	depth int    // how many of them are open
}

// opened is an element whose end tag is still to come.
type opened struct {
	*element
	start, inner int // where its start tag begins and ends in the output
	sourced      bool
}

// clean sanitises HTML. Bluemonday has the last word about everything that is
// not sound without asking.
func (r rules) clean(m markup, policy *bluemonday.Policy) fragment {
	f := r.walk(m)
	if r.sound(f.html) || !strings.ContainsAny(f.html, "<&") {
		return f
	}
	var checked strings.Builder
	checked.Grow(len(f.html))
	if err := policy.SanitizeReaderToWriter(strings.NewReader(f.html), &checked); err != nil {
		return fragment{} // it could not be read to its end: nothing of it is known to be safe
	}
	f.html = checked.String()
	return f
}

// walk sanitises HTML but for the last check, which is bluemonday's.
func (r rules) walk(m markup) fragment {
	m.html = strings.ToValidUTF8(m.html, "\uFFFD")
	p := pass{markup: m, rules: r, out: make([]byte, 0, min(len(m.html)+len(m.html)/8, m.limit)+64)}
	if strings.ContainsAny(m.html, "<&") {
		p.z = html.NewTokenizer(strings.NewReader(m.html))
		p.run()
	} else {
		p.bare()
	}
	return fragment{string(bytes.TrimSpace(p.out)), p.prose.excerpt(), p.prose.words, p.first, p.full, p.cost}
}

// bare takes text that holds no markup at all: it needs no escaping.
func (p *pass) bare() {
	p.prose.add(p.html)
	p.out = appendClean(p.out, p.html, false)
	p.fit(0)
}

func (p *pass) run() {
	for !p.full {
		switch p.z.Next() {
		case html.ErrorToken:
			p.closeTo(0)
			return
		case html.TextToken:
			if p.skip == "" {
				p.text(string(p.z.Text()))
			}
		case html.StartTagToken:
			p.start(false)
		case html.SelfClosingTagToken:
			p.start(true)
		case html.EndTagToken:
			p.end()
		case html.CommentToken, html.DoctypeToken: // nobody reads them
		}
	}
	p.closeTo(0)
}

func (p *pass) text(s string) {
	if !slices.ContainsFunc(p.open, func(o opened) bool { return o.media }) {
		p.prose.add(s)
	}
	start := len(p.out)
	p.out = appendClean(p.out, s, true)
	p.fit(start)
}

// fit cuts text that began at start down to the limit, after a word.
func (p *pass) fit(start int) {
	room := p.limit - p.tails
	if len(p.out) <= room {
		return
	}
	p.full = true
	cut := start
	for i := room; i > start; i-- {
		if p.out[i-1] == ' ' || p.out[i-1] == '\n' {
			cut = i - 1
			break
		}
	}
	p.out = p.out[:cut]
}

func (p *pass) start(selfClosing bool) {
	raw, more := p.z.TagName()
	if p.skip != "" {
		if string(raw) == p.skip && dropped[p.skip] && !selfClosing {
			p.depth++
		}
		if p.skip == "svg" || p.skip == "math" {
			p.z.NextIsNotRawText() // <title/> and the like are ordinary elements there
		}
		return
	}
	e := lookUp(raw)
	if e == nil {
		p.unknown(string(raw), selfClosing)
		return
	}
	p.found.read(p, e, more)
	p.cost += 1 + attributeCost*len(p.found.attrs)
	if p.admits(e) && p.emit(e) && p.xml && selfClosing {
		p.closeTo(len(p.open) - 1)
	}
	if e.name == "iframe" {
		p.drop(e.name, selfClosing)
	}
}

func (p *pass) unknown(name string, selfClosing bool) {
	if _, ok := dropped[name]; ok {
		p.drop(name, selfClosing)
	}
}

// drop leaves out everything up to the end tag. In XML, and in SVG and MathML
// anywhere, a slash in the start tag is the end already.
func (p *pass) drop(name string, selfClosing bool) {
	p.prose.gap()
	if selfClosing && (p.xml || name == "svg" || name == "math") {
		p.z.NextIsNotRawText()
		return
	}
	p.skip, p.depth = name, 1
}

// admits decides about an element as a whole, its attributes known.
func (p *pass) admits(e *element) bool {
	if e.needs != nil && !slices.ContainsFunc(e.needs, p.found.has) {
		return false
	}
	switch e.name {
	case "img":
		return !p.strip && !p.found.tiny()
	case "picture":
		return !p.strip && len(p.open) < maxDepth
	case "source":
		return p.inside("picture", "video", "audio")
	}
	return e.void || len(p.open) < maxDepth
}

func (p *pass) inside(names ...string) bool {
	return len(p.open) > 0 && slices.Contains(names, p.open[len(p.open)-1].name)
}

// emit writes a start tag, and what it ends before. It reports whether the
// element is open now: it isn't when it has no end tag, or found no room.
func (p *pass) emit(e *element) bool {
	p.imply(e)
	if e.breaks {
		p.prose.gap()
	}
	start, tail := len(p.out), 0
	p.out = p.found.appendTag(p.out, e)
	switch {
	case e.name == "iframe":
		p.out = append(p.out, "</iframe>"...)
	case !e.void:
		tail = len("</>") + len(e.name)
	}
	if len(p.out)+p.tails+tail > p.limit {
		p.out, p.full = p.out[:start], true
		return false
	}
	if e.name == "img" && p.first == "" && p.found.telling() {
		p.first = p.found.value("src")
	}
	if tail > 0 {
		p.tails += tail
		p.open = append(p.open, opened{e, start, len(p.out), p.found.has("src")})
	}
	return tail > 0
}

func (p *pass) end() {
	raw, _ := p.z.TagName()
	if p.skip != "" {
		if string(raw) == p.skip {
			if p.depth--; p.depth == 0 {
				p.skip = ""
			}
		}
		return
	}
	if e := lookUp(raw); e != nil {
		p.endOf(e)
	}
}
