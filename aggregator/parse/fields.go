package parse

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/news"
)

// firstOf gives the first string that is not empty.
func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// firstText gives the first text that is not empty.
func firstText(list ...news.Text) news.Text {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return news.Text{}
}

// firstDate gives the first date that can be read.
func firstDate(list ...string) time.Time {
	for _, s := range list {
		if t, ok := parseDate(s); ok {
			return t
		}
	}
	return time.Time{}
}

// dateOf gives what gofeed read, zero when it couldn't.
func dateOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	if utc, ok := inRange(*t); ok {
		return utc
	}
	return time.Time{}
}

// orDate gives the first date that is known.
func orDate(list ...time.Time) time.Time {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// parseLength reads a length in bytes; 0 when it is none.
func parseLength(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// distinct trims strings and drops empty and repeated ones.
func distinct(list []string) []string {
	var out []string
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// distinctPeople drops empty and repeated people. Who is named twice, once with
// an address, is one person.
func distinctPeople(list []news.Person) []news.Person {
	var out []news.Person
	for _, p := range list {
		same := slices.IndexFunc(out, func(o news.Person) bool {
			return o == p || p.Name != "" && o.Name == p.Name && agree(o.Email, p.Email) && agree(o.URL, p.URL)
		})
		switch {
		case p == news.Person{} || same < 0 && len(out) >= maxPeople:
		case same < 0:
			out = append(out, p)
		default:
			out[same].Email, out[same].URL = firstOf(out[same].Email, p.Email), firstOf(out[same].URL, p.URL)
		}
	}
	return out
}

// agree reports whether two values may be the same as far as they are known.
func agree(a, b string) bool { return a == "" || b == "" || a == b }

// distinctEnclosures drops enclosures without an address and repeated ones.
func distinctEnclosures(list []news.Enclosure) []news.Enclosure {
	var out []news.Enclosure
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		if e.URL != "" && !seen[e.URL] {
			seen[e.URL] = true
			out = append(out, e)
		}
	}
	return out
}

// isWebAddress reports whether a string is an absolute http(s) URL.
func isWebAddress(s string) bool {
	return hasPrefixFold([]byte(s[:min(len(s), 8)]), "http://") || hasPrefixFold([]byte(s[:min(len(s), 8)]), "https://")
}
