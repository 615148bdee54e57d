// Package upstreamtest is an upstream for tests and benchmarks: a real HTTP
// server on loopback that hosts any number of feeds, honors validators, counts
// and records what it is asked, and misbehaves on request. It is imported by
// tests and benchmarks only.
//
//	up := upstreamtest.New(t)
//	url := up.Feed("/a.rss", upstreamtest.RSS("A blog", upstreamtest.Items(3)...))
//	// … pull url …
//	up.Set("/a.rss", upstreamtest.RSS("A blog", upstreamtest.Items(4)...))
//	up.Script("/a.rss", upstreamtest.Status(503, "Retry-After", "60"), upstreamtest.Serve)
//	// … pull it twice …
//	if got := up.Count("/a.rss"); got != 3 { … }
//
// A path serves its content with an ETag made from the bytes and a
// Last-Modified that moves by a second with each Set, and answers 304 to either
// validator. A script puts an [Action] before that, one a request; the last
// action stays in force. Paths that were never set are 404s, counted too.
//
// The same paths are served over TLS with HTTP/2 at [Server.TLSURL]. All
// methods are safe for concurrent use.
package upstreamtest

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
)

// Loopback holds the addresses that servers listen on, for allow_networks.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// Server is a scriptable upstream. Its zero value listens nowhere and can be
// used as an [http.Handler], inside a synctest bubble for instance.
type Server struct {
	// Fast, set before the first request, makes the server count requests
	// without recording them: for benchmarks, where its own cost counts.
	Fast bool

	pages sync.Map // path to *page

	plain   *httptest.Server
	tb      testing.TB
	tlsOnce sync.Once
	tls     *httptest.Server
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb}
	s.plain = s.listen(false)
	return s
}

// NewFast is [New] with Fast set.
func NewFast(tb testing.TB) *Server {
	tb.Helper()
	s := New(tb)
	s.Fast = true
	return s
}

// listen starts a listener that closes with the test.
func (s *Server) listen(overTLS bool) *httptest.Server {
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewUnstartedServer(s)
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // faults are its purpose
	if overTLS {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	s.tb.Cleanup(func() {
		cancel() // ends the actions that wait
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// URL is the address of a path: on loopback once the server was started by
// New, else at the made-up host upstream.test.
func (s *Server) URL(path string) string {
	if s.plain == nil {
		return "http://upstream.test" + path
	}
	return s.plain.URL + path
}

// TLSURL is the https address of a path; the listener starts with the first
// call. Clients trust it by [Server.CertPool].
func (s *Server) TLSURL(path string) string { return s.overTLS().URL + path }

// CertPool holds the authority of the server's certificate, which is valid for
// 127.0.0.1, ::1 and example.com.
func (s *Server) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// Certificate is the server's certificate, which is its own authority.
func (s *Server) Certificate() *x509.Certificate { return s.overTLS().Certificate() }

func (s *Server) overTLS() *httptest.Server {
	s.tlsOnce.Do(func() {
		if s.tb == nil {
			panic("upstreamtest: TLS needs a server made by New")
		}
		s.tls = s.listen(true)
	})
	return s.tls
}

// Reset closes every connection that a client holds, idle ones too.
func (s *Server) Reset() {
	if s.plain != nil {
		s.plain.CloseClientConnections()
	}
	if s.tls != nil {
		s.tls.CloseClientConnections()
	}
}

// ServeHTTP answers by script and content of the request's path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := s.page(r.URL.Path)
	p.count.Add(1)
	if !s.Fast {
		p.record(r)
	}
	if action := p.nextAction(); action != nil {
		action(w, r, p.serve)
		return
	}
	p.serve(w, r)
}
