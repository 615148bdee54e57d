package aggregator_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/aggregator/fulltext"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// fullRig is a rig that reads pages, with its log.
func fullRig(t *testing.T, change func(*aggregator.Options)) (*rig, *logText) {
	log := new(logText)
	r := newRig(t, func(o *aggregator.Options) {
		o.Pages = o.Fetcher
		o.Log = slog.New(slog.NewTextHandler(log, nil))
		if change != nil {
			change(o)
		}
		o.PageStore = o.Store.(fulltext.Store)
	})
	return r, log
}

// logText collects a log.
type logText struct {
	sync.Mutex
	bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.Write(p)
}

func (l *logText) text() string {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.String()
}

// page is one with an article of so many words.
func page(words int) string {
	return `<!DOCTYPE html><html><head><title>T</title></head><body><nav><a href="/">Home</a></nav><article><h1>T</h1><p>` +
		strings.Repeat(strings.Repeat("word ", 19)+"end, </p><p>", words/20) + `</p><script>evil()</script></article></body></html>`
}

func teaser(n int, link string) upstreamtest.Item {
	item := upstreamtest.NewItem(n)
	item.Link, item.Content = link, fmt.Sprintf("<p>Teaser %d</p>", n)
	return item
}

func full(s news.Source) news.Source {
	s.FullText = true
	return s
}

func (r *rig) items() map[string]news.Item {
	r.t.Helper()
	items, err := r.store.Newest(r.t.Context(), "all", news.Cursor{}, 100, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	byTitle := make(map[string]news.Item)
	for _, item := range items {
		byTitle[item.Title] = item
	}
	return byTitle
}

func TestFullTextOfNewStories(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r, log := fullRig(t, nil)
	up.Set("/1.html", page(200))
	up.Set("/2.html", page(200))
	feed := upstreamtest.RSS("A", teaser(2, up.URL("/2.html")), teaser(1, up.URL("/1.html")))
	r.configure(full(source("a", up.Feed("/a", feed))), source("b", up.Feed("/b", upstreamtest.RSS("B", teaser(9, up.URL("/9.html"))))))
	r.refresh(aggregator.Round{NoFullText: true})
	before := r.items()
	if c := before["Story 1"].Content; c != "<p>Teaser 1</p>" {
		t.Fatalf("a story is first published with %q", c)
	}
	r.refresh(aggregator.Round{})
	after := r.items()
	for _, title := range []string{"Story 1", "Story 2"} {
		was, now := before[title], after[title]
		if now.Words < 190 || strings.Contains(now.Content, "evil") || strings.Contains(now.Content, "Home") {
			t.Errorf("%s has %d words: %.200s", title, now.Words, now.Content)
		}
		if now.PublicID != was.PublicID || !now.Changed.Equal(was.Changed) || now.Updates != 0 || !now.Date.Equal(was.Date) {
			t.Errorf("%s became another: %+v", title, now.Story)
		}
	}
	if c := after["Story 9"].Content; c != "<p>Teaser 9</p>" || up.Count("/9.html") != 0 {
		t.Errorf("a source that didn't ask for it got %q", c)
	}
	r.refresh(aggregator.Round{All: true})
	if n := up.Count("/1.html"); n != 1 {
		t.Errorf("the page was asked for %d times, want once", n)
	}
	up.Set("/a", strings.Replace(feed, "Teaser 1", "Another teaser 1", 1))
	up.Set("/1.html", page(300))
	r.refresh(aggregator.Round{All: true})
	if s := r.items()["Story 1"]; s.Words < 290 || s.Updates != 1 || !strings.Contains(s.Summary, "Another teaser") || up.Count("/1.html") != 2 || up.Count("/2.html") != 1 {
		t.Errorf("after the feed changed it: %d words, %d updates, %q; page asked %d times", s.Words, s.Updates, s.Summary, up.Count("/1.html"))
	}
	if strings.Contains(log.text(), "level=WARN") {
		t.Errorf("log:\n%s", log.text())
	}
}

func TestFullTextFailuresKeepTheFeedsText(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, says string
		action       upstreamtest.Action
		again        bool
	}{
		{"not found", "status 404", upstreamtest.Status(404), false},
		{"a wall", "status 403", upstreamtest.Status(403), false},
		{"an error", "status 500", upstreamtest.Status(500), true},
		{"busy", "status 429", upstreamtest.Status(429, "Retry-After", "7200"), true},
		{"no page", "no article can be read there", upstreamtest.Body("%PDF-1.7"), false},
		{"inward", "not a public address", upstreamtest.Redirect(302, "http://[::ffff:10.0.0.1]/x"), false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			r, log := fullRig(t, nil)
			up.Script("/1.html", c.action)
			r.configure(full(source("a", up.Feed("/a", upstreamtest.RSS("A", teaser(1, up.URL("/1.html")))))))
			r.refresh(aggregator.Round{})
			if s := r.items()["Story 1"]; s.Content != "<p>Teaser 1</p>" {
				t.Errorf("content %q", s.Content)
			}
			if text := log.text(); !strings.Contains(text, c.says) || strings.Contains(text, "no full text yet") != c.again {
				t.Errorf("log:\n%s", text)
			}
			r.refresh(aggregator.Round{All: true})
			if n := up.Count("/1.html"); n != 1 {
				t.Errorf("asked %d times at once", n)
			}
		})
	}
}

// pagesByHand answers from memory, in virtual time, and notes when.
type pagesByHand struct {
	sync.Mutex
	at     []time.Time
	status int
	busy   int
	most   int
	header bool
}

func (p *pagesByHand) Fetch(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	p.Lock()
	p.at = append(p.at, time.Now())
	p.busy++
	p.most = max(p.most, p.busy)
	p.header = p.header || len(r.Source.Fetch.Headers) > 0
	status := p.status
	p.Unlock()
	time.Sleep(time.Second)
	p.Lock()
	p.busy--
	p.Unlock()
	if status != 200 {
		return nil, &fetch.Error{Cause: news.CauseStatus, Status: status, Detail: fmt.Sprint("status ", status)}
	}
	return &fetch.Response{URL: r.Source.URL, ContentType: "text/html", Body: []byte(page(200))}, nil
}

func TestFullTextIsPolite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pages := &pagesByHand{status: 200}
		r, _ := fullRig(t, func(o *aggregator.Options) { o.Pages = pages })
		var items []upstreamtest.Item
		for i := range 5 {
			items = append(items, teaser(9-i, fmt.Sprintf("https://e.example/%d", i)))
		}
		s, _ := fileSource(t, "a", items...)
		s.FullText, s.Fetch.HostDelay, s.Fetch.Headers = true, 3*time.Second, map[string]string{"Authorization": "secret"}
		r.configure(s)
		defer r.start()()
		time.Sleep(40 * time.Second)
		synctest.Wait()
		pages.Lock()
		defer pages.Unlock()
		if len(pages.at) != 5 || pages.most != 1 || pages.header {
			t.Errorf("%d pages, %d at once, headers of the source %v; want 5, one at a time, none", len(pages.at), pages.most, pages.header)
		}
		for i := 1; i < len(pages.at); i++ {
			if pause := pages.at[i].Sub(pages.at[i-1]); pause < 4*time.Second || pause > 5*time.Second {
				t.Errorf("page %d came %v after the one before; want a second of reading and 3 s of pause", i, pause)
			}
		}
		for title, item := range r.items() {
			if item.Words < 190 {
				t.Errorf("%s has %d words", title, item.Words)
			}
		}
	})
}

func TestFullTextTriesThreeTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pages := &pagesByHand{status: 503}
		r, log := fullRig(t, func(o *aggregator.Options) { o.Pages = pages })
		s, _ := fileSource(t, "a", teaser(1, "https://e.example/1"))
		s.FullText = true
		r.configure(s)
		defer r.start()()
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		pages.Lock()
		defer pages.Unlock()
		if len(pages.at) != 3 {
			t.Fatalf("%d tries, want 3", len(pages.at))
		}
		for i, want := range []time.Duration{10 * time.Minute, time.Hour} {
			if pause := pages.at[i+1].Sub(pages.at[i]); pause < want*9/10 || pause > want*12/10 {
				t.Errorf("try %d came after %v, want about %v", i+2, pause, want)
			}
		}
		if n := strings.Count(log.text(), "no full text"); n != 3 {
			t.Errorf("%d lines in the log, want 3:\n%s", n, log.text())
		}
	})
}

// TestFullTextStaysOutside: a feed can't make us read what only its own host
// was opened for.
func TestFullTextStaysOutside(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r, log := fullRig(t, nil)
	up.Set("/1.html", page(200))
	inside := strings.Replace(up.URL("/1.html"), "127.0.0.1", "127.0.0.2", 1)
	r.configure(full(source("a", up.Feed("/a", upstreamtest.RSS("A", teaser(1, inside))))))
	r.refresh(aggregator.Round{})
	if s := r.items()["Story 1"]; s.Content != "<p>Teaser 1</p>" || up.Count("/1.html") != 0 {
		t.Errorf("content %.80q, %d requests", s.Content, up.Count("/1.html"))
	}
	if !strings.Contains(log.text(), "not a public address") {
		t.Errorf("log:\n%s", log.text())
	}
}

func TestFullTextTurnedOnAndOff(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r, _ := fullRig(t, nil)
	up.Set("/1.html", page(200))
	plain := source("a", up.Feed("/a", upstreamtest.RSS("A", teaser(1, up.URL("/1.html")))))
	r.configure(plain)
	r.refresh(aggregator.Round{})
	r.configure(full(plain))
	r.refresh(aggregator.Round{})
	if s := r.items()["Story 1"]; s.Words < 190 {
		t.Errorf("turned on, it has %d words", s.Words)
	}
	r.configure(plain)
	if s := r.items()["Story 1"]; s.Content != "<p>Teaser 1</p>" {
		t.Errorf("turned off, it has %q", s.Content)
	}
	titles := full(plain)
	titles.Content = news.ContentTitle
	r.configure(titles)
	r.refresh(aggregator.Round{All: true})
	if n := up.Count("/1.html"); n != 1 {
		t.Errorf("the page was asked for %d times; nothing of it may be shown", n)
	}
}
