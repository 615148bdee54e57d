package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSalvage: what a torn piece of markup hides is found, and what only looks
// torn stays as it is.
func TestSalvage(t *testing.T) {
	t.Parallel()
	const torn = "a comment, CDATA section or the feed itself ends in the wrong place"
	item := func(inner string) string { return "<item>" + inner + "</item>" }
	last := item("<title>last</title><description><![CDATA[end]]></description>")
	tests := []struct {
		name, items string
		titles      string // joined by "|"
		torn        bool
		why         string
	}{
		{"CDATA", item("<title>1</title><description><![CDATA[cut") + item("<title><![CDATA[2]]></title>"), "1|2|last", true, "the section ends in the title of the next entry"},
		{"CDATA before its end tag", item("<title>1</title><description><![CDATA[cut</description>") + item("<title><![CDATA[2]]></title>"), "1|2|last", true, "the end tag of the text stays"},
		{"comment", item("<title>1</title><!-- ad") + item("<title>2</title>") + item("<title>3</title><!-- ad -->"), "1|2|3|last", true, "the comment ends two entries later"},
		{"comment in a text", item("<description><!-- ad</description><title>1</title>") + item("<title>2</title><!-- ad -->"), "1|2|last", true, "it ends at the end tag of the text"},
		{"quote", item(`<title>1</title><enclosure url="x.mp3 length=1/>`) + item(`<title>2</title><guid isPermaLink="false">2</guid>`), "1|2|last", false, "no value contains tags"},
		{"end of the feed", item("<title>1</title>") + "</channel></rss>" + item("<title>2</title>"), "1|2|last", true, "it comes too early"},
		{"twice the feed", item("<title>1</title>") + "</channel></rss><rss><channel>" + item("<title>2</title>"), "1|2|last", true, "two copies in one"},
		{"an example in CDATA", item("<title>1</title><description><![CDATA[use <item></item>]]></description>"), "1|last", false, "the start tag comes first"},
		{"an end tag in CDATA", item("<title>1</title><description><![CDATA[write </item><item> here]]></description>"), "1|last", false, "well-formed"},
		{"entries commented out", "<!--" + item("<title>old</title>") + "-->" + item("<title>1</title>"), "1|last", false, "well-formed"},
		{"entries commented out, bad ampersand", "<!--" + item("<title>old</title>") + "-->" + item("<title>1 & 2</title>"), "1 & 2|last", false, "the start tag comes first"},
	}
	if doc, err := Parse([]byte("<rss><channel>"+last+"</channel>"), Options{}); err != nil || !doc.Partial {
		t.Errorf("a feed that was cut off is not partial: %v", err)
	}
	for _, tt := range tests {
		doc, err := Parse([]byte("<rss version='2.0'><channel>"+tt.items+last+"</channel></rss>"), Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var titles []string
		for _, e := range doc.Entries {
			titles = append(titles, e.Title.Value)
		}
		if diff := cmp.Diff(tt.titles, strings.Join(titles, "|")); diff != "" {
			t.Errorf("%s (%s): -want +got:\n%s", tt.name, tt.why, diff)
		}
		if got := strings.Contains(strings.Join(doc.Warnings, "|"), torn); got != tt.torn {
			t.Errorf("%s (%s): warnings %q", tt.name, tt.why, doc.Warnings)
		}
		if doc.Partial != tt.torn {
			t.Errorf("%s (%s): partial %v", tt.name, tt.why, doc.Partial)
		}
	}
}
