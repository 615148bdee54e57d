package safehttp_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/internal/safehttp"
)

// spellings are URLs that lead, or have led in some program, to this machine or
// to its private neighbors. PORT is where the canary listens.
var spellings = []string{
	// as it is
	"http://127.0.0.1:PORT/", "http://127.0.0.2:PORT/", "http://127.255.255.254:PORT/",
	// decimal, and with parts left out
	"http://2130706433:PORT/", "http://2130706434:PORT/", "http://127.1:PORT/", "http://127.0.2:PORT/",
	// octal
	"http://0177.0.0.2:PORT/", "http://0177.0.0.02:PORT/", "http://017700000002:PORT/", "http://0177.2:PORT/", "http://00000177.0.0.2:PORT/",
	// hexadecimal
	"http://0x7f000002:PORT/", "http://0x7f.0.0.2:PORT/", "http://0x7f.2:PORT/", "http://0X7F.0X0.0X0.0X2:PORT/",
	// mixed, and too large for a byte or for 32 bits
	"http://0x7f.0.0.02:PORT/", "http://127.0x2:PORT/", "http://127.0.0.0x2:PORT/", "http://6425673730:PORT/", "http://383.0.0.2:PORT/",
	// dots at the end
	"http://127.0.0.2.:PORT/", "http://127.0.0.2..:PORT/", "http://2130706434.:PORT/", "http://0x7f.2.:PORT/",
	// this host
	"http://0.0.0.0:PORT/", "http://0:PORT/", "http://0x0:PORT/", "http://00.0:PORT/", "http://[::]:PORT/", "http://[0::0]:PORT/",
	// IPv6 loopback, with zones
	"http://[::1]:PORT/", "http://[0:0:0:0:0:0:0:1]:PORT/", "http://[0000::0001]:PORT/", "http://[::1%25lo]:PORT/", "http://[::1%25eth0]:PORT/",
	"http://[fe80::1%25lo]:PORT/",
	// IPv4 inside IPv6: mapped, compatible, translated
	"http://[::ffff:127.0.0.2]:PORT/", "http://[::ffff:7f00:2]:PORT/", "http://[::FFFF:127.0.0.1]:PORT/", "http://[0:0:0:0:0:ffff:7f00:1]:PORT/",
	"http://[::127.0.0.2]:PORT/", "http://[::7f00:1]:PORT/", "http://[::ffff:0:127.0.0.2]:PORT/",
	// NAT64, 6to4, Teredo, ISATAP
	"http://[64:ff9b::127.0.0.2]:PORT/", "http://[64:ff9b::7f00:1]:PORT/", "http://[64:ff9b:1::7f00:1]:PORT/",
	"http://[2002:7f00:1::]:PORT/", "http://[2002:7f00:2::1]:PORT/", "http://[2001:0:7f00:2::]:PORT/", "http://[fe80::5efe:7f00:2]:PORT/",
	// names
	"http://localhost:PORT/", "http://LOCALHOST:PORT/", "http://localhost.:PORT/", "http://feeds.localhost:PORT/", "http://localhost.localdomain:PORT/",
	"http://ip6-localhost:PORT/", "http://127.0.0.2.nip.example:PORT/", "http://internal.example:PORT/", "http://metadata.google.internal:PORT/",
	// digits and dots that IDNA folds
	"http://①②⑦.⓪.⓪.②:PORT/", "http://１２７.０.０.２:PORT/", "http://127。0。0。2:PORT/", "http://127．0．0．2:PORT/",
	"http://𝟏𝟐𝟕.𝟎.𝟎.𝟐:PORT/", "http://¹²⁷.⁰.⁰.²:PORT/", "http://₁₂₇.₀.₀.₁:PORT/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/", "http://12\u00ad7.0.0.2:PORT/",
	// percent-encoded
	"http://%31%32%37.0.0.2:PORT/", "http://127%2e0%2e0%2e2:PORT/", "http://local%68ost:PORT/",
	// user information and other tricks of parsers
	"http://feeds.example@127.0.0.2:PORT/", "http://feeds.example:80@127.0.0.2:PORT/", "http://feeds.example%40127.0.0.2:PORT/",
	"http://127.0.0.2:PORT#@feeds.example/", "http://127.0.0.2:PORT?@feeds.example/", `http://127.0.0.2:PORT\@feeds.example/`,
	"http://feeds.example#@127.0.0.2:PORT/", "http:127.0.0.2:PORT/", "http:///127.0.0.2:PORT/", "HTTP://127.0.0.2:PORT/", "https://127.0.0.2:PORT/",
	// the neighbors
	"http://10.0.0.1:PORT/", "http://192.168.1.1:PORT/", "http://172.16.0.1:PORT/", "http://169.254.169.254/latest/meta-data/",
	"http://168.63.129.16/machine", "http://[fd00:ec2::254]/latest/", "http://100.100.100.200/latest/", "http://[fd12:3456::1]:PORT/",
	// not HTTP at all
	"file:///etc/passwd", "gopher://127.0.0.2:PORT/_x", "ftp://127.0.0.2:PORT/", "dict://127.0.0.2:PORT/", "jar:http://127.0.0.2:PORT/!/",
}

// everywhere is a canary on all addresses of the machine, of both versions.
func everywhere(t *testing.T) (port string, hits *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	hits = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew { // a connection alone is too much already
			hits.Add(1)
		}
	}
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port), hits
}

// redirector answers /STATUS with a redirect to the target. It listens on a
// loopback address of its own, which is the only one that may be reached.
type redirector struct {
	*httptest.Server
	target atomic.Pointer[string]
	own    []netip.Prefix
}

func newRedirector(t *testing.T) *redirector {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.9:0")
	if err != nil {
		t.Skip("needs a second loopback address: ", err)
	}
	r := &redirector{own: []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32")}}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var status int
		fmt.Sscanf(request.URL.Path, "/%d", &status)
		w.Header()["Location"] = []string{*r.target.Load()}
		w.WriteHeader(status)
	}))
	r.Listener.Close()
	r.Listener = listener
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// TestCanary counts what reaches a canary through every spelling: straight, and
// through a redirect of each kind. The DNS server sends every name to it.
func TestCanary(t *testing.T) {
	t.Parallel()
	if len(spellings) < 60 {
		t.Fatalf("%d spellings", len(spellings))
	}
	port, hits := everywhere(t)
	dns := resolver(t, func(string) []string { return []string{"127.0.0.2", "::1"} })
	from := newRedirector(t)
	c := newClient(t, safehttp.Options{Resolver: dns})
	for _, spelling := range spellings {
		target := strings.ReplaceAll(spelling, "PORT", port)
		if _, _, err := read(t, c, &safehttp.Request{URL: target}); err == nil {
			t.Errorf("%s was answered", target)
		}
		from.target.Store(&target)
		for _, status := range []int{301, 302, 303, 307, 308} {
			start := fmt.Sprintf("%s/%d", from.URL, status)
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				_, _, err := read(t, c, &safehttp.Request{Method: method, URL: start, Body: []byte("x"), AllowNetworks: from.own})
				if err == nil {
					t.Errorf("%s was answered through a %d", target, status)
				}
			}
		}
	}
	for _, relative := range []string{"//127.0.0.2:" + port + "/", `\\127.0.0.2:` + port + "/", "/\t/127.0.0.2:" + port + "/", " http://127.0.0.2:" + port + "/"} {
		from.target.Store(&relative)
		_, _, _ = read(t, c, &safehttp.Request{URL: from.URL + "/302", AllowNetworks: from.own}) // may lead back to the redirector
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the canary was reached %d times", n)
	}
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32"), from.own[0]}
	for _, opened := range []string{"http://127.0.0.2:PORT/", "http://[::ffff:127.0.0.2]:PORT/", "http://internal.example:PORT/"} {
		before, target := hits.Load(), strings.ReplaceAll(opened, "PORT", port)
		from.target.Store(&target)
		if _, _, err := read(t, c, &safehttp.Request{URL: from.URL + "/302", AllowNetworks: allowed}); err != nil || hits.Load() == before {
			t.Errorf("%s: allow_networks doesn't open it: %v", opened, err)
		}
		if _, _, err := read(t, c, &safehttp.Request{URL: target}); err == nil {
			t.Errorf("%s is open to another request now", opened)
		}
	}
}

// TestCanaryRebinding has a DNS server that changes its mind at each question:
// between an open address and a private one, or both at once.
func TestCanaryRebinding(t *testing.T) {
	t.Parallel()
	from := newRedirector(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(from.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	// The canary has the port of what is open, on another address.
	listener, err := net.Listen("tcp4", "127.0.0.2:"+port)
	if err != nil {
		t.Skip("the port is taken on the other address: ", err)
	}
	defer listener.Close()
	var reached atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			conn.Close()
		}
	}()
	var mu sync.Mutex
	asked := 0
	dns := resolver(t, func(string) []string {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return [][]string{{"127.0.0.9"}, {"127.0.0.2"}, {"127.0.0.2", "127.0.0.9"}, {"::ffff:127.0.0.2", "127.0.0.2"}}[asked%4]
	})
	c := newClient(t, safehttp.Options{Resolver: dns})
	target := "http://rebind.example:" + port + "/200"
	from.target.Store(&target)
	answered := 0
	for i := range 60 {
		start := target
		if i%2 == 1 {
			start = from.URL + "/302"
		}
		if _, _, err := read(t, c, &safehttp.Request{URL: start, AllowNetworks: from.own}); err == nil {
			answered++
		}
		c.CloseIdle() // so that the name is looked up again
	}
	if n := reached.Load(); n != 0 || answered == 0 {
		t.Errorf("the canary was reached %d times; %d requests were answered", n, answered)
	}
}
