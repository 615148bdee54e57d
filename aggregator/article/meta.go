package article

import (
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

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
	draft    bool
}

// keys are the front matter that is read.
var keys = []string{"title", "date", "slug", "summary", "author", "tags", "draft", "image", "updated", "language"}

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
	m.language = r.language(site.Language)
	m.date = r.date(name, site.Location)
	m.updated = r.updated(m.date, site.Location)
	if len(m.authors) == 0 && site.Author != (news.Person{}) {
		m.authors = []news.Person{site.Author}
	}
	// A draft may be as unfinished as it likes.
	if m.draft && m.slug != "" {
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

// date reads the publication date, else takes it from the file's name.
func (r *reader) date(name string, zone *time.Location) time.Time {
	text := r.text("date")
	if text == "" {
		text, _ = cutDate(stem(name))
	}
	if text == "" {
		r.fail("date", "has no date: write one into its front matter, such as date: 2026-08-03")
		return time.Time{}
	}
	date, err := parseDate(text, zone)
	if err != nil {
		r.fail("date", "date %w", err)
	}
	return date
}

// updated reads the date of the last change, which is only believed when it
// does not lie before the publication.
func (r *reader) updated(published time.Time, zone *time.Location) time.Time {
	text := r.text("updated")
	if text == "" {
		return time.Time{}
	}
	updated, err := parseDate(text, zone)
	switch {
	case err != nil:
		r.warn("updated", "updated "+err.Error())
		return time.Time{}
	case updated.Before(published):
		r.warn("updated", "updated lies before date and is not used")
		return time.Time{}
	}
	return updated
}

// dateLayouts are the ways to write a date; those without a zone mean the
// site's.
var dateLayouts = []string{
	time.DateOnly,
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
}

var errDate = errors.New("write it like 2026-08-03 or 2026-08-03T09:30:00+02:00")

func parseDate(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range dateLayouts {
		date, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		if y := date.Year(); y < 1970 || y > 9998 {
			return time.Time{}, fmt.Errorf("%q lies outside the years 1970 to 9998", text)
		}
		return date.Truncate(time.Millisecond), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a date: %w", text, errDate)
}

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(?:[-_][a-z0-9]+)*$`)

// slug reads the slug, else makes one of the file's name.
func (r *reader) slug(name string) string {
	slug := r.text("slug")
	if slug == "" {
		if slug = slugOf(name); slug == "" {
			r.fail("slug", "has a name without Latin letters or digits: give it a slug in its front matter")
		}
		return slug
	}
	if len(slug) > 128 || !slugPattern.MatchString(slug) {
		r.fail("slug", "slug %q may hold small letters, digits and single hyphens, 128 at most", slug)
		return ""
	}
	return slug
}

// slugOf makes a slug of a file's name: small letters and digits, what
// accents they have removed, everything else a hyphen.
func slugOf(name string) string {
	_, base := cutDate(stem(name))
	var b strings.Builder
	for _, r := range norm.NFKD.String(spelled.Replace(strings.ToLower(base))) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	return strings.Trim(slug[:min(len(slug), 128)], "-")
}

// spelled has the Latin letters that no decomposition leads to a plain one.
var spelled = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i")

// guessSlug finds the slug of a file whose front matter can't be read.
func guessSlug(src source) string {
	head := src.text[:min(len(src.text), 4096)]
	if m := slugLine.FindStringSubmatch(head); m != nil {
		return m[1]
	}
	return slugOf(src.path)
}

var slugLine = regexp.MustCompile(`(?m)^slug[ \t]*[:=][ \t]*["']?([a-z0-9][a-z0-9_-]*)`)

// stem gives a file's name without folder and extension; index.md has that of
// its folder.
func stem(name string) string {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if dir := path.Dir(name); base == "index" && dir != "." {
		return path.Base(dir)
	}
	return base
}

var leadingDate = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[-_ ]+(.+))?$`)

// cutDate cuts a leading date off a file's name.
func cutDate(stem string) (date, rest string) {
	m := leadingDate.FindStringSubmatch(stem)
	switch {
	case m == nil:
		return "", stem
	case m[2] == "":
		return m[1], stem
	}
	return m[1], m[2]
}
