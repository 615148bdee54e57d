package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

func TestScanXML(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body   string
		count  int
		ok     bool
		reason string
	}{
		{`<r><i/><i>x</i></r>`, 2, true, "empty and full elements"},
		{xml.Header + "<r a=\"1\" b=\"2\"\n>\n<i></i></r>\n", 1, true, "a header, attributes, spaces"},
		{`<r a:b="1" xmlns:a="urn:a" xml:lang="en"><i><a:i a:c="2"/></i></r>`, 1, true, "prefixes that the root declares"},
		{`<r xmlns:a="urn:a"><i><b:i/></i></r>`, 0, false, "a prefix that nobody declares"},
		{`<r xmlns:a="urn:a"><i b:c="1"/></r>`, 0, false, "the same of an attribute"},
		{`<a:r/>`, 0, false, "the same of the root"},
		{`<r><i xmlns:a="urn:a"/><a:i/></r>`, 0, false, "one that is declared elsewhere"},
		{`<r><i><i/></i><j><i/></j></r>`, 1, true, "only at the path"},
		{`<r><i><![CDATA[<b>&nbsp;]]]]></i></r>`, 1, true, "a CDATA section holds anything but its end"},
		{`<r><i a="&lt;&#34;&#x27;&apos;">&amp;&quot;&gt;</i></r>`, 1, true, "references"},
		{`<r/>`, 0, true, "nothing in it"},
		{`<r><i/></r><!-- end -->`, 0, false, "a comment is for the parser"},
		{`<!DOCTYPE r><r><i/></r>`, 0, false, "so is a document type"},
		{`<r><?php ?></r>`, 0, false, "an instruction"},
		{`<r><é/></r>`, 0, false, "a name beyond ASCII"},
		{``, 0, false, "no root"},
		{`<r></r><r></r>`, 0, false, "two roots"},
		{`x<r></r>`, 0, false, "text before the root"},
		{`<r></r>x`, 0, false, "text behind the root"},
		{`<i></i>`, 0, false, "another root"},
		{`<r><i></r></i>`, 0, false, "wrongly nested"},
		{`<r><i>`, 0, false, "not closed"},
		{`</r>`, 0, false, "not opened"},
		{`<r><i a=1/></r>`, 0, false, "no quotes"},
		{`<r><i a="1"b="2"/></r>`, 0, false, "no space between attributes"},
		{`<r><i a="1" a="2"/></r>`, 0, false, "an attribute twice"},
		{`<r><i a="<"/></r>`, 0, false, "a tag in an attribute"},
		{`<r>a & b</r>`, 0, false, "a bare ampersand"},
		{`<r>&nbsp;</r>`, 0, false, "an entity that nobody declared"},
		{`<r>&#0;</r>`, 0, false, "a character that XML doesn't allow, by number"},
		{`<r>&#xD800;</r>`, 0, false, "a surrogate"},
		{`<r>&#-5;</r>`, 0, false, "no number"},
		{"<r>\x01</r>", 0, false, "a control character"},
		{"<r>\xff</r>", 0, false, "no UTF-8"},
		{"<r>\uffff</r>", 0, false, "no character"},
		{`<r>]]></r>`, 0, false, "the end of a CDATA section that never began"},
		{`<r><![CDATA[x</r>`, 0, false, "a CDATA section without end"},
		{`<![CDATA[x]]><r/>`, 0, false, "a CDATA section outside of the root"},
		{`<r><a:b:c/></r>`, 0, false, "two colons"},
		{`<r><i a="1</r>`, 0, false, "an attribute without end"},
		{`<r><i`, 0, false, "a tag without end"},
	} {
		count, ok := scanXML([]byte(tc.body), []string{"r", "i"})
		if ok != tc.ok || ok && count != tc.count {
			t.Errorf("%s: %s: %d, %t; want %d, %t", tc.reason, tc.body, count, ok, tc.count, tc.ok)
		}
	}
}

// FuzzScanXML: what the scanner vouches for, the parser reads as well, and
// finds the same in it.
func FuzzScanXML(f *testing.F) {
	for _, body := range []string{
		`<r xmlns:a="urn:a"><i a:b="c"><![CDATA[x]]></i><i/>&amp;&#34;</r>`,
		`<r><i a="1" b='2'/></r>`, `<r><!-- c --><i/></r>`, `<r>]]></r>`, `<r><i></r></i>`,
	} {
		f.Add([]byte(xml.Header + body))
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		count, ok := scanXML(body, []string{"r", "i"})
		if !ok {
			return
		}
		parsed, err := parseXML(body, "r", "i")
		if err != nil || parsed != count {
			t.Errorf("scanned %d in %q, parsed %d, %v", count, body, parsed, err)
		}
	})
}

// TestPlainText puts characters at every distance from the words that plainText
// reads.
func TestPlainText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		" ": true, "~": true, "\x7f": true, "\n": true, "\t": true, "\r": true, "é": true, "\uffed": true, "\ufffd": true, "𠮷": true,
		"\x00": false, "\x1f": false, "\x0b": false, "\ufffe": false, "\uffff": false, "\x80": false, "\xff": false, "\xef\xbf": false,
	} {
		for before := range 20 {
			for after := range 10 {
				for _, around := range []string{"a", " ", "é"} {
					all := strings.Repeat(around, before) + text + strings.Repeat(around, after)
					if plainText([]byte(all)) != want {
						t.Errorf("%q: %t", all, !want)
					}
				}
			}
		}
	}
}

// TestScanXMLOfDamagedDocuments damages a document at every byte.
func TestScanXMLOfDamagedDocuments(t *testing.T) {
	t.Parallel()
	whole := []byte(xml.Header + `<r a="1&lt;" xmlns:b="urn:b"><i b:c="d"><![CDATA[<p>]]></i>text &amp; more<i/></r>`)
	if n, ok := scanXML(whole, []string{"r", "i"}); !ok || n != 2 {
		t.Fatal(n, ok)
	}
	for i := range whole {
		for _, damage := range []string{"", "<", ">", "&", `"`, "/", "]", "\x00", "\xc3", " ", "a"} {
			body := fmt.Appendf(nil, "%s%s%s", whole[:i], damage, whole[i+1:])
			if bytes.Equal(body, whole) {
				continue
			}
			count, ok := scanXML(body, []string{"r", "i"})
			if !ok {
				continue
			}
			if parsed, err := parseXML(body, "r", "i"); err != nil || parsed != count {
				t.Errorf("scanned %d in %q, parsed %d, %v", count, body, parsed, err)
			}
		}
	}
}
