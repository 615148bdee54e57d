package explain_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/explain"
)

var start = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

// record is a store with one story, at a place of feed x.
type record struct {
	trace news.Trace
	ahead news.Ahead
	err   error
}

func (r *record) Trace(_ context.Context, address, _ string) (news.Trace, error) {
	if !strings.HasPrefix(address, "https://a.example/") {
		return news.Trace{}, r.err
	}
	return r.trace, r.err
}
func (r *record) Ahead(context.Context, news.Place) (news.Ahead, error) { return r.ahead, nil }
func (r *record) Sources(context.Context) ([]news.SourceState, error) {
	return []news.SourceState{{Key: 1, Name: "a", Last: news.Visit{At: start}}}, nil
}

// explainer explains one story of an edition that may have it.
func explainer(feed news.Feed, items []news.Item, more func(*explain.Explainer, *record)) *explain.Explainer {
	feed.Name = "x"
	store := &record{trace: news.Trace{Stories: []news.TracedStory{{
		StoredStory: news.StoredStory{
			Story: news.Story{
				Key: 7, Source: 1, ID: "seven", PublicID: "urn:test:7", Title: `Seven <script>alert(1)</script>`,
				Link: "https://a.example/7", Date: start, FirstSeen: start, Dated: news.DatedPublished, Published: start,
			},
			SourceName: "a", Places: []news.Place{{Feed: "x", Story: 7, Date: start, PublicID: "urn:test:7"}},
		},
	}}}}
	e := &explain.Explainer{
		Store: store, Canonical: func(link string) string { return link },
		Feeds: []news.Feed{feed}, Sources: []news.Source{{Name: "a"}},
		Member: func(*news.Story, *news.Source) []news.Verdict { return []news.Verdict{{Feed: "x", In: true}} },
		Select: func(_ context.Context, feed news.Feed, at time.Time) (news.Edition, error) {
			return news.Edition{Feed: feed, Items: items}, nil
		},
		Now: func() time.Time { return start.Add(time.Hour) },
	}
	if more != nil {
		more(e, store)
	}
	return e
}

// items have keys and dates, in days before the start.
func items(days ...int) []news.Item {
	list := make([]news.Item, len(days))
	for i, d := range days {
		list[i] = news.Item{Story: news.Story{Key: news.StoryKey(100 + i), Date: start.AddDate(0, 0, -d)}}
	}
	return list
}

// TestLimits pins which limit is told where several might be.
func TestLimits(t *testing.T) {
	t.Parallel()
	mine := news.Item{Story: news.Story{Key: 7, Date: start}}
	held := func(e *explain.Explainer, _ *record) {
		e.Held = func(context.Context, *news.Edition) (string, error) { return "12 of 20 stories would go.", nil }
	}
	tests := []struct {
		reason string
		feed   news.Feed
		items  []news.Item
		more   func(*explain.Explainer, *record)
		code   explain.Code
		words  string
	}{
		{"in the edition", news.Feed{Limit: 3}, append(items(-1), mine), nil, explain.Published, "2 of 2"},
		{"in the edition that readers don't have yet", news.Feed{Limit: 3}, append(items(-1), mine), held, explain.Held, "12 of 20"},
		{"left out while the feed is held", news.Feed{Limit: 2}, items(-2, -1), held, explain.OverLimit, "may still have it"},
		{"full of newer ones", news.Feed{Limit: 2, MaxShare: 0.5}, items(-2, -1), nil, explain.OverLimit, "limit is 2"},
		{"full, the last one of the same date with a higher key", news.Feed{Limit: 1}, items(0), nil, explain.OverLimit, "limit is 1"},
		{"passed over for an older one", news.Feed{Limit: 2, MaxShare: 0.5}, items(-1, 1), nil, explain.OverShare, "max_share = 0.5"},
		{"exactly as old as max_age", news.Feed{Limit: 2, MaxAge: time.Hour}, nil, nil, explain.TooOld, "max_age"},
		{"max_per_source before the limit", news.Feed{Limit: 2, MaxPerSource: 3}, items(-2, -1), func(_ *explain.Explainer, r *record) {
			r.ahead = news.Ahead{All: 9, OfSource: 3}
		}, explain.MaxPerSource, "3 newer ones"},
		{"not yet at max_per_source", news.Feed{Limit: 2, MaxPerSource: 3}, items(-2, -1), func(_ *explain.Explainer, r *record) {
			r.ahead = news.Ahead{All: 9, OfSource: 2}
		}, explain.OverLimit, "9 newer ones"},
		{"a hidden copy", news.Feed{Limit: 2}, nil, func(_ *explain.Explainer, r *record) {
			r.trace.Stories[0].Places[0].Hidden = true
		}, explain.Duplicate, "another source (urn:test:7)"},
		{"no such source in this config", news.Feed{Limit: 2}, nil, func(e *explain.Explainer, _ *record) {
			e.Sources = nil
		}, explain.SourceRemoved, "not in this config"},
	}
	for _, test := range tests {
		report, err := explainer(test.feed, test.items, test.more).Explain(t.Context(), " https://a.example/7 ")
		if err != nil || len(report.Stories) != 1 {
			t.Errorf("%s: %+v, %v", test.reason, report, err)
			continue
		}
		if f := report.Stories[0].Feeds[0]; f.Code != test.code || !strings.Contains(f.Reason, test.words) {
			t.Errorf("%s: got %+v, want %s with %q", test.reason, f, test.code, test.words)
		}
	}
}

func TestExplainErrors(t *testing.T) {
	t.Parallel()
	if _, err := explainer(news.Feed{}, nil, nil).Explain(t.Context(), "https://elsewhere.example/"); !errors.Is(err, explain.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	held := explainer(news.Feed{}, nil, func(e *explain.Explainer, _ *record) {
		e.Held = func(context.Context, *news.Edition) (string, error) { return "12 of 20 stories would go.", nil }
	})
	if _, err := held.Explain(t.Context(), "https://elsewhere.example/"); !errors.Is(err, explain.ErrUnknown) || !strings.Contains(err.Error(), "feed x is held and may still have it: 12 of 20") {
		t.Errorf("what a held feed may still have: %v", err)
	}
	broken := errors.New("disk on fire")
	e := explainer(news.Feed{}, nil, func(_ *explain.Explainer, r *record) { r.err = broken })
	if _, err := e.Explain(t.Context(), "https://a.example/7"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	e := explainer(news.Feed{Limit: 3}, nil, func(_ *explain.Explainer, r *record) {
		r.trace.Graves = []news.Grave{{SourceName: "b", ID: "g", Kind: news.TombstoneRetracted, Reason: "wrong", At: start}}
		r.trace.Stories[0].Link = "javascript:alert(1)"
	})
	handler := explain.Handler(func() *explain.Explainer { return e })
	ask := func(method, address string) (int, string, http.Header) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, "/explain?url="+url.QueryEscape(address), nil))
		return w.Code, w.Body.String(), w.Header()
	}
	code, body, header := ask(http.MethodGet, "https://a.example/7")
	if code != http.StatusOK || !strings.Contains(body, "over_share") || !strings.Contains(body, "retracted since 2026-03-14 09:00:00Z: wrong") {
		t.Errorf("%d: %s", code, body)
	}
	if strings.Contains(body, "<script") || strings.Contains(body, `href="javascript`) {
		t.Errorf("text of a feed is markup: %s", body)
	}
	if !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", header)
	}
	if code, body, _ := ask(http.MethodGet, "https://nowhere.example/<b>"); code != http.StatusNotFound || !strings.Contains(body, "nothing is known") || strings.Contains(body, "<b>") {
		t.Errorf("%d: %s", code, body)
	}
	if code, body, _ := ask(http.MethodGet, ""); code != http.StatusOK || !strings.Contains(body, "<form") || strings.Contains(body, "alert") {
		t.Errorf("%d: %s", code, body)
	}
	if code, _, header := ask(http.MethodPost, ""); code != http.StatusMethodNotAllowed || header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", code, header)
	}
}
