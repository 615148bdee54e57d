package main

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

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
