package article

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

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

// aliases reads former slugs. One that is none is told and not used; one that
// is the article's own needs no redirect.
func (r *reader) aliases(slug string) []string {
	return slices.DeleteFunc(r.list("aliases"), func(alias string) bool {
		if len(alias) > 128 || !slugPattern.MatchString(alias) {
			r.warn("aliases", fmt.Sprintf("alias %q is no slug and is not used: write the last part of an old address, without slashes; other addresses go into [redirects] of the config", alias))
			return true
		}
		return alias == slug
	})
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

// guessSlug finds the slug of a file whose front matter can't be read, from as
// much of its text as there is.
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
