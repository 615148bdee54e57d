package publisher

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tributary/internal/codec"
)

func feedDraft(body string) Draft {
	return Draft{
		Path: "/latest.rss", Kind: KindFeed, ContentType: "application/rss+xml; charset=utf-8",
		Links: []string{`<https://example.org/latest.rss>; rel="self"`},
		Body:  []byte(body), LastModified: noon.Add(300 * time.Millisecond),
	}
}

var longText = strings.Repeat("<item>the same words again</item>\n", 100)

// value gives a header field's only value; "" when it is missing.
func value(t *testing.T, fields []Field, name string) string {
	t.Helper()
	for _, f := range fields {
		if f.Name == name {
			if len(f.Values) != 1 {
				t.Fatalf("%s has %d values", name, len(f.Values))
			}
			return f.Values[0]
		}
	}
	return ""
}

func TestNewRendition(t *testing.T) {
	t.Parallel()
	r := NewRendition(feedDraft(longText), nil)
	if r.Gzip == nil || len(r.Gzip.Body) >= len(longText) {
		t.Fatal("no gzip, or not smaller")
	}
	if r.Brotli != nil || !r.untried {
		t.Error("brotli must wait for the background")
	}
	done := r.WithBrotli(brotlied(r.Body))
	if done.Brotli == nil || done.untried || done.Gzip == nil {
		t.Fatal("brotli was not added, or gzip lost")
	}
	tags := []string{done.Plain.ETag, done.Gzip.ETag, done.Brotli.ETag}
	slices.Sort(tags)
	if len(slices.Compact(tags)) != 3 {
		t.Errorf("codings share an ETag: %q", tags)
	}
	for coding, v := range map[string]*Variant{"": done.Plain, "gzip": done.Gzip, "br": done.Brotli} {
		checkVariant(t, done, coding, v)
	}
}

func checkVariant(t *testing.T, r *Rendition, coding string, v *Variant) {
	t.Helper()
	if r.Lookup(coding) != v {
		t.Errorf("Lookup(%q) gives another variant", coding)
	}
	reader, err := codec.Decode(coding, bytes.NewReader(v.Body), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(reader); err != nil || plain.String() != longText {
		t.Errorf("%q does not decode to the body: %v", coding, err)
	}
	for name, want := range map[string]string{
		"Content-Encoding": coding, "Content-Length": strconv.Itoa(len(v.Body)), "Etag": v.ETag,
		"Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT", "Vary": "Accept-Encoding",
		"Content-Type": r.ContentType, "Link": r.Links[0], "X-Content-Type-Options": "nosniff",
	} {
		if got := value(t, v.Header, name); got != want {
			t.Errorf("%q: %s is %q, want %q", coding, name, got, want)
		}
	}
	checkLines(t, v.Lines(), v.Header)
	checkLines(t, v.RevalidatedLines(), v.Revalidated)
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
		if got := value(t, v.Revalidated, name); got != "" {
			t.Errorf("%q: a 304 has %s", coding, name)
		}
	}
	for _, name := range []string{"Etag", "Last-Modified", "Cache-Control", "Vary", "Link"} {
		if value(t, v.Revalidated, name) == "" {
			t.Errorf("%q: a 304 lacks %s", coding, name)
		}
	}
}

// checkLines reads lines back: they are the fields.
func checkLines(t *testing.T, lines []byte, fields []Field) {
	t.Helper()
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(slices.Clone(lines), "\r\n"...))))
	header, err := reader.ReadMIMEHeader()
	if err != nil || len(header) != len(fields) {
		t.Errorf("%d fields, %v; want %d from %q", len(header), err, len(fields), lines)
	}
	for _, f := range fields {
		if !slices.Equal(header[f.Name], f.Values) {
			t.Errorf("%s is %q, want %q", f.Name, header[f.Name], f.Values)
		}
	}
}

// A value that would be two lines is sent as one.
func TestLinesCannotBeForged(t *testing.T) {
	t.Parallel()
	draft := feedDraft(longText)
	draft.Links = []string{"<https://example.org/>; title=\"a\r\nSet-Cookie: b\""}
	if lines := string(NewRendition(draft, nil).Plain.Lines()); strings.Contains(lines, "\nSet-Cookie") {
		t.Errorf("lines %q", lines)
	}
}

func TestNewRenditionCompressesWhatGains(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 4096)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for _, tc := range []struct {
		why, contentType string
		body             []byte
		want             bool
	}{
		{"text", "text/html; charset=utf-8", []byte(longText), true},
		{"structured syntax", "application/feed+json; charset=utf-8", []byte(longText), true},
		{"a drawing is text", "image/svg+xml", []byte(longText), true},
		{"tiny", "text/html; charset=utf-8", []byte("<p>short, short, short, short</p>"), false},
		{"compressed already", "image/png", []byte(longText), false},
		{"it would grow", "text/plain; charset=utf-8", noise, false},
	} {
		r := NewRendition(Draft{Path: "/x", Kind: KindFile, ContentType: tc.contentType, Body: tc.body}, nil)
		if got := r.Gzip != nil; got != tc.want {
			t.Errorf("%s: gzip %t, want %t", tc.why, got, tc.want)
		}
	}
	if brotlied(noise) != nil {
		t.Error("brotli keeps a larger body")
	}
}

func TestNewRenditionKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	before := NewRendition(feedDraft(longText), nil)
	before = before.WithBrotli(brotlied(before.Body))

	same := feedDraft(longText)
	same.LastModified = noon.Add(time.Hour)
	if NewRendition(same, before) != before {
		t.Error("the same bytes made another rendition")
	}

	moved := feedDraft(longText)
	moved.Links = []string{`<https://example.com/latest.rss>; rel="self"`}
	after := NewRendition(moved, before)
	if after == before || value(t, after.Gzip.Header, "Link") != moved.Links[0] {
		t.Error("a new header was not taken")
	}
	if after.Brotli == nil || &after.Brotli.Body[0] != &before.Brotli.Body[0] || after.Plain.ETag != before.Plain.ETag {
		t.Error("the same bytes were compressed again")
	}

	changed := NewRendition(feedDraft(longText+"!"), before)
	if changed.Plain.ETag == before.Plain.ETag || changed.Brotli != nil {
		t.Error("new bytes with an old tag or old coding")
	}
}

func TestNewRenditionOnTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := NewRendition(feedDraft(longText), nil), NewRendition(feedDraft(longText), nil)
	if a.Gzip.ETag != b.Gzip.ETag || !bytes.Equal(a.Gzip.Body, b.Gzip.Body) {
		t.Error("the same draft gives different renditions")
	}
}

// Dates of other bytes never go back, and never lie: a date that two of them
// had proves nothing.
func TestNewRenditionDates(t *testing.T) {
	t.Parallel()
	first := NewRendition(feedDraft(longText), nil)
	for _, tc := range []struct {
		why    string
		at     time.Time
		want   time.Time
		shared bool
	}{
		{"later", noon.Add(time.Minute), noon.Add(time.Minute), false},
		{"within the same second", noon.Add(900 * time.Millisecond), noon, true},
		{"the clock went back", noon.Add(-time.Hour), noon, true},
		{"no date at all", time.Time{}, time.Time{}, false},
	} {
		draft := feedDraft(longText + tc.why)
		draft.LastModified = tc.at
		got := NewRendition(draft, first)
		if !got.LastModified.Equal(tc.want) || got.DateShared != tc.shared {
			t.Errorf("%s: %v, shared %t; want %v, %t", tc.why, got.LastModified, got.DateShared, tc.want, tc.shared)
		}
	}
}
