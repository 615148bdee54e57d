package parse

import (
	"bytes"
	"net/url"
)

// declare takes the namespace declarations of r.tag into scope.
func (r *rewriter) declare() error {
	if len(r.tag.attrs) > maxAttributes {
		return limitError(maxAttributes, "attributes of one element")
	}
	for _, a := range r.tag.attrs {
		rest, ok := bytes.CutPrefix(a.name, []byte("xmlns"))
		if !ok || len(rest) > 0 && rest[0] != ':' {
			continue
		}
		prefix := bytes.TrimPrefix(rest, []byte(":"))
		space := spaceOf(r.attributeValue(a.value), string(prefix))
		if len(prefix) == 0 && (!r.begun || len(a.value) == 0) && space == unknownSpace {
			space = "" // the root is a feed, whatever it calls its namespace
		}
		r.bindings = append(r.bindings, binding{prefix, space})
	}
	if len(r.bindings) > maxNamespaces {
		return limitError(maxNamespaces, "namespaces in scope")
	}
	return nil
}

// resolve gives the space and the lower-case local name of an element.
func (r *rewriter) resolve(name []byte) (space, local string) {
	prefix, rest := splitName(name)
	return r.space(prefix), lower(rest)
}

// space gives the space that a prefix stands for. A prefix that was never
// declared means what it usually means.
func (r *rewriter) space(prefix []byte) string {
	for i := len(r.bindings) - 1; i >= 0; i-- {
		if bytes.Equal(r.bindings[i].prefix, prefix) {
			return r.bindings[i].space
		}
	}
	if len(prefix) > 0 && string(prefix) != "xml" {
		r.mended |= mendedPrefix
	}
	return lower(prefix)
}

// enter gives the context inside the element of r.tag, given that around it.
func (r *rewriter) enter(outer int) int {
	var base, lang []byte
	for _, a := range r.tag.attrs {
		switch string(a.name) {
		case "xml:base":
			base = a.value
		case "xml:lang":
			lang = a.value
		}
	}
	if base == nil && lang == nil {
		return outer
	}
	c := r.contexts[outer]
	if base != nil && len(base) <= maxBase {
		c.base = resolveURL(c.base, r.attributeValue(base))
	}
	if lang != nil && len(lang) <= maxBase {
		c.lang = r.attributeValue(lang)
	}
	if c == r.contexts[outer] {
		return outer
	}
	r.contexts = append(r.contexts, c)
	return len(r.contexts) - 1
}

// resolveURL resolves a reference against a base (RFC 3986 §5.2); what can't
// be resolved stays as it is.
func resolveURL(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil || base == "" {
		return ref
	}
	u, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return u.String()
}
