package normalize

import (
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// TestHostileInputIsLinear feeds long runs of the patterns that make naive
// sanitisers take minutes. The bound is far above what any takes (some 30 ms)
// and far below what quadratic work would.
func TestHostileInputIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	t.Parallel()
	for _, piece := range []string{
		"<a<", "<b>", "</b>", "<", "&", "&#", "<!--", "<svg>", "<template>", "<p><b>", "</", "<script>", "<title>", "<table>", "<a href='",
		"<x ", "a='", "<li>", "\u202e", "<a href=//x>", "<img src=x>", " ",
	} {
		in := strings.Repeat(piece, 1<<18/len(piece))
		start := time.Now()
		sanitiseHTML(in)
		plain(news.Text{Value: in, Type: news.TextHTML})
		sanitiseHTML("<img " + strings.Repeat("src=x ", 1<<17) + ">")
		sanitiseHTML("<img srcset='" + in + "'>")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q took %v", piece, took)
		} else if testing.Verbose() {
			t.Logf("%q took %v", piece, took)
		}
	}
}
