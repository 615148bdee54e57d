package parse

import (
	"bytes"
	"strings"

	"tributary/internal/news"
)

// rewritten is a document as the pass hands it to gofeed.
type rewritten struct {
	text        []byte // well-formed, UTF-8, without namespace declarations
	family      family
	format      string
	contexts    []context // what the markers in text refer to
	rootContext int
	entries     []span // where the entries are in text
	mended      mended
	partial     bool // it ends early, or part of it is lost
}

// span is a range of bytes.
type span struct{ start, end int }

// rewriter is the pass: it reads the source once from front to back and writes
// the document anew. The rules:
//
//  1. Names are resolved to spaces and written with the prefix that gofeed
//     would choose; no namespace declaration is written. It is their copying
//     that makes gofeed quadratic.
//  2. Elements that nobody reads are left out with all they contain, and so
//     are comments, instructions and white space between elements.
//  3. What is in a text element is written as character data, whatever it was:
//     references are resolved, markup becomes a CDATA section. gofeed has
//     nothing to decode then, and broken HTML in a text can't break the feed.
//  4. Atom texts get markers, and so do other texts whose xml:base or xml:lang
//     is not that of their entry: see marker.go.
//  5. Every element that was opened is closed: at the end tag of an element
//     around it, where the next entry starts, or at the end. End tags without
//     a start are dropped.
//  6. Past a limit the document is refused.
type rewriter struct {
	rewritten
	src       []byte
	pos       int
	seek      seeker
	tag       tag // the start tag read last
	stack     []element
	bindings  []binding
	entities  entities
	expansion int
	elements  int
	kept      int    // elements that were handed on
	inEntry   int    // the same since the last entry began
	cut       bool   // src is only the beginning of the document
	begun     bool   // the root is read
	outer     int    // elements that we put around the root
	entryName []byte // of the entries, as the source writes it
	salvage   bool   // this is the second run
	lastEntry int    // in salvage, the position of the last start tag of an entry
	tears     int    // in salvage, how many sections were cut
	scratch   []byte
}

// element is an element that is open.
type element struct {
	name     []byte // qualified, as the source writes it
	written  []byte // as we wrote it; nil when we didn't
	role     role
	bindings int // how many there were before its own
	context  int
}

// binding is a namespace declaration in scope.
type binding struct {
	prefix []byte
	space  string
}

// rewrite runs the pass over a document from its root, and once more to salvage
// what a torn piece of markup has swallowed: see salvage.go. Of a document that
// is cut, the entry in which it ends is left out, and nothing is salvaged.
func rewrite(text []byte, cut bool, at root, url string) (*rewritten, error) {
	r := newRewriter(text, cut, at, url)
	if err := r.run(); err != nil {
		return nil, err
	}
	if r.format == "" {
		return nil, &Error{Cause: news.CauseMalformed, Detail: "a feed that ends within its first tag"}
	}
	if cut {
		return &r.rewritten, nil
	}
	if count, last := entryTags(text, r.entryName); count > len(r.entries) {
		again := newRewriter(text, cut, at, url)
		again.salvage, again.lastEntry, again.entryName = true, last, r.entryName
		if err := again.run(); err == nil && len(again.entries) > len(r.entries) && !isWellFormed(text) {
			again.mended |= mendedTorn
			again.partial = true
			r = again
		}
	}
	return &r.rewritten, nil
}

// newRewriter prepares the pass.
func newRewriter(text []byte, cut bool, at root, url string) *rewriter {
	r := &rewriter{src: text, cut: cut, pos: at.start}
	r.family = at.family
	r.text = make([]byte, 0, len(text)-at.start+len(text)/16+64)
	r.contexts = []context{{base: url}}
	r.entities = readEntities(at.doctype)
	if junk := bytes.TrimSpace(text[:at.start]); len(junk) > 0 && junk[0] != '<' {
		r.mended |= mendedJunk
	}
	if at.wrap != "" {
		r.mended |= mendedRoot
		r.partial = at.wrap == "feed" // there may have been entries before this one
		r.text = append(append(append(r.text, '<'), at.wrap...), '>')
		r.stack = append(r.stack, element{name: []byte(at.wrap), written: []byte(at.wrap), role: roleOpen})
	}
	r.outer = len(r.stack)
	return r
}

// run reads the source and writes it anew.
func (r *rewriter) run() error {
	for !r.begun || r.pos < len(r.src) && len(r.stack) > 0 {
		if err := r.step(); err != nil {
			return err
		}
		r.begun = true
	}
	r.partial = r.partial || r.cut || len(r.stack) > r.outer
	if r.cut {
		r.mended |= mendedCut
		r.dropUnfinished()
	}
	r.closeTo(r.outer, mendedEnd)
	r.closeTo(0, 0)
	return nil
}

// step handles the next piece of markup. The text before it has no meaning:
// text elements are read whole by readText.
func (r *rewriter) step() error {
	i := bytes.IndexByte(r.src[r.pos:], '<')
	if i < 0 || r.pos+i+1 >= len(r.src) {
		r.pos = len(r.src)
		return nil
	}
	r.pos += i
	rest := r.src[r.pos:]
	switch {
	case rest[1] == '/':
		return r.endTag()
	case rest[1] == '!' || rest[1] == '?':
		r.pos += max(r.pastDeclaration(rest, nil), 2)
	case readTag(r.src, r.pos, &r.tag):
		return r.startTag()
	default:
		r.mended |= mendedMarkup
		r.pos++
	}
	return nil
}

// startTag handles the start tag in r.tag.
func (r *rewriter) startTag() error {
	r.pos = r.tag.end
	if r.tag.unclean {
		r.mended |= mendedAttribute
	}
	e := element{name: r.tag.name, bindings: len(r.bindings), context: r.context()}
	if err := r.count(1); err != nil {
		return err
	}
	if err := r.declare(); err != nil {
		return err
	}
	space, local := r.resolve(e.name)
	e.context = r.enter(e.context)
	e.role = r.family.roleOf(space, local)
	if local == "image" && len(r.stack) > 0 && r.stack[len(r.stack)-1].role == roleEntry && e.role == roleOpen {
		e.role = roleText // no element of RSS, but met
	}
	if e.role == roleEntry {
		r.closeEntries(e.bindings)
		e.bindings = min(e.bindings, len(r.bindings))
	} else if n := len(r.stack); n > 0 && r.stack[n-1].role == roleSkip {
		e.role = roleSkip
	}
	if e.role != roleSkip && e.role != roleEntry && !r.keep() {
		e.role = roleSkip
	}
	if len(r.stack) >= maxDepth {
		return limitError(maxDepth, "nested elements")
	}
	return r.open(e, space, local)
}

// open writes the start of an element according to its role.
func (r *rewriter) open(e element, space, local string) error {
	if !r.begun {
		r.begin(e, space, local)
	}
	switch e.role {
	case roleSkip:
		r.push(e)
	case roleEmpty:
		if name := valueAttribute(local); name != "" && r.tag.get(name) == nil && !r.tag.closed {
			return r.readValue(e, space, local, name)
		}
		r.writeStart(space, local, e)
		r.text = append(r.text[:len(r.text)-1], '/', '>')
		e.role = roleSkip
		r.push(e)
	case roleOpen:
		if len(r.stack) == 1 && local == "channel" {
			r.rootContext = e.context // the channel is the feed
		}
		e.written = r.writeStart(space, local, e)
		r.push(e)
		if r.family == familyAtom && (local == "author" || local == "contributor") && !r.tag.closed {
			r.readName()
		}
	case roleEntry:
		if len(r.entries) >= maxEntries {
			return limitError(maxEntries, "entries")
		}
		if r.spent() {
			r.stop()
			return nil
		}
		r.inEntry = 0
		r.kept++
		r.entryName = e.name
		r.entries = append(r.entries, span{start: len(r.text)})
		e.written = r.writeStart(space, r.family.entryName(), e)
		r.writeCarriers(e)
		r.push(e)
	default:
		return r.readText(e, space, local)
	}
	return nil
}

// begin notes what the root says of the whole document.
func (r *rewriter) begin(e element, space, local string) {
	r.rootContext = e.context
	prefix, _ := splitName(e.name)
	name := r.family.entryName()
	if len(prefix) > 0 && local != "rdf" {
		name = string(prefix) + ":" + name
	}
	r.entryName = []byte(name)
	r.format = r.formatOf(space, local)
}

// formatOf names the format of a document from its root, whose tag is in r.tag.
func (r *rewriter) formatOf(space, local string) string {
	version := strings.TrimSpace(strings.ToLower(string(r.tag.get("version"))))
	has := func(want string) bool {
		for _, b := range r.bindings {
			if b.space == want {
				return true
			}
		}
		return space == want
	}
	switch {
	case local == "rdf" && has("rss10"):
		return "rss 1.0"
	case local == "rdf" && has("rss09"):
		return "rss 0.90"
	case r.family == familyRSS && version != "" && len(version) < 8:
		return "rss " + version
	case r.family == familyRSS:
		return "rss"
	case space == "atom03" || version == "0.3":
		return "atom 0.3"
	case space == "atom":
		return "atom 1.0"
	}
	return "atom"
}

// push makes an element the innermost one, unless it is empty.
func (r *rewriter) push(e element) {
	r.stack = append(r.stack, e)
	if r.tag.closed {
		r.pop()
	}
}

// pop closes the innermost element.
func (r *rewriter) pop() {
	e := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	r.bindings = r.bindings[:min(e.bindings, len(r.bindings))]
	if e.written == nil {
		return
	}
	r.writeEnd(e.written)
	if e.role == roleEntry {
		r.entries[len(r.entries)-1].end = len(r.text)
	}
}

// closeTo closes elements until depth are left, noting why if there were any.
func (r *rewriter) closeTo(depth int, why mended) {
	if len(r.stack) > depth {
		r.mended |= why
	}
	for len(r.stack) > depth {
		r.pop()
	}
}

// closeEntries closes what is open where an entry starts, down to what holds
// entries. The declarations of the entry itself, after the first n, stay.
func (r *rewriter) closeEntries(n int) {
	depth := len(r.stack)
	for depth > 1 && !(r.stack[depth-1].role == roleOpen && r.holdsEntries(r.stack[depth-1].name)) {
		depth--
	}
	if depth == len(r.stack) {
		return
	}
	own := append([]binding(nil), r.bindings[n:]...)
	r.closeTo(depth, mendedEnd)
	r.bindings = append(r.bindings, own...)
}

// holdsEntries reports whether entries may stand in an element.
func (r *rewriter) holdsEntries(name []byte) bool {
	_, local := splitName(name)
	_, ok := roots[lower(local)]
	return ok && lower(local) != "entry"
}

// endTag handles an end tag.
func (r *rewriter) endTag() error {
	start := r.pos + 2
	end := nameEnd(r.src, start)
	name := r.src[start:end]
	i := bytes.IndexAny(r.src[end:], "<>")
	if i < 0 {
		r.pos = len(r.src)
		return nil
	}
	r.pos = end + i
	if r.src[r.pos] == '>' {
		r.pos++
	}
	for depth := len(r.stack) - 1; depth >= 0; depth-- {
		if sameName(r.stack[depth].name, name) {
			if depth == 0 && r.salvage && r.pos <= r.lastEntry {
				break // it can't be the end
			}
			r.closeTo(depth+1, mendedEnd)
			r.pop()
			return nil
		}
	}
	r.mended |= mendedEnd
	return r.count(1) // each costs a look through the stack
}

// sameName compares names as HTML does.
func sameName(a, b []byte) bool { return len(a) == len(b) && bytes.EqualFold(a, b) }

// count notes that n more elements were met.
func (r *rewriter) count(n int) error {
	if r.elements += n; r.elements > maxElements {
		return limitError(maxElements, "elements")
	}
	return nil
}

// context gives the context of the innermost element.
func (r *rewriter) context() int {
	if len(r.stack) == 0 {
		return 0
	}
	return r.stack[len(r.stack)-1].context
}
