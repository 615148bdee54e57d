package parse

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// paragraph is what stories are made of in the benchmarks.
const paragraph = `<p>The committee met on <a href="https://example.org/calendar?day=12&amp;room=3">Tuesday</a> and said, “nothing new”, which &ndash; as <em>everybody</em> knows &ndash; means a lot.</p>` + "\n"

// escape writes markup as text.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// blogRSS is a blog's feed as WordPress writes it: content in CDATA.
func blogRSS(items, paragraphs int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel>
	<title>A blog</title>
	<atom:link href="https://example.org/feed/" rel="self" type="application/rss+xml" />
	<link>https://example.org</link>
	<description>Just another blog</description>
	<lastBuildDate>Mon, 02 Mar 2026 10:00:00 +0000</lastBuildDate>
	<sy:updatePeriod>hourly</sy:updatePeriod>
`)
	for i := range items {
		fmt.Fprintf(&b, `	<item>
		<title>Story number %d &#8211; and more</title>
		<link>https://example.org/2026/03/story-%d/</link>
		<comments>https://example.org/2026/03/story-%d/#respond</comments>
		<dc:creator><![CDATA[Jane Doe]]></dc:creator>
		<pubDate>Mon, 02 Mar 2026 %02d:%02d:00 +0000</pubDate>
		<category><![CDATA[News]]></category>
		<category><![CDATA[Committee]]></category>
		<guid isPermaLink="false">https://example.org/?p=%d</guid>
		<description><![CDATA[%s]]></description>
		<content:encoded><![CDATA[%s]]></content:encoded>
		<wfw:commentRss>https://example.org/2026/03/story-%d/feed/</wfw:commentRss>
		<slash:comments>%d</slash:comments>
	</item>
`, i, i, i, i/60%24, i%60, i, paragraph, strings.Repeat(paragraph, paragraphs), i, i%7)
	}
	b.WriteString("</channel>\n</rss>\n")
	return []byte(b.String())
}

// blogAtom is a blog's feed as most Atom generators write it: escaped HTML.
func blogAtom(entries, paragraphs int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <title>A blog</title><id>tag:example.org,2026:blog</id><updated>2026-03-02T10:00:00Z</updated>
  <link href="https://example.org/"/><link rel="self" href="https://example.org/feed.atom"/>
  <author><name>Jane Doe</name></author>
`)
	for i := range entries {
		fmt.Fprintf(&b, `  <entry>
    <title type="html">Story number %d</title>
    <link href="https://example.org/2026/03/story-%d/" rel="alternate" type="text/html"/>
    <id>tag:example.org,2026:story-%d</id>
    <published>2026-03-02T%02d:%02d:00+01:00</published>
    <updated>2026-03-02T%02d:%02d:00+01:00</updated>
    <category term="news"/>
    <summary type="html">%s</summary>
    <content type="html" xml:base="https://example.org/">%s</content>
  </entry>
`, i, i, i, i/60%24, i%60, i/60%24, i%60, escape(paragraph), escape(strings.Repeat(paragraph, paragraphs)))
	}
	b.WriteString("</feed>\n")
	return []byte(b.String())
}

// podcastRSS is a podcast's feed with all its episodes.
func podcastRSS(episodes int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>A podcast</title><link>https://example.org</link>
<itunes:author>Jane Doe</itunes:author><itunes:image href="https://example.org/cover.jpg"/><language>en</language>
`)
	for i := range episodes {
		fmt.Fprintf(&b, `<item><title>Episode %d</title><itunes:title>Episode %d</itunes:title><itunes:episode>%d</itunes:episode>
<description><![CDATA[%s]]></description><content:encoded><![CDATA[%s]]></content:encoded><itunes:summary>%s</itunes:summary>
<enclosure url="https://cdn.example.org/episode-%d.mp3?source=feed&amp;x=1" length="%d" type="audio/mpeg"/>
<guid isPermaLink="false">5b7c-%08d</guid><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>
<itunes:duration>00:42:%02d</itunes:duration><itunes:explicit>false</itunes:explicit><itunes:episodeType>full</itunes:episodeType>
<itunes:image href="https://example.org/cover-%d.jpg"/><podcast:transcript url="https://example.org/%d.vtt" type="text/vtt"/></item>
`, i, i, i, paragraph, strings.Repeat(paragraph, 3), escape(paragraph), i, 40_000_000+i, i, i%60, i, i)
	}
	b.WriteString("</channel></rss>\n")
	return []byte(b.String())
}

// BenchmarkParse compares Parse with bare gofeed on the same document in the
// same run: the metric "×gofeed" is the CPU time of one over the other. Half of
// the iterations are gofeed's, so ns/op is that of both together.
func BenchmarkParse(b *testing.B) {
	documents := []struct {
		name string
		body []byte
	}{
		{"rss-30KB", blogRSS(20, 4)},
		{"atom-300KB", blogAtom(100, 10)},
		{"podcast-3MB", podcastRSS(1_700)},
	}
	for _, d := range documents {
		b.Run(d.name, func(b *testing.B) {
			bare := gofeed.NewParser()
			var ours, theirs time.Duration
			b.ReportAllocs()
			b.SetBytes(int64(len(d.body)))
			for b.Loop() {
				start := cpu()
				if _, err := Parse(d.body, Options{}); err != nil {
					b.Fatal(err)
				}
				middle := cpu()
				if _, err := bare.Parse(bytes.NewReader(d.body)); err != nil {
					b.Fatal(err)
				}
				ours += middle - start
				theirs += cpu() - middle
			}
			b.ReportMetric(float64(ours)/float64(theirs), "×gofeed")
			b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs-cpu/doc")
		})
	}
}
