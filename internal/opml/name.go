package opml

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxName is how long a name that we make up is at most.
const maxName = 40

// Name makes a name of a source that nobody has, of a feed's title, else of its host.
func Name(title, address string, taken func(name string) bool) string {
	name := nameOf(title)
	if len(name) < 2 {
		name = nameOf(hostOf(address))
	}
	if name == "" {
		name = "source"
	}
	for n, base := 2, name; ; n++ {
		if !taken(name) {
			return name
		}
		name = base + "-" + strconv.Itoa(n)
	}
}

// Importable gives an address as a config takes it, or why it doesn't: whoever
// wrote a list, it can't open files of the operator's.
func Importable(address string) (clean, reason string) {
	if strings.Contains(address, "${") {
		return "", "it holds ${…}"
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", "it is no http(s) address"
	case u.User != nil:
		return "", "it holds a password; add it yourself, with username and password"
	}
	u.Fragment = ""
	return u.String(), ""
}

// nameOf makes a name of a title: small ASCII letters, digits and dashes, cut
// at a word. Letters lose their accents; those of other scripts are left out.
func nameOf(title string) string {
	var words []string
	length := 0
	for _, word := range strings.FieldsFunc(norm.NFKD.String(strings.ToLower(title)), isBreak) {
		word = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, word)
		if word == "" {
			continue
		}
		if length += len(word) + 1; length > maxName+1 {
			if len(words) == 0 {
				words = append(words, word[:maxName])
			}
			break
		}
		words = append(words, word)
	}
	return strings.Join(words, "-")
}

// isBreak reports whether a character parts words. An apostrophe and an accent
// of its own are inside them.
func isBreak(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
}

// hostOf is the host of an address without its www.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// CleanTags joins tags, each once, in their order, as [Plain] text.
func CleanTags(lists ...[]string) (tags []string) {
	for _, tag := range slices.Concat(lists...) {
		if tag = Plain(tag); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// Plain keeps text that came from elsewhere from breaking lines or playing with
// a terminal: one line, without control and formatting characters.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
}
