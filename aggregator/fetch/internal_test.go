package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestRule3FreshFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, row := range []struct {
		header http.Header
		want   time.Duration
		reason string
	}{
		{nil, 0, "nothing is said"},
		{http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, "max-age"},
		{http.Header{"Cache-Control": {`MAX-AGE="60"`}}, time.Minute, "case, and a quoted value"},
		{http.Header{"Cache-Control": {"public", "max-age=60"}}, time.Minute, "two lines"},
		{http.Header{"Cache-Control": {"max-age=60, max-age=90"}}, time.Minute, "the first of two"},
		{http.Header{"Cache-Control": {"max-age=x, max-age=90"}}, 90 * time.Second, "the first that can be read"},
		{http.Header{"Cache-Control": {"s-maxage=600"}}, 0, "for shared caches only"},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"20"}}, 40 * time.Second, "Age is subtracted"},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"90"}}, 0, "stale already"},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"-9"}}, time.Minute, "an Age that can't be read"},
		{http.Header{"Cache-Control": {"max-age=60, no-cache"}}, 0, "no-cache cancels"},
		{http.Header{"Cache-Control": {"no-store"}, "Expires": {at(time.Hour)}}, 0, "no-store cancels Expires too"},
		{http.Header{"Cache-Control": {`max-age=60, no-cache="Set-Cookie"`}}, time.Minute, "no-cache for one field only"},
		{http.Header{"Cache-Control": {"max-age=-1"}}, 0, "negative"},
		{http.Header{"Cache-Control": {"max-age=31536000"}}, 24 * time.Hour, "at most a day"},
		{http.Header{"Cache-Control": {"max-age=99999999999999999999999"}}, 24 * time.Hour, "too large to count"},
		{http.Header{"Expires": {at(time.Hour)}}, time.Hour, "Expires against our clock"},
		{http.Header{"Expires": {at(time.Hour)}, "Date": {at(30 * time.Minute)}}, 30 * time.Minute, "Expires against Date"},
		{http.Header{"Expires": {at(time.Hour)}, "Date": {"today"}}, time.Hour, "a Date that can't be read"},
		{http.Header{"Expires": {"0"}}, 0, "the past"},
		{http.Header{"Expires": {at(-time.Hour)}}, 0, "the past"},
		{http.Header{"Expires": {at(1000 * time.Hour)}}, 24 * time.Hour, "at most a day"},
		{http.Header{"Expires": {at(time.Hour)}, "Cache-Control": {"max-age=60"}}, time.Minute, "max-age beats Expires"},
		{http.Header{"Expires": {at(time.Hour)}, "Cache-Control": {"max-age=0"}}, 0, "max-age beats Expires"},
	} {
		if got := freshFor(row.header, now); got != row.want {
			t.Errorf("%v: %v, want %v: %s", row.header, got, row.want, row.reason)
		}
	}
}

func FuzzFreshFor(f *testing.F) {
	f.Add("max-age=60, no-cache", "10", "Thu, 01 Jan 2026 00:00:00 GMT", "120")
	f.Fuzz(func(t *testing.T, control, age, expires, retry string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		header := http.Header{"Cache-Control": {control}, "Age": {age}, "Expires": {expires}, "Retry-After": {retry}}
		if fresh := freshFor(header, now); fresh < 0 || fresh > maxFresh {
			t.Fatalf("fresh for %v", fresh)
		}
		if wait := retryAfter(429, header, now); wait < 0 || wait > maxRetry {
			t.Fatalf("retry after %v", wait)
		}
	})
}

func TestRule11AgentText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		options Options
		source  string
		want    string
	}{
		{Options{}, "a", "tributary (source=a)"},
		{Options{Version: "v1 beta"}, "a", "tributary/v1-beta (source=a)"},
		{Options{Version: "1"}, "a", "tributary/1 (source=a)"},
		{Options{Version: "1", Contact: "x (y)\r\nEvil: 1"}, "a", "tributary/1 (contact=x yEvil: 1; source=a)"},
		{Options{Version: "1", SiteURL: "https://ex.example/\u00e9"}, "a", "tributary/1 (+https://ex.example/; source=a)"},
	} {
		if got := newAgent(row.options).text(row.source, 0); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	// Stored in databases: must never change.
	for text, want := range map[string]uint64{"": 1, "123456789": 0xe3069283cbf43926} {
		if got := hash([]byte(text)); got != want {
			t.Errorf("%q: %#x, want %#x", text, got, want)
		}
	}
}
