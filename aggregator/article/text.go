package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxPlain   = 1 << 10 // bytes of a title, name or tag
	maxExcerpt = 280     // characters
)

// plain makes one line of plain text: white space folded, control and BiDi
// characters gone, at most maxPlain bytes.
func plain(text string) string {
	text = fold(text)
	if len(text) <= maxPlain {
		return text
	}
	cut := maxPlain
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.TrimSpace(text[:cut])
}

// fold folds white space and drops what is not visible.
func fold(text string) string {
	return strings.Join(strings.Fields(strings.Map(visible, text)), " ")
}

// visible drops what a reader can't see and a renderer may trip over.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError, r == '\ufeff':
		return -1
	}
	return r
}

// excerpt cuts text to at most maxExcerpt characters, between words where
// there are any.
func excerpt(text string) string {
	runes := []rune(text)
	if len(runes) <= maxExcerpt {
		return text
	}
	cut := string(runes[:maxExcerpt-1])
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " ,;:–—-(") + "…"
}

// countWords counts the words of a text. Scripts that write no spaces between
// words count by the character.
func countWords(text string) int {
	n, inWord := 0, false
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			n, inWord = n+1, false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if !inWord {
				n++
			}
			inWord = true
		case !unicode.Is(unicode.M, r) && r != '\'' && r != '’':
			inWord = false
		}
	}
	return n
}
