package parse

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"tributary/internal/news"
)

// damage is a way to damage a document.
type damage struct {
	name string
	// do damages text at the entry that starts at entry and whose title's text
	// ends at title, offsets within text; nil where it can't.
	do func(text string, entry, title int) []byte
	// header is the Content-Type that comes with it.
	header string
	// spoils is set where ids or links of the entry itself may suffer.
	spoils bool
}

// insert is damage that puts a string at the end of a title.
func insert(name, s string) damage {
	return damage{name: name, do: func(text string, _, title int) []byte {
		return []byte(text[:title] + s + text[title:])
	}}
}

// inEntry is damage that puts a string at the end of an entry.
func inEntry(name, s string) damage {
	return damage{name: name, do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, entryEnd, s+"$0")
	}}
}

// whole is damage to all of the document, which is done at its first entry.
func whole(name string, do func(text string) []byte) damage {
	return damage{name: name, do: func(text string, entry, _ int) []byte {
		if entry != entryStart.FindStringIndex(text)[0] {
			return nil
		}
		return do(text)
	}}
}

var (
	entryStart  = regexp.MustCompile(`<(?:item|entry)[\s>]`)
	entryEnd    = regexp.MustCompile(`</(?:item|entry)>`)
	titleEnd    = regexp.MustCompile(`(?:\]\]>)?\s*</title>`)
	declaration = regexp.MustCompile(`^\s*<\?xml[^>]*\?>`)
	textEnd     = regexp.MustCompile(`</(description|summary|content)>`)
	rootEnds    = regexp.MustCompile(`</(?:channel|rss|feed|rdf:RDF)>\s*`)
	foreign     = regexp.MustCompile(`<(?:link|guid|id)>[^<]*[^\x00-\x{ff}]`)
	titleText   = regexp.MustCompile(`</title>`)
)

// replaceFrom replaces the first match after a position.
func replaceFrom(text string, from int, pattern *regexp.Regexp, with string) []byte {
	at := pattern.FindStringSubmatchIndex(text[from:])
	if at == nil {
		return nil
	}
	var out []byte
	out = append(out, text[:from+at[0]]...)
	out = pattern.ExpandString(out, with, text[from:], at)
	return append(out, text[from+at[1]:]...)
}

// prolog puts something between the XML declaration and the rest.
func prolog(text, s string) string {
	at := declaration.FindStringIndex(text)
	if at == nil {
		return s + text
	}
	return text[:at[1]] + s + text[at[1]:]
}

// declared gives the document with another encoding in its declaration.
func declared(text, charset string) string {
	return `<?xml version="1.0" encoding="` + charset + `"?>` + declaration.ReplaceAllString(text, "")
}

// encodedAs encodes a text.
func encodedAs(enc interface {
	Bytes([]byte) ([]byte, error)
}, text string) []byte {
	out, err := enc.Bytes([]byte(text))
	if err != nil {
		return nil
	}
	return out
}

// damages are what happens to feeds: by hand-made templates, by programs that
// cut, convert or wrap what they don't understand, by hosts that add to it.
var damages = []damage{
	insert("bare ampersands", " AT&T & co &"),
	insert("bare angle", " 1 < 2 <3 "),
	insert("entities of HTML", "&nbsp;caf&eacute;&hellip;"),
	insert("unknown entity", "&unheardof;"),
	insert("unclosed element", " a<br>b<img src=x> "),
	insert("unopened element", " a</b>c</p> "),
	insert("crossed elements", " <b><i>x</b></i> "),
	insert("control character", "\x08\x00\x1b"),
	insert("reference to a control character", "&#8;&#x1b;&#0;&#xFFFF;"),
	insert("noncharacter", "\ufffe\uffff"),
	insert("end of CDATA", " a ]]> b "),
	insert("CDATA within", " <![CDATA[ <x> & ]]> "),
	insert("comment with dashes", "<!-- a -- b --- -->"),
	insert("PHP left over", "<?php echo $title ?>"),
	insert("invalid UTF-8", "caf\xe9 \xff\xfe"),
	insert("windows-1252 in UTF-8", "\x93caf\xe9\x94"),
	inEntry("undeclared prefix", "<foo:bar baz:x='1'>x</foo:bar>"),
	inEntry("attributes without quotes", "<enclosure url=http://media.example/x.mp3 length=1 type=audio/mpeg />"),
	inEntry("attributes without values", "<category checked/>"),
	inEntry("attribute twice", "<category term='a' term='b'>c</category>"),
	inEntry("quote that never ends", `<category term="a>c</category>`),
	inEntry("end tag too many", "</div></span>"),
	inEntry("element without an end tag", "<category>x"),
	inEntry("unknown element without an end tag", "<x-y><z>"),
	inEntry("name that is none", "<1st>x</1st><a×b>c</a×b>"),
	inEntry("comment that never ends", "<!-- x "),
	inEntry("CDATA that never ends", "<category><![CDATA[x"),
	inEntry("declaration in the middle", `<?xml version="1.0"?><!DOCTYPE x [ ]>`),
	inEntry("empty tags", "<><//></><!><?>"),
	{name: "mistyped end tag of a text", do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, textEnd, "</${1}x>")
	}},
	{name: "no end tag of a title", do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, titleText, "")
	}, spoils: true},
	{name: "no end tag of an entry", do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, entryEnd, "")
	}},
	{name: "end tag of an entry twice", do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, entryEnd, "$0$0")
	}},
	{name: "end tag in capitals", do: func(text string, entry, _ int) []byte {
		return replaceFrom(text, entry, entryEnd, "</ITEM></ENTRY>")
	}},
	{name: "the feed ends early", do: func(text string, entry, _ int) []byte {
		return []byte(text[:entry] + strings.TrimSpace(strings.Join(rootEnds.FindAllString(text, -1), "")) + text[entry:])
	}},
	whole("no end tags of entries", func(text string) []byte { return []byte(entryEnd.ReplaceAllString(text, "")) }),
	whole("no end tags of the feed", func(text string) []byte { return []byte(rootEnds.ReplaceAllString(text, "")) }),
	whole("byte order mark and lines", func(text string) []byte { return []byte("\ufeff\n\n \t" + text) }),
	whole("two byte order marks", func(text string) []byte { return []byte("\ufeff\ufeff" + text) }),
	whole("warnings in front", func(text string) []byte {
		return []byte("<br />\n<b>Notice</b>: Undefined index: id in <b>/srv/feed.php</b> on line <b>3</b><br />\n" + text)
	}),
	whole("script behind", func(text string) []byte {
		return []byte(text + "\n<!-- cached -->\n<script>if (a < b && c) {}</script> bye")
	}),
	whole("long comment in front", func(text string) []byte {
		return []byte(prolog(text, "<!--"+strings.Repeat("licence & terms ", 600)+"-->"))
	}),
	whole("DOCTYPE", func(text string) []byte {
		return []byte(strings.Replace(prolog(text, `<!DOCTYPE rss [<!ENTITY house "The House"> <!ELEMENT x (y)>]>`), "</title>", " &house;</title>", 2))
	}),
	whole("no declaration", func(text string) []byte { return []byte(declaration.ReplaceAllString(text, "")) }),
	whole("declared as UTF-16", func(text string) []byte { return []byte(declared(text, "utf-16")) }),
	whole("declared as nonsense", func(text string) []byte { return []byte(declared(text, "x-none")) }),
	whole("declared as ASCII", func(text string) []byte { return []byte(declared(text, "us-ascii")) }),
	whole("UTF-16", func(text string) []byte {
		return encodedAs(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(), declared(text, "utf-16"))
	}),
	whole("UTF-16 without a mark", func(text string) []byte {
		return encodedAs(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), text)
	}),
	whole("Latin-1 declared as UTF-8", func(text string) []byte {
		if foreign.MatchString(text) {
			return nil // its addresses can't be written so
		}
		return encodedAs(charmap.ISO8859_1.NewEncoder(), strings.Map(func(r rune) rune {
			if r > 0xff {
				return '?'
			}
			return r
		}, strings.Replace(text, "</title>", " déjà vu</title>", 3)))
	}),
	{name: "wrong charset in the header", do: func(text string, _, _ int) []byte { return []byte(text) }, header: "text/xml; charset=us-ascii"},
	{name: "nonsense in the header", do: func(text string, _, _ int) []byte { return []byte(text) }, header: "text/html; charset=none; x"},
}

// TestDamage damages feeds at each of their entries and in each way. Every
// entry must be found, and be the one that it was.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, path := range damageable(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			damageAt(t, readFile(t, path), 1000)
		})
	}
}

// TestDamageShared damages real feeds, which lie outside the repository, at
// their first and their last entry.
func TestDamageShared(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "feeds", "*.xml"))
	if err != nil || len(paths) == 0 {
		t.Skip("the collection of real feeds is not beside the repository")
	}
	for _, path := range paths {
		body := readFile(t, path)
		if _, err := Parse(body, Options{}); err != nil || len(body) > 300<<10 {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			damageAt(t, body, 1)
		})
	}
}

// damageAt does each damage to a feed, at so many of its first entries and at
// the last one.
func damageAt(t *testing.T, body []byte, first int) {
	text, _ := decode(body, "")
	pristine, err := Parse(text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	starts := entryStart.FindAllIndex(text, -1)
	for n, at := range starts {
		end := titleEnd.FindIndex(text[at[0]:])
		if end == nil || n >= first && n < len(starts)-1 {
			continue
		}
		for _, d := range damages {
			damaged := d.do(string(text), at[0], at[0]+end[0])
			if damaged == nil {
				continue
			}
			doc, err := Parse(damaged, Options{ContentType: d.header})
			if err != nil {
				t.Errorf("%s at entry %d: %v", d.name, n, err)
				continue
			}
			checkEntries(t, fmt.Sprintf("%s at entry %d", d.name, n), pristine, doc, d.spoils)
		}
	}
}

// TestTruncated cuts feeds at many points. Every entry that was there whole
// must be found, and the start of one more makes none worse.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, path := range damageable(t) {
		text, _ := decode(readFile(t, path), "")
		pristine, err := Parse(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for cut := range 97 {
			part := text[:len(text)*(cut+1)/97]
			whole := len(entryEnd.FindAll(part, -1))
			doc, err := Parse(part, Options{})
			if whole == 0 {
				continue
			}
			if err != nil || len(doc.Entries) < whole {
				t.Errorf("%s cut at %d: %v, want %d entries", path, len(part), err, whole)
				continue
			}
			head := *pristine
			head.Entries = pristine.Entries[:whole]
			checkEntries(t, fmt.Sprintf("%s cut at %d", path, len(part)), &head, doc, false)
		}
	}
}

// checkEntries checks that a document has the entries of another: as many or
// more, with the same ids and links, in the same order.
func checkEntries(t *testing.T, what string, want, got *news.Document, spoiled bool) {
	t.Helper()
	if len(got.Entries) < len(want.Entries) {
		t.Errorf("%s: %d of %d entries (warnings %q)", what, len(got.Entries), len(want.Entries), got.Warnings)
		return
	}
	if spoiled {
		return
	}
	for i := range want.Entries {
		w, g := &want.Entries[i], &got.Entries[i]
		if w.ID != g.ID || w.Link != g.Link || w.Title.IsZero() != g.Title.IsZero() {
			t.Errorf("%s: entry %d is %q at %q, titled %q; want %q at %q", what, i, g.ID, g.Link, g.Title.Value, w.ID, w.Link)
		}
	}
}

// damageable gives the paths of feeds in XML with several entries: our examples
// and fixtures. Entries by two names in one feed are damage enough.
func damageable(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "examples", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	paths = append(paths, fixtures(t)...)
	return slices.DeleteFunc(paths, func(path string) bool {
		body := readFile(t, path)
		items, entries := bytes.Count(body, []byte("</item>")), bytes.Count(body, []byte("</entry>"))
		return !strings.HasSuffix(path, ".xml") || filepath.Base(path) == "mended.xml" || max(items, entries) < 2 || items > 0 && entries > 0
	})
}
