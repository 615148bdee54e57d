package parse

import (
	"strings"

	"tributary/internal/news"
)

// parsePerson splits the ways in which RSS writes people:
//
//	mail@host (Name)    Name (mail@host)    Name <mail@host>
//	mail@host           Name                mailto:mail@host
//
// and, as Atom does, <name>Name</name> <email>…</email> <uri>…</uri>. What fits
// none of them is a name.
func parsePerson(s string) news.Person {
	s = strings.TrimSpace(s)
	if name := between(s, "name"); name != "" {
		return news.Person{Name: name, Email: between(s, "email"), URL: firstOf(between(s, "uri"), between(s, "url"))}
	}
	for _, pair := range [...]string{"()", "<>"} {
		open := strings.IndexByte(s, pair[0])
		if open < 0 || s[len(s)-1] != pair[1] {
			continue
		}
		before, inside := strings.TrimSpace(s[:open]), strings.TrimSpace(s[open+1:len(s)-1])
		switch {
		case isEmail(before):
			return news.Person{Name: inside, Email: trimMailto(before)}
		case isEmail(inside):
			return news.Person{Name: before, Email: trimMailto(inside)}
		}
	}
	if isEmail(s) {
		return news.Person{Email: trimMailto(s)}
	}
	return news.Person{Name: s}
}

// between gives what stands in the first element of a name in markup, which has
// no attributes.
func between(markup, name string) string {
	_, after, ok := strings.Cut(markup, "<"+name+">")
	inner, _, closed := strings.Cut(after, "</"+name+">")
	if !ok || !closed {
		return ""
	}
	return strings.TrimSpace(inner)
}

func trimMailto(s string) string { return strings.TrimPrefix(s, "mailto:") }

// isEmail reports whether a string has the shape of an address.
func isEmail(s string) bool {
	local, host, ok := strings.Cut(trimMailto(s), "@")
	return ok && local != "" && host != "" && !strings.ContainsAny(local+host, " \t\n<>()@,")
}
