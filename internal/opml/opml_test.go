package opml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/opml"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why, list string
		want      []opml.Subscription
	}{
		{"as the specification has it", `<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>
			<outline text="A" type="rss" title="A &amp; B" xmlUrl=" https://a.example/feed " htmlUrl="https://a.example/" category="/news/local,go"/></body></opml>`,
			[]opml.Subscription{{Title: "A & B", URL: "https://a.example/feed", Site: "https://a.example/", Tags: []string{"news/local", "go"}}}},
		{"folders are tags, and end", `<opml><body><outline text="Tech"><outline text="Go"><outline text="a" xmlUrl="u:a"/></outline>
			<outline text="b" xmlUrl="u:b"/></outline><outline text="c" xmlUrl="u:c"/></body></opml>`,
			[]opml.Subscription{{Title: "a", URL: "u:a", Tags: []string{"Tech", "Go"}}, {Title: "b", URL: "u:b", Tags: []string{"Tech"}}, {Title: "c", URL: "u:c"}}},
		{"other spellings of the names", `<OPML><Body><Outline TEXT="a" xmlurl="u:a" HTMLURL="s:a"></Outline></Body></OPML>`,
			[]opml.Subscription{{Title: "a", URL: "u:a", Site: "s:a"}}},
		{"feeds inside a feed's outline", `<opml><outline text="a" xmlUrl="u:a"><outline text="b" xmlUrl="u:b"/></outline></opml>`,
			[]opml.Subscription{{Title: "a", URL: "u:a"}, {Title: "b", URL: "u:b"}}},
		{"a bare & and an HTML entity", `<opml><outline text="R&D caf&eacute;" xmlUrl="https://a.example/?a=1&b=2"/></opml>`,
			[]opml.Subscription{{Title: "R&D café", URL: "https://a.example/?a=1&b=2"}}},
		{"another charset", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><opml><outline text=\"caf\xe9\" xmlUrl=\"u:a\"/></opml>",
			[]opml.Subscription{{Title: "café", URL: "u:a"}}},
		{"cut off", `<opml><body><outline text="a" xmlUrl="u:a"/><outline text="b" xmlU`,
			[]opml.Subscription{{Title: "a", URL: "u:a"}}},
		{"links and notes are no feeds", `<opml><outline type="link" text="a" url="https://a.example/"/><outline text="note"/></opml>`, nil},
		{"no subscription", `<opml version="2.0"><head/><body/></opml>`, nil},
	} {
		got, err := opml.Read(strings.NewReader(tc.list))
		if err != nil {
			t.Errorf("%s: %v", tc.why, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.why, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why, list string
		want      error
	}{
		{"nothing", "", opml.ErrNoOPML},
		{"a feed", `<rss version="2.0"><channel/></rss>`, opml.ErrNoOPML},
		{"a page", `<!DOCTYPE html><html><p>not found`, opml.ErrNoOPML},
		{"no XML", "https://a.example/feed\n", opml.ErrNoOPML},
		{"too large", "<opml>" + strings.Repeat(" ", 9<<20), opml.ErrLimit},
		{"too many", "<opml>" + strings.Repeat(`<outline xmlUrl="u"/>`, 20_001), opml.ErrLimit},
		{"too deep", "<opml>" + strings.Repeat(`<outline text="x">`, 100), opml.ErrLimit},
	} {
		if got, err := opml.Read(strings.NewReader(tc.list)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v and %v, want %v", tc.why, got, err, tc.want)
		}
	}
}

// Whatever is read, every subscription has an address, and none is lost or made
// up by a second reading.
func FuzzRead(f *testing.F) {
	f.Add(`<opml><outline text="a" xmlUrl="u:a"><outline xmlUrl="u:b"/></outline></opml>`)
	f.Fuzz(func(t *testing.T, list string) {
		first, err := opml.Read(strings.NewReader(list))
		if err != nil {
			return
		}
		for _, s := range first {
			if s.URL == "" {
				t.Error("a subscription without an address")
			}
		}
		again, err := opml.Read(strings.NewReader(list))
		if err != nil || !cmp.Equal(first, again) {
			t.Errorf("read again: %v", err)
		}
	})
}
