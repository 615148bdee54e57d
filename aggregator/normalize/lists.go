package normalize

import (
	"net/url"
	"strings"

	"tributary/internal/news"
)

// Limits of the lists that come with a story. What is beyond them is noise.
const (
	maxPeople     = 32
	maxCategories = 64
	maxEnclosures = 32
)

// people cleans persons. Those about whom nothing is left go; two of one name
// are one person unless they contradict each other.
func people(base *url.URL, given []news.Person) []news.Person {
	var kept []news.Person
	for _, g := range given {
		p := news.Person{Name: plainHTML(g.Name), Email: email(g.Email), URL: absolute(base, g.URL)}
		if p == (news.Person{}) || joins(kept, p) {
			continue
		}
		if kept = append(kept, p); len(kept) == maxPeople {
			break
		}
	}
	return kept
}

// joins adds what p says to the one of the same name, if there is one.
func joins(kept []news.Person, p news.Person) bool {
	agree := func(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }
	for i := range kept {
		k := &kept[i]
		if strings.EqualFold(k.Name, p.Name) && agree(k.Email, p.Email) && agree(k.URL, p.URL) {
			if k.Name == "" && k.Email != p.Email && k.URL != p.URL {
				continue // nothing says that they are one
			}
			k.Email, k.URL = either(k.Email, p.Email), either(k.URL, p.URL)
			return true
		}
	}
	return false
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// email is an address that could be one, or nothing: local part, @, and a
// domain with a dot, without space or markup.
func email(s string) string {
	s = fold(s, maxText)
	if len(s) > len("mailto:") && strings.EqualFold(s[:len("mailto:")], "mailto:") {
		s = s[len("mailto:"):]
	}
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || len(s) > 254 || strings.ContainsAny(s, " <>()[]\",;:\\&?") || strings.Contains(domain, "@") {
		return ""
	}
	if dot := strings.IndexByte(domain, '.'); dot <= 0 || strings.HasSuffix(domain, ".") {
		return ""
	}
	return s
}

// categories are plain text, each once whatever its case.
func categories(given []string) []string {
	var kept []string
	seen := make(map[string]bool, len(given))
	for _, g := range given {
		c := plainHTML(g)
		if key := strings.ToLower(c); c != "" && !seen[key] {
			seen[key] = true
			if kept = append(kept, c); len(kept) == maxCategories {
				break
			}
		}
	}
	return kept
}

// enclosures are files at absolute http(s) URLs, each once. A length below
// zero is an unknown one.
func enclosures(base *url.URL, given []news.Enclosure) []news.Enclosure {
	var kept []news.Enclosure
	seen := make(map[string]bool, len(given))
	for _, g := range given {
		u := absolute(base, g.URL)
		if u == "" || seen[u] {
			continue
		}
		seen[u] = true
		kept = append(kept, news.Enclosure{
			URL: u, Type: mediaType(g.Type), Length: max(g.Length, 0), Duration: max(g.Duration, 0), Episode: episode(g.Episode),
		})
		if len(kept) == maxEnclosures {
			break
		}
	}
	return kept
}

// episode keeps what a podcast can say, and of each word only those that mean
// something.
func episode(given news.Episode) news.Episode {
	e := news.Episode{Number: max(given.Number, 0), Season: max(given.Season, 0)}
	switch given.Kind {
	case "full", "trailer", "bonus":
		e.Kind = given.Kind
	}
	switch given.Explicit {
	case "true", "false":
		e.Explicit = given.Explicit
	}
	return e
}

// mediaType is a media type without its parameters, lower case (RFC 9110
// §8.3.1), or nothing.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	s = strings.ToLower(strings.TrimSpace(s))
	if !strings.Contains(s, "/") || len(s) > 127 || !patterns[formMIME].MatchString(s) {
		return ""
	}
	return s
}

// origin is where the upstream took a story from, or nil if it doesn't say.
func origin(base *url.URL, given *news.Origin) *news.Origin {
	if given == nil {
		return nil
	}
	o := news.Origin{Title: plainHTML(given.Title), ID: shortID(verbatim(given.ID)), Link: absolute(base, given.Link)}
	if o == (news.Origin{}) {
		return nil
	}
	return &o
}

// language is a language tag that has the shape of one (RFC 5646 §2.1), with
// hyphens where some write underscores, or nothing.
func language(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if !patterns[formLang].MatchString(s) {
		return ""
	}
	return s
}
