package render

import (
	"cmp"
	"strings"

	"tributary/internal/news"
)

// cleanPersons cleans each person and drops who is nobody.
func cleanPersons(persons []news.Person) []news.Person {
	out := make([]news.Person, 0, len(persons))
	for _, p := range persons {
		if p = cleanPerson(p); p != (news.Person{}) {
			out = append(out, p)
		}
	}
	return out
}

// cleanPerson cleans one person. What is no address is no email: Atom's
// schema refuses it.
func cleanPerson(p news.Person) news.Person {
	p = news.Person{Name: text(p.Name), Email: text(p.Email), URL: text(p.URL)}
	if at := strings.LastIndexByte(p.Email, '@'); at < 1 || at == len(p.Email)-1 {
		p.Email = ""
	}
	return p
}

// nameOf gives what to call a person where a name must not be empty.
func nameOf(p news.Person) string { return cmp.Or(p.Name, p.Email, p.URL) }
