package normalize

import (
	"strconv"
	"strings"
)

// attribute is one that is kept, its value not yet escaped.
type attribute struct{ name, value string }

// found is what one start tag says. It is used again for the next.
type found struct {
	attrs         []attribute
	width, height int // of a picture; -1 when it doesn't say
	hidden        bool
}

// lazy are attributes in which scripts keep the real address of a picture or a
// frame until it scrolls into view. Without the script it is needed at once.
var lazy = map[string]string{
	"data-src": "src", "data-lazy-src": "src", "data-original": "src",
	"data-srcset": "srcset", "data-lazy-srcset": "srcset",
}

// rel is what every link says of itself. They are the words that bluemonday
// would add, so that it changes nothing.
const rel = "nofollow noreferrer"

// read takes the attributes of the tag that the tokenizer stands at. Of two
// with one name the first counts, as in browsers (HTML §13.2.5.33).
func (f *found) read(p *pass, e *element, more bool) {
	*f = found{attrs: f.attrs[:0], width: -1, height: -1}
	var later []attribute
	for more {
		var key, value []byte
		key, value, more = p.z.TagAttr()
		if e.name == "img" {
			f.measure(key, value)
		}
		if real, ok := lazy[string(key)]; ok {
			later = append(later, attribute{real, string(value)})
			continue
		}
		f.take(p, e, key, value)
	}
	for _, a := range later {
		f.take(p, e, []byte(a.name), []byte(a.value))
	}
	f.force(e)
}

// take keeps an attribute if the element may have it with this value.
func (f *found) take(p *pass, e *element, key, value []byte) {
	shape, ok := e.attrs[string(key)]
	if !ok {
		if shape, ok = globals[string(key)]; !ok {
			return
		}
	}
	name := string(key)
	if f.has(name) || p.strip && name == "poster" {
		return
	}
	if kept, ok := p.shape(shape, string(value)); ok {
		f.attrs = append(f.attrs, attribute{name, kept})
	}
}

// force adds what an element must have, whatever the upstream wrote.
func (f *found) force(e *element) {
	set := func(name, value string) {
		if !f.has(name) {
			f.attrs = append(f.attrs, attribute{name, value})
		}
	}
	switch e.name {
	case "a":
		f.attrs = append(f.attrs, attribute{"rel", rel})
	case "img": // one that has srcset alone shows nothing where srcset is not known
		if address, _, _ := strings.Cut(f.value("srcset"), " "); address != "" {
			set("src", strings.TrimSuffix(address, ","))
		}
	case "audio", "video":
		set("controls", "")
		set("preload", "none")
	case "iframe":
		set("loading", "lazy")
		set("sandbox", sandbox)
	}
}

func (f *found) has(name string) bool {
	for _, a := range f.attrs {
		if a.name == name {
			return true
		}
	}
	return false
}

func (f *found) value(name string) string {
	for _, a := range f.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

func (f *found) appendTag(out []byte, e *element) []byte {
	out = append(out, '<')
	out = append(out, e.name...)
	for _, a := range f.attrs {
		out = append(out, ' ')
		out = append(out, a.name...)
		out = append(out, `="`...)
		out = appendClean(out, a.value, true)
		out = append(out, '"')
	}
	return append(out, '>')
}

// shape brings a value into its form, or refuses it.
func (p *pass) shape(f form, value string) (string, bool) {
	switch f {
	case formText:
		return fold(value, maxText), true
	case formFlag:
		return "", true
	case formURL:
		value = absolute(p.base, value)
		return value, value != ""
	case formLink:
		value = linkTarget(p.base, value)
		return value, value != ""
	case formMedia:
		value = p.picture(value)
		return value, value != ""
	case formSrcset:
		value = p.srcset(value)
		return value, value != ""
	case formEmbed:
		return p.embed(value)
	case formNumber:
		value = strings.TrimSuffix(strings.TrimSpace(value), "px")
	case formQuery, formMIME:
		value = fold(value, maxText)
	case formDir, formScope, formAlign, formPreload:
		value = strings.ToLower(strings.TrimSpace(value))
	default:
		value = strings.TrimSpace(value)
	}
	return value, patterns[f].MatchString(value)
}

// picture makes the URL of a picture or a film absolute, and empty when it is
// there to watch the reader.
func (p *pass) picture(value string) string {
	u := resolve(p.base, value)
	if u == nil || tracks(u) {
		return ""
	}
	return spell(u)
}

// embed refuses what is not https at one of the source's embed hosts.
func (p *pass) embed(value string) (string, bool) {
	u := resolve(p.base, value)
	if u == nil || u.Scheme != "https" || u.Port() != "" {
		return "", false
	}
	for _, host := range p.embeds {
		if under(u.Host, host) {
			value = spell(u)
			return value, value != ""
		}
	}
	return "", false
}

// srcset keeps the candidates that are worth it (HTML §4.8.4.2.1).
func (p *pass) srcset(value string) string {
	var kept []string
	for rest := value; ; {
		rest = strings.TrimLeft(rest, " \t\n\r\f,")
		if rest == "" {
			return strings.Join(kept, ", ")
		}
		end := strings.IndexAny(rest, " \t\n\r\f")
		if end < 0 {
			end = len(rest)
		}
		address, descriptor := rest[:end], ""
		rest = rest[end:]
		if trimmed := strings.TrimRight(address, ","); trimmed != address {
			address = trimmed
		} else {
			descriptor, rest, _ = strings.Cut(rest, ",")
		}
		kept = p.candidate(kept, address, strings.TrimSpace(descriptor))
	}
}

// candidate appends one candidate of a srcset, unless its address is refused
// or ends in a comma, which would not survive being read again.
func (p *pass) candidate(kept []string, address, descriptor string) []string {
	address = p.picture(address)
	if address == "" || strings.HasSuffix(address, ",") {
		return kept
	}
	if descriptor == "" {
		return append(kept, address)
	}
	number := descriptor[:len(descriptor)-1]
	if unit := descriptor[len(number):]; unit != "w" && unit != "x" {
		return kept
	}
	if _, err := strconv.ParseFloat(number, 32); err != nil || strings.Trim(number, "0123456789.") != "" {
		return kept
	}
	return append(kept, address+" "+descriptor)
}
