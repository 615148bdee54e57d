package aggregator_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// oddDocuments are no feeds, or feeds with something absurd in them.
func oddDocuments() []hostileCase {
	const mib = 1 << 20
	café := []string{"Café"}
	plain := rss(item("Café", ""))
	latin := strings.ReplaceAll(plain, "é", "\xe9")
	return []hostileCase{
		{name: "HTML instead of a feed", answer: is("<!DOCTYPE html><html><head><title>Please sign in</title></head><body>Hello"), cause: news.CauseNotFeed, detail: "Please sign in"},
		{name: "HTML with a title that forges a log", answer: is("<!DOCTYPE html><title>x\n2026 ERROR \x1b[31mforged " + strings.Repeat("y", mib) + "</title>"), cause: news.CauseNotFeed},
		{name: "a challenge page", answer: is("<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script src='/cdn-cgi/challenge-platform/x'></script>"), cause: news.CauseForbidden},
		{name: "empty 200", answer: is(""), cause: news.CauseNotFeed, detail: "empty body"},
		{name: "16 MB of space", answer: serves(func() string { return strings.Repeat(" ", 16*mib) }), cause: news.CauseNotFeed, detail: "empty body"},
		{name: "a feed without items", answer: is(rss()), cause: news.CauseMalformed, detail: "without entries"},
		{name: "items that say nothing", answer: is(rss("<item/><item></item>")), titles: []string{}},
		{name: "a picture", answer: is("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\x02", 1000)), cause: news.CauseNotFeed, detail: "image/png"},
		{name: "random bytes", answer: serves(func() string { return strings.Repeat("\x93\xfa\x96\x7b", 4*mib) }), cause: news.CauseNotFeed},
		{name: "16 MB of NUL", answer: serves(func() string { return strings.Repeat("\x00", 16*mib) }), cause: news.CauseNotFeed},
		{name: "another JSON", answer: is(`{"error":"quota"}`), cause: news.CauseNotFeed},
		{name: "an OPML list", answer: is(`<opml version="2.0"><body/></opml>`), cause: news.CauseNotFeed, detail: "OPML"},
		{name: "500 with a good feed", answer: always(upstreamtest.Status(500)), cause: news.CauseStatus},

		{name: "NUL and control characters", answer: is(rss(item("a\x00b\x01\x1b[31mc\x7f\u0085\u202ed", "<description>x\x00y&#0;&#8;&#x1f;z</description>"))), titles: []string{"ab[31mc d"}, check: one(func(t *testing.T, s *news.StoredStory) {
			if !strings.Contains(s.Summary+s.Content, "xyz") {
				t.Errorf("text is %q %q", s.Summary, s.Content)
			}
		})},
		{name: "control characters in the markup", answer: is("\x00\x00" + strings.ReplaceAll(rss(item("kept", "<guid>9</guid>")), "<", "\x01<")), titles: []string{"kept"}},
		{name: "characters that are none", answer: is(rss(item("a\uffff\ufffe\xed\xa0\x80\xf8\x88\x80\x80\x80b", ""))), check: one(func(*testing.T, *news.StoredStory) {})},

		{name: "charset: missing, UTF-8", answer: is(plain), titles: café},
		{name: "charset: missing, windows-1252", answer: is(latin), titles: café},
		{name: "charset: says UTF-8, is windows-1252", answer: is(`<?xml version="1.0" encoding="utf-8"?>`+latin, "Content-Type", "application/xml; charset=utf-8"), titles: café},
		{name: "charset: says US-ASCII, is UTF-8", answer: is(plain, "Content-Type", "text/xml; charset=us-ascii")},
		{name: "charset: says UTF-16, is UTF-8", answer: is(`<?xml version="1.0" encoding="utf-16"?>`+plain, "Content-Type", "text/xml; charset=utf-16"), titles: café},
		{name: "charset: nobody knows it", answer: is(`<?xml version="1.0" encoding="klingon"?>`+plain, "Content-Type", "text/xml; charset=\"x-\xff\""), titles: café},
		{name: "charset: a name of 60 KB", answer: is(plain, "Content-Type", "text/xml; charset="+strings.Repeat("x", 60_000)), titles: café},
		{name: "charset: windows-1251 in the header alone", answer: is(strings.ReplaceAll(plain, "Café", "\xd1\xeb\xee\xe2\xee"), "Content-Type", "text/xml; charset=windows-1251"), titles: []string{"Слово"}},
		{name: "UTF-16LE with a mark", answer: is(wide(plain, false, true)), titles: café},
		{name: "UTF-16BE with a mark", answer: is(wide(plain, true, true)), titles: café},
		{name: "UTF-16LE without a mark", answer: is(wide(plain, false, false)), titles: café},
		{name: "UTF-16BE without a mark", answer: is(wide(plain, true, false), "Content-Type", "text/xml; charset=utf-8"), titles: café},
		{name: "UTF-16 of half a character", answer: is(wide(plain, false, true) + "\x00"), titles: café},
		{name: "UTF-16 of lone surrogates", answer: is(wide(plain, false, true) + strings.Repeat("\x00\xd8", mib)), titles: café},
		{name: "UTF-8 mark before UTF-16 mark", answer: is("\xef\xbb\xbf" + wide(plain, false, true))},

		{name: "absurd years", answer: is(rss(
			item("one", "<guid>y1</guid><pubDate>Mon, 01 Jan 0001 00:00:00 GMT</pubDate>"),
			item("last", "<guid>y2</guid><pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate>"),
			item("beyond", "<guid>y3</guid><dc:date>10000-01-01T00:00:00Z</dc:date>"),
			item("negative", "<guid>y4</guid><dc:date>-0044-03-15T00:00:00Z</dc:date>"),
			item("huge", "<guid>y5</guid><pubDate>99999999999999999999</pubDate>"),
			item("zero", "<guid>y6</guid><pubDate>0000-00-00T00:00:00Z</pubDate>"),
			item("offset", "<guid>y7</guid><dc:date>9999-12-31T23:59:59-23:59</dc:date>"),
			item("leap", "<guid>y8</guid><pubDate>Tue, 30 Feb 2021 25:61:61 +9999</pubDate>"),
		)), titles: []string{"one", "last", "beyond", "negative", "huge", "zero", "offset", "leap"}, check: firstSeenDates},
		{name: "a date of 1 MB", answer: is(rss(item("long", "<pubDate>"+strings.Repeat("1", mib)+"</pubDate>"))), titles: []string{"long"}, check: firstSeenDates},

		{name: "a title of 1 MB", answer: is(rss(item(strings.Repeat("word ", mib/5), ""))), check: one(func(t *testing.T, s *news.StoredStory) {
			if len(s.Title) < 1000 || !strings.HasPrefix(s.Title, "word word") || !strings.HasSuffix(s.Title, "…") {
				t.Errorf("title of %d bytes: %.100q", len(s.Title), s.Title)
			}
		})},
		{name: "a title of one word of 1 MB", answer: is(rss(item(strings.Repeat("é", mib/2), ""))), check: one(func(t *testing.T, s *news.StoredStory) {
			if len(s.Title) < 1000 {
				t.Errorf("title of %d bytes", len(s.Title))
			}
		})},
		{name: "a feed title of 1 MB", answer: is(strings.Replace(rss(item("x", "")), "Hostile", strings.Repeat("x", mib), 1)), titles: []string{"x"}},
		{name: "a link of 1 MB", answer: is(rss(item("x", "<link>https://example.org/"+strings.Repeat("x", mib)+"</link>"))), titles: []string{"x"}},
		{name: "a category of 1 MB", answer: is(rss(item("x", "<category>"+strings.Repeat("x", mib)+"</category>"))), titles: []string{"x"}},

		{name: "javascript: links", answer: is(rss(
			item("j1", "<link>javascript:alert(1)</link><description>&lt;a href='java&#x0A;script:alert(1)'&gt;a&lt;/a&gt;</description>"),
			item("j2", "<link> JaVaScRiPt:alert(1)</link><comments>javascript:x</comments><enclosure url='javascript:x' type='audio/mpeg'/>"),
			item("j3", "<link>data:text/html,&lt;script&gt;alert(1)&lt;/script&gt;</link><media:thumbnail url='javascript:x'/>"),
			item("j4", "<guid isPermaLink='true'>vbscript:x</guid><description>&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description>"),
		)), titles: []string{"j1", "j2", "j3", "j4"}, check: func(t *testing.T, stories []news.StoredStory) {
			for _, s := range stories {
				if s.Link != "" || s.Comments != "" || len(s.Enclosures) > 0 || s.Image != "" && s.Title != "j4" ||
					strings.Contains(s.Summary, "onerror") || strings.Contains(strings.ToLower(s.Summary), "script") {
					t.Errorf("%s: link %q, comments %q, enclosures %v, image %q, summary %q", s.Title, s.Link, s.Comments, s.Enclosures, s.Image, s.Summary)
				}
			}
		}},
		{name: "CDATA end in content", answer: is(rss(
			item("a ]]&gt; b", "<guid>c1</guid><description>x ]]&gt; y</description>"),
			item("<![CDATA[a ]]]]><![CDATA[> b]]>", "<guid>c2</guid><description><![CDATA[x ]]]]><![CDATA[> y]]></description>"),
			item("a ]]> b", "<guid>c3</guid><description>x ]]> y</description>"),
		)), check: func(t *testing.T, stories []news.StoredStory) {
			if len(stories) != 3 {
				t.Fatalf("%d stories, want 3", len(stories))
			}
			for _, s := range stories {
				if s.Title != "a ]]> b" || s.Summary != "x ]]> y" {
					t.Errorf("%s: title %q, summary %q", s.ID, s.Title, s.Summary)
				}
			}
		}},
		{name: "lengths below zero", answer: is(rss(item("x", "<enclosure url='https://example.org/a.mp3' length='-99999999999999999999' type='audio/mpeg'/>"))), check: one(func(t *testing.T, s *news.StoredStory) {
			if len(s.Enclosures) != 1 || s.Enclosures[0].Length != 0 {
				t.Errorf("enclosures %v, want one of length 0", s.Enclosures)
			}
		})},
		{name: "ttl of a thousand years", answer: is(strings.Replace(rss(item("x", "")), "<item>", "<ttl>99999999999999999999</ttl><sy:updateFrequency>0</sy:updateFrequency><skipHours>"+strings.Repeat("<hour>99</hour>", 1000)+"</skipHours><item>", 1)), titles: []string{"x"}},
		{name: "every hour and day skipped", answer: is(strings.Replace(rss(item("x", "")), "<item>", "<skipHours>"+counted(24, "<hour>%d</hour>")+"</skipHours><item>", 1)), titles: []string{"x"}},
		{name: "a document cut in an item", answer: is(rss(item("whole", "<guid>w</guid>"), item("cut", "<guid>c</guid><description>half a"))[:150]), check: func(t *testing.T, stories []news.StoredStory) {
			if len(stories) == 0 || stories[0].Title != "whole" {
				t.Errorf("the whole item was lost: %v", stories)
			}
		}},
	}
}

// firstSeenDates wants dates that the source had no say in.
func firstSeenDates(t *testing.T, stories []news.StoredStory) {
	for _, s := range stories {
		if s.Dated != news.DatedFuture && s.Dated != news.DatedMissing || s.FirstSeen.Sub(s.Date).Minutes() > 1 {
			t.Errorf("%q is dated %v by %s", s.Title, s.Date, s.Dated)
		}
	}
}

// wide encodes as UTF-16.
func wide(text string, bigEndian, mark bool) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		if bigEndian {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

// largeDocuments are as large as we read them, and dense with what costs most.
func largeDocuments() []hostileCase {
	const (
		size = 16<<20 - 64<<10
		half = 251 // of 500 items: 8 MiB are read
	)
	of := func(n int, content string) answer {
		return serves(func() string {
			var b strings.Builder
			repeats := (size/n - 100) / len(content)
			for i := range n {
				fmt.Fprintf(&b, "<item><guid>l%d</guid><title>L%d</title><description>%s</description></item>", i, i, strings.Repeat(content, repeats))
			}
			return rss(b.String())
		})
	}
	return []hostileCase{
		{name: "16 MB: text in 500 items", answer: of(500, "Some words of a text. "), check: count(half)},
		{name: "16 MB: text in 1 item", answer: of(1, "Some words of a text. "), check: count(1)},
		{name: "16 MB: entities", answer: of(500, "&amp;lt;"), check: count(half)},
		{name: "16 MB: paragraphs", answer: of(500, "&lt;p&gt;x"), check: count(half)},
		{name: "16 MB: pictures", answer: of(500, "&lt;img src=x&gt;"), check: count(half)},
		{name: "16 MB: letters of four bytes", answer: of(500, "𝒳"), check: count(half)},
		{name: "16 MB: not UTF-8", answer: of(500, "\xe9\xe8 "), check: count(125)},
	}
}
