package discover_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator/discover"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

func newFinder(t *testing.T, steps *[]string) *discover.Finder {
	t.Helper()
	client := safehttp.New(safehttp.Options{})
	t.Cleanup(client.CloseIdle)
	return discover.New(discover.Options{
		Fetcher:       fetch.New(fetch.Options{Client: client, Version: "test"}),
		AllowNetworks: upstreamtest.Loopback,
		Step: func(address string) {
			if steps != nil {
				*steps = append(*steps, address)
			}
		},
	})
}

// rdf is an RSS 1.0 document.
const rdf = `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://e.example/"><title>RDF</title><link>https://e.example/</link><description>d</description></channel>
<item rdf:about="https://e.example/1"><title>One</title><link>https://e.example/1</link></item></rdf:RDF>`

// site sets pages and feeds: path, then content, in turn. HOST in a page is
// the server's own address.
func site(up *upstreamtest.Server, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		body := strings.ReplaceAll(pairs[i+1], "HOST", up.URL(""))
		if strings.HasPrefix(body, "<!") || strings.HasPrefix(body, "<html") {
			up.Set(pairs[i], body, "Content-Type", "text/html; charset=utf-8")
		} else {
			up.Set(pairs[i], body)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	rss := upstreamtest.RSS("A blog", upstreamtest.Items(4)...)
	atom := upstreamtest.Atom("Atom", upstreamtest.Items(2)...)
	json := upstreamtest.JSON("JSON", upstreamtest.Items(2)...)
	replies := upstreamtest.RSS("Comments on a blog", upstreamtest.Items(1)...)
	const html = "<!DOCTYPE html><html><head><title>Home</title>"
	cases := []struct {
		reason string
		ask    string
		pages  []string
		want   []string // "via type path", in order
	}{
		{"a feed is itself the answer", "/feed", []string{"/feed", rss}, []string{"address rss 2.0 /feed"}},
		{"so is Atom", "/feed", []string{"/feed", atom}, []string{"address atom 1.0 /feed"}},
		{"so is JSON Feed", "/feed", []string{"/feed", json}, []string{"address json 1.1 /feed"}},
		{"so is RDF", "/feed", []string{"/feed", rdf}, []string{"address rss 1.0 /feed"}},
		{"a declared feed, relative address", "/blog/", []string{"/blog/", html + `<link rel="alternate" type="application/rss+xml" href="x.rss">`, "/blog/x.rss", rss},
			[]string{"link rss 2.0 /blog/x.rss"}},
		{"<base> counts, the first one", "/", []string{"/", html + `<base href="/deep/"><base href="/no/"><link rel=alternate type=application/atom+xml href=a>`, "/deep/a", atom},
			[]string{"link atom 1.0 /deep/a"}},
		{"several, in the order of the page", "/", []string{"/", html + `<link rel="alternate" type="application/feed+json" href="/b.json"><LINK REL="Alternate feed" TYPE="Application/RSS+XML; charset=utf-8" HREF="/a.rss">`,
			"/a.rss", rss, "/b.json", json}, []string{"link json 1.1 /b.json", "link rss 2.0 /a.rss"}},
		{"comments come last, by title or address", "/", []string{"/", html + `<link rel="alternate" type="application/rss+xml" title="Home &raquo; Comments Feed" href="/c"><link rel="alternate" type="application/rss+xml" href="/comments/feed/"><link rel="alternate" type="application/rss+xml" href="/a">`,
			"/c", replies, "/comments/feed/", upstreamtest.RSS("C", upstreamtest.Items(2)...), "/a", rss},
			[]string{"link rss 2.0 /a", "link rss 2.0 /c", "link rss 2.0 /comments/feed/"}},
		{"what is declared but no feed is left out", "/", []string{"/", html + `<link rel="alternate" type="application/rss+xml" href="/gone"><link rel="alternate" type="application/rss+xml" href="/page"><link rel="alternate" type="application/rss+xml" href="/a">`,
			"/page", html, "/a", rss}, []string{"link rss 2.0 /a"}},
		{"types that aren't feeds are never asked", "/", []string{"/", html + `<link rel="alternate" type="application/json+oembed" href="/o"><link rel="alternate" type="application/json" href="/wp-json/x"><link rel="alternate stylesheet" type="application/rss+xml" href="/s"><link rel="alternate" hreflang="de" href="/de"><a href="/rss.xml">x</a>`,
			"/o", rss, "/wp-json/x", json, "/s", rss, "/de", rss, "/rss.xml", atom}, []string{"anchor atom 1.0 /rss.xml"}},
		{"XML without a telling type comes after", "/", []string{"/", html + `<link rel="alternate" type="text/xml" href="/a.xml"><link rel="alternate" type="application/atom+xml" href="/b">`,
			"/a.xml", rss, "/b", atom}, []string{"link atom 1.0 /b", "link rss 2.0 /a.xml"}},
		{"the same feed by two addresses is one", "/", []string{"/", html + `<link rel="alternate" type="application/rss+xml" href="/a"><link rel="alternate" type="application/rss+xml" href="/a#x"><link rel="alternate" type="application/rss+xml" href="//` + "HOSTPORT" + `/a">`,
			"/a", rss}, []string{"link rss 2.0 /a"}},
		{"a link in the text, by address or words", "/", []string{"/", html + `<body><a href="/about">About</a><a href="/y"><img alt="RSS feed"></a><a href="/x/feed/">Subscribe</a><a href="mailto:a@b.example">feed</a>`,
			"/about", rss, "/y", atom, "/x/feed/", rss}, []string{"anchor rss 2.0 /x/feed/", "anchor atom 1.0 /y"}},
		{"a link in the body counts too", "/", []string{"/", html + `</head><body><p>Hi</p><link rel="alternate" type="application/rss+xml" href="/a">`, "/a", rss}, []string{"link rss 2.0 /a"}},
		{"a usual address, the first that is one", "/", []string{"/", html, "/atom.xml", atom, "/index.xml", rss}, []string{"guess atom 1.0 /atom.xml"}},
		{"below the page's own folder first", "/blog", []string{"/blog", html, "/feed", atom, "/blog/index.xml", rss}, []string{"guess rss 2.0 /blog/index.xml"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			for i := range c.pages {
				c.pages[i] = strings.ReplaceAll(c.pages[i], "HOSTPORT", strings.TrimPrefix(up.URL(""), "http://"))
			}
			site(up, c.pages...)
			found, err := newFinder(t, nil).Find(t.Context(), up.URL(c.ask))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%s %s %s", f.Via, f.Type, strings.TrimPrefix(f.URL, up.URL(""))))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFindTellsWhatIsThere(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	found, err := newFinder(t, nil).Find(t.Context(), up.Feed("/a", upstreamtest.RSS("A blog", upstreamtest.Items(5)...)))
	if err != nil {
		t.Fatal(err)
	}
	date := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	story := func(n int) discover.Story {
		return discover.Story{Title: fmt.Sprintf("Story %d", n), Link: fmt.Sprintf("https://example.org/story/%d", n), Date: date(n)}
	}
	want := []discover.Candidate{{
		URL: up.URL("/a"), Title: "A blog", Site: "https://example.org/", Type: "rss 2.0", Via: discover.ViaAddress,
		Stories: 5, Newest: []discover.Story{story(5), story(4), story(3)},
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFindSortsTheNewestFirst(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	old, middle, fresh := upstreamtest.NewItem(1), upstreamtest.NewItem(2), upstreamtest.NewItem(3)
	found, err := newFinder(t, nil).Find(t.Context(), up.Feed("/a", upstreamtest.RSS("A", middle, old, fresh)))
	if err != nil || found[0].Newest[0].Title != "Story 3" || found[0].Newest[2].Title != "Story 1" {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestFindAFeedWithoutStories(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	found, err := newFinder(t, nil).Find(t.Context(), up.Feed("/a", upstreamtest.RSS("New")))
	if err != nil || len(found) != 1 || found[0].Stories != 0 || len(found[0].Trouble) == 0 {
		t.Errorf("got %+v, %v; want the feed and its trouble", found, err)
	}
}

func TestFindFollowsMoves(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	feed := up.Feed("/new", upstreamtest.RSS("A", upstreamtest.Items(1)...))
	up.Script("/forever", upstreamtest.Redirect(301, "/new"))
	up.Script("/today", upstreamtest.Redirect(302, "/new"))
	for ask, want := range map[string]string{"/forever": feed, "/today": up.URL("/today")} {
		found, err := newFinder(t, nil).Find(t.Context(), up.URL(ask))
		if err != nil || found[0].URL != want {
			t.Errorf("%s: found %+v, %v; want %s", ask, found, err, want)
		}
	}
}

func TestFindWithoutAFeed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, body string
		want         []string // in the error
	}{
		{"a page", "<!DOCTYPE html><title>Hello \x1b[31mthere\u202e</title>", []string{"an HTML page titled “Hello", "/feed.json: status 404", "name the feed's own address"}},
		{"another document", `<?xml version="1.0"?><opml><body/></opml>`, []string{"an OPML list of feeds"}},
		{"nothing", "", []string{"an empty body"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			_, err := newFinder(t, nil).Find(t.Context(), up.Feed("/", c.body))
			var failure *discover.Error
			if !errors.As(err, &failure) {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.ContainsAny(err.Error(), "\x1b\u202e") {
				t.Errorf("error %q can play with a terminal", err)
			}
		})
	}
}

func TestFindTellsAFailedRequest(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	_, err := newFinder(t, nil).Find(t.Context(), up.URL("/nowhere"))
	var failure *fetch.Error
	if !errors.As(err, &failure) || failure.Cause != news.CauseNotFound {
		t.Errorf("error %v, want that of the request", err)
	}
	for _, bad := range []string{"", "ftp://e.example/", "http://", "https://[", "file:///etc/passwd"} {
		if _, err := newFinder(t, nil).Find(t.Context(), bad); err == nil {
			t.Errorf("%q was searched", bad)
		}
	}
}

func TestFindIsFew(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	var page strings.Builder
	page.WriteString("<!DOCTYPE html>")
	for i := range 5000 {
		fmt.Fprintf(&page, `<link rel="alternate" type="application/rss+xml" href="/l%d"><a href="/feed/%d">RSS</a>`, i, i)
	}
	up.Set("/", page.String(), "Content-Type", "text/html")
	if _, err := newFinder(t, nil).Find(t.Context(), up.URL("/")); err == nil {
		t.Fatal("a feed was found")
	}
	if n := up.Total(); n != 16 {
		t.Errorf("%d requests, want 16", n)
	}
}

func TestFindStopsWhereItIsTurnedAway(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/", "<!DOCTYPE html><title>x</title>", "Content-Type", "text/html")
	up.Script("/feed", upstreamtest.Status(429))
	_, err := newFinder(t, nil).Find(t.Context(), up.URL("/"))
	if n := up.Total(); err == nil || n != 2 {
		t.Errorf("%d requests after a 429 to the second, want none; error %v", n-2, err)
	}
}

// TestFindStaysOutside: what a page links to is guarded like any address.
func TestFindStaysOutside(t *testing.T) {
	t.Parallel()
	up, inside := upstreamtest.New(t), upstreamtest.New(t)
	secret := inside.Feed("/a", upstreamtest.RSS("Secret", upstreamtest.Items(1)...))
	up.Set("/", `<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="`+strings.Replace(secret, "127.0.0.1", "[::ffff:10.0.0.1]", 1)+
		`"><link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">`, "Content-Type", "text/html")
	_, err := newFinder(t, nil).Find(t.Context(), up.URL("/"))
	if err == nil || !strings.Contains(err.Error(), "not a public address") || strings.Contains(err.Error(), "passwd") {
		t.Errorf("error %v", err)
	}
}

// fake answers from memory, for virtual time.
type fake struct {
	pages map[string]string
	at    []time.Time
}

func (f *fake) Fetch(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	f.at = append(f.at, time.Now())
	body, ok := f.pages[r.Source.URL]
	switch {
	case ok:
		return &fetch.Response{URL: r.Source.URL, ContentType: "text/html", Body: []byte(body)}, nil
	case strings.HasPrefix(r.Source.URL, "https:"):
		return nil, &fetch.Error{Cause: news.CauseConnect, Detail: "refused"}
	}
	return nil, &fetch.Error{Cause: news.CauseNotFound, Status: 404, Detail: "status 404"}
}

func TestFindPausesBetweenRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{pages: map[string]string{"http://e.example/": "<!DOCTYPE html><title>x</title>"}}
		finder := discover.New(discover.Options{Fetcher: f, Delay: 2 * time.Second})
		if _, err := finder.Find(t.Context(), "http://e.example/"); err == nil {
			t.Fatal("a feed was found")
		}
		for i := 1; i < len(f.at); i++ {
			if pause := f.at[i].Sub(f.at[i-1]); pause < 2*time.Second {
				t.Errorf("request %d came %v after the one before", i, pause)
			}
		}
		if len(f.at) < 5 {
			t.Errorf("%d requests", len(f.at))
		}
	})
}

func TestFindWithoutAScheme(t *testing.T) {
	t.Parallel()
	f := &fake{pages: map[string]string{
		"http://e.example":   `<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="/a">`,
		"http://e.example/a": upstreamtest.RSS("A", upstreamtest.Items(1)...),
	}}
	found, err := discover.New(discover.Options{Fetcher: f}).Find(t.Context(), " e.example ")
	if err != nil || len(f.at) != 3 || found[0].URL != "http://e.example/a" {
		t.Errorf("found %+v, %v after %d requests; want https, then http", found, err, len(f.at))
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{pages: map[string]string{"http://e.example/": "<!DOCTYPE html>"}}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := discover.New(discover.Options{Fetcher: f, Delay: 2 * time.Second}).Find(ctx, "http://e.example/")
		if !errors.Is(err, context.DeadlineExceeded) || len(f.at) != 2 {
			t.Errorf("error %v after %d requests", err, len(f.at))
		}
	})
}

// FuzzFind: whatever a page is, the search ends within its limits, and what it
// gives out as addresses is http or https.
func FuzzFind(f *testing.F) {
	f.Add(`<base href="//x"><link rel=alternate type=application/rss+xml href="feed://a/b"><a href=" /rss ">f`)
	f.Add(`<a href="http://[::1]:x/feed">rss</a><link rel="alternate" type="text/xml" href="\x00">`)
	f.Fuzz(func(t *testing.T, body string) {
		fake := &fake{pages: map[string]string{"http://e.example/": body}}
		_, err := discover.New(discover.Options{Fetcher: fake}).Find(t.Context(), "http://e.example/")
		if len(fake.at) > 16 {
			t.Errorf("%d requests", len(fake.at))
		}
		var failure *discover.Error
		if errors.As(err, &failure) {
			for _, attempt := range failure.Tried {
				if !strings.HasPrefix(attempt.URL, "http://") && !strings.HasPrefix(attempt.URL, "https://") {
					t.Errorf("%q was asked", attempt.URL)
				}
			}
		}
	})
}
