package parse

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       Error
	}{
		{"nothing", "", Error{Cause: news.CauseNotFeed, Detail: "an empty body"}},
		{"white space", " \n\t", Error{Cause: news.CauseNotFeed, Detail: "an empty body"}},
		{"page", "<!DOCTYPE html><html><head><title>\n Log  in &amp; out </title></head></html>", Error{Cause: news.CauseNotFeed, Detail: "an HTML page titled “Log in & out”"}},
		{"page that shows a feed", "<html><body><rss><channel><item><title>x</title></item></channel></rss></body></html>", Error{Cause: news.CauseNotFeed, Detail: "an HTML page titled “x”"}},
		{"bot wall", "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script src='/cdn-cgi/challenge-platform/x'></script></body></html>", Error{Cause: news.CauseForbidden, Detail: "a Cloudflare challenge"}},
		{"other XML", "<?xml version='1.0'?><catalog/>", Error{Cause: news.CauseNotFeed, Detail: "an XML document with the root <catalog>"}},
		{"OPML", "<opml version='2.0'><body/></opml>", Error{Cause: news.CauseNotFeed, Detail: "an OPML list of feeds"}},
		{"other JSON", `{"error": "no such user"}`, Error{Cause: news.CauseNotFeed, Detail: "another JSON document"}},
		{"text", "Not found.", Error{Cause: news.CauseNotFeed, Detail: `text/plain, not a feed: it starts with "Not found."`}},
		{"picture", "\x89PNG\r\n\x1a\n", Error{Cause: news.CauseNotFeed, Detail: `image/png, not a feed`}},
		{"start of a feed", "<?xml version='1.0'?><rss version='2.0", Error{Cause: news.CauseMalformed, Detail: "a feed that ends within its first tag"}},
		{"start of a JSON feed", `{"version": "https://jsonfeed`, Error{Cause: news.CauseMalformed, Detail: "broken JSON: "}},
		{"feed of a new blog", "<rss version='2.0'><channel><title>New</title></channel></rss>", Error{Cause: news.CauseMalformed, Detail: "a feed (rss 2.0) without entries", Empty: true}},
		{"JSON Feed of a new blog", `{"version":"https://jsonfeed.org/version/1.1","title":"New","items":[]}`, Error{Cause: news.CauseMalformed, Detail: "a feed (json 1.1) without entries", Empty: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := Parse([]byte(tt.body), Options{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is not an *Error", err)
			}
			if e.Cause != tt.want.Cause || e.Empty != tt.want.Empty || !strings.HasPrefix(e.Detail, tt.want.Detail) {
				t.Errorf("got %+v, want %+v", *e, tt.want)
			}
			if (doc != nil) != tt.want.Empty {
				t.Errorf("document %v", doc)
			}
		})
	}
}

// TestMend shows what becomes of one damaged text or element.
func TestMend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		item, title string
		why         string
	}{
		{"<title>a &amp; b</title>", "a & b", "nothing to mend"},
		{"<title>AT&amp;amp;T</title>", "AT&amp;T", "references are resolved once"},
		{"<title><![CDATA[AT&amp;T]]></title>", "AT&amp;T", "CDATA is verbatim"},
		{"<title>a <![CDATA[<b>]]> c</title>", "a <b> c", "CDATA among text"},
		{"<title>AT&T & co</title>", "AT&T & co", "bare ampersands"},
		{"<title>x?a=1&copy=2;</title>", "x?a=1&copy=2;", "an address is no entity"},
		{"<title>a&nbsp;b&rsquo;</title>", "a\u00a0b’", "HTML entities"},
		{"<title>1 < 2</title>", "1 < 2", "bare angle"},
		{"<title>a<br>b</title>", "a<br>b", "unclosed HTML"},
		{"<title>a</b>c</title>", "a</b>c", "unopened HTML"},
		{"<title>a<b>&lt;c&gt;</b></title>", "a<b>&lt;c&gt;</b>", "markup keeps its escapes"},
		{"<title>a ]]> b</title>", "a ]]> b", "end of CDATA in text"},
		{"<title>a&#8;b&#xFFFF;c&#0;</title>", "abc", "references to illegal characters"},
		{"<title>a<!-- <b> -- -->c</title>", "ac", "comment with dashes"},
		{"<title>a<?php echo ?>c</title>", "ac", "instruction"},
		{"<title>a<![CDATA[b</title>", "ab", "CDATA that never ends"},
		{"<title>a<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>", "a", "missing end tag before a sibling"},
		{"<title>a", "a", "missing end tag before the end of the item"},
		{"<title>a</TITLE>", "a", "end tag in other case"},
		{"<title>a</titel><guid>x</guid>", "a</titel>", "another end tag, ended by a sibling"},
		{"<title>a</titlex><link>x</link>", "a", "end tag with a letter too much"},
		{"<title>a</tite><link>x</link>", "a", "end tag with a letter too little"},
		{"<title>a<titlex>b</titlex>c</title>", "a<titlex>b</titlex>c", "an element of a name much alike"},
		{"<title>a</tible><link>x</link>", "a", "end tag with a wrong letter"},
		{"<title lang=en x y='<'>a</title>", "a", "attributes without quotes or value"},
		{"<rss:title xmlns:rss='http://purl.org/rss/1.0/'>a</rss:title>", "a", "RSS by prefix"},
		{"<x:title xmlns:x='http://example.org/'>no</x:title><title>a</title>", "a", "another vocabulary's title"},
		{"<title>a</title><media:title>no</media:title>", "a", "Media RSS comes second"},
		{"<media:group><media:title>a</media:title></media:group>", "a", "Media RSS, undeclared"},
		{"<z:title xmlns:z='HTTP://search.yahoo.com/MRSS'>a</z:title>", "a", "known namespace, misspelt, odd prefix"},
		{"<unknown><title>no</title></unknown><title>a</title>", "a", "inside what nobody reads"},
		{"<dc:×>x</dc:×><dc:a:b>x</dc:a:b><title ×='1' 2='3'>a</title>", "a", "names that XML does not allow"},
		{"<title>\uFDD0h9999:a</title>", "a", "a forged marker names no context"},
	}
	for _, tt := range tests {
		doc, err := Parse([]byte("<rss version='2.0'><channel><item>"+tt.item+"</item><item><title>next</title></item></channel></rss>"), Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.item, err)
			continue
		}
		var titles []string
		for _, e := range doc.Entries {
			titles = append(titles, e.Title.Value)
		}
		if diff := cmp.Diff([]string{tt.title, "next"}, titles); diff != "" {
			t.Errorf("%s (%s): -want +got:\n%s", tt.item, tt.why, diff)
		}
	}
}

// TestEntriesAlone: an entry on which gofeed gives up is left out; its neighbors
// and the feed's own fields stay. No document is known of which the pass would
// make such an entry, so this makes one behind it.
func TestEntriesAlone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"<rss version='2.0'><channel><title>feed</title><item><title>1</title></item><item><title>2</title></item><item><title>3</title></item></channel></rss>",
		"<feed xmlns='http://www.w3.org/2005/Atom'><title>feed</title><entry><title>1</title></entry><entry><title>2</title></entry><entry><title>3</title></entry></feed>",
	} {
		root, ok := findRoot([]byte(body))
		if !ok {
			t.Fatal("no root")
		}
		out, err := rewrite([]byte(body), false, root, "")
		if err != nil {
			t.Fatal(err)
		}
		second := out.text[out.entries[1].start:out.entries[1].end]
		second[bytes.Index(second, []byte("title"))] = '<'
		doc, err := parseXML(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc.Entries) != 2 || doc.Entries[1].Title.Value != "3" || doc.Title.Value != "feed" {
			t.Errorf("%s: %+v", body, doc)
		}
		if diff := cmp.Diff([]string{"some entries could not be read"}, out.warnings()); diff != "" {
			t.Errorf("%s: warnings: -want +got:\n%s", body, diff)
		}
	}
}

// TestRootless: a feed whose outermost element was lost still has all its
// entries.
func TestRootless(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body, why string
		entries   int
	}{
		{"<entry xmlns='http://www.w3.org/2005/Atom'><title>1</title></entry>", "an entry document (RFC 4287 §2)", 1},
		{"<title>f</title><entry><title>1</title></entry><entry><title>2</title></entry></feed>", "the start of the feed was cut off", 2},
		{"<entry><title>1</title><entry><title>2</title></entry><entry><title>3</title>", "and the end too", 3},
		{"<channel><title>f</title><item><title>1</title></item><item><title>2</title></item></channel></rss>", "a channel alone", 2},
		{"<channel><title>f</title></channel><item><title>1</title></item><item><title>2</title></item>", "items behind the channel, as in RSS 1.0", 2},
	}
	for _, tt := range tests {
		doc, err := Parse([]byte(tt.body), Options{})
		if err != nil || len(doc.Entries) != tt.entries || doc.Entries[0].Title.Value != "1" {
			t.Errorf("%s (%s): %v, %+v", tt.body, tt.why, err, doc)
		}
	}
}

// TestAtomLinks shows which link an entry gets.
func TestAtomLinks(t *testing.T) {
	t.Parallel()
	tests := []struct{ entry, want, why string }{
		{"<link href='http://x/?a=1&amp;b=2'/>", "http://x/?a=1&b=2", "no relation means alternate"},
		{"<link rel='self' href='http://x/s'/><link rel='ALTERNATE' href='http://x/a'/>", "http://x/a", "relations ignore case"},
		{"<link type='text/plain' href='http://x/t'/><link href='http://x/h' type='text/html'/>", "http://x/h", "HTML first"},
		{"<link rel='http://www.iana.org/assignments/relation/alternate' href='http://x/a'/>", "http://x/a", "long form"},
		{"<link rel='alternate'>http://x/?a&amp;b</link>", "http://x/?a&b", "address between the tags"},
		{"<link xml:base='http://y/z/' href='?a&amp;amp;b'/>", "http://y/z/?a&amp;b", "own base; decoded once"},
		{"<id>http://x/id</id>", "http://x/id", "an id that is an address, for want of a link"},
		{"<id>urn:x</id>", "", "an id that is none"},
		{"<id>http://x/id</id><content src='http://x/c'/>", "http://x/c", "content elsewhere"},
	}
	for _, tt := range tests {
		doc, err := Parse([]byte("<feed xmlns='http://www.w3.org/2005/Atom'><entry>"+tt.entry+"</entry></feed>"), Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.entry, err)
		} else if got := doc.Entries[0].Link; got != tt.want || len(doc.Warnings) > 0 {
			t.Errorf("%s: link %q, want %q: %s (warnings %q)", tt.entry, got, tt.want, tt.why, doc.Warnings)
		}
	}
}

func TestParsePerson(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want news.Person
	}{
		{"jane@example.org (Jane Doe)", news.Person{Name: "Jane Doe", Email: "jane@example.org"}},
		{"Jane Doe (jane@example.org)", news.Person{Name: "Jane Doe", Email: "jane@example.org"}},
		{"Jane Doe <jane@example.org>", news.Person{Name: "Jane Doe", Email: "jane@example.org"}},
		{"mailto:jane@example.org (Jane)", news.Person{Name: "Jane", Email: "jane@example.org"}},
		{"jane@example.org", news.Person{Email: "jane@example.org"}},
		{" Jane Doe ", news.Person{Name: "Jane Doe"}},
		{"Jane (editor)", news.Person{Name: "Jane (editor)"}},
		{"@jane", news.Person{Name: "@jane"}},
		{"", news.Person{}},
	}
	for _, tt := range tests {
		if got := parsePerson(tt.in); got != tt.want {
			t.Errorf("parsePerson(%q) = %+v, want %+v", tt.in, got, tt.want)
		}
	}
}

// TestRawHash: the hash is stored, so its value must never change for the same
// entry, and must change with every field.
func TestRawHash(t *testing.T) {
	t.Parallel()
	entry := news.Entry{ID: "a", Title: news.Text{Value: "b"}, Authors: []news.Person{{Name: "c"}}}
	if got, want := hashEntry(&entry), uint64(0xd33a342b54071e9d); got != want {
		t.Errorf("hash %#x, want %#x: stored hashes would all be wrong", got, want)
	}
	changes := map[string]func(*news.Entry){
		"id":        func(e *news.Entry) { e.ID = "b" },
		"moved":     func(e *news.Entry) { e.ID, e.Base = "", "a" },
		"type":      func(e *news.Entry) { e.Title.Type = news.TextPlain },
		"author":    func(e *news.Entry) { e.Authors[0] = news.Person{Email: "c"} },
		"category":  func(e *news.Entry) { e.Categories = []string{""} },
		"enclosure": func(e *news.Entry) { e.Enclosures = []news.Enclosure{{}} },
		"origin":    func(e *news.Entry) { e.Origin = &news.Origin{} },
	}
	for name, change := range changes {
		changed := entry
		changed.Authors = append([]news.Person(nil), entry.Authors...)
		if change(&changed); hashEntry(&changed) == hashEntry(&entry) {
			t.Errorf("%s: the hash did not change", name)
		}
	}
}

// TestConcurrent parses the same bytes from several goroutines.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	body := readFile(t, "testdata/atom_1.0_full.xml")
	want, err := Parse(body, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, err := Parse(body, Options{})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("error %v, -want +got:\n%s", err, diff)
			}
		})
	}
	wait.Wait()
}
