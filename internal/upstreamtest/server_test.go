package upstreamtest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/codec"
	"tributary/internal/upstreamtest"
)

// client follows no redirect and decodes nothing.
func client(up *upstreamtest.Server, overTLS bool) *http.Client {
	transport := &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true}
	if overTLS {
		transport.TLSClientConfig = &tls.Config{RootCAs: up.CertPool()}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get reads one answer to its end.
func get(t *testing.T, c *http.Client, url string, header ...string) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func TestValidators(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	c := client(up, false)
	url := up.Feed("/a.rss", "one")
	first, body, err := get(t, c, url)
	if err != nil || body != "one" || first.Header.Get("Content-Type") != "application/rss+xml; charset=utf-8" {
		t.Fatalf("%q, %v, %v", body, err, first.Header)
	}
	tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	for _, row := range []struct {
		header []string
		want   int
		reason string
	}{
		{[]string{"If-None-Match", tag}, 304, "the same tag"},
		{[]string{"If-None-Match", "W/" + tag}, 304, "weak comparison"},
		{[]string{"If-None-Match", `"other"`}, 200, "another tag"},
		{[]string{"If-Modified-Since", modified}, 304, "the same time"},
		{[]string{"If-None-Match", `"other"`, "If-Modified-Since", modified}, 200, "the tag beats the time"},
		{nil, 200, "unconditional"},
	} {
		if response, _, _ := get(t, c, url, row.header...); response.StatusCode != row.want {
			t.Errorf("%v: %d, want %d: %s", row.header, response.StatusCode, row.want, row.reason)
		}
	}
	up.Set("/a.rss", "two")
	for _, header := range [][]string{{"If-None-Match", tag}, {"If-Modified-Since", modified}} {
		if response, body, _ := get(t, c, url, header...); response.StatusCode != 200 || body != "two" {
			t.Errorf("changed content, %v: %d %q", header, response.StatusCode, body)
		}
	}
	up.Remove("/a.rss")
	if response, _, _ := get(t, c, url); response.StatusCode != 404 {
		t.Errorf("removed: %d", response.StatusCode)
	}
}

func TestSetHeader(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/x", "body", "ETag", "", "Cache-Control", "max-age=60")
	response, _, err := get(t, client(up, false), url)
	if err != nil || response.Header.Get("ETag") != "" || response.Header.Get("Cache-Control") != "max-age=60" {
		t.Errorf("%v, %v", response.Header, err)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "body")
	for i := range 3 {
		if _, _, err := get(t, client(up, false), url+"?q=1", "X-Number", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	requests := up.Requests("/a")
	if up.Count("/a") != 3 || up.Total() != 3 || len(requests) != 3 {
		t.Fatalf("count %d, total %d, %d requests", up.Count("/a"), up.Total(), len(requests))
	}
	if r := up.Last("/a"); r.Header.Get("X-Number") != "2" || r.URL != "/a?q=1" || r.Method != "GET" || r.Proto != "HTTP/1.1" {
		t.Errorf("%+v", r)
	}
	if r := up.Last("/never"); r.Method != "" {
		t.Errorf("a request that never was: %+v", r)
	}
}

func TestFastCountsOnly(t *testing.T) {
	t.Parallel()
	up := upstreamtest.NewFast(t)
	for _, url := range up.Feeds(3, "/f/", func(i int) string { return upstreamtest.RSS(fmt.Sprint(i)) }) {
		if response, _, err := get(t, client(up, false), url); err != nil || response.StatusCode != 200 {
			t.Fatal(err)
		}
	}
	if up.Count("/f/2") != 1 || up.Total() != 3 || len(up.Requests("/f/2")) != 0 {
		t.Errorf("count %d, total %d, recorded %d", up.Count("/f/2"), up.Total(), len(up.Requests("/f/2")))
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Feed("/a", "body")
	if _, body, err := get(t, client(up, true), up.TLSURL("/a")); err != nil || body != "body" {
		t.Fatal(body, err)
	}
	if proto := up.Last("/a").Proto; proto != "HTTP/2.0" {
		t.Errorf("over %s", proto)
	}
	if _, _, err := get(t, client(up, false), up.TLSURL("/a")); err == nil {
		t.Error("the certificate is trusted without its pool")
	}
}

func TestScriptOrder(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "body")
	up.Script("/a", upstreamtest.Status(503, "Retry-After", "60"), upstreamtest.Gone(), upstreamtest.Serve)
	for i, want := range []int{503, 410, 200, 200} {
		response, _, err := get(t, client(up, false), url)
		if err != nil || response.StatusCode != want {
			t.Fatalf("request %d: %v, %v; want %d", i, response, err, want)
		}
		if want == 503 && response.Header.Get("Retry-After") != "60" {
			t.Errorf("header lost: %v", response.Header)
		}
	}
	up.Script("/a", upstreamtest.Gone())
	up.Script("/a")
	if response, _, _ := get(t, client(up, false), url); response.StatusCode != 200 {
		t.Errorf("after the script was taken back: %d", response.StatusCode)
	}
}

func TestWireFaults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		action upstreamtest.Action
		want   error // nil: any
	}{
		{"length", upstreamtest.WrongLength("body", 10), io.ErrUnexpectedEOF},
		{"chunks", upstreamtest.BrokenChunks("body"), nil},
		{"cut", upstreamtest.CutBody("body"), io.ErrUnexpectedEOF},
		{"reset", upstreamtest.EarlyReset(), nil},
		{"reset body", upstreamtest.ResetBody(), syscall.ECONNRESET},
	} {
		up := upstreamtest.New(t)
		up.Script("/a", row.action)
		_, _, err := get(t, client(up, false), up.URL("/a"))
		if err == nil || row.want != nil && !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		if row.name == "reset" {
			if _, _, err := get(t, client(up, true), up.TLSURL("/a")); err == nil {
				t.Error("no reset over HTTP/2")
			}
		}
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	for name, action := range map[string]upstreamtest.Action{
		"header": upstreamtest.SlowHeader(time.Hour),
		"body":   upstreamtest.SlowBody("body", 1, time.Hour),
		"stall":  upstreamtest.Stall(),
	} {
		up.Script("/a", action)
		c := client(up, false)
		c.Timeout = 20 * time.Millisecond
		if _, _, err := get(t, c, up.URL("/a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	up.Script("/a", upstreamtest.SlowBody("body", 3, time.Millisecond))
	if _, body, err := get(t, client(up, false), up.URL("/a")); body != "body" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

func TestZeroServerInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var up upstreamtest.Server
		up.Set("/a", "body")
		up.Script("/a", upstreamtest.SlowHeader(time.Hour))
		start := time.Now()
		w := &recorder{header: http.Header{}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, up.URL("/a"), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		up.ServeHTTP(w, request)
		if w.body.String() != "body" || time.Since(start) != time.Hour {
			t.Errorf("%q after %v", w.body.String(), time.Since(start))
		}
	})
}

type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func TestEndless(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Script("/a", upstreamtest.Endless("<item/>"))
	response, err := client(up, false).Get(up.URL("/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.CopyN(io.Discard, response.Body, 4<<20); err != nil {
		t.Errorf("ended after %d bytes: %v", n, err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	target := up.Feed("/target", "body")
	chain := up.RedirectChain("/start", 301, 4, target)
	c := client(up, false)
	c.CheckRedirect = nil
	if response, body, err := get(t, c, chain); err != nil || body != "body" || response.Request.URL.Path != "/target" {
		t.Errorf("%q, %v", body, err)
	}
	if up.Count("/start") != 1 || up.Count("/start-3") != 1 || up.Count("/target") != 1 {
		t.Error("the chain has another length")
	}
	if _, _, err := get(t, c, up.RedirectLoop("/loop", 302)); err == nil || up.Count("/loop-back") < 2 {
		t.Errorf("no loop: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	up.Script("/a", upstreamtest.Cookies(5000), upstreamtest.BigHeader(100_000), upstreamtest.ManyHeaders(100, 1000))
	response, _, err := get(t, client(up, false), up.URL("/a"))
	if err != nil || len(response.Header["Set-Cookie"]) != 5000 {
		t.Errorf("cookies: %v", err)
	}
	response, _, err = get(t, client(up, false), up.URL("/a"))
	if err != nil || len(response.Header.Get("X-Padding")) != 100_000 {
		t.Errorf("padding: %v", err)
	}
	response, _, err = get(t, client(up, false), up.URL("/a"))
	if err != nil || len(response.Header) != 101 {
		t.Errorf("lines: %v", err)
	}
}

func TestLyingETags(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "old")
	up.Script("/a", upstreamtest.StuckETag(`"stuck"`))
	c := client(up, false)
	if response, body, _ := get(t, c, url); response.Header.Get("ETag") != `"stuck"` || body != "old" {
		t.Errorf("%v %q", response.Header, body)
	}
	up.Set("/a", "new")
	if response, _, _ := get(t, c, url, "If-None-Match", `"stuck"`); response.StatusCode != 304 {
		t.Errorf("stuck: %d", response.StatusCode)
	}
	up.Script("/a", upstreamtest.FreshETag())
	one, _, _ := get(t, c, url)
	two, body, _ := get(t, c, url, "If-None-Match", one.Header.Get("ETag"))
	if two.StatusCode != 200 || body != "new" || one.Header.Get("ETag") == two.Header.Get("ETag") {
		t.Errorf("fresh: %d %q", two.StatusCode, body)
	}
}

func TestCoded(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	long := strings.Repeat("some words ", 30_000)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		for name, row := range map[string]struct {
			action upstreamtest.Action
			want   string
		}{
			"coded": {upstreamtest.Coded(coding, long), long},
			"empty": {upstreamtest.Coded(coding, ""), ""},
			"bomb":  {upstreamtest.Bomb(coding, 3<<20+5), strings.Repeat(" ", 3<<20+5)},
		} {
			up.Script("/a", row.action)
			response, body, err := get(t, client(up, false), up.URL("/a"))
			if err != nil {
				t.Fatal(err)
			}
			reader, err := codec.Decode(response.Header.Get("Content-Encoding"), strings.NewReader(body), 4<<20)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(reader); err != nil || string(got) != row.want {
				t.Errorf("%s %s: %d bytes, %v; want %d", coding, name, len(got), err, len(row.want))
			}
			if name == "bomb" && len(body) > 8000 {
				t.Errorf("%s bomb of %d bytes", coding, len(body))
			}
			reader.Close()
		}
	}
	up.Script("/a", upstreamtest.Coded("gzip", "text"))
	_, body, _ := get(t, client(up, false), up.URL("/a"))
	if z, err := gzip.NewReader(strings.NewReader(body)); err != nil || z == nil {
		t.Errorf("not gzip: %v", err)
	}
}

func TestGenerated(t *testing.T) {
	t.Parallel()
	items := upstreamtest.Items(3)
	items[0].Title = `<&>"`
	for name, document := range map[string]string{
		"rss":  upstreamtest.RSS("A & B", items...),
		"atom": upstreamtest.Atom("A & B", items...),
	} {
		var tree struct {
			Items   []struct{} `xml:"channel>item"`
			Entries []struct{} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(document), &tree); err != nil || len(tree.Items)+len(tree.Entries) != 3 {
			t.Errorf("%s: %v, %+v", name, err, tree)
		}
	}
	var feed struct{ Items []struct{ Title string } }
	err := json.Unmarshal([]byte(upstreamtest.JSON("A", items...)), &feed)
	if err != nil || len(feed.Items) != 3 || feed.Items[0].Title != `<&>"` {
		t.Errorf("json: %v, %+v", err, feed)
	}
	if newer := upstreamtest.Items(4); newer[1].ID != upstreamtest.Items(3)[0].ID || !newer[0].Date.After(newer[1].Date) {
		t.Error("Items(n+1) isn't Items(n) with a new one in front")
	}
}
