package aggregator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// serves answers with a document that is made when it is needed: some are
// large.
func serves(document func() string, header ...string) answer {
	return func(*hostileStage, string) upstreamtest.Action { return upstreamtest.Body(document(), header...) }
}

// is answers with a document.
func is(document string, header ...string) answer {
	return always(upstreamtest.Body(document, header...))
}

// rss puts items into a feed.
func rss(items ...string) string {
	return `<rss version="2.0"><channel><title>Hostile</title>` + strings.Join(items, "") + `</channel></rss>`
}

// item makes an RSS item.
func item(title, inner string) string {
	return "<item><title>" + title + "</title>" + inner + "</item>"
}

// feed makes a JSON Feed.
func feed(items string) string {
	return `{"version":"https://jsonfeed.org/version/1.1","title":"Hostile","items":` + items + `}`
}

// counted joins n texts that each hold their number.
func counted(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostileDocuments are made to kill or stall who reads them.
func hostileDocuments() []hostileCase {
	const mib = 1 << 20
	repeat := strings.Repeat
	return []hostileCase{
		{name: "2,000,000 nested elements", answer: serves(func() string { return "<rss><channel><x:a>" + repeat("<a>", 2_000_000) }), cause: news.CauseLimit, detail: "nested"},
		{name: "2,000,000 nested elements in an entry", answer: serves(func() string { return "<feed><entry><media:group>" + repeat("<media:group>", 1_000_000) }), cause: news.CauseLimit, detail: "nested"},
		{name: "100,000 nested elements of HTML", answer: serves(func() string {
			return rss(item("deep", "<description>"+repeat("&lt;div&gt;", 100_000)+"x</description>"))
		}), titles: []string{"deep"}},
		{name: "8,000 nested declarations", answer: serves(func() string { return "<rss><channel>" + counted(8_000, "<n%[1]d:a xmlns:n%[1]d='u%[1]d'>") }), cause: news.CauseLimit, detail: "n"},
		{name: "2,000 xmlns for 20,000 children", answer: serves(func() string {
			return "<rss><channel><item" + counted(2_000, " xmlns:n%d='u'") + ">" + repeat("<x/>", 20_000)
		}), cause: news.CauseLimit},
		{name: "250 xmlns for 9,999 items", answer: serves(func() string {
			return "<rss" + counted(250, " xmlns:n%d='u'") + "><channel>" + counted(9_999, "<item><guid>%[1]d</guid><n1:x/></item>") + "</channel></rss>"
		})},
		{name: "100,000 attributes", answer: serves(func() string { return rss(item("x", "<guid"+repeat(" a='b'", 100_000)+">x</guid>")) }), cause: news.CauseLimit, detail: "attributes"},
		{name: "text cut by ten thousand comments", answer: serves(func() string {
			return rss(item("x", "<dc:creator>"+repeat(repeat("x", 100)+"<!-- -->", 10_000)+"</dc:creator>"))
		}), cause: news.CauseLimit, detail: "comments"},
		{name: "text cut by a thousand comments", answer: serves(func() string {
			return rss(item("cut", "<description>"+repeat(repeat("x", 1000)+"<!-- -->", 1_000)+"</description>"))
		}), titles: []string{"cut"}},
		{name: "text cut by 500,000 CDATA sections", answer: serves(func() string {
			return rss(item("x", "<description>"+repeat("<![CDATA[x]]>", 500_000)+"</description>"))
		}), cause: news.CauseLimit},
		{name: "1.4 million empty items", answer: serves(func() string { return "<rss><channel>" + repeat("<item/>", 1_400_000) }), cause: news.CauseLimit, detail: "entries"},
		{name: "1.4 million empty entries", answer: serves(func() string { return "<feed>" + repeat("<entry/>", 1_400_000) }), cause: news.CauseLimit, detail: "entries"},
		{name: "3 million elements", answer: serves(func() string { return rss(item("x", repeat("<x/>", 3_000_000))) }), cause: news.CauseLimit, detail: "elements"},
		{name: "400,000 categories", answer: serves(func() string { return rss(item("many", counted(390_000, "<category>c%d</category>"))) }), titles: []string{"many"}},
		{name: "390,000 enclosures", answer: serves(func() string {
			return rss(item("many", counted(390_000, "<enclosure url='http://a/%d'/>")))
		}), titles: []string{"many"}},
		{name: "390,000 authors", answer: serves(func() string { return rss(item("many", counted(390_000, "<dc:creator>a%d</dc:creator>"))) }), titles: []string{"many"}},
		{name: "300,000 Atom links", answer: serves(func() string {
			return "<feed><entry><title>many</title>" + counted(300_000, "<link rel='related' href='http://a/%d'/>") + "</entry></feed>"
		}), titles: []string{"many"}},
		{name: "100,000 Atom authors", answer: serves(func() string {
			return "<feed><entry><title>many</title>" + counted(100_000, "<author><name>a%d</name></author>") + "</entry></feed>"
		}), titles: []string{"many"}},
		{name: "300,000 media contents", answer: serves(func() string {
			return rss(item("many", counted(300_000, "<media:content url='http://a/%d' type='audio/mpeg'/>")))
		}), titles: []string{"many"}},
		{name: "a tag of 16 MB", answer: serves(func() string { return rss(item("x", "<guid a='"+repeat("x", 15*mib)+"'>x</guid>")) }), titles: []string{"x"}},
		{name: "a name of 15 MB", answer: serves(func() string { return rss(item("x", "<"+repeat("x", 15*mib)+"/>")) }), titles: []string{"x"}},
		{name: "comments that never end", answer: serves(func() string { return "<rss><channel>" + repeat("<!--", 3*mib) }), cause: news.CauseMalformed},
		{name: "doctypes that never end", answer: serves(func() string { return repeat("<!doctype [>", mib) }), cause: news.CauseNotFeed},
		{name: "quotes that never end", answer: serves(func() string { return rss(item("x", repeat("<a b='<a b=\"", mib))) }), titles: []string{"x"}},
		{name: "end tags without a start", answer: serves(func() string { return rss(item("x", repeat("<x:a>", 200)+repeat("</b>", 3*mib))) }), cause: news.CauseLimit},
		{name: "bare angles", answer: serves(func() string { return rss("<item><title>" + repeat("<", 8*mib) + "</title></item>") })},
		{name: "bare ampersands", answer: serves(func() string { return rss("<item><title>" + repeat("&", 8*mib) + "</title></item>") })},

		{name: "billion laughs", answer: is(laughs(10, 10) + rss(item("ha", "<description>&l9;</description>"))), titles: []string{"ha"}},
		{name: "quadratic laughs", answer: serves(func() string {
			return `<!DOCTYPE rss [<!ENTITY a "` + repeat("x", 900) + `">]>` + rss(item("ha", "<description>"+repeat("&a;", mib)+"</description>"))
		}), titles: []string{"ha"}},
		{name: "an entity of itself", answer: is(`<!DOCTYPE rss [<!ENTITY a "&b;&b;"><!ENTITY b "&a;&a;">]>` + rss(item("ha", "<description>x&a;</description>"))), titles: []string{"ha"}},
		{name: "100,000 entities", answer: serves(func() string {
			return "<!DOCTYPE rss [" + counted(100_000, `<!ENTITY e%d "x">`) + "]>" + rss(item("ha", ""))
		}), titles: []string{"ha"}},
		{name: "XXE: a file", answer: is(`<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + rss(item("in", "<description>a&x;b</description>"))), titles: []string{"in"}},
		{name: "XXE: an address", answer: func(s *hostileStage, _ string) upstreamtest.Action {
			return upstreamtest.Body(`<!DOCTYPE rss SYSTEM "` + s.canaryURL("dtd") + `" [<!ENTITY % p SYSTEM "` + s.canaryURL("p") + `">%p;<!ENTITY x SYSTEM "` +
				s.canaryURL("x") + `">]>` + rss(item("out", "<description>a&x;b</description>")))
		}, titles: []string{"out"}},
		{name: "XInclude and a style sheet", answer: func(s *hostileStage, _ string) upstreamtest.Action {
			return upstreamtest.Body(`<?xml-stylesheet href="` + s.canaryURL("xsl") + `" type="text/xsl"?>` +
				rss(item("out", `<description><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/></description>`)))
		}, titles: []string{"out"}},

		{name: "JSON: nulls", answer: is(feed(`[null,{"id":"9","title":"kept","authors":[null],"attachments":null,"tags":[null]},null]`)), titles: []string{"kept"}},
		{name: "JSON: nothing but nulls", answer: serves(func() string { return feed("[" + repeat("null,", mib) + "null]") }), cause: news.CauseLimit, detail: "values"},
		{name: "JSON: a few nulls only", answer: is(feed("[null,null]")), cause: news.CauseMalformed, detail: "without entries"},
		{name: "JSON: null feed", answer: is("null"), cause: news.CauseNotFeed},
		{name: "JSON: nesting", answer: serves(func() string { return `{"items":` + repeat("[", 4*mib) }), cause: news.CauseLimit, detail: "nested"},
		{name: "JSON: 20,000 items", answer: serves(func() string { return feed("[" + repeat("{},", 20_000) + "{}]") }), cause: news.CauseLimit, detail: "entries"},
		{name: "JSON: 190,000 tags", answer: serves(func() string {
			return feed(`[{"id":"9","title":"many","tags":[` + counted(190_000, `"t%d",`) + `""]}]`)
		}), titles: []string{"many"}},
		{name: "JSON: 95,000 keys", answer: serves(func() string { return feed(`[{"id":"9","title":"many",` + counted(95_000, `"k%d":{},`) + `"z":0}]`) }), titles: []string{"many"}},
		{name: "JSON: cut off", answer: is(feed(`[{"id":"9","title":"cut`)[:70]), cause: news.CauseMalformed},
		{name: "JSON: half a surrogate", answer: is(feed(`[{"id":"9","title":"\ud800\u0000x","content_html":"\udfff"}]`)), check: one(func(t *testing.T, s *news.StoredStory) {
			if !strings.HasSuffix(s.Title, "x") {
				t.Errorf("title is %q", s.Title)
			}
		})},
		{name: "JSON: numbers of any size", answer: is(feed(`[{"id":9e9999,"title":"n","date_published":-1,"attachments":[{"url":"http://a/b","mime_type":"x/y","size_in_bytes":1e400}]}]`))},
		{name: "JSON: a string of 15 MB", answer: serves(func() string { return feed(`[{"id":"9","title":"` + repeat("x", 15*mib) + `"}]`) }), cause: news.CauseLimit, detail: "bytes of JSON"},
		{name: "JSON: a string of 7 MB", answer: serves(func() string { return feed(`[{"id":"9","title":"` + repeat("x", 7*mib) + `"}]`) }), check: one(func(t *testing.T, s *news.StoredStory) {
			if len(s.Title) < 1000 {
				t.Errorf("title of %d bytes, want what fits", len(s.Title))
			}
		})},

		{name: "ids that churn", answer: is(upstreamtest.RSS("Hostile", churned(upstreamtest.Items(2))...)), titles: []string{}},
		{name: "10,000 new ids", answer: serves(func() string {
			return rss(counted(9_999, "<item><guid>new %[1]d</guid><title>New %[1]d</title></item>"))
		}), check: count(500)},
		{name: "one id for 5,000 items", answer: serves(func() string { return rss(counted(5_000, "<item><guid>same</guid><title>Other %[1]d</title></item>")) }), check: count(500)},
		{name: "5,000 times the same item", answer: serves(func() string { return rss(repeat(item("same", "<guid>same</guid>"), 5_000)) }), titles: []string{"same"}},
		{name: "ids of 1 MB", answer: serves(func() string { return rss(repeat(item("long", "<guid>"+repeat("g", mib)+"</guid>"), 8)) }), titles: []string{"long"}},
	}
}

// laughs declares entities that each hold the last one n times.
func laughs(levels, n int) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE rss [<!ENTITY l0 "ha">`)
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, `<!ENTITY l%d "%s">`, i, strings.Repeat(fmt.Sprintf("&l%d;", i-1), n))
	}
	return b.String() + "]>"
}

// churned gives items ids that they never had; their links stay.
func churned(items []upstreamtest.Item) []upstreamtest.Item {
	for i := range items {
		items[i].ID = fmt.Sprintf("urn:churn:%d:%d", time.Now().UnixNano(), i)
	}
	return items
}

// canaryURL is an address that nobody may ask.
func (s *hostileStage) canaryURL(name string) string {
	return "http://127.0.0.2:" + s.port + "/" + name
}

// count checks how many stories were read.
func count(want int) func(*testing.T, []news.StoredStory) {
	return func(t *testing.T, stories []news.StoredStory) {
		if len(stories) != want {
			t.Errorf("%d stories were read, want %d", len(stories), want)
		}
	}
}

// one checks the only story.
func one(check func(*testing.T, *news.StoredStory)) func(*testing.T, []news.StoredStory) {
	return func(t *testing.T, stories []news.StoredStory) {
		if len(stories) != 1 {
			t.Fatalf("%d stories were read, want 1", len(stories))
		}
		check(t, &stories[0])
	}
}
