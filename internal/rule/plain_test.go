package rule

import "testing"

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ markup, want, reason string }{
		{"", "", "nothing"},
		{"plain", "plain", "no markup"},
		{"  a \n\t b  ", "a b", "space folded, none at the ends"},
		{"a&nbsp;b", "a b", "a no-break space is a space to a rule"},
		{"<p>a</p><p>b</p>", "a b", "blocks part words"},
		{"a<br>b", "a b", "so do line breaks"},
		{"w<b>or</b>d", "word", "inline elements don't"},
		{"<b>a</b> <i>b</i>", "a b", "but the space between them does"},
		{`<a title="x > y">l</a>`, "l", "a > inside an attribute"},
		{"&lt;b&gt; &amp;amp;", "<b> &amp;", "entities are decoded once"},
		{"<!-- c -->a", "a", "no comments"},
		{"Löwe €", "Löwe €", "letters beyond ASCII"},
		{"a < b", "a < b", "a lone <"},
	} {
		if got := plain(test.markup); got != test.want {
			t.Errorf("%s: plain(%q) = %q, want %q", test.reason, test.markup, got, test.want)
		}
	}
}
