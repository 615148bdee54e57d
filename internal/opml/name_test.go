package opml

import "testing"

func TestNameOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, want, reason string }{
		{"The Go Blog", "the-go-blog", "plain"},
		{"Café Ærø & Söhne — l’été", "cafe-r-sohne-lete", "accents go, an apostrophe joins"},
		{"  A.  B!! ", "a-b", "dashes don't pile up"},
		{"新しい News", "news", "other scripts are left out"},
		{"日本語", "", "nothing is left"},
		{"Supercalifragilisticexpialidociousandmorethanthat", "supercalifragilisticexpialidociousandmore"[:40], "a long word is cut"},
		{"one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight", "cut at a word"},
		{"blog.example.org", "blog-example-org", "a host"},
	} {
		if got := nameOf(c.title); got != c.want {
			t.Errorf("%s: %q gives %q, want %q", c.reason, c.title, got, c.want)
		}
	}
}
