package normalize

// element says what becomes of one HTML element. The table of elements is the
// one truth of the sanitizing policy: our pass and bluemonday's policy are both
// made from it, so neither can allow what the other does not know.
type element struct {
	name   string
	attrs  map[string]form
	needs  []string // at least one of these attributes, or the tags go and the content stays
	void   bool     // has no end tag
	breaks bool     // ends a word and a line of text
	hollow bool     // goes when nothing is left inside
	media  bool     // what it contains is for browsers that can't play it
	closes []string // open elements that its start tag ends
	until  []string // where the search for those stops
}

// cells are the elements that no start or end tag inside them reaches out of
// (HTML §13.2.4.2, the table scope), parts of tables aside.
var cells = []string{"table", "td", "th", "caption"}

// elements are those that are kept. Not among them, whatever they promise:
// forms, SVG, MathML, and everything that runs, frames or styles.
var elements = table()

// globals are the attributes that every element may have.
var globals = map[string]form{"dir": formDir, "lang": formLang, "title": formText}

// dropped are elements that go with all they contain; the value says whether
// they nest.
var dropped = map[string]bool{
	"script": false, "style": false, "noscript": false, "template": true,
	"iframe": false, "svg": true, "math": true, "select": false, "xmp": false,
	"textarea": false, "title": false, "noembed": false, "noframes": false,
	"plaintext": false, "object": true, "applet": true, "frameset": true,
	"datalist": false, "canvas": true,
}

// renamed are old elements for which there is a newer word. Without it, what
// stands on lines of its own would run together.
var renamed = map[string]string{
	"acronym": "abbr", "center": "div", "dir": "ul", "fieldset": "div", "hgroup": "div", "menu": "ul",
}

func table() map[string]*element {
	all := map[string]*element{}
	add := func(e element, names ...string) {
		for _, name := range names {
			one := e
			one.name = name
			all[name] = &one
		}
	}
	addBlocks(add)
	addInline(add)
	addTables(add)
	addMedia(add)
	return all
}

// lookUp gives the element that a tag in a story stands for; nil when there is
// none that is kept.
func lookUp(tag []byte) *element {
	if e := elements[string(tag)]; e != nil {
		return e
	}
	return elements[renamed[string(tag)]]
}

// adder puts copies of an element into the table under several names.
type adder func(e element, names ...string)

func addBlocks(add adder) {
	block := element{breaks: true, closes: []string{"p"}, until: cells}
	add(block, "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "dl",
		"section", "article", "aside", "header", "footer", "main", "nav", "address",
		"figcaption", "summary")
	list, quote, details, rule, hollow := block, block, block, block, block
	list.attrs = map[string]form{"start": formInteger, "reversed": formFlag, "type": formListType}
	add(list, "ol")
	quote.attrs = map[string]form{"cite": formURL}
	add(quote, "blockquote")
	details.attrs = map[string]form{"open": formFlag}
	add(details, "details")
	rule.void = true
	add(rule, "hr")
	hollow.hollow = true
	add(hollow, "p", "div", "figure")
	add(element{
		breaks: true, attrs: map[string]form{"value": formInteger},
		closes: []string{"li", "p"}, until: append([]string{"ul", "ol"}, cells...),
	}, "li")
	add(element{
		breaks: true, closes: []string{"dt", "dd", "p"}, until: append([]string{"dl"}, cells...),
	}, "dt", "dd")
}

func addInline(add adder) {
	add(element{}, "abbr", "bdi", "bdo", "cite", "code", "dfn", "kbd", "mark",
		"rp", "rt", "ruby", "s", "samp", "small", "strike", "sub", "sup", "tt", "u", "var")
	add(element{hollow: true}, "b", "strong", "i", "em", "span")
	add(element{void: true}, "wbr")
	add(element{void: true, breaks: true}, "br")
	add(element{attrs: map[string]form{"cite": formURL}}, "q")
	add(element{attrs: map[string]form{"cite": formURL, "datetime": formDate}}, "del", "ins")
	add(element{attrs: map[string]form{"datetime": formDate}}, "time")
	add(element{
		attrs: map[string]form{"href": formLink}, needs: []string{"href"},
		hollow: true, closes: []string{"a"}, until: cells,
	}, "a")
}

func addTables(add adder) {
	rows := []string{"caption", "colgroup", "thead", "tbody", "tfoot"}
	root := []string{"table"}
	add(element{breaks: true, closes: []string{"p"}, until: cells}, "table")
	add(element{breaks: true, closes: rows, until: root}, "caption", "thead", "tbody", "tfoot")
	span := map[string]form{"span": formNumber}
	add(element{attrs: span, closes: rows, until: root}, "colgroup")
	add(element{attrs: span, void: true}, "col")
	add(element{breaks: true, closes: []string{"tr", "caption", "colgroup"}, until: root}, "tr")
	add(element{
		breaks: true,
		attrs: map[string]form{
			"colspan": formNumber, "rowspan": formNumber, "scope": formScope,
			"align": formAlign, "abbr": formText,
		},
		closes: []string{"td", "th"}, until: []string{"tr", "table"},
	}, "td", "th")
}

func addMedia(add adder) {
	add(element{
		void: true, needs: []string{"src"},
		attrs: map[string]form{
			"src": formMedia, "srcset": formSrcset, "sizes": formQuery, "alt": formText,
			"width": formNumber, "height": formNumber,
		},
	}, "img")
	add(element{hollow: true}, "picture")
	add(element{
		void: true, needs: []string{"src", "srcset"},
		attrs: map[string]form{
			"src": formMedia, "srcset": formSrcset, "sizes": formQuery, "media": formQuery,
			"type": formMIME, "width": formNumber, "height": formNumber,
		},
	}, "source")
	sound := map[string]form{
		"src": formMedia, "controls": formFlag, "loop": formFlag, "muted": formFlag, "preload": formPreload,
	}
	add(element{attrs: sound, breaks: true, media: true, hollow: true}, "audio")
	video := map[string]form{"poster": formMedia, "width": formNumber, "height": formNumber, "playsinline": formFlag}
	for name, f := range sound {
		video[name] = f
	}
	add(element{attrs: video, breaks: true, media: true, hollow: true}, "video")
	add(element{
		needs: []string{"src"},
		attrs: map[string]form{
			"src": formEmbed, "width": formNumber, "height": formNumber, "allowfullscreen": formFlag,
			"sandbox": formSandbox, "loading": formLoading,
		},
	}, "iframe")
}
