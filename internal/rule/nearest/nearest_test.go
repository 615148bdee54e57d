package nearest_test

import (
	"strings"
	"testing"

	"tributary/internal/rule/nearest"
)

func TestWord(t *testing.T) {
	t.Parallel()
	known := []string{"schedule", "title", "site", "url", "tags", "timeout", "headers"}
	for _, test := range []struct{ word, want, reason string }{
		{"shedule", "schedule", "a letter missing"},
		{"scheddule", "schedule", "a letter too many"},
		{"schedlue", "schedule", "two letters swapped"},
		{"Title", "title", "case does not count"},
		{"titel", "title", "swapped at the end"},
		{"ulr", "url", "swapped in a short word"},
		{"tag", "tags", "singular"},
		{"header", "headers", "singular"},
		{"x", "", "nothing near"},
		{"colour", "", "nothing near"},
		{"", "", "nothing at all"},
		{strings.Repeat("t", 10_000), "", "too long to be a slip"},
	} {
		if got := nearest.Word(test.word, known); got != test.want {
			t.Errorf("%s: Word(%q) = %q, want %q", test.reason, test.word, got, test.want)
		}
	}
	if got := nearest.Word("bat", []string{"cat", "hat"}); got != "cat" {
		t.Errorf("of equally near words the first should win, got %q", got)
	}
}
