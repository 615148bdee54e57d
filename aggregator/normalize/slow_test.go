package normalize

import (
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// TestHostileInputIsLinear feeds long runs of the patterns that make naive
// sanitisers take minutes. The bound is far above what any takes (some 30 ms)
// and far below what quadratic work would. On a machine so busy that it is
// passed all the same, a quarter of the input must take more than a tenth of
// the time.
func TestHostileInputIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	t.Parallel()
	for _, piece := range []string{
		"<a<", "<b>", "</b>", "<", "&", "&#", "<!--", "<svg>", "<template>", "<p><b>", "</", "<script>", "<title>", "<table>", "<a href='",
		"<x ", "a='", "<li>", "\u202e", "<a href=//x>", "<img src=x>", " ",
	} {
		const size = 1 << 18
		took := hostile(piece, size)
		if took < 5*time.Second {
			continue
		}
		if quarter := hostile(piece, size/4); took > 10*quarter {
			t.Errorf("%q took %v, and %v for a quarter of it", piece, took, quarter)
		}
	}
}

// hostile gives the time that size bytes of a pattern take in each place.
func hostile(piece string, size int) time.Duration {
	in := strings.Repeat(piece, size/len(piece))
	start := time.Now()
	sanitiseHTML(in)
	plain(news.Text{Value: in, Type: news.TextHTML})
	sanitiseHTML("<img " + strings.Repeat("src=x ", size/2) + ">")
	sanitiseHTML("<img srcset='" + in + "'>")
	return time.Since(start)
}
