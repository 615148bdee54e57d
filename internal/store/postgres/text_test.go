package postgres

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextsComeBack(t *testing.T) {
	t.Parallel()
	stored := make(map[string]string)
	for _, text := range []string{
		"", "plain", "Zoë 👍 \u2028", "nul\x00", "\x00", "\xff", "\xff\x00é", "cut \xe2\x82", "\uffff", "\uffff00", "\x0000", "\ufffd",
		"\xef\xbf\xbf", "\uffffff", "\xff\uffff\xff", "\ufffe", "surrogate \xed\xa0\x80",
	} {
		got := storable(text)
		if !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("%q is stored as %q, which PostgreSQL refuses", text, got)
		}
		if other, ok := stored[got]; ok && other != text {
			t.Errorf("%q and %q are both stored as %q", text, other, got)
		}
		stored[got] = text
		if back := original(got); back != text {
			t.Errorf("%q comes back as %q", text, back)
		}
	}
}

func TestTextsOfOthersStay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\uffff", "\uffffzz", "a\uffff0", "\uffff0\uffff"} {
		if got := original(text); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}

func FuzzStorable(f *testing.F) {
	f.Add("a\x00\uffff00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := storable(text)
		if !utf8.ValidString(got) || strings.Contains(got, "\x00") || original(got) != text {
			t.Errorf("%q is stored as %q and comes back as %q", text, got, original(got))
		}
	})
}
