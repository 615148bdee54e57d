package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
	"tributary/publisher/explain"
)

// bareConfig is a site without feeds and sources.
const bareConfig = "[site]\ntitle = \"Test\"\nurl = \"http://localhost:8080\"\n"

// dated are items of a source, the newest first, an hour apart.
func dated(source string, n int, newest time.Time) []upstreamtest.Item {
	items := make([]upstreamtest.Item, n)
	for i := range items {
		items[i] = upstreamtest.Item{
			ID: fmt.Sprintf("%s-%d", source, i+1), Title: fmt.Sprintf("Story %d of %s", i+1, source),
			Link: fmt.Sprintf("https://%s.example/%d", source, i+1), Date: newest.Add(-time.Duration(i) * time.Hour),
		}
	}
	return items
}

// TestExplainReasons lets explain find the reason in each case that there is,
// by the command and then on the page of a server.
func TestExplainReasons(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-time.Hour).Truncate(time.Second)
	feed := func(more string) string { return "[[feed]]\nname = \"latest\"\n" + more + "\n" }
	type sources map[string][]upstreamtest.Item
	tests := []struct {
		reason  string
		config  string // after the sources
		own     string // keys of source a
		sources sources
		then    func(s *testSite)
		ask     string
		code    explain.Code
		words   string // that the reason holds
		rank    int
		served  explain.Code // on the page, where that differs: a server applies its config
	}{
		{reason: "filtered by the feed's where", config: feed("where = 'not (title contains \"3\")'"),
			sources: sources{"a": dated("a", 5, now)}, ask: "https://a.example/3", code: explain.Filtered, words: "the where of the feed"},
		{reason: "filtered by the source's where", own: "where = 'title contains \"1\"'", config: feed(""),
			sources: sources{"a": dated("a", 5, now)}, ask: "https://a.example/3", code: explain.Filtered, words: "the where of source a"},
		{reason: "not among the feed's sources", config: feed(`sources = ["b"]`),
			sources: sources{"a": dated("a", 1, now), "b": dated("b", 1, now)}, ask: "https://a.example/1", code: explain.Filtered, words: "not among the feed's sources"},
		{reason: "too old", config: feed(`max_age = "10h"`),
			sources: sources{"a": dated("a", 30, now)}, ask: "https://a.example/20", code: explain.TooOld, words: "max_age"},
		{reason: "over the limit", config: feed("limit = 5"),
			sources: sources{"a": dated("a", 9, now)}, ask: "https://a.example/7", code: explain.OverLimit, words: "6 newer ones"},
		{reason: "over its source's share", config: feed("limit = 20\nmax_share = 0.5"),
			sources: sources{"a": dated("a", 30, now), "b": dated("b", 30, now.Add(-48*time.Hour))},
			ask:     "https://a.example/11", code: explain.OverShare, words: "max_share = 0.5"},
		{reason: "over max_per_source", config: feed("max_per_source = 2"),
			sources: sources{"a": dated("a", 5, now), "b": dated("b", 5, now)},
			ask:     "https://a.example/3", code: explain.MaxPerSource, words: "max_per_source is 2"},
		{reason: "a duplicate", config: feed(""), sources: sources{
			"a": {{ID: "copy", Title: "Copied", Link: "https://127.0.0.1/x", Date: now}},
			"b": {{ID: "other", Title: "Copied", Link: "https://127.0.0.1/x", Date: now}}},
			ask: "other", code: explain.Duplicate, words: "The same story from a"},
		{reason: "the source was removed", config: feed(""), sources: sources{"a": dated("a", 2, now), "b": dated("b", 1, now)},
			then: func(s *testSite) {
				s.write("config.toml", bareConfig+sourceConfig("b", "file:b.xml")+"\n"+feed(""))
				s.run("refresh")
			},
			ask: "https://a.example/2", code: explain.SourceRemoved, words: "configured no more"},
		{reason: "published, with its rank", config: feed(""),
			sources: sources{"a": dated("a", 5, now)}, ask: "https://a.example/3", code: explain.Published, words: "3 of 5", rank: 3},
		{reason: "belongs there, once the config is applied", config: feed(""), sources: sources{"a": dated("a", 5, now)},
			then: func(s *testSite) {
				s.write("config.toml", bareConfig+sourceConfig("a", "file:a.xml")+"\n[[feed]]\nname = \"later\"\n")
			},
			ask: "https://a.example/3", code: explain.NotPlaced, words: "tributary plan", served: explain.Published},
		{reason: "in the next edition of a feed that is held", own: "mirror = true", config: feed(""),
			sources: sources{"a": dated("a", 14, now)},
			then: func(s *testSite) {
				s.write("a.xml", upstreamtest.RSS("A", dated("a", 2, now)...))
				if code, _, messages := s.try("refresh", "a"); code != exitFailed || !strings.Contains(messages, "held: 12 of 14") {
					s.t.Fatalf("not held: exit code %d: %s", code, messages)
				}
			},
			ask: "https://a.example/2", code: explain.Held, words: "it is 2 of 2. 12 of 14 stories would go", rank: 2},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			config := bareConfig
			for name := range test.sources {
				config += sourceConfig(name, "file:"+name+".xml") + "\n"
				if name == "a" {
					config += test.own + "\n"
				}
			}
			s := newTestSite(t, config+test.config)
			for name, items := range test.sources {
				s.write(name+".xml", upstreamtest.RSS(strings.ToUpper(name), items...))
			}
			for _, name := range []string{"a", "b"} { // a first, so that its copy is the one shown
				if test.sources[name] != nil {
					s.run("refresh", name)
				}
			}
			if test.then != nil {
				test.then(s)
			}
			report := s.explain(test.ask)
			story := find(report, test.ask)
			if story == nil || len(story.Feeds) != 1 {
				t.Fatalf("%+v", report)
			}
			f := story.Feeds[0]
			if f.Code != test.code || !strings.Contains(f.Reason, test.words) || f.Rank != test.rank {
				t.Errorf("got %+v, want %s with %q", f, test.code, test.words)
			}
			_, _, admin := s.desk("--watch=false")
			code, words := test.code, test.words
			if test.served != "" {
				code, words = test.served, ""
			}
			page := await(t, explainPage(admin, test.ask), "</td><td>"+string(code)+"</td><td>")
			if _, row, _ := strings.Cut(page, "</td><td>"+string(code)+"</td><td>"); !strings.Contains(html.UnescapeString(row), words) {
				t.Errorf("the page doesn't say %q: %s", words, page)
			}
		})
	}
}

// explainPage is the address of the page that explains a story.
func explainPage(admin, story string) string { return admin + "/explain?url=" + url.QueryEscape(story) }

// TestExplainWhatAHeldFeedHas asks for a story that is gone while readers still
// have it.
func TestExplainWhatAHeldFeedHas(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml")+"mirror = true\n")
	items := dated("a", 14, time.Now().Add(-time.Hour))
	s.write("a.xml", upstreamtest.RSS("A", items...))
	s.run("refresh")
	s.write("a.xml", upstreamtest.RSS("A", items[:2]...))
	s.try("refresh", "a")
	const gone, words = "https://a.example/9", "feed latest is held and may still have it: 12 of 14"
	if code, _, messages := s.try("explain", gone); code != exitFailed || !strings.Contains(messages, words) {
		t.Errorf("exit code %d: %s", code, messages)
	}
	_, _, admin := s.desk("--watch=false")
	if response, page := get(t, explainPage(admin, gone)); response.StatusCode != http.StatusNotFound || !strings.Contains(page, words) {
		t.Errorf("status %d: %s", response.StatusCode, page)
	}
	s.run("publish", "--force", "latest")
	if code, _, messages := s.try("explain", gone); code != exitFailed || strings.Contains(messages, "held") {
		t.Errorf("once it was let through: exit code %d: %s", code, messages)
	}
}

func (s *testSite) explain(address string) *explain.Report {
	s.t.Helper()
	report := new(explain.Report)
	if err := json.Unmarshal([]byte(s.run("explain", "--json", address)), report); err != nil {
		s.t.Fatal(err)
	}
	return report
}

// find gives the story of a report that an address means.
func find(report *explain.Report, address string) *explain.Story {
	for i := range report.Stories {
		if s := &report.Stories[i]; s.Link == address || s.ID == address || s.PublicID == address {
			return s
		}
	}
	return nil
}

// TestExplainFuture asks for a story that its source dated in the future.
func TestExplainFuture(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", upstreamtest.Item{
		ID: "1", Title: "Tomorrow", Link: "https://a.example/1", Date: time.Now().Add(72 * time.Hour),
	}))
	s.run("refresh")
	story := find(s.explain("https://a.example/1"), "https://a.example/1")
	if story == nil || story.Dated != "future" || story.Date.After(time.Now()) || story.Claimed == nil || !story.Claimed.After(time.Now()) {
		t.Fatalf("%+v", story)
	}
	if !strings.Contains(story.DatedWhy, "in the future") {
		t.Errorf("why: %s", story.DatedWhy)
	}
	_, _, admin := s.desk("--watch=false")
	await(t, explainPage(admin, "https://a.example/1"), ": "+html.EscapeString(story.DatedWhy))
}

// TestExplainRetracted asks for a story that was taken out, by its link and by
// the id that it was published under.
func TestExplainRetracted(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, siteConfig+sourceConfig("a", "file:a.xml"))
	s.write("a.xml", upstreamtest.RSS("A", dated("a", 3, time.Now().Add(-time.Hour))...))
	s.run("refresh")
	public := find(s.explain("https://a.example/2"), "https://a.example/2").PublicID
	s.run("retract", "https://a.example/2", "--reason", "a wrong figure")
	for _, address := range []string{"https://a.example/2", "a-2", public} {
		report := s.explain(address)
		if len(report.Stories) != 0 || len(report.Gone) != 1 {
			t.Fatalf("%s: %+v", address, report)
		}
		if gone := report.Gone[0]; gone.Kind != "retracted" || gone.Reason != "a wrong figure" || gone.Source != "a" || gone.At == nil {
			t.Errorf("%s: %+v", address, gone)
		}
	}
	_, _, admin := s.desk("--watch=false")
	for _, address := range []string{"https://a.example/2", "a-2", public} {
		page := await(t, explainPage(admin, address), "a-2 is retracted since ")
		if !strings.Contains(page, ": a wrong figure</li>") {
			t.Errorf("%s: %s", address, page)
		}
	}
}
