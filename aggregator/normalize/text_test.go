package normalize

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tributary/internal/news"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	const text, markup = news.TextPlain, news.TextHTML
	for _, tt := range []struct {
		name string
		kind news.TextType
		in   string
		want string
	}{
		{"markup is stripped", markup, `<b>x</b>`, "x"},
		{"no type means HTML", "", `<i>x</i> y`, "x y"},
		{"XHTML too", news.TextXHTML, `<i>x</i>`, "x"},
		{"markup in plain text stays", text, `a <b>c</b> &amp; d`, `a <b>c</b> &amp; d`},
		{"ampersand alone", markup, "AT&T", "AT&T"},
		{"decoded once", markup, "AT&amp;amp;T &amp;lt;", "AT&amp;T &lt;"},
		{"less than", markup, "1 < 2", "1 < 2"},
		{"less than before a digit", markup, "a <3 b", "a <3 b"},
		{"less than at the end", markup, "a <", "a <"},
		{"tag never finished", markup, "see <foo", "see <foo"},
		{"tag that nothing ends", markup, "a <b> c", "a <b> c"},
		{"about an element", markup, "How the <template> element works", "How the <template> element works"},
		{"about an element, entities after it", markup, "The <title> &amp; more", "The <title> & more"},
		{"type parameter", markup, "List<String> in Java", "List<String> in Java"},
		{"end of something unknown", markup, "a </foo> b", "a </foo> b"},
		{"tag with attributes", markup, `<a href="x">y`, "y"},
		{"paragraph needs no end", markup, "<p>x<p>y", "x y"},
		{"line break keeps words apart", markup, "x<br/>y", "x y"},
		{"inline markup does not", markup, "x<em>y</em>", "xy"},
		{"script goes with its content", markup, "a<script>alert(1)</script>b", "ab"},
		{"comment", markup, "a<!-- b -->c", "ac"},
		{"picture", markup, `<img src=x onerror=alert(1)>a`, "a"},
		{"white space is folded", text, " a\n\t b\u00a0\u2028c ", "a b c"},
		{"BiDi and controls go", text, "a\u202eb\u0000\u2066c\u200f\u0007", "abc"},
		{"controls as entities go", markup, "a&#7;b&#x202e;c", "abc"},
		{"joiners stay", text, "👨\u200d👩", "👨\u200d👩"},
		{"invalid UTF-8", text, "a\xff", "a\ufffd"},
		{"nothing but space", text, " \n ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := plain(news.Text{Value: tt.in, Type: tt.kind}); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPlainIsCut(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		strings.Repeat("word ", 1000), strings.Repeat("é", 1000), strings.Repeat("<b>x</b> ", 1<<17), strings.Repeat("&amp;", 2000),
		strings.Repeat("<b>", 1<<18),
	} {
		got := plainHTML(in)
		if len(got) > maxText || !strings.HasSuffix(got, "…") || !utf8.ValidString(got) {
			t.Errorf("%.20q…: %d bytes ending in %q", in, len(got), got[max(0, len(got)-10):])
		}
	}
}

func FuzzTitle(f *testing.F) {
	for _, seed := range []string{"AT&T", "1 < 2", "a <b> c", "<b>x</b>", "&lt;script&gt;", "<title>x</title>", "</", "<svg/>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, kind := range []news.TextType{news.TextPlain, news.TextHTML} {
			got := plain(news.Text{Value: in, Type: kind})
			if again := fold(got, maxText); again != got {
				t.Errorf("%q: %q is not folded, would be %q", in, got, again)
			}
			if len(got) > maxText || !utf8.ValidString(got) {
				t.Errorf("%q: %d bytes, valid %v", in, len(got), utf8.ValidString(got))
			}
			for _, r := range got {
				if isBidi(r) || !prints(r) || r == '\n' || r == '\t' {
					t.Errorf("%q: %U in %q", in, r, got)
				}
			}
		}
	})
}

func TestProse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		words    int
		excerpt  string
	}{
		{"words", "one two, three - 4", 4, "one two, three - 4"},
		{"elements with a line of their own part words", "<p>one</p><p>two<br>three</p>", 3, "one two three"},
		{"inline elements do not", "o<b>n</b>e", 1, "one"},
		{"Chinese counts by character", "你好 world", 3, "你好 world"},
		{"Japanese too", "ひらカタ漢", 5, "ひらカタ漢"},
		{"Korean has spaces", "안녕 세계", 2, "안녕 세계"},
		{"apostrophe parts nothing", "it's", 1, "it's"},
		{"entities are decoded", "a&nbsp;&amp;&nbsp;b", 2, "a & b"},
		{"what is dropped does not count", "a<script>b c</script>d", 2, "a d"},
		{"words for old browsers do not count", "<video src=/v>Your browser</video>a", 1, "a"},
		{"BiDi goes", "a\u202eb", 1, "ab"},
		{"cut at a word", strings.Repeat("word ", 100), 100, strings.Repeat("word ", 55) + "word…"},
		{"cut in one long word", strings.Repeat("ä", 400), 1, strings.Repeat("ä", 279) + "…"},
		{"just fits", strings.Repeat("x", 280), 1, strings.Repeat("x", 280)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := rules{}.walk(markup{html: tt.in, base: testBase(), limit: maxContent})
			if got.words != tt.words || got.excerpt != tt.excerpt {
				t.Errorf("got %d words, %q\nwant %d words, %q", got.words, got.excerpt, tt.words, tt.excerpt)
			}
			if n := utf8.RuneCountInString(got.excerpt); n > maxExcerpt {
				t.Errorf("excerpt of %d characters", n)
			}
		})
	}
}
