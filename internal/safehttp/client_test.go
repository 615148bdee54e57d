package safehttp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// only127 allows the address that upstreams listen on and no other loopback
// one.
var only127 = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

func newClient(t *testing.T, options safehttp.Options) *safehttp.Client {
	t.Helper()
	c := safehttp.New(options)
	t.Cleanup(c.CloseIdle)
	return c
}

// read does a request and reads the body to its end.
func read(t *testing.T, c *safehttp.Client, request *safehttp.Request) (*safehttp.Response, string, error) {
	t.Helper()
	response, err := c.Do(t.Context(), request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func wantCause(t *testing.T, err error, cause news.Cause, about string) {
	t.Helper()
	failure, ok := errors.AsType[*safehttp.Error](err)
	if !ok || failure.Cause != cause || failure.Reason == "" {
		t.Errorf("%s: %#v (%v), want cause %s", about, err, err, cause)
	}
}

// canary is a server on another loopback address that must never be reached.
func canary(t *testing.T) (port string, hits *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		t.Skip("no second loopback address: ", err)
	}
	hits = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port), hits
}

func TestDo(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a.rss", "body")
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	header := http.Header{"Accept": {"application/rss+xml"}}
	response, body, err := read(t, c, &safehttp.Request{URL: url, Header: header})
	if err != nil || body != "body" || response.Status != 200 || response.URL != url || response.ContentLength != 4 || response.Permanent() {
		t.Fatalf("%+v %q %v", response, body, err)
	}
	got := up.Last("/a.rss").Header
	for _, absent := range []string{"Cookie", "Referer", "Accept-Encoding"} {
		if got.Get(absent) != "" {
			t.Errorf("%s: %q", absent, got.Get(absent))
		}
	}
	if got.Get("Accept") != "application/rss+xml" || len(header) != 1 {
		t.Errorf("sent %v of %v", got, header)
	}
}

func TestHTTP2AndSessions(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	c := newClient(t, safehttp.Options{AllowNetworks: only127, RootCAs: up.CertPool()})
	if _, body, err := read(t, c, &safehttp.Request{URL: up.TLSURL("/a")}); err != nil || body != "body" {
		t.Fatal(body, err)
	}
	if proto := up.Last("/a").Proto; proto != "HTTP/2.0" {
		t.Errorf("over %s", proto)
	}
	_, _, err := read(t, newClient(t, safehttp.Options{AllowNetworks: only127}), &safehttp.Request{URL: up.TLSURL("/a")})
	wantCause(t, err, news.CauseTLS, "unknown authority")
	_, _, err = read(t, c, &safehttp.Request{URL: strings.Replace(up.URL("/a"), "http:", "https:", 1)})
	wantCause(t, err, news.CauseTLS, "plain HTTP on a TLS port")
}

func TestRebinding(t *testing.T) {
	t.Parallel()
	port, hits := canary(t)
	up := upstreamtest.New(t)
	up.Set("/", "body")
	address := "127.0.0.1"
	var mu sync.Mutex
	dns := resolver(t, func(string) []string {
		mu.Lock()
		defer mu.Unlock()
		return []string{address}
	})
	c := newClient(t, safehttp.Options{AllowNetworks: only127, Resolver: dns})
	own, err := url.Parse(up.URL("/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, body, err := read(t, c, &safehttp.Request{URL: "http://rebind.example:" + own.Port() + "/"}); body != "body" {
		t.Fatal(err)
	}
	mu.Lock()
	address = "127.0.0.2"
	mu.Unlock()
	_, _, err = read(t, c, &safehttp.Request{URL: "http://rebind.example:" + port + "/"})
	wantCause(t, err, news.CauseBlocked, "rebound")
	if hits.Load() != 0 {
		t.Error("the canary was reached")
	}
}

func TestPermissionsDontLeakThroughPool(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "body")
	c := newClient(t, safehttp.Options{})
	for range 2 {
		if _, _, err := read(t, c, &safehttp.Request{URL: url, AllowNetworks: only127}); err != nil {
			t.Fatal(err)
		}
	}
	if requests := up.Requests("/a"); requests[0].Remote != requests[1].Remote {
		t.Error("the connection wasn't kept")
	}
	_, _, err := read(t, c, &safehttp.Request{URL: url})
	wantCause(t, err, news.CauseBlocked, "an idle connection that another source opened")
	if up.Count("/a") != 2 {
		t.Errorf("%d requests", up.Count("/a"))
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	target := up.Feed("/target", "body")
	up.Set("/x/here", "relative")
	c := newClient(t, safehttp.Options{AllowNetworks: only127, RootCAs: up.CertPool()})
	up.Script("/relative", upstreamtest.Redirect(307, "x/y/../here#part"))
	up.Script("/up", upstreamtest.Redirect(301, up.TLSURL("/target")))
	up.Script("/nowhere", upstreamtest.Status(302))
	up.Script("/userinfo", upstreamtest.Redirect(302, strings.Replace(target, "://", "://a:b@", 1)))
	for _, row := range []struct {
		start     string
		end       string
		body      string
		permanent bool
	}{
		{up.RedirectChain("/five", 301, 5, target), target, "body", true},
		{up.RedirectChain("/temporary", 302, 2, target), target, "body", false},
		{up.RedirectChain("/308", 308, 1, up.RedirectChain("/307", 307, 1, target)), target, "body", false},
		{up.URL("/relative"), up.URL("/x/here"), "relative", false},
		{up.URL("/up"), up.TLSURL("/target"), "body", true},
		{up.URL("/nowhere"), up.URL("/nowhere"), "Found", false},
		{up.URL("/userinfo"), target, "body", false},
	} {
		response, body, err := read(t, c, &safehttp.Request{URL: row.start})
		if err != nil || body != row.body || response.URL != row.end || response.Permanent() != row.permanent {
			t.Errorf("%s: %+v %q %v", row.start, response, body, err)
		}
	}
	if got := up.Last("/target").Header; got.Get("Referer") != "" || got.Get("Authorization") != "" {
		t.Errorf("sent %v", got)
	}
}

func TestRefusedRedirects(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	target := up.Feed("/target", "body")
	c := newClient(t, safehttp.Options{AllowNetworks: only127, RootCAs: up.CertPool()})
	for name, location := range map[string]string{
		"down": target, "file": "file:///etc/passwd", "data": "data:text/xml,<rss/>", "javascript": "javascript:alert(1)",
		"bad": "http://[::1", "self": up.TLSURL("/self"),
	} {
		up.Script("/"+name, upstreamtest.Redirect(301, location))
		_, _, err := read(t, c, &safehttp.Request{URL: up.TLSURL("/" + name)})
		wantCause(t, err, news.CauseRedirect, name)
	}
	for _, start := range []string{up.RedirectChain("/six", 302, 6, target), up.RedirectLoop("/loop", 302)} {
		_, _, err := read(t, c, &safehttp.Request{URL: start})
		wantCause(t, err, news.CauseRedirect, start)
	}
	if up.Count("/target") != 0 || up.Count("/self") != 1 || up.Count("/loop") != 1 {
		t.Error("a refused redirect was followed")
	}
	response, _, err := read(t, c, &safehttp.Request{URL: up.URL("/loop"), NoRedirects: true})
	if err != nil || response.Status != 302 {
		t.Errorf("not following: %+v, %v", response, err)
	}
}

func TestPrivateHeadersStayAtTheirOrigin(t *testing.T) {
	t.Parallel()
	here, there := upstreamtest.New(t), upstreamtest.New(t)
	there.Script("/away", upstreamtest.Redirect(302, here.URL("/back")))
	here.Set("/back", "body")
	here.Script("/a", upstreamtest.Redirect(302, "/b"))
	here.Script("/b", upstreamtest.Redirect(302, there.URL("/away")))
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	url := strings.Replace(here.URL("/a"), "://", "://jo:secret@", 1)
	var hops []string
	_, _, err := read(t, c, &safehttp.Request{
		URL: url, Header: http.Header{"User-Agent": {"ours"}},
		Private: map[string]string{"x-api-key": "secret", "User-Agent": "theirs"},
		Hop: func(url string, header http.Header) {
			hops = append(hops, url)
			header.Set("X-Hop", fmt.Sprint(len(hops)))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range []struct {
		request upstreamtest.Request
		private bool
		reason  string
	}{
		{here.Last("/a"), true, "the origin"},
		{here.Last("/b"), true, "the same origin after a redirect"},
		{there.Last("/away"), false, "another port"},
		{here.Last("/back"), false, "back after it was left: the other side chose this path"},
	} {
		h := row.request.Header
		if (h.Get("X-Api-Key") == "secret") != row.private || (h.Get("Authorization") == "Basic am86c2VjcmV0") != row.private {
			t.Errorf("%s: %v", row.reason, h)
		}
		if want := map[bool]string{true: "theirs", false: "ours"}[row.private]; h.Get("User-Agent") != want {
			t.Errorf("%s: User-Agent %q", row.reason, h.Get("User-Agent"))
		}
		if h.Get("X-Hop") != fmt.Sprint(i+1) || len(h.Values("X-Hop")) != 1 {
			t.Errorf("hop %d: %v", i, h.Values("X-Hop"))
		}
	}
	if strings.Contains(strings.Join(hops, " "), "secret") {
		t.Errorf("user information in %v", hops)
	}
}

func TestNoCookies(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "body")
	up.Script("/a", upstreamtest.Cookies(3))
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	for range 2 {
		if _, _, err := read(t, c, &safehttp.Request{URL: url}); err != nil {
			t.Fatal(err)
		}
	}
	if got := up.Last("/a").Header.Get("Cookie"); got != "" {
		t.Errorf("sent %q", got)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/hub", "")
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	for code, want := range map[int]string{0: "POST", 301: "GET", 302: "GET", 303: "GET", 307: "POST", 308: "POST"} {
		url := up.URL("/hub")
		if code != 0 {
			up.Script("/start", upstreamtest.Redirect(code, "/hub"))
			url = up.URL("/start")
		}
		if _, _, err := read(t, c, &safehttp.Request{Method: "POST", URL: url, Body: []byte("hub.mode=publish")}); err != nil {
			t.Fatal(err)
		}
		got := up.Last("/hub")
		if got.Method != want || bytes.Equal(got.Body, []byte("hub.mode=publish")) != (want == "POST") {
			t.Errorf("%d: %s %q, want %s", code, got.Method, got.Body, want)
		}
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/cookies", "")
	up.Set("/big", "")
	up.Set("/some", "")
	dns := resolver(t, func(string) []string { return nil })
	c := newClient(t, safehttp.Options{AllowNetworks: only127, RootCAs: up.CertPool(), Resolver: dns})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for path, action := range map[string]upstreamtest.Action{
		"/reset": upstreamtest.EarlyReset(), "/silent": upstreamtest.Raw(""), "/noise": upstreamtest.Raw("SSH-2.0\r\n\r\n"),
		"/length": upstreamtest.WrongLength("body", 9), "/chunks": upstreamtest.BrokenChunks("body"),
		"/cut": upstreamtest.CutBody("body"), "/resetbody": upstreamtest.ResetBody(),
		"/big": upstreamtest.BigHeader(10 << 20), "/cookies": upstreamtest.Cookies(5000), "/some": upstreamtest.Cookies(800), "/lines": upstreamtest.ManyHeaders(1000, 100),
	} {
		up.Script(path, action)
	}
	for _, row := range []struct {
		url   string
		cause news.Cause
	}{
		{"http://" + closed.Addr().String(), news.CauseConnect},
		{"http://nowhere.example/", news.CauseDNS},
		{up.URL("/reset"), news.CauseConnect},
		{up.URL("/silent"), news.CauseConnect},
		{up.URL("/noise"), news.CauseConnect},
		{up.TLSURL("/reset"), news.CauseConnect},
		{up.URL("/length"), news.CauseTruncated},
		{up.URL("/chunks"), news.CauseTruncated},
		{up.URL("/cut"), news.CauseTruncated},
		{up.URL("/resetbody"), news.CauseTruncated},
		{up.URL("/big"), news.CauseLimit},
		{up.URL("/cookies"), news.CauseLimit},
		{up.URL("/lines"), news.CauseLimit},
		{up.TLSURL("/some"), news.CauseLimit},
		{up.TLSURL("/cookies"), news.CauseConnect}, // HTTP/2 calls twice the limit a protocol error
		{"http://%zz/", news.CauseBlocked},
		{"", news.CauseBlocked},
	} {
		_, _, err := read(t, c, &safehttp.Request{URL: row.url})
		wantCause(t, err, row.cause, row.url)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Script("/a", upstreamtest.Stall())
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	ctx, cancel := context.WithCancel(t.Context())
	response, err := c.Do(ctx, &safehttp.Request{URL: up.URL("/a")})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(response.Body)
	wantCause(t, err, news.CauseInternal, "canceled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v doesn't wrap context.Canceled", err)
	}
	response.Discard()
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	url := up.Feed("/a", "body")
	c := newClient(t, safehttp.Options{})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			allow := append(only127[:1:1], netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 4)}), 32))
			if _, body, err := read(t, c, &safehttp.Request{URL: url, AllowNetworks: allow}); body != "body" {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
