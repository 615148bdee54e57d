package render_test

import (
	"strings"
	"testing"
)

// flaw is a change to the rich feed that the validator would not let pass. What
// stands for old is replaced once.
type flaw struct{ message, format, old, new string }

var flaws = []flaw{
	{"BadCharacters", "rss", "Hello", "Hello\u0092"},
	{"BadCharacters", "atom", "Hello", "Hello\ufffd"},
	{"UndefinedElement", "rss", "<ttl>30</ttl>", "<tttl>30</tttl>"},
	{"UnexpectedAttribute", "rss", "<guid isPermaLink", "<guid id=\"1\" isPermaLink"},
	{"UnexpectedAttribute", "atom", "<updated>", "<updated type=\"x\">"},
	{"DuplicateElement", "rss", "<ttl>30</ttl>", "<ttl>30</ttl><ttl>31</ttl>"},
	{"NotBlank", "atom", "<generator>Tributary", "<generator>"},
	{"AttrNotBlank", "atom", `rel="related"`, `rel=""`},
	{"InvalidLanguage", "rss", "<language>en", "<language>qq"},
	{"InvalidLanguage", "atom", `xml:lang="he"`, `xml:lang="hebrew"`},
	{"InvalidFullLink", "rss", "<link>https://plain.example/2", "<link>https://plain.example/ü"},
	{"InvalidFullLink", "rss", "<link>https://plain.example/2", "<link>https://plain.example/a b"},
	{"InvalidFullLink", "rss", "<link>https://plain.example/2", "<link>/2"},
	{"InvalidFullLink", "atom", "tag:plain.example,2026:2", "tag:plain.example:2"},
	{"InvalidFullLink", "atom", "urn:uuid:7d444840-", "urn:uuid:7d4448-"},
	{"InvalidFullLink", "atom", "urn:uuid:7d444840-", "urn:x y:"},
	{"InvalidMIMEType", "rss", `type="audio/mpeg"`, `type="audio"`},
	{"UnregisteredAtomLinkRel", "atom", `rel="related"`, `rel="also-in"`},
	{"MissingHref", "atom", `<link href="https://observer.example/latest.atom"`, `<link`},
	{"AtomLinkNotEmpty", "atom", "</link>", "x</link>"},
	{"MissingSelf", "rss", `rel="self"`, `rel="related"`},
	{"SelfDoesntMatchLocation", "atom", "latest.atom", "latest.xml"},
	{"SelfNotAtom", "atom", "application/atom+xml", "text/xml"},
	{"InvalidRFC3339Date", "atom", "2026-01-20T09:29:59Z", "2026-01-20 09:29:59Z"},
	{"InvalidRFC3339Date", "rss", "2026-01-21T08:00:01Z", "2026-01-32T08:00:01Z"},
	{"ImplausibleDate", "atom", "2026-01-20T09:29:59Z", "1970-01-01T00:00:00Z"},
	{"ImplausibleDate", "rss", "Tue, 20 Jan 2026 09:30:00 +0000", "Sun, 20 Jan 2036 09:30:00 +0000"},
	{"FeedHistoryRelInEntry", "atom", `rel="replies"`, `rel="next"`},
	{"FeedRelInCompleteFeed", "rss", "<item>", `<complete xmlns="http://purl.org/syndication/history/1.0"></complete><item>`},
	{"MissingCurrentInArchive", "rss", "<item>", `<archive xmlns="http://purl.org/syndication/history/1.0"></archive><item>`},
	{"UnknownNamespace", "rss", "<channel>", `<channel xmlns:x="https://example.org/x">`},
	{"UnknownNamespace", "rss", "<channel>", `<channel xmlns:dublin="http://purl.org/dc/elements/1.1/">`},

	{"InvalidRSSVersion", "rss", `version="2.0"`, `version="2"`},
	{"MissingElement", "rss", "<description>News &#x26; views</description>", ""},
	{"ItemMustContainTitleOrDescription", "rss", "<title>From disk</title>", ""},
	{"MissingGuid", "rss", `<guid isPermaLink="false">tag:plain.example,2026:2</guid>`, ""},
	{"InvalidPermalink", "rss", `<guid isPermaLink="false">tag`, `<guid isPermaLink="true">tag`},
	{"InvalidBooleanAttribute", "rss", `isPermaLink="false"`, `isPermaLink="no"`},
	{"NotSufficientlyUnique", "rss", "tag:plain.example,2026:2", "17"},
	{"DuplicateValue", "rss", "tag:plain.example,2026:2", "https://weekly.example/posts/1"},
	{"NeedDescriptionBeforeContent", "rss", "<description><![CDATA[مرحبا بالعالم]]></description>", ""},
	{"MisplacedItem", "rss", "\n</channel>", "<docs>https://a.example/</docs></channel>"},
	{"DuplicateEnclosure", "rss", "<enclosure", `<enclosure url="https://a.example/" type="a/b" length="0"/><enclosure`},
	{"MissingAttribute", "rss", ` length="5000000000"`, ""},
	{"MissingAttribute", "rss", `<source url="https://plain.example/rss">`, "<source>"},
	{"InvalidIntegerAttribute", "rss", `length="5000000000"`, `length="-1"`},
	{"InvalidURLAttribute", "rss", `<enclosure url="https://weekly.example/`, `<enclosure url="ftp://weekly.example/`},
	{"InvalidPositiveInteger", "rss", "<ttl>30", "<ttl>0"},
	{"InvalidRFC2822Date", "rss", "Tue, 20 Jan 2026 09:30:00 +0000", "2026-01-20T09:30:00Z"},
	{"IncorrectDOW", "rss", "Tue, 20 Jan 2026 09:30:00 +0000", "Mon, 20 Jan 2026 09:30:00 +0000"},
	{"DuplicateSemantics", "rss", "<managingEditor>", "<creator xmlns=\"http://purl.org/dc/elements/1.1/\">x</creator><managingEditor>"},
	{"EmailFormat", "rss", "editors@observer.example (The Editors)", "The Editors"},
	{"EmailFormat", "rss", "editors@observer.example (The Editors)", "editors@observer.example"},
	{"ImageTitleDoesntMatch", "rss", "<url>https://observer.example/articles/icon.png</url><title>Our", "<url>https://observer.example/articles/icon.png</url><title>My"},
	{"ImageLinkDoesntMatch", "rss", "</title><link>https://observer.example/latest</link></image>", "</title><link>https://observer.example/</link></image>"},
	{"ImageUrlFormat", "rss", "icon.png</url>", "icon.svg</url>"},
	{"CharacterData", "rss", "if a &#x3C; b", "if a &lt;b"},
	{"CharacterData", "rss", "AT&#x26;amp;T", "AT&amp;amp;T"},

	{"MissingElement", "atom", "<author><name>Ann Author</name>", "<author>"},
	{"MissingElement", "atom", "<title>Our latest articles</title>", ""},
	{"MissingSourceElement", "atom", "<id>https://observer.example/sources#disk</id>", ""},
	{"MissingContentOrAlternate", "atom", `<content type="text"><![CDATA[From disk]]></content>`, ""},
	{"MissingTextualContent", "atom", `<title>From disk</title><author><name>From disk</name></author><content type="text"><![CDATA[From disk]]></content>`, ""},
	{"DuplicateAtomLink", "atom", `rel="replies"`, `rel="alternate"`},
	{"DuplicateIds", "atom", "tag:plain.example,2026:2", "https://weekly.example/posts/1"},
	{"DuplicateUpdated", "atom", "09:29:53.000001Z", "09:29:53Z"},
	{"InvalidTextType", "atom", `<summary type="html">`, `<summary type="text/html">`},
	{"InvalidAddrSpec", "atom", "<email>ann@", "<email>ann at "},

	{"MissingItunesElement", "rss", `<itunes:category text="News"></itunes:category>`, ""},
	{"MissingItunesElement", "atom", `<itunes:explicit>false</itunes:explicit>`, ""},
	{"MissingItunesEmail", "rss", "itunes:owner", "itunes:name"},
	{"InvalidItunesEmail", "rss", "<itunes:email>editors@", "<itunes:email>editors"},
	{"InvalidItunesCategory", "atom", `text="News"`, `text="Feeds"`},
	{"InvalidDuration", "rss", "<itunes:duration>1834", "<itunes:duration>1834.5"},
	{"InvalidItunesEpisode", "atom", "<itunes:episode>7", "<itunes:episode>0"},
	{"InvalidItunesEpisodeType", "rss", "<itunes:episodeType>full", "<itunes:episodeType>whole"},
	{"InvalidTrueFalse", "atom", "<itunes:explicit>false", "<itunes:explicit>clean"},
	{"TooLong", "rss", "<itunes:author>", "<itunes:author>" + strings.Repeat("x", 256)},
	{"UnsupportedItunesFormat", "rss", `7.mp3"`, `7.ogg"`},

	{"NotHtml", "rss", "<b>short</b>", "<b>short"},
	{"NotHtml", "atom", "x=1&amp;y=2", "x=1&y=2"},
	{"NotHtml", "rss", "<p>Notes.</p>", "<p><p>Notes.</p></p>"},
	{"SecurityRisk", "atom", "<b>short</b>", "<script>short</script>"},
	{"SecurityRiskAttr", "rss", "<b>short</b>", `<b onclick="x">short</b>`},
	{"SecurityRiskAttr", "rss", "<b>short</b>", `<b style="color: red">short</b>`},
	{"ContainsRelRef", "atom", `<a href="https://weekly.example/a`, `<a href="/a`},
	{"ContainsHTML", "rss", "<title>Hello", "<title>&#x3C;b>Hello&#x3C;/b>"},
	{"ContainsHTML", "atom", "<title>Hello", "<title>&#x3C;b>Hello&#x3C;/b>"},
}

// TestW3CRules: each rule sees the flaw that it is there for, so that silence
// means something.
func TestW3CRules(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, c := range flaws {
		f := formatNamed(t, c.format)
		edition := editions()["rich"]
		body := string(mustRender(t, f, edition))
		bad := strings.Replace(body, c.old, c.new, 1)
		if bad == body {
			t.Errorf("%s: the %s feed has no %q", c.message, c.format, c.old)
			continue
		}
		if c.message == "MissingItunesEmail" {
			bad = strings.Replace(bad, "</itunes:owner>", "</itunes:name>", 1)
		}
		messages := newValidated(t, f, []byte(bad), "https://observer.example/latest"+f.Extension).validate(f.Name)
		if !strings.Contains("\n"+strings.Join(messages, "\n"), "\n"+c.message+": ") {
			t.Errorf("%s in %s is not seen; the messages are %q", c.message, c.format, messages)
		}
		shown[c.format+c.message] = true
	}
	for _, format := range []string{"rss", "atom"} {
		for _, r := range rulesOf(format) {
			if !shown["rss"+r.message] && !shown["atom"+r.message] {
				t.Errorf("no flaw shows that %s is seen", r.message)
			}
		}
	}
}
