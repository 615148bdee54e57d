package article

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"tributary/internal/news"
)

// meta is what the front matter and the file's name say of an article.
type meta struct {
	title    string // empty: take it from the body
	slug     string
	summary  string // plain text
	image    string // as written
	language string
	date     time.Time // in the zone it was written in
	updated  time.Time
	authors  []news.Person
	tags     []string
	aliases  []string // former slugs
	draft    bool
	missing  error // what a draft lacks to be published; nil: nothing
}

// keys are the front matter that is read.
var keys = []string{"title", "date", "slug", "summary", "author", "tags", "draft", "image", "updated", "language", "aliases"}

// readMeta reads the front matter of the file at name. What makes it unfit to
// be published is the error; warn is told of the rest.
func readMeta(name string, f front, site news.Site, warn func(key, message string)) (meta, error) {
	r := &reader{front: f, warn: warn}
	r.unknown()
	m := meta{
		title:   plain(r.text("title")),
		slug:    r.slug(name),
		summary: plain(r.text("summary")),
		image:   r.text("image"),
		draft:   r.flag("draft"),
		authors: r.people("author"),
		tags:    r.list("tags"),
	}
	m.aliases = r.aliases(m.slug)
	m.language = r.language(site.Language)
	m.date = r.date(name, site.Location)
	m.updated = r.updated(m.date, site.Location)
	if len(m.authors) == 0 && site.Author != (news.Person{}) {
		m.authors = []news.Person{site.Author}
	}
	// A draft may be as unfinished as it likes.
	if m.draft && m.slug != "" {
		m.missing = r.err
		return m, nil
	}
	return m, r.err
}

// reader reads values and keeps the first error.
type reader struct {
	front front
	warn  func(key, message string)
	err   error
}

func (r *reader) fail(key, format string, args ...any) {
	if r.err == nil {
		r.err = lineError{r.front.line(key), fmt.Errorf(format, args...)}
	}
}

// unknown warns of keys that nothing reads: a misspelt draft is published.
func (r *reader) unknown() {
	for _, key := range slices.Sorted(maps.Keys(r.front.values)) {
		if !slices.Contains(keys, key) {
			r.warn(key, fmt.Sprintf("front matter key %q is not used; these are: %s", key, strings.Join(keys, ", ")))
		}
	}
}

func (r *reader) text(key string) string {
	switch v := r.front.values[key].any.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	default:
		r.fail(key, "%s is not a text", key)
		return ""
	}
}

func (r *reader) flag(key string) bool {
	switch text := strings.ToLower(r.text(key)); text {
	case "", "false", "no", "off":
		return false
	case "true", "yes", "on":
		return true
	default:
		r.fail(key, "%s is %q: write true or false", key, text)
		return false
	}
}

// list reads a list of texts, or one text with commas.
func (r *reader) list(key string) []string {
	var items []any
	switch v := r.front.values[key].any.(type) {
	case nil:
	case []any:
		items = v
	case string:
		for item := range strings.SplitSeq(v, ",") {
			items = append(items, item)
		}
	default:
		r.fail(key, "%s is neither a list nor a text", key)
	}
	var out []string
	seen := map[string]bool{}
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			r.fail(key, "%s holds something that is not a text", key)
		}
		text = plain(text)
		if folded := strings.ToLower(text); text != "" && !seen[folded] {
			seen[folded] = true
			out = append(out, text)
		}
	}
	return out
}

// people reads one person or a list of them, each a text ("Ada" or
// "Ada <ada@example.org>") or a table of name, email and url.
func (r *reader) people(key string) []news.Person {
	items, ok := r.front.values[key].any.([]any)
	if !ok {
		items = []any{r.front.values[key].any}
	}
	var people []news.Person
	for _, item := range items {
		switch item := item.(type) {
		case nil:
		case string:
			people = append(people, personFrom(item))
		case map[string]any:
			people = append(people, r.personIn(key, item))
		default:
			r.fail(key, "%s is neither a text nor a table with name, email and url", key)
		}
	}
	return slices.DeleteFunc(people, func(p news.Person) bool { return p == news.Person{} })
}

func personFrom(text string) news.Person {
	if address, err := mail.ParseAddress(text); err == nil {
		return news.Person{Name: plain(address.Name), Email: address.Address}
	}
	return news.Person{Name: plain(text)}
}

func (r *reader) personIn(key string, table map[string]any) news.Person {
	field := func(name string) string {
		text, ok := table[name].(string)
		if !ok && table[name] != nil {
			r.fail(key, "%s: %s is not a text", key, name)
		}
		return plain(text)
	}
	return news.Person{Name: field("name"), Email: field("email"), URL: field("url")}
}

// language reads a language tag (BCP 47).
func (r *reader) language(fallback string) string {
	text := r.text("language")
	if text == "" {
		return fallback
	}
	tag, err := language.Parse(text)
	if err != nil {
		r.warn("language", fmt.Sprintf("language %q is not a language tag such as en or pt-BR and is not used", text))
		return fallback
	}
	return tag.String()
}
