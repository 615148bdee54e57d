// Package safehttp is the only HTTP client with which Tributary goes out. It
// is for addresses that strangers chose: what a feed redirects to, what a DNS
// server answers, what a header or a cookie says is never trusted. Start with
// [New] and [Client.Do].
//
// What holds for every request, and for every redirect that it follows:
//
//  1. Only http and https, never from https back to http, at most 5 redirects,
//     no loops.
//  2. The address that is about to be dialed, after resolution, must be public
//     or inside an allowed network. Checking it in the dialer leaves no gap for
//     DNS rebinding. Hosts that are numbers in disguise (127.1, 0x7f000001,
//     127.0.0.1 with a trailing dot) are refused by their spelling already.
//  3. The port is 80, 443, 8080, 8443, or the one that the request's own URL
//     names; any port inside an allowed network.
//  4. Private headers go to the origin (scheme, host, port) of the request's
//     URL only, and no more once a redirect has left it.
//  5. No cookies, no Referer, no proxy from the environment, no transparent
//     decompression.
//  6. Connecting takes at most 10 s, the TLS handshake 10 s, the header of each
//     hop 15 s from its start; the header has at most 64 KiB. The body is for
//     the caller to limit, and the whole by [Request.Timeout].
//
// A request may go through a proxy that the operator configured. The proxy's own
// address is not checked then, and what a name resolves to is the proxy's to
// know; addresses and ports that stand in a URL are checked all the same.
//
// Connections are pooled, HTTP/2 is spoken where the other side does, and TLS
// sessions are resumed. A connection is only ever reused by requests that go
// the same way with the same permissions as the one that opened it: see route.
package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	headerTimeout  = 15 * time.Second
	idleTimeout    = 30 * time.Second
	maxHeader      = 64 << 10
	maxRedirects   = 5
	// maxIdle bounds the idle connections of one pool: each holds some 15 KB,
	// twice that with TLS.
	maxIdle = 256
	// sessions is the number of hosts whose TLS sessions are kept. Resuming
	// one saves a quarter of the CPU of a new connection.
	sessions = 4096
)

// Options are the settings of a [Client]. The zero value is usable.
type Options struct {
	AllowNetworks  []netip.Prefix // allowed to every request beside the public internet
	Resolver       *net.Resolver  // nil means the system's
	RootCAs        *x509.CertPool // nil means the system's
	MaxIdlePerHost int            // idle connections kept to one host; 64 when zero
	// Dial makes the connections in place of the guarded dialer, for tests in
	// virtual time. Nothing is resolved then, so only addresses and ports that
	// stand in a URL are checked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends requests. It is safe for concurrent use and meant to be shared
// by the whole process.
type Client struct {
	options  Options
	sessions tls.ClientSessionCache
	base     *pool // for requests without a route of their own

	mu    sync.RWMutex
	pools map[string]*pool // by the keys of their routes
}

// New makes a client. [Client.CloseIdle] ends its idle connections.
func New(options Options) *Client {
	if options.MaxIdlePerHost == 0 {
		options.MaxIdlePerHost = 64
	}
	c := &Client{
		options:  options,
		sessions: tls.NewLRUClientSessionCache(sessions),
		pools:    make(map[string]*pool),
	}
	c.base, _ = c.newPool(&route{}) // which has nothing that could be wrong
	return c
}

// CloseIdle closes the connections that no request is using.
func (c *Client) CloseIdle() {
	c.base.CloseIdleConnections()
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, pool := range c.pools {
		pool.CloseIdleConnections()
	}
}
