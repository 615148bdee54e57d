package safehttp_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// forward is a proxy on loopback that answers by itself what it is asked for
// in plain HTTP, and connects every CONNECT to one address.
type forward struct {
	*httptest.Server
	asked atomic.Int64
	auth  atomic.Pointer[string]
	to    string // host:port of every tunnel
	reply http.HandlerFunc
}

func newForward(t *testing.T) *forward {
	t.Helper()
	f := &forward{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	auth := r.Header.Get("Proxy-Authorization")
	f.auth.Store(&auth)
	if r.Method != http.MethodConnect {
		f.reply(w, r)
		return
	}
	upstream, err := net.Dial("tcp", f.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer upstream.Close()
	w.WriteHeader(http.StatusOK)
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	go func() {
		_, _ = io.Copy(upstream, client)
		_ = upstream.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, upstream)
}

// address is the proxy's URL with a user and password.
func (f *forward) address() string {
	return strings.Replace(f.URL, "://", "://jane:pass@", 1)
}

func TestProxy(t *testing.T) {
	t.Parallel()
	proxy := newForward(t)
	proxy.reply = func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL) }
	c := newClient(t, safehttp.Options{}) // nothing on loopback is allowed but the proxy itself
	const target = "http://feeds.example/a.rss"
	response, body, err := read(t, c, &safehttp.Request{URL: target, Proxy: proxy.address()})
	if err != nil || body != target || response.Private() {
		t.Fatalf("%+v %q %v", response, body, err)
	}
	if got := *proxy.auth.Load(); got != "Basic amFuZTpwYXNz" {
		t.Errorf("Proxy-Authorization %q", got)
	}
	if _, _, err = read(t, c, &safehttp.Request{URL: proxy.URL}); err == nil {
		t.Error("the proxy's address is open to requests that don't go through it")
	}
	proxy.Close()
	_, _, err = read(t, c, &safehttp.Request{URL: target, Proxy: proxy.address()})
	wantCause(t, err, news.CauseConnect, "a proxy that is down")
	if err == nil || !strings.Contains(err.Error(), "the proxy") || strings.Contains(err.Error(), "pass") {
		t.Errorf("%v: it must name the proxy, not its password", err)
	}
}

func TestProxyTunnel(t *testing.T) {
	t.Parallel()
	up, proxy := upstreamtest.New(t), newForward(t)
	up.Set("/a", "body")
	proxy.to = strings.TrimPrefix(up.TLSURL(""), "https://")
	c := newClient(t, safehttp.Options{RootCAs: up.CertPool()})
	_, body, err := read(t, c, &safehttp.Request{URL: "https://example.com/a", Proxy: proxy.address()})
	if err != nil || body != "body" || proxy.asked.Load() != 1 {
		t.Errorf("%q %v after %d tunnels", body, err, proxy.asked.Load())
	}
}

// TestProxyIsNotAskedFor shows what is refused before a proxy hears of it.
func TestProxyIsNotAskedFor(t *testing.T) {
	t.Parallel()
	proxy := newForward(t)
	var target string
	proxy.reply = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusFound)
	}
	c := newClient(t, safehttp.Options{})
	for _, target = range []string{
		"http://169.254.169.254/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/", "http://LOCALHOST./",
		"http://a.localhost/", "http://127.1/", "http://0x7f000001/", "http://feeds.example:22/", "http://93.184.215.14:6379/",
	} {
		before := proxy.asked.Load()
		_, _, err := read(t, c, &safehttp.Request{URL: "http://feeds.example/", Proxy: proxy.URL})
		wantCause(t, err, news.CauseBlocked, target)
		if n := proxy.asked.Load() - before; n != 1 {
			t.Errorf("%s: the proxy was asked %d times, want once", target, n)
		}
	}
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	proxy, up := newForward(t), upstreamtest.New(t)
	proxy.reply = func(http.ResponseWriter, *http.Request) {}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	dns := resolver(t, func(string) []string { return []string{"127.0.0.1"} })
	c := newClient(t, safehttp.Options{AllowNetworks: only127, Resolver: dns})
	own, _ := url.Parse(up.Feed("/a", "body"))
	_, body, err := read(t, c, &safehttp.Request{URL: "http://feeds.example:" + own.Port() + "/a"})
	if err != nil || body != "body" || proxy.asked.Load() != 0 {
		t.Errorf("%q %v; the proxy was asked %d times", body, err, proxy.asked.Load())
	}
}

func TestHTTP1(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	c := newClient(t, safehttp.Options{AllowNetworks: only127, RootCAs: up.CertPool()})
	for proto, http1 := range map[string]bool{"HTTP/1.1": true, "HTTP/2.0": false} {
		if _, body, err := read(t, c, &safehttp.Request{URL: up.TLSURL("/a"), HTTP1: http1}); body != "body" {
			t.Fatal(err)
		}
		if got := up.Last("/a").Proto; got != proto {
			t.Errorf("over %s, want %s", got, proto)
		}
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	target := up.TLSURL("/a")
	authority := up.Certificate()
	roots := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}))
	c := newClient(t, safehttp.Options{AllowNetworks: only127})
	for range 2 {
		if _, body, err := read(t, c, &safehttp.Request{URL: target, Roots: roots}); body != "body" {
			t.Fatal(err)
		}
		c.CloseIdle() // so that a TLS session could be resumed
		_, _, err := read(t, c, &safehttp.Request{URL: target})
		wantCause(t, err, news.CauseTLS, "a request that doesn't trust the authority")
	}
	_, _, err := read(t, c, &safehttp.Request{URL: target, Roots: "not PEM"})
	wantCause(t, err, news.CauseTLS, "no certificate")
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	own, _ := url.Parse(up.Feed("/a", "body"))
	dns := resolver(t, func(string) []string { return []string{"127.0.0.1"} })
	c := newClient(t, safehttp.Options{AllowNetworks: only127, Resolver: dns})
	for _, host := range []string{"127.0.0.1", "intranet.example", "INTRANET.example"} {
		for range 2 { // over a new connection and over one that was kept
			response, _, err := read(t, c, &safehttp.Request{URL: "http://" + host + ":" + own.Port() + "/a"})
			if err != nil || !response.Private() {
				t.Errorf("%s: %+v, %v", host, response, err)
			}
		}
	}
}
