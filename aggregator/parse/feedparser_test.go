package parse

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"tributary/aggregator/normalize"
	"tributary/internal/news"
)

// deviations are the assertions of feedparser's tests that speak of fields we
// keep and that do not hold, each with the reason.
var deviations = map[string]string{
	"encoding/bozo_http_i18n.xml: bozo":                                                                                                                                               "a charset that two places tell differently is no mistake of the document",
	"encoding/bozo_http_text_plain.xml: bozo":                                                                                                                                         "the media type is of no interest",
	"wellformed/base/cdf_item_abstract_xml_base.xml: not bozo":                                                                                                                        "CDF looks like RSS without its outermost element",
	"encoding/double-encoded-html.xml: ord(entries[0]['description']) == 8230":                                                                                                        "what is well-formed is never guessed at",
	"wellformed/atom10/entry_category_term.xml: entries[0]['tags'][0]['term'] == 'atom10'":                                                                                            "a category has one name: its label, where it has one",
	"wellformed/base/cdf_item_abstract_xml_base.xml: entries[0]['summary_detail']['base'] == 'http://base.example.org/'":                                                              "CDF, which has not been met for many years",
	"wellformed/base/http_entry_id_base_content_location.xml: entries[0]['id'] == 'http://example.com/relative/link'":                                                                 "ids are identity: they stay verbatim",
	"wellformed/base/http_entry_id_base_docuri.xml: entries[0]['id'] == 'http://127.0.0.1:8097/relative/link'":                                                                        "ids are identity: they stay verbatim",
	"wellformed/base/http_feed_id_base_content_location.xml: feed['id'] == 'http://example.com/relative/link'":                                                                        "ids are identity: they stay verbatim",
	"wellformed/feedburner/feedburner_browserfriendly.xml: feed['info'] == 'This is an XML content feed. It is intended to be viewed in a newsreader or syndicated to another site.'": "a note for people who open the feed in a browser does not describe it",
	"wellformed/lang/http_content_language.xml: feed['language'] == 'en'":                                                                                                             "the language of a response is that of its intended audience (RFC 9110 §8.5), often the server's default",
	"wellformed/rss/item_description_not_a_doctype.xml: entries[0]['description'] == \"\"\"&lt;!' <a href=\"foo\">\"\"\"":                                                             "HTML parsers take “<!” for the start of a comment that ends at the next “>”",
	"wellformed/rss/rss_version_21.xml: version == 'rss20'":                                                                                                                           "the format is told as the document says it",
}

// TestFeedparser runs the parser tests of Python's feedparser, which lie
// outside the repository, as far as they speak of fields that we keep. The head
// comment of each file states what a result must satisfy, an expression in
// Python. It is compared after the differences that we want: texts as they are
// once sanitized, dates as instants, URLs absolute; "bozo", which is feedparser's
// word for a document that is not well-formed, means warnings. The test fails for an
// assertion that does not hold and is not in deviations, and for one that is
// and does.
func TestFeedparser(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "feedparser")
	if _, err := os.Stat(root); err != nil {
		t.Skip("feedparser's tests are not beside the repository")
	}
	var fields, verdicts tally
	unkept := 0
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".xml" {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		expect, results := runFeedparserTest(readFile(t, path))
		if expect == "" {
			t.Errorf("%s: no expectation", name)
		}
		for assertion, err := range results {
			if errors.Is(err, errNotKept) {
				unkept++
				continue
			}
			on := &fields
			if assertion == "bozo" || assertion == "not bozo" {
				on = &verdicts
			}
			on.kept++
			key := name + ": " + assertion
			reason, listed := deviations[key]
			seen[key] = true
			switch {
			case err == nil && listed:
				t.Errorf("%s holds now: take it off the list (%s)", key, reason)
			case err == nil || listed:
			default:
				t.Errorf("%s: %v", key, err)
			}
			if err == nil {
				on.held++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range deviations {
		if !seen[key] {
			t.Errorf("%s is listed, but there is no such assertion", key)
		}
	}
	t.Logf("%v about fields; %v about whether it is well-formed; %d more speak of what we don't keep", fields, verdicts, unkept)
}

// tally counts assertions.
type tally struct{ held, kept int }

func (n tally) String() string {
	return fmt.Sprintf("%d of %d assertions hold (%.1f %%)", n.held, n.kept, 100*float64(n.held)/float64(n.kept))
}

var (
	expectLine = regexp.MustCompile(`(?m)^\s*Expect:\s*(.*?)\s*$`)
	headerLine = regexp.MustCompile(`(?m)^\s*Header:\s*([\w-]+):\s*(.*?)\s*$`)
)

// feedparserURL is the address from which feedparser's tests are served.
const feedparserURL = "http://127.0.0.1:8097/tests/feed.xml"

// runFeedparserTest gives what the head of a test file expects, and for each of
// the assertions in it nil, [errNotKept] or what is wrong.
func runFeedparserTest(body []byte) (expect string, results map[string]error) {
	head := headOf(body)
	m := expectLine.FindStringSubmatch(head)
	if m == nil {
		return "", nil
	}
	opts := Options{URL: feedparserURL}
	for _, h := range headerLine.FindAllStringSubmatch(head, -1) {
		switch strings.ToLower(h[1]) {
		case "content-type":
			opts.ContentType = h[2]
		case "content-location":
			// feedparser takes it for the address of the document; to us the
			// address is what the caller says.
			opts.URL = resolveURL(opts.URL, h[2])
		}
	}
	doc, err := Parse(body, opts)
	var e *Error
	if errors.As(err, &e) && e.Empty {
		err = nil
	}
	results = map[string]error{}
	for _, assertion := range conjuncts(m[1]) {
		if err != nil {
			results[assertion] = err
			continue
		}
		value, err := evaluate(assertion, viewOf(doc, opts.URL))
		if err == nil && !truth(value) {
			err = fmt.Errorf("is not so in %+v", doc)
		}
		results[assertion] = err
	}
	return m[1], results
}

// headOf gives the start of a file as text, for the comment in it.
func headOf(body []byte) string {
	head := body[:min(len(body), 4<<10)]
	for _, decoder := range []interface {
		Bytes([]byte) ([]byte, error)
	}{
		unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder(),
		unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(),
		utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder(),
		utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewDecoder(),
	} {
		if text, err := decoder.Bytes(head); err == nil && strings.Contains(string(text), "Expect:") {
			return string(text)
		}
	}
	return string(head)
}

// viewOf gives a document in the shape of feedparser's result. What is not in
// it is what we don't keep. feedparser's names for one thing are many.
func viewOf(doc *news.Document, address string) record {
	v := viewer{doc: doc, base: resolveURL(address, doc.Base)}
	feed := record{
		"title": v.text(doc.Title), "title_detail": v.detail(doc.Title),
		"link": v.address(doc.Link), "links": v.links(doc.Link, doc.Self, nil),
		"id": v.string(doc.ID), "guid": v.string(doc.ID),
		"language":  languageOf(doc.Language),
		"generator": v.string(doc.Generator), "generator_detail": record{"name": v.string(doc.Generator)},
		"image": record{"href": v.address(doc.Image), "url": v.address(doc.Image)},
		"logo":  v.address(doc.Image), "icon": v.address(doc.Image),
		"tags": tagsOf(doc.Categories), "category": firstTag(doc.Categories),
		"updated": v.date(doc.Updated), "updated_parsed": v.date(doc.Updated), "modified_parsed": v.date(doc.Updated),
	}
	for _, name := range []string{"subtitle", "tagline", "description", "info"} {
		feed[name], feed[name+"_detail"] = v.text(doc.Description), v.detail(doc.Description)
	}
	for _, name := range []string{"rights", "copyright"} {
		feed[name], feed[name+"_detail"] = v.text(doc.Rights), v.detail(doc.Rights)
	}
	v.people(feed, doc.Authors)
	entries := []any{}
	for i := range doc.Entries {
		entries = append(entries, v.entry(&doc.Entries[i]))
	}
	return record{"feed": feed, "entries": entries, "version": v.version(), "bozo": len(doc.Warnings) > 0}
}

// viewer makes views of a document.
type viewer struct {
	doc  *news.Document
	base string // of its URLs
}

// entry gives an entry in the shape of feedparser's.
func (v viewer) entry(e *news.Entry) record {
	if e.Base != "" {
		v.base = resolveURL(v.base, e.Base)
	}
	language := languageOf(e.Language)
	summary := firstText(e.Summary, e.Content)
	out := record{
		"title": v.text(e.Title), "title_detail": v.detail(e.Title),
		"summary": v.text(summary), "summary_detail": v.detail(e.Summary), "description": v.text(summary),
		"link": v.address(e.Link), "links": v.links(e.Link, "", e.Enclosures),
		"id": v.string(e.ID), "guid": v.string(e.ID),
		"comments": v.address(e.Comments),
		"rights":   v.text(e.Rights), "copyright": v.text(e.Rights), "license": v.text(e.Rights),
		"tags": tagsOf(e.Categories), "category": firstTag(e.Categories),
		"image":     record{"href": v.address(e.Image), "url": v.address(e.Image)},
		"published": v.date(e.Published), "published_parsed": v.date(e.Published),
		"updated": v.date(e.Updated), "updated_parsed": v.date(e.Updated),
		"created": v.date(e.Published), "created_parsed": v.date(e.Published),
		"language": language, "content": []any{},
		"enclosures": v.enclosures(e.Enclosures),
	}
	if !e.Content.IsZero() {
		content := v.detail(e.Content)
		content["language"] = language
		out["content"] = []any{content}
	} else if e.Link != "" && strings.HasPrefix(v.doc.Format, "atom") {
		out["content"] = []any{record{"src": v.address(e.Link)}}
	} else if !e.Summary.IsZero() {
		out["summary_detail"].(record)["language"] = language
	} else {
		out["title_detail"].(record)["language"] = language
	}
	v.people(out, e.Authors)
	if o := e.Origin; o != nil {
		source := record{
			"title": v.plain(o.Title), "title_detail": record{"value": v.plain(o.Title)}, "id": v.string(o.ID),
			"link": v.address(o.Link), "href": v.address(o.Link), "links": v.links(o.Link, "", nil), "rights": v.text(e.Rights),
		}
		v.people(source, e.Authors)
		out["source"] = source
	}
	return out
}

// people adds authors.
func (v viewer) people(to record, list []news.Person) {
	details := []any{}
	for _, p := range list {
		details = append(details, record{
			"name": v.plain(p.Name), "email": v.string(p.Email), "href": v.address(p.URL), "url": v.address(p.URL),
		})
	}
	to["author"], to["author_detail"], to["authors"] = absent{}, absent{}, details
	if len(list) > 0 {
		p := list[0]
		to["author_detail"] = details[0]
		to["author"] = firstOf(p.Name, p.Email, p.URL)
		if p.Name != "" && p.Email != "" {
			to["author"] = p.Name + " (" + p.Email + ")"
		}
	}
}

// linkList is a list of links. We keep those that mean something to us, not all
// and not in their order: where it is not the only one, a place says nothing.
type linkList []any

// links gives the links that we keep.
func (v viewer) links(alternate, self string, files []news.Enclosure) linkList {
	list := linkList{}
	add := func(rel, href string) {
		if href != "" {
			list = append(list, record{"rel": rel, "href": v.address(href)})
		}
	}
	add("alternate", alternate)
	add("self", self)
	for _, f := range files {
		add("enclosure", f.URL)
	}
	return list
}

func (v viewer) enclosures(files []news.Enclosure) []any {
	list := []any{}
	for _, f := range files {
		list = append(list, record{
			"url": v.address(f.URL), "href": v.address(f.URL), "type": v.string(f.Type), "length": fmt.Sprint(f.Length),
		})
	}
	return list
}

// detail gives a text with its properties.
func (v viewer) detail(t news.Text) record {
	if t.IsZero() {
		return record{"value": absent{}, "type": absent{}, "base": absent{}}
	}
	base := v.base
	if t.Base != "" {
		base = resolveURL(base, t.Base)
	}
	return record{"value": v.text(t), "type": mediaTypes[t.Type], "base": base}
}

// mediaTypes are what feedparser calls the types of texts.
var mediaTypes = map[news.TextType]string{
	news.TextPlain: "text/plain", news.TextHTML: "text/html", news.TextXHTML: "application/xhtml+xml", "": "text/html",
}

// version is feedparser's name of the format.
func (v viewer) version() any {
	return strings.NewReplacer(" ", "", ".", "").Replace(v.doc.Format)
}

func (v viewer) string(s string) any {
	if s == "" {
		return absent{}
	}
	return s
}

func (v viewer) plain(s string) any {
	if s == "" {
		return absent{}
	}
	return textMatcher{text: news.Text{Value: s}, base: v.base}
}

func (v viewer) text(t news.Text) any {
	if t.IsZero() {
		return absent{}
	}
	return textMatcher{text: t, base: v.base}
}

func (v viewer) address(s string) any {
	if s == "" {
		return absent{}
	}
	return resolveURL(v.base, s)
}

func (v viewer) date(t time.Time) any {
	if t.IsZero() {
		return absent{}
	}
	return dateMatcher(t)
}

// languageOf gives a language as feedparser does: None for none.
func languageOf(s string) any {
	if s == "" {
		return nil
	}
	return strings.ReplaceAll(s, "_", "-")
}

func tagsOf(categories []string) []any {
	list := []any{}
	for _, c := range categories {
		list = append(list, record{"term": c, "label": c})
	}
	return list
}

func firstTag(categories []string) any {
	if len(categories) == 0 {
		return absent{}
	}
	return categories[0]
}

// textMatcher equals the texts that look the same once sanitized.
type textMatcher struct {
	text news.Text
	base string
}

func (m textMatcher) String() string { return m.text.Value }

func (m textMatcher) matches(want any) bool {
	s, ok := want.(string)
	if !ok {
		return false
	}
	if m.text.Value == s {
		return true
	}
	if m.text.Type == news.TextPlain {
		return strings.Join(strings.Fields(m.text.Value), " ") == strings.Join(strings.Fields(s), " ")
	}
	return m.sanitized(m.text) == m.sanitized(news.Text{Value: unwrapDiv(s)})
}

func (m textMatcher) sanitized(t news.Text) string {
	if u, err := url.Parse(t.Base); err == nil && u.Scheme == "" {
		t.Base = resolveURL(m.base, t.Base)
	}
	t.Value = unwrapDiv(t.Value)
	doc := news.Document{Entries: []news.Entry{{ID: "1", Base: m.base, Content: t}}}
	return normalize.New().Batch(&doc, normalize.Options{URL: m.base}).Stories[0].Content
}

// dateMatcher equals a date in words and a time tuple in UTC.
type dateMatcher time.Time

func (m dateMatcher) matches(want any) bool {
	t := time.Time(m)
	switch want := want.(type) {
	case string:
		date, ok := parseDate(want)
		return ok && date.Equal(t)
	case []any:
		tuple := []any{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), int(t.Weekday()+6) % 7, t.YearDay(), 0}
		return equal(tuple, want)
	}
	return false
}
