package main

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// subscriber is another program that subscribes to feeds.
type subscriber struct {
	name    string
	probe   []string // succeeds where it is installed; nil: it always is
	formats []string // that it can read
	// answers are the statuses of its polls: a 304 where it asks whether the
	// feed has changed since (RFC 9110 §13.1).
	answers []int
	// sorts: it brings stories into an order of its own, by date.
	sorts bool
	// poll makes it look for news and gives all stories that it then knows.
	poll func(*subscription) []readStory
}

var (
	asking    = []int{http.StatusOK, http.StatusNotModified}
	notAsking = []int{http.StatusOK, http.StatusOK}
	// askingLate is newsboat, which keeps validators only for feeds that it has
	// in its database before it polls.
	askingLate = []int{http.StatusOK, http.StatusOK, http.StatusNotModified}
)

var subscribers = []subscriber{
	{
		name: "newsboat", probe: []string{"newsboat", "-v"}, formats: []string{"rss", "atom"}, answers: askingLate,
		poll: (*subscription).newsboat,
	},
	{
		name: "sfeed", probe: []string{"sh", "-c", "command -v sfeed_update && command -v curl"}, formats: []string{"rss", "atom"},
		answers: asking, sorts: true, poll: (*subscription).sfeed,
	},
	{
		name: "rss2email", probe: []string{"r2e", "--version"}, formats: []string{"rss", "atom"}, answers: asking,
		poll: (*subscription).rss2email,
	},
	{
		name: readers[0].name, probe: readers[0].probe, formats: readers[0].formats, answers: asking,
		poll: (*subscription).feedparser,
	},
	{
		name: "rss-parser (npm --prefix cmd/tributary/testdata/readers install)", probe: nodeProbe("rss-parser"),
		formats: []string{"rss", "atom"}, answers: notAsking, poll: (*subscription).rssParser,
	},
	{name: "gofeed", formats: []string{"rss", "atom", "json"}, answers: notAsking, poll: (*subscription).gofeed},
}

// TestSubscribers lets real readers subscribe to a running server: each finds
// the stories of our JSON Feed in their order, and none is told a second time
// what it knows if it asks.
func TestSubscribers(t *testing.T) {
	t.Parallel()
	address := serveOdd(t)
	_, feed := get(t, address+"/latest.json")
	want := ownStories(t, feed)
	if len(want) < 13 {
		t.Fatalf("the feed has %d stories, want 13 or more", len(want))
	}
	for _, reader := range subscribers {
		t.Run(reader.name, func(t *testing.T) {
			t.Parallel()
			if reader.probe != nil {
				tool(t, reader.name, reader.probe...)
			}
			for _, format := range reader.formats {
				observed := observe(t, address)
				s := &subscription{t: t, dir: t.TempDir(), url: observed.url + "/latest." + format}
				for poll := range reader.answers {
					got := reader.poll(s)
					if reader.sorts {
						settleTies(want, got)
					}
					allowStandIns(want, got, format)
					if diff := cmp.Diff(want, got, ignoreRest); diff != "" {
						t.Errorf("poll %d of %s reads otherwise than our JSON (-json +%s):\n%s", poll+1, format, format, diff)
					}
				}
				if got := observed.seen(); !slices.Equal(got, reader.answers) {
					t.Errorf("polls of %s were answered with %v, want %v", format, got, reader.answers)
				}
			}
		})
	}
}

// serveOdd serves stories that are hard to write down, a podcast, and an
// article. It gives the address once all are there.
func serveOdd(t *testing.T) string {
	t.Helper()
	s := newTestSite(t, siteConfig+sourceConfig("odd", "file:odd.json")+sourceConfig("cast", "file:cast.xml"))
	s.copyReaderData("odd.json", "cast.xml")
	s.write("articles/hello.md", "---\ntitle: Hello & welcome\ndate: 2026-10-01\n---\n\nOur own *words*.\n")
	address, _ := s.serve()
	for _, title := range []string{"Same second", "Episode", "welcome"} {
		await(t, address+"/latest.json", title)
	}
	return address
}

// settleTies brings stories of one date, which readers that sort by dates may
// show in any order, into ours.
func settleTies(want, got []readStory) {
	for from := 0; from < min(len(want), len(got)); {
		to := from
		for to < min(len(want), len(got)) && want[to].date.Equal(want[from].date) {
			to++
		}
		place := func(s readStory) int {
			return slices.IndexFunc(want, func(w readStory) bool { return w.ID == s.ID })
		}
		slices.SortStableFunc(got[from:to], func(a, b readStory) int { return place(a) - place(b) })
		from = to
	}
}

// observer stands before a server and notes its answers.
type observer struct {
	url      string
	mu       sync.Mutex
	statuses []int
}

func observe(t *testing.T, address string) *observer {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	o := new(observer)
	proxy := httputil.NewSingleHostReverseProxy(to)
	transport := &http.Transport{DisableCompression: true} // what readers accept is theirs to say
	t.Cleanup(transport.CloseIdleConnections)
	proxy.Transport = transport
	proxy.ModifyResponse = func(response *http.Response) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.statuses = append(o.statuses, response.StatusCode)
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

func (o *observer) seen() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.statuses)
}

// ownStories are the stories of our own JSON Feed.
func ownStories(t *testing.T, feed string) []readStory {
	t.Helper()
	var doc struct {
		Items []struct {
			ID, Title, URL string
			Date           time.Time                             `json:"date_published"`
			Tributary      struct{ Source struct{ URL string } } `json:"_tributary"`
		}
	}
	if err := json.Unmarshal([]byte(feed), &doc); err != nil {
		t.Fatal(err)
	}
	stories := make([]readStory, len(doc.Items))
	for i, item := range doc.Items {
		stories[i] = readStory{ID: item.ID, Title: item.Title, Link: item.URL, date: item.Date, home: item.Tributary.Source.URL}
	}
	return stories
}

// allowStandIns takes out of got what may differ:
//
//  1. an Atom entry must have a title (RFC 4287 §4.1.2), so a story without
//     one is given the beginning of its text; in RSS, readers invent one;
//  2. RSS doesn't say whether a title is text or HTML, so a reader may take
//     it for HTML;
//  3. of an entry without a link, a reader may take the id for the link, or
//     the page of its source.
func allowStandIns(want, got []readStory, format string) {
	for i := range min(len(want), len(got)) {
		if want[i].Title == "" {
			got[i].Title = ""
		}
		if format == "rss" && got[i].Title == html.UnescapeString(want[i].Title) {
			got[i].Title = want[i].Title
		}
		if want[i].Link == "" && (got[i].Link == got[i].ID || got[i].Link == want[i].home) {
			got[i].Link = ""
		}
	}
}

var ignoreRest = cmp.FilterPath(func(p cmp.Path) bool {
	name := p.Last().String()
	return name == ".date" || name == ".home"
}, cmp.Ignore())

// nodeProbe succeeds where a package of npm is installed for the readers.
func nodeProbe(name string) []string {
	return []string{"node", "-e", strings.ReplaceAll(
		`require("node:module").createRequire(process.cwd() + "/testdata/readers/").resolve("NAME")`, "NAME", name)}
}
