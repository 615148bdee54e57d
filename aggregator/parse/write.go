package parse

import (
	"bytes"
	"strconv"
)

// writeStart writes the start tag of r.tag under its normalized name, which it
// returns. Attributes lose their prefixes, as they do in gofeed.
func (r *rewriter) writeStart(space, local string, e element) []byte {
	r.text = append(r.text, '<')
	start := len(r.text)
	if !r.family.isNative(space) {
		r.text = append(append(r.text, space...), ':')
	} else if r.family.isDropped(local) {
		r.text = append(append(r.text, feedSpace...), ':')
	}
	r.text = append(r.text, local...)
	name := r.text[start:len(r.text):len(r.text)]
	for _, a := range r.tag.attrs {
		r.writeAttribute(a, e)
	}
	r.text = append(r.text, '>')
	return name
}

// writeAttribute writes an attribute that gofeed is to see.
func (r *rewriter) writeAttribute(a attribute, e element) {
	prefix, local := splitName(a.name)
	if string(prefix) == "xmlns" || string(prefix) == "xml" || string(local) == "xmlns" {
		return
	}
	if e.role == roleMarked && (string(local) == "type" || string(local) == "mode") {
		return // the marker says it
	}
	name := attributeName(local)
	if end := nameEnd(local, 0); end == 0 || end < len(local) || !isPlain(name) {
		return
	}
	value := a.value
	if bytes.IndexByte(value, '&') >= 0 {
		value = r.decodeReferences(value)
	}
	if string(local) == "href" && r.family == familyAtom && e.context != r.context() {
		value = []byte(resolveURL(r.contexts[e.context].base, string(bytes.TrimSpace(value))))
	}
	r.text = append(append(r.text, ' '), name...)
	r.text = append(r.text, '=', '"')
	r.appendEscaped(value)
	r.text = append(r.text, '"')
}

// attributeName gives the name under which we or gofeed look for an attribute,
// whatever case the source writes it in.
func attributeName(local []byte) string {
	if name := lower(local); name != "ispermalink" {
		return name
	}
	return "isPermaLink"
}

// appendEscaped writes a text so that it fits between quotes or tags.
func (r *rewriter) appendEscaped(text []byte) {
	for _, c := range text {
		switch c {
		case '<':
			r.text = append(r.text, "&lt;"...)
		case '&':
			r.text = append(r.text, "&amp;"...)
		case '"':
			r.text = append(r.text, "&#34;"...)
		default:
			r.text = append(r.text, c)
		}
	}
}

// attributeValue gives a raw attribute value with its references resolved.
func (r *rewriter) attributeValue(raw []byte) string {
	return string(bytes.TrimSpace(r.decodeReferences(raw)))
}

// decodeReferences resolves the references of a raw text. The result is valid
// until the next call.
func (r *rewriter) decodeReferences(raw []byte) []byte {
	r.scratch = r.appendDecoded(r.scratch[:0], raw)
	return r.scratch
}

// appendDecoded appends a raw text with its references resolved.
func (r *rewriter) appendDecoded(out, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(out, raw...)
		}
		out = append(out, raw[:i]...)
		var n int
		out, n = r.appendReference(out, raw[i:])
		raw = raw[i+n:]
	}
}

// writeEnd writes the end tag of an element.
func (r *rewriter) writeEnd(name []byte) {
	r.text = append(append(append(r.text, '<', '/'), name...), '>')
}

// permaLinkAbout is the isPermaLink of a guid that was an rdf:about.
const permaLinkAbout = "about"

// writeCarriers writes the elements that tell the translation what gofeed
// would not: the context of an entry, where it has its own, as a link or an
// enclosure whose rel or type is the marker, and rdf:about as a guid, which a
// real one overrides.
func (r *rewriter) writeCarriers(e element) {
	if e.context != r.rootContext {
		if r.family == familyAtom {
			r.text = append(r.text, `<link rel="`+marker+`" title="`...)
		} else {
			r.text = append(r.text, `<enclosure type="`+marker+`" length="`...)
		}
		r.text = strconv.AppendInt(r.text, int64(e.context), 10)
		r.text = append(r.text, `"/>`...)
	}
	if about := r.tag.get("rdf:about"); about != nil && r.family == familyRSS {
		r.text = append(r.text, `<guid isPermaLink="`+permaLinkAbout+`">`...)
		r.appendEscaped(r.decodeReferences(about))
		r.text = append(r.text, `</guid>`...)
	}
}
