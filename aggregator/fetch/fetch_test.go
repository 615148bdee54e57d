package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bench is an upstream with a fetcher that may reach it.
type bench struct {
	*upstreamtest.Server
	fetcher *fetch.Fetcher
	source  news.Source
}

func newBench(t *testing.T) *bench {
	t.Helper()
	up := upstreamtest.New(t)
	client := safehttp.New(safehttp.Options{RootCAs: up.CertPool()})
	t.Cleanup(client.CloseIdle)
	return &bench{
		Server: up,
		fetcher: fetch.New(fetch.Options{
			Client: client, Version: "1.2.3", SiteURL: "https://observer.example", Contact: "mailto:ops@observer.example",
			MaxBody: 1 << 20, Now: func() time.Time { return now },
		}),
		source: news.Source{Name: "a-blog", URL: up.URL("/a"), Fetch: news.FetchSettings{
			AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		}},
	}
}

func (b *bench) fetch(t *testing.T, validators news.Validators) (*fetch.Response, error) {
	t.Helper()
	response, err := b.fetcher.Fetch(t.Context(), fetch.Request{Source: &b.source, Validators: validators})
	if err != nil && response != nil {
		t.Errorf("a response and an error: %+v, %v", response, err)
	}
	return response, err
}

// must is a fetch that succeeds.
func (b *bench) must(t *testing.T, validators news.Validators) *fetch.Response {
	t.Helper()
	response, err := b.fetch(t, validators)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// fails is a fetch that fails with a cause.
func (b *bench) fails(t *testing.T, cause news.Cause, about string) *fetch.Error {
	t.Helper()
	_, err := b.fetch(t, news.Validators{})
	failure, ok := errors.AsType[*fetch.Error](err)
	if !ok {
		t.Fatalf("%s: %v, want cause %s", about, err, cause)
	}
	if failure.Cause != cause || failure.Detail == "" || strings.ContainsAny(failure.Detail, "\r\n") {
		t.Errorf("%s: %+v, want cause %s", about, failure, cause)
	}
	return failure
}

func TestRule01Validators(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const tag, modified = `W/"odd \ tag, with 'everything'"`, "yesterday, more or less"
	b.Set("/a", "body", "ETag", tag, "Last-Modified", modified)
	first := b.must(t, news.Validators{})
	sent := b.Last("/a").Header
	if sent.Get("If-None-Match") != "" || sent.Get("If-Modified-Since") != "" {
		t.Errorf("the first request is conditional: %v", sent)
	}
	want := news.Validators{URL: b.source.URL, ETag: tag, LastModified: modified, BodyHash: first.Validators.BodyHash}
	if first.Validators != want || first.Validators.BodyHash == 0 || string(first.Body) != "body" || first.Unchanged {
		t.Fatalf("%+v", first)
	}
	b.Script("/a", upstreamtest.Status(304))
	second := b.must(t, first.Validators)
	sent = b.Last("/a").Header
	if sent.Get("If-None-Match") != tag || sent.Get("If-Modified-Since") != modified {
		t.Errorf("not sent back byte for byte: %v", sent)
	}
	if !second.Unchanged || second.Status != 304 || second.Body != nil {
		t.Errorf("%+v", second)
	}
}

func TestRule01ValidatorsBelongToTheirURL(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/new", "body")
	b.Script("/a", upstreamtest.Redirect(302, "/new"))
	first := b.must(t, news.Validators{})
	if first.URL != b.URL("/new") || first.Validators.URL != b.URL("/new") {
		t.Fatalf("%+v", first)
	}
	if second := b.must(t, first.Validators); second.Status != 304 {
		t.Errorf("behind a redirect: %+v", second)
	}
	if b.Last("/a").Header.Get("If-None-Match") != "" {
		t.Error("another URL got the validators")
	}
	b.source.URL = b.Feed("/other", "body")
	if third := b.must(t, first.Validators); third.Status != 200 {
		t.Errorf("the configured URL changed: %+v", third)
	}
}

func TestRule02ValidatorsAfterTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stored := news.Validators{URL: b.source.URL, ETag: `"old"`, LastModified: "old", BodyHash: 7}
	for _, row := range []struct {
		action upstreamtest.Action
		want   news.Validators
		reason string
	}{
		{upstreamtest.Status(304), stored, "a bare 304 changes nothing"},
		{upstreamtest.Status(304, "ETag", `"new"`), news.Validators{URL: stored.URL, ETag: `"new"`, LastModified: "old", BodyHash: 7}, "a 304 updates what it carries"},
		{upstreamtest.Status(304, "Last-Modified", "new"), news.Validators{URL: stored.URL, ETag: `"old"`, LastModified: "new", BodyHash: 7}, "a 304 updates what it carries"},
		{upstreamtest.Body("x", "ETag", `"new"`), news.Validators{URL: stored.URL, ETag: `"new"`}, "a 200 clears what is absent"},
		{upstreamtest.Body("x"), news.Validators{URL: stored.URL}, "a 200 without any"},
	} {
		b.Script("/a", row.action)
		got := b.must(t, stored).Validators
		if got.BodyHash != 7 {
			got.BodyHash = 0 // of the new body
		}
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", row.reason, got, row.want)
		}
	}
	b.Script("/a", upstreamtest.WrongLength("body", 10))
	b.fails(t, news.CauseTruncated, "a truncated body has no validators")
}

func TestRule03Freshness(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", "body")
	header := []string{"Cache-Control", "public, max-age=600", "Age", "100"}
	b.Script("/a", upstreamtest.With(header...), upstreamtest.With(header...), upstreamtest.Status(500, header...), upstreamtest.WrongLength("b", 1))
	first := b.must(t, news.Validators{})
	if first.FreshFor != 500*time.Second {
		t.Errorf("200: %v", first.FreshFor)
	}
	if second := b.must(t, first.Validators); second.FreshFor != 500*time.Second || second.Status != 304 {
		t.Errorf("304: %+v", second)
	}
	if failure := b.fails(t, news.CauseStatus, "500"); failure.FreshFor != 500*time.Second || failure.Status != 500 {
		t.Errorf("500: %+v", failure)
	}
}

func TestRule05RetryAfter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, row := range []struct {
		status int
		value  string
		cause  news.Cause
		want   time.Duration
	}{
		{429, "120", news.CauseRateLimited, 2 * time.Minute},
		{503, "120", news.CauseRateLimited, 2 * time.Minute},
		{503, now.Add(time.Hour).Format(http.TimeFormat), news.CauseRateLimited, time.Hour},
		{429, now.Add(-time.Hour).Format(http.TimeFormat), news.CauseRateLimited, 0},
		{429, "", news.CauseRateLimited, 0},
		{503, "", news.CauseStatus, 0},
		{503, "soon", news.CauseStatus, 0},
		{429, "99999999999999999999", news.CauseRateLimited, 7 * 24 * time.Hour},
		{500, "120", news.CauseStatus, 0},
		{403, "120", news.CauseForbidden, 0},
	} {
		b.Script("/a", upstreamtest.Status(row.status, "Retry-After", row.value))
		about := fmt.Sprint(row.status, " ", row.value)
		if failure := b.fails(t, row.cause, about); failure.RetryAfter != row.want || failure.Status != row.status {
			t.Errorf("%s: %+v, want %v", about, failure, row.want)
		}
	}
}

func TestRule08Moves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target := b.Feed("/target", "body")
	for _, row := range []struct {
		start   string
		movedTo string
		reason  string
	}{
		{target, "", "no redirect"},
		{b.RedirectChain("/301", 301, 2, target), target, "every hop permanent"},
		{b.RedirectChain("/308", 308, 1, b.URL("/301")), target, "every hop permanent, mixed"},
		{b.RedirectChain("/302", 302, 1, target), "", "302 is temporary"},
		{b.RedirectChain("/303", 303, 1, target), "", "303 is temporary"},
		{b.RedirectChain("/307", 307, 1, target), "", "307 is temporary"},
		{b.RedirectChain("/mixed", 301, 1, b.URL("/302")), "", "one hop of them is temporary"},
	} {
		b.source.URL = row.start
		first := b.must(t, news.Validators{})
		if first.MovedTo != row.movedTo || first.URL != target {
			t.Errorf("%s: %q at %s", row.reason, first.MovedTo, first.URL)
		}
		if again := b.must(t, first.Validators); again.MovedTo != row.movedTo || again.Status != 304 {
			t.Errorf("%s, 304: %+v", row.reason, again)
		}
	}
	b.Script("/down", upstreamtest.Redirect(301, target))
	b.source.URL = b.TLSURL("/down")
	b.fails(t, news.CauseRedirect, "https to http")
}

func TestRule09Statuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, row := range []struct {
		action upstreamtest.Action
		status int
		cause  news.Cause
	}{
		{upstreamtest.Status(404), 404, news.CauseNotFound},
		{upstreamtest.Gone(), 410, news.CauseGone},
		{upstreamtest.Status(401), 401, news.CauseForbidden},
		{upstreamtest.Status(403), 403, news.CauseForbidden},
		{upstreamtest.Status(403, "Cf-Mitigated", "challenge"), 403, news.CauseForbidden},
		{upstreamtest.Status(503, "Cf-Mitigated", "challenge", "Retry-After", "9"), 503, news.CauseForbidden},
		{upstreamtest.Status(500), 500, news.CauseStatus},
		{upstreamtest.Status(204), 204, news.CauseStatus},
		{upstreamtest.Status(206), 206, news.CauseStatus},
		{upstreamtest.Status(304), 304, news.CauseStatus}, // to an unconditional request
		{upstreamtest.Status(302), 302, news.CauseRedirect},
		{upstreamtest.Status(599), 599, news.CauseStatus},
	} {
		b.Script("/a", row.action)
		if failure := b.fails(t, row.cause, fmt.Sprint(row.status)); failure.Status != row.status {
			t.Errorf("%+v, want status %d", failure, row.status)
		}
	}
}

func TestRule10Guard(t *testing.T) {
	t.Parallel()
	b, other := newBench(t), upstreamtest.New(t)
	other.Set("/elsewhere", "body")
	b.source.Fetch.Headers = map[string]string{"X-Api-Key": "secret"}
	b.Script("/a", upstreamtest.Redirect(302, other.URL("/elsewhere")))
	b.must(t, news.Validators{})
	if b.Last("/a").Header.Get("X-Api-Key") != "secret" || other.Last("/elsewhere").Header.Get("X-Api-Key") != "" {
		t.Error("a configured header went to the wrong host")
	}
	b.Script("/a", upstreamtest.Redirect(302, "http://169.254.169.254/latest/meta-data"))
	b.fails(t, news.CauseBlocked, "metadata")
	b.Script("/a", upstreamtest.Redirect(302, "file:///etc/passwd"))
	b.fails(t, news.CauseRedirect, "file")
	b.RedirectLoop("/a", 302)
	b.fails(t, news.CauseRedirect, "loop")
	b.RedirectChain("/a", 302, 6, other.URL("/elsewhere"))
	b.fails(t, news.CauseRedirect, "six redirects")
	b.source.Fetch.AllowNetworks = nil
	b.fails(t, news.CauseBlocked, "loopback")
}

func TestRule11UserAgent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", "body")
	for _, row := range []struct {
		subscribers int
		headers     map[string]string
		want        string
	}{
		{0, nil, "tributary/1.2.3 (+https://observer.example; contact=mailto:ops@observer.example; source=a-blog)"},
		{42, nil, "tributary/1.2.3 (+https://observer.example; contact=mailto:ops@observer.example; source=a-blog; 42 subscribers)"},
		{42, map[string]string{"user-agent": "configured"}, "configured"},
	} {
		b.source.Fetch.Headers = row.headers
		_, err := b.fetcher.Fetch(t.Context(), fetch.Request{Source: &b.source, Subscribers: row.subscribers})
		if got := b.Last("/a").Header.Get("User-Agent"); err != nil || got != row.want {
			t.Errorf("%q, %v; want %q", got, err, row.want)
		}
	}
}

func TestRule12Codings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := upstreamtest.RSS("A blog", upstreamtest.Items(50)...)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		b.Script("/a", upstreamtest.Coded(coding, want))
		response := b.must(t, news.Validators{})
		if string(response.Body) != want || response.Bytes != int64(len(want)) || response.ContentType != "application/xml" {
			t.Errorf("%s: %d bytes, %+v", coding, len(response.Body), response.Validators)
		}
		response.Release()
		b.Script("/a", upstreamtest.Bomb(coding, 8<<20))
		b.fails(t, news.CauseLimit, coding+" bomb")
	}
	if got := b.Last("/a").Header.Get("Accept-Encoding"); got != "zstd, br, gzip" {
		t.Errorf("Accept-Encoding %q", got)
	}
	b.Script("/a", upstreamtest.Body("not gzip at all", "Content-Encoding", "gzip"))
	b.fails(t, news.CauseTruncated, "wrong label")
	b.Script("/a", upstreamtest.Body("x", "Content-Encoding", "compress"))
	b.fails(t, news.CauseTruncated, "unknown coding")
}

func TestRule12Limits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", strings.Repeat("x", 1<<20))
	if response := b.must(t, news.Validators{}); response.Bytes != 1<<20 {
		t.Errorf("at the limit: %d bytes", response.Bytes)
	}
	b.Set("/a", strings.Repeat("x", 1<<20+1))
	b.fails(t, news.CauseLimit, "one byte over")
	for name, row := range map[string]struct {
		action upstreamtest.Action
		cause  news.Cause
	}{
		"endless":       {upstreamtest.Endless("<item/>"), news.CauseLimit},
		"cookies":       {upstreamtest.Cookies(5000), news.CauseLimit},
		"header":        {upstreamtest.BigHeader(10 << 20), news.CauseLimit},
		"broken chunks": {upstreamtest.BrokenChunks("body"), news.CauseTruncated},
		"cut":           {upstreamtest.CutBody("body"), news.CauseTruncated},
		"reset body":    {upstreamtest.ResetBody(), news.CauseTruncated},
		"reset":         {upstreamtest.EarlyReset(), news.CauseConnect},
	} {
		b.Script("/a", row.action)
		b.fails(t, row.cause, name)
	}
}

func TestRule12Timeout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.source.Fetch.Timeout = 30 * time.Millisecond
	for name, action := range map[string]upstreamtest.Action{
		"slow header": upstreamtest.SlowHeader(time.Hour),
		"slow body":   upstreamtest.SlowBody("body", 1, time.Hour),
		"stall":       upstreamtest.Stall(),
	} {
		b.Script("/a", action)
		b.fails(t, news.CauseTimeout, name)
	}
}

// timeouts notes what it is allowed and refuses.
type timeouts []time.Duration

func (c *timeouts) Do(_ context.Context, request *safehttp.Request) (*safehttp.Response, error) {
	*c = append(*c, request.Timeout)
	return nil, &safehttp.Error{Cause: news.CauseConnect, Reason: "refused"}
}

func TestRule12DefaultTimeout(t *testing.T) {
	t.Parallel()
	var seen timeouts
	fetcher := fetch.New(fetch.Options{Client: &seen})
	for _, configured := range []time.Duration{0, time.Minute} {
		source := news.Source{URL: "http://a.example/", Fetch: news.FetchSettings{Timeout: configured}}
		if _, err := fetcher.Fetch(t.Context(), fetch.Request{Source: &source}); err == nil {
			t.Fatal("no error")
		}
	}
	if seen[0] != 30*time.Second || seen[1] != time.Minute {
		t.Errorf("allowed %v", seen)
	}
}

func TestRule13SameBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", "body")
	b.Script("/a", upstreamtest.FreshETag())
	first := b.must(t, news.Validators{})
	second := b.must(t, first.Validators)
	if !second.Unchanged || second.Status != 200 || second.Body != nil || second.Bytes != 4 {
		t.Errorf("the same bytes: %+v", second)
	}
	if second.Validators.ETag == first.Validators.ETag || second.Validators.BodyHash != first.Validators.BodyHash {
		t.Errorf("validators %+v after %+v", second.Validators, first.Validators)
	}
	b.Script("/a", upstreamtest.Coded("br", "body"))
	if third := b.must(t, first.Validators); !third.Unchanged {
		t.Errorf("the same bytes in another coding: %+v", third)
	}
	b.Set("/a", "Body")
	b.Script("/a")
	if fourth := b.must(t, first.Validators); fourth.Unchanged || string(fourth.Body) != "Body" {
		t.Errorf("other bytes: %+v", fourth)
	}
}

func TestEmptyBodyIsADocument(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", "")
	if r := b.must(t, news.Validators{}); r.Unchanged || len(r.Body) != 0 || r.Validators.BodyHash == 0 {
		t.Errorf("%+v", r)
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Set("/a", "first")
	first := b.must(t, news.Validators{})
	kept := first.Body
	b.Set("/a", "other")
	second := b.must(t, news.Validators{})
	if string(kept) != "first" || string(second.Body) != "other" {
		t.Errorf("an unreleased body was overwritten: %q %q", kept, second.Body)
	}
	first.Release()
	first.Release()
	if first.Body != nil {
		t.Error("a released body is still there")
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.fetcher.Fetch(ctx, fetch.Request{Source: &b.source})
	if failure, ok := errors.AsType[*fetch.Error](err); !ok || failure.Cause != news.CauseInternal || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
