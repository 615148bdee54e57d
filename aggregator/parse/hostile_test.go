package parse

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/internal/news"
)

// wrapRSS puts markup into one item of an RSS feed.
func wrapRSS(inner string) string {
	return "<rss version='2.0'><channel><title>t</title><item><title>i</title>" + inner + "</item></channel></rss>"
}

// namespaced nests n elements that each declare a namespace.
func namespaced(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<n%d:a xmlns:n%d='u%d'>", i, i, i)
	}
	return b.String()
}

// declarations gives n namespace declarations.
func declarations(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " xmlns:n%d='u'", i)
	}
	return b.String()
}

// TestHostile feeds documents that kill or stall gofeed. None of these tests
// is parallel: they measure the CPU time of the process.
func TestHostile(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		name string
		body string
		want news.Cause // empty: it parses
	}{
		{"nesting overflows the stack", "<rss><channel><x:a>" + strings.Repeat("<a>", 2_000_000), news.CauseLimit},
		{"nesting inside an extension that we read", wrapRSS("<media:group>" + strings.Repeat("<media:group>", 100_000)), news.CauseLimit},
		{"nesting inside a text is only text", wrapRSS("<description>" + strings.Repeat("<b>", 100_000) + "</description>"), ""},
		{"nested namespaces are quadratic", "<rss><channel>" + namespaced(8_000), news.CauseLimit},
		{"namespaces copied for each child", "<rss><channel><item" + declarations(2_000) + ">" + strings.Repeat("<x/>", 20_000), news.CauseLimit},
		{"as many namespaces as allowed", "<rss" + declarations(250) + "><channel>" + strings.Repeat("<item><title>x</title><dc:x/></item>", 9_999) + "</channel></rss>", ""},
		{"attributes", wrapRSS("<guid" + strings.Repeat(" a='b'", 100_000) + ">x</guid>"), news.CauseLimit},
		{"text cut by comments", wrapRSS("<dc:creator>" + strings.Repeat(strings.Repeat("x", 100)+"<!-- -->", 10_000) + "</dc:creator>"), news.CauseLimit},
		{"text cut by CDATA", wrapRSS("<description>" + strings.Repeat("<![CDATA[x]]>", 500_000) + "</description>"), news.CauseLimit},
		{"a million empty items", "<rss><channel>" + strings.Repeat("<item/>", 1_400_000), news.CauseLimit},
		{"a million empty entries", "<feed>" + strings.Repeat("<entry/>", 1_400_000), news.CauseLimit},
		{"elements", wrapRSS(strings.Repeat("<x/>", 3_000_000)), news.CauseLimit},
		{"end tags without a start", wrapRSS(strings.Repeat("<x:a>", 200) + strings.Repeat("</b>", 3_000_000)), news.CauseLimit},
		{"comments that never end, before the root", strings.Repeat("<!--", 2*mib), news.CauseNotFeed},
		{"comments that never end, in a feed", "<rss><channel>" + strings.Repeat("<!--", 2*mib), news.CauseMalformed},
		{"comments that never end, in a text", wrapRSS("<description>" + strings.Repeat("<!--", 2*mib)), news.CauseLimit},
		{"instructions that never end", "<rss><channel>" + strings.Repeat("<?", 2*mib), news.CauseMalformed},
		{"CDATA sections torn over and over", wrapRSS("<description>" + strings.Repeat("<![CDATA[</item><item>", 300_000) + "]]></description>"), ""},
		{"comments torn over and over", "<rss><channel><item>" + strings.Repeat("<!-- </item>", 500_000) + " <item> -->" + strings.Repeat("<item/>", 100), ""},
		{"ends of the feed over and over", "<rss><channel><item/>" + strings.Repeat("</rss>", 1_000_000) + "<item/>", ""},
		{"quotes torn over and over", wrapRSS(strings.Repeat("<a b='>\n<c d=\">", 300_000)), news.CauseLimit},
		{"mistyped end tags", wrapRSS("<description>" + strings.Repeat("x", 8*mib) + "<descriptionx>" + strings.Repeat("</descriptionx>", 300_000)), ""},
		{"bare names of people", "<feed><entry>" + strings.Repeat("<author>x</author>", 100_000) + "</entry></feed>", ""},
		{"authors of an item", wrapRSS(strings.Repeat("<author>x</author>", 100_000)), ""},
		{"categories in one text", wrapRSS("<tags>" + strings.Repeat("a,", 2*mib) + "</tags>"), ""},
		{"doctypes that never end", strings.Repeat("<!doctype [>", mib), news.CauseNotFeed},
		{"quotes that never end", wrapRSS(strings.Repeat("<a b='<a b=\"", 500_000)), ""},
		{"bare angles", wrapRSS("<title>" + strings.Repeat("<", 4*mib) + "</title>"), ""},
		{"bare ampersands", wrapRSS("<title>" + strings.Repeat("&", 4*mib) + "</title>"), ""},
		{"references", wrapRSS("<description>" + strings.Repeat("&lt;", mib) + "</description>"), ""},
		{"billion laughs", `<!DOCTYPE rss [<!ENTITY a "` + strings.Repeat("x", 900) + `"><!ENTITY b "&a;&a;&a;">]>` + wrapRSS("<title>"+strings.Repeat("&b;", 300_000)+"</title>"), ""},
		{"entity bomb", `<!DOCTYPE rss [<!ENTITY a "` + strings.Repeat("x", 900) + `">]>` + wrapRSS("<title>"+strings.Repeat("&a;", mib)+"</title>"), ""},
		{"external entity", `<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + wrapRSS("<title>&a;</title>"), ""},
		{"bases that add up", "<rss xml:base='http://a/" + strings.Repeat("b", mib) + "/'><channel>" + strings.Repeat("<item xml:base='c'/>", 9_000), ""},
		{"a title of 8 MB", wrapRSS("<title>" + strings.Repeat("word ", 8*mib/5) + "</title>"), ""},
		{"JSON nulls", `{"version":"https://jsonfeed.org/version/1","title":"t","items":[null,{"id":"1","authors":[null],"attachments":null}]}`, ""},
		{"JSON nothing but nulls", `{"version":"https://jsonfeed.org/version/1","title":"t","items":[` + strings.Repeat("null,", 3*mib) + `null]}`, news.CauseLimit},
		{"JSON nesting", `{"items":` + strings.Repeat("[", 4*mib), news.CauseLimit},
		{"JSON items", `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("{},", 20_000) + `{}]}`, news.CauseLimit},
		{"random bytes", strings.Repeat("\x93\xfa\x96\x7b", mib), news.CauseNotFeed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(tt.body)
			runtime.GC()
			before := cpu()
			doc, err := Parse(body, Options{URL: "http://example.org/feed"})
			if used := cpu() - before; used > time.Second && !raceEnabled {
				t.Errorf("used %v of CPU", used)
			}
			var e *Error
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("error %v", err)
			case tt.want == "" && len(doc.Entries) == 0:
				t.Error("no entries")
			case tt.want != "" && !errors.As(err, &e):
				t.Errorf("no error, want one of %s", tt.want)
			case tt.want != "" && e.Cause != tt.want:
				t.Errorf("cause %s (%v), want %s", e.Cause, err, tt.want)
			}
		})
	}
}

// cpu gives the CPU time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
