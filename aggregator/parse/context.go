package parse

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"tributary/internal/news"
)

// textOf gives a text as it stands in an element whose context is at.
func (w *rewritten) textOf(s string, at int) news.Text {
	value, k, context := splitMarker(s)
	switch k {
	case kindOther:
		return news.Text{}
	case kindData:
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
		if err != nil || !utf8.Valid(data) || illegal(data, 0) < len(data) {
			return news.Text{} // no text, but a file
		}
		value = strings.TrimSpace(string(data))
	case kindXHTML:
		value = unwrapDiv(value)
	}
	t := news.Text{Value: value, Type: k.textType()}
	if value == "" {
		return news.Text{}
	}
	if context >= 0 && context < len(w.contexts) && w.contexts[context].base != w.contexts[at].base {
		t.Base = w.contexts[context].base
	}
	return t
}

// unwrapDiv takes off the div that XHTML content must stand in (RFC 4287
// §3.1.1.3), if there is just that one.
func unwrapDiv(s string) string {
	if !hasPrefixFold([]byte(s[:min(len(s), 4)]), "<div") || !strings.HasSuffix(s, "</div>") {
		return s
	}
	open := strings.IndexByte(s, '>') + 1
	inner := s[open:max(open, len(s)-len("</div>"))]
	depth := 0
	for rest := inner; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			return strings.TrimSpace(inner)
		}
		rest = rest[i+1:]
		switch {
		case strings.HasPrefix(rest, "div") && len(rest) > 3 && !isName(rest[3]):
			if end := strings.IndexByte(rest, '>'); end < 1 || rest[end-1] != '/' {
				depth++
			}
		case strings.HasPrefix(rest, "/div"):
			if depth--; depth < 0 {
				return s // two of them, side by side
			}
		}
	}
}

// languageOf gives the language of the first of these texts that was marked,
// else the language at a context.
func (w *rewritten) languageOf(at int, texts ...string) string {
	for _, s := range texts {
		if value, _, context := splitMarker(s); value != "" && context >= 0 && context < len(w.contexts) {
			return w.contexts[context].lang
		}
	}
	return w.contexts[at].lang
}

// contextAt gives a context that a carrier names.
func (w *rewritten) contextAt(index string) int {
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(w.contexts) {
		return i
	}
	return w.rootContext
}

// setEntryContext notes the base of an entry where it is not the document's.
func (w *rewritten) setEntryContext(e *news.Entry, at int) {
	if c := w.contexts[at]; c.base != w.contexts[w.rootContext].base {
		e.Base = c.base
	}
}
