package health_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var causes = []news.Cause{
	news.CauseDNS, news.CauseConnect, news.CauseTLS, news.CauseTimeout, news.CauseBlocked, news.CauseStatus,
	news.CauseRateLimited, news.CauseNotFound, news.CauseGone, news.CauseForbidden, news.CauseRedirect,
	news.CauseLimit, news.CauseTruncated, news.CauseNotFeed, news.CauseMalformed, news.CauseFile, news.CauseInternal,
}

func failed(cause news.Cause, at time.Time) news.Visit {
	return news.Visit{At: at, Outcome: news.OutcomeFailed, Cause: cause, Detail: "detail of " + string(cause)}
}

func worked(at time.Time) news.Visit { return news.Visit{At: at, Outcome: news.OutcomeUnchanged} }

// Every cause has words and an advice of its own, a sentence each.
func TestEveryCauseHasWords(t *testing.T) {
	t.Parallel()
	advices := map[string]news.Cause{}
	for _, cause := range causes {
		state := news.SourceState{Name: "x", Health: news.HealthFailing, Since: now, Due: now, Last: failed(cause, now)}
		r := health.Of(&state, now)
		if r.Cause != cause || r.Reason != "detail of "+string(cause) {
			t.Errorf("%s: reason %q", cause, r.Reason)
		}
		silent := state
		if silent.Last.Detail = ""; len(health.Of(&silent, now).Reason) < 10 {
			t.Errorf("%s: without a detail there are no words", cause)
		}
		if other, twice := advices[r.Advice]; twice || !strings.HasSuffix(r.Advice, ".") {
			t.Errorf("%s: advice %q, that of %q too", cause, r.Advice, other)
		}
		advices[r.Advice] = cause
		if public := health.Sentence(&state, now, nil); strings.Contains(public, "detail") || cause != news.CauseInternal && strings.Contains(public, "our side") || !strings.HasSuffix(public, ".") {
			t.Errorf("%s: to the public %q", cause, public)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	hour, day := time.Hour, 24*time.Hour
	silent := func(cause news.Cause) news.Visit {
		return news.Visit{At: now, Outcome: news.OutcomeFailed, Cause: cause}
	}
	wall := failed(news.CauseForbidden, now)
	wall.Status, wall.Detail = 403, "status 403 Forbidden: a bot wall"
	challenge := failed(news.CauseForbidden, now)
	challenge.Status, challenge.Detail = 200, "not a feed but a Cloudflare challenge"
	unauthorized := silent(news.CauseForbidden)
	unauthorized.Status = 401
	for _, test := range []struct {
		state          news.SourceState
		health         news.Health
		reason, advice string
		why            string
	}{
		{news.SourceState{Health: news.HealthOK, Due: now.Add(-hour)}, news.HealthOK, "", "", "an hour may pass"},
		{news.SourceState{Health: news.HealthOK, Due: now.Add(-hour - 1)}, news.HealthLate, "nobody visited", "role pull", "more may not"},
		{news.SourceState{Health: news.HealthNew, Due: now.Add(-day)}, news.HealthLate, "nobody visited", "role pull", "never visited"},
		{news.SourceState{Health: news.HealthNew}, news.HealthNew, "", "", "not stored yet: no due time"},
		{news.SourceState{Health: news.HealthFailing, Due: now.Add(-day), Last: silent(news.CauseDNS)}, news.HealthFailing, "no address", "typing", "failing says more than late"},
		{news.SourceState{Health: news.HealthFailing, Last: wall}, news.HealthFailing, "bot wall", "User-Agent", "a wall"},
		{news.SourceState{Health: news.HealthFailing, Last: challenge}, news.HealthFailing, "Cloudflare challenge: a bot wall", "User-Agent", "a wall that says 200"},
		{news.SourceState{Health: news.HealthFailing, Last: unauthorized}, news.HealthFailing, "refuses", "username", "no credentials"},
		{news.SourceState{Health: news.HealthDead, Last: silent(news.CauseTLS)}, news.HealthDead, "TLS", "failed for 30 days", "dead"},
		{news.SourceState{Health: news.HealthGone, Name: "x", Due: now.Add(100 * 365 * day), Last: silent(news.CauseGone)}, news.HealthGone, "gone for good", "refresh x", "gone"},
		{news.SourceState{Health: news.HealthMoved, MovedTo: "https://u:p@new.example/f?key=s3cret"}, news.HealthMoved, "https://new.example/f?…", "--accept-moves", "moved"},
		{news.SourceState{Health: news.HealthOK, MovedTo: "https://new.example/f"}, news.HealthOK, "permanent redirect", "three visits", "on the move"},
		{news.SourceState{Health: news.HealthPaused, Due: now.Add(-day)}, news.HealthPaused, "operator", "", "paused"},
	} {
		r := health.Of(&test.state, now)
		if r.Health != test.health || !strings.Contains(r.Reason, test.reason) || !strings.Contains(r.Advice, test.advice) ||
			test.reason == "" && r.Reason != "" || test.advice == "" && r.Advice != "" {
			t.Errorf("%s: %s, %q, %q", test.why, r.Health, r.Reason, r.Advice)
		}
		if strings.Contains(r.Reason, "s3cret") || strings.Contains(r.Reason, "u:p") {
			t.Errorf("%s: a secret shows: %q", test.why, r.Reason)
		}
		if r.Health == news.HealthGone && !r.Next.IsZero() {
			t.Errorf("%s: next visit %v, want never", test.why, r.Next)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\r\nlevel=ERROR\u2028x\u0085y\x1b[31m\u202ez": "a level=ERROR x y [31m z",
		"get https://jane:pw@example.org/f?token=t x":   "get https://…@example.org/f?… x",
		`Get "http://127.0.0.1:1/f?a=b&c=d": refused`:   `Get "http://127.0.0.1:1/f?…": refused`,
		"what? no address":      "what? no address",
		"mail jane@example.org": "mail jane@example.org",
		"proxy socks5://u:p@10.0.0.1:1080: connection refused?": "proxy socks5://…@10.0.0.1:1080: connection refused?",
	} {
		if got := health.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

// kinds gives the events of a history, the oldest first, by their ids.
func kinds(events []health.Event) string {
	var list []string
	for _, e := range slices.Backward(events) {
		list = append(list, strings.Split(e.ID, "-")[2]+"@"+fmt.Sprint(e.At.Sub(now).Hours()))
	}
	return strings.Join(list, " ")
}

func TestHistory(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	many := func(visit func(time.Time) news.Visit, from, to int) (list []news.Visit) {
		for h := from; h <= to; h++ {
			list = append(list, visit(at(h)))
		}
		return list
	}
	dns := func(at time.Time) news.Visit { return failed(news.CauseDNS, at) }
	for _, test := range []struct {
		why    string
		state  news.SourceState
		visits []news.Visit // oldest first
		want   string
	}{
		{"nothing happened", news.SourceState{Health: news.HealthOK}, many(worked, 0, 9), ""},
		{"it fails from the first visit on", news.SourceState{Health: news.HealthFailing, Since: at(0)}, many(dns, 0, 1), "failing@0"},
		{"twice", news.SourceState{Health: news.HealthOK}, slices.Concat(many(worked, 0, 0), many(dns, 1, 2), many(worked, 3, 4), many(dns, 5, 5), many(worked, 6, 6)),
			"failing@1 recovered@3 failing@5 recovered@6"},
		{"gone at once", news.SourceState{Health: news.HealthGone, Since: at(1)}, slices.Concat(many(worked, 0, 0), []news.Visit{failed(news.CauseGone, at(1))}), "gone@1"},
		{"gone later", news.SourceState{Health: news.HealthGone, Since: at(1)}, slices.Concat(many(dns, 0, 0), []news.Visit{failed(news.CauseGone, at(1)), failed(news.CauseGone, at(2))}), "failing@0 gone@1"},
		{"longer than is kept", news.SourceState{Health: news.HealthFailing, Since: at(-9)}, many(dns, 0, news.VisitsKept-1), "failing@-9"},
		{"longer than is kept, then well: the beginning is forgotten", news.SourceState{Health: news.HealthOK}, slices.Concat(many(dns, 0, news.VisitsKept-2), many(worked, 49, 49)), "recovered@49"},
		{"dead", news.SourceState{Health: news.HealthDead, Since: at(5)}, many(dns, 0, 6), "failing@0 dead@5"},
		{"on the move", news.SourceState{Health: news.HealthOK, MovedTo: "https://new.example/", MovedSince: at(1)}, many(worked, 0, 1), "redirected@1"},
		{"moved", news.SourceState{Health: news.HealthMoved, Since: at(50), MovedTo: "https://new.example/", MovedSince: at(1)}, many(worked, 0, 9), "redirected@1 moved@50"},
	} {
		if len(test.visits) > 0 {
			test.state.Last = test.visits[len(test.visits)-1]
		}
		slices.Reverse(test.visits)
		events := health.History(&test.state, test.visits)
		if got := kinds(events); got != test.want {
			t.Errorf("%s: got %q, want %q", test.why, got, test.want)
		}
		for _, e := range events {
			if e.Over != strings.Contains(e.ID, "recovered") || e.Title == "" || e.Text == "" {
				t.Errorf("%s: %+v", test.why, e)
			}
		}
	}
}
