package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxExcerpt is the length of an excerpt in characters, ellipsis included.
const maxExcerpt = 280

// prose counts the words of a text that comes in pieces and keeps its
// beginning. A word is what stands between spaces and has a letter or a digit;
// each Chinese and Japanese character is one, since they have no spaces.
type prose struct {
	words   int
	inWord  bool
	text    []byte // folded, at most maxExcerpt+1 characters
	length  int    // characters in text
	space   bool   // one is due before the next character
	lastGap int    // where the last space of text is that leaves room for an ellipsis
}

// gap ends a word: an element with a line of its own begins or ends here.
func (p *prose) gap() {
	p.inWord = false
	p.space = p.length > 0
}

func (p *prose) add(s string) {
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		i += size
		switch kind := kindOf(r); kind {
		case unseen:
			continue
		case space:
			p.gap()
			continue
		case letter:
			if !p.inWord {
				p.words++
				p.inWord = true
			}
		case ideograph:
			p.words++
			p.inWord = false
		}
		if p.length <= maxExcerpt {
			p.keep(r)
		}
	}
}

// keep appends a character that is seen.
func (p *prose) keep(r rune) {
	if p.text == nil {
		p.text = make([]byte, 0, maxExcerpt+8)
	}
	if p.space {
		if p.length < maxExcerpt {
			p.lastGap = len(p.text)
		}
		p.text = append(p.text, ' ')
		p.length++
		p.space = false
	}
	p.text = utf8.AppendRune(p.text, r)
	p.length++
}

// excerpt is the beginning of the text in at most maxExcerpt characters, cut
// at a word if there is one to cut at.
func (p *prose) excerpt() string {
	if p.length <= maxExcerpt {
		return string(p.text)
	}
	cut := p.lastGap
	if cut < len(p.text)/2 {
		cut = 0
		for range maxExcerpt - 1 {
			_, size := utf8.DecodeRune(p.text[cut:])
			cut += size
		}
	}
	return strings.TrimRight(string(p.text[:cut]), " ,;:-–—") + "…"
}

// kind is what a character is to one who counts words.
type kind uint8

const (
	mark   kind = iota // neither begins nor ends a word
	unseen             // left out of plain text
	space
	letter // or digit
	ideograph
)

func kindOf(r rune) kind {
	if r < utf8.RuneSelf {
		return asciiKinds[r]
	}
	switch {
	case unicode.IsSpace(r):
		return space
	case !prints(r) || isBidi(r):
		return unseen
	case r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return ideograph
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return letter
	}
	return mark
}

var asciiKinds = func() (kinds [utf8.RuneSelf]kind) {
	for r := range rune(utf8.RuneSelf) {
		switch {
		case unicode.IsSpace(r):
			kinds[r] = space
		case !prints(r):
			kinds[r] = unseen
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			kinds[r] = letter
		}
	}
	return kinds
}()
