package postgres

import (
	"strings"
	"unicode/utf8"
)

// PostgreSQL takes no text with a zero byte or with bytes that are not UTF-8,
// and ids of feeds may have both. Such bytes are stored as an escape: mark, a
// noncharacter of Unicode, which no text of sense has, and the byte in
// hexadecimal. The bytes of a mark that a text has itself are escaped too, so
// that no two texts are stored alike, and each comes back as it was.
const mark = "\uffff"

// storable gives a text as it is stored.
func storable(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 && !strings.Contains(text, mark) {
		return text // nearly all
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == 0 || r == 0xffff || r == utf8.RuneError && size == 1 {
			for _, c := range []byte(text[i : i+size]) {
				const digits = "0123456789abcdef"
				b.WriteString(mark)
				b.WriteByte(digits[c>>4])
				b.WriteByte(digits[c&15])
			}
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// original gives the text that was stored. What is no escape of ours, as only
// another program could have put it there, stays.
func original(stored string) string {
	head, rest, found := strings.Cut(stored, mark)
	if !found {
		return stored
	}
	var b strings.Builder
	for b.WriteString(head); found; {
		if high, low := digit(rest, 0), digit(rest, 1); high >= 0 && low >= 0 {
			b.WriteByte(byte(high<<4 | low))
			rest = rest[2:]
		} else {
			b.WriteString(mark)
		}
		head, rest, found = strings.Cut(rest, mark)
		b.WriteString(head)
	}
	return b.String()
}

// digit gives the value of a hexadecimal digit of a text, -1 when there is none.
func digit(text string, at int) int {
	if at >= len(text) {
		return -1
	}
	return strings.IndexByte("0123456789abcdef", text[at])
}
