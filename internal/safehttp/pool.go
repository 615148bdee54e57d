package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tributary/internal/news"
)

// route is how a request goes out and where it may go.
type route struct {
	allow []netip.Prefix // reachable beside the public internet
	port  uint16         // an unusual one that the request's own URL names, or 0
	proxy string         // URL, or empty
	http1 bool
	roots string // PEM certificates, or empty
}

func (r *route) isUsual() bool {
	return len(r.allow) == 0 && r.port == 0 && r.proxy == "" && !r.http1 && r.roots == ""
}

// appendKey tells routes apart. The same networks in another order have another
// key, which costs a pool and breaks nothing.
func (r *route) appendKey(key []byte) []byte {
	key = append(key, byte(r.port>>8), byte(r.port), 0)
	if r.http1 {
		key[2] = 1
	}
	for _, prefix := range r.allow {
		bytes, family := prefix.Addr().As16(), byte(prefix.Addr().BitLen())
		key = append(append(key, family, byte(prefix.Bits())), bytes[:]...)
	}
	key = append(append(key, 0), r.proxy...)
	return append(append(key, 0), r.roots...)
}

// pool is the connections of one route.
type pool struct {
	*http.Transport
	guard *guard
	// blind: the guard doesn't see the addresses that names resolve to.
	blind bool
	// private holds each host:port whose connections led into an allowed
	// network: what is asked of it concerns nobody outside.
	private sync.Map
}

// pool gives the pool of a route.
func (c *Client) pool(r *route) (*pool, error) {
	if r.isUsual() {
		return c.base, nil
	}
	var buffer [256]byte
	key := r.appendKey(buffer[:0])
	c.mu.RLock()
	known := c.pools[string(key)]
	c.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known = c.pools[string(key)]; known != nil {
		return known, nil
	}
	made, err := c.newPool(r)
	if err != nil {
		return nil, err
	}
	c.pools[string(key)] = made
	return made, nil
}

func (c *Client) newPool(r *route) (*pool, error) {
	tlsConfig, err := c.tlsConfig(r)
	if err != nil {
		return nil, err
	}
	p := &pool{guard: newGuard(c.options.AllowNetworks, r.allow, r.port), blind: r.proxy != "" || c.options.Dial != nil}
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: c.options.Resolver}
	p.Transport = &http.Transport{
		ForceAttemptHTTP2:      !r.http1,
		DisableCompression:     true,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           max(maxIdle, c.options.MaxIdlePerHost),
		MaxIdleConnsPerHost:    c.options.MaxIdlePerHost,
		// Notices an HTTP/2 connection that died in silence.
		HTTP2: &http.HTTP2Config{SendPingTimeout: headerTimeout, PingTimeout: connectTimeout},
	}
	if r.http1 {
		p.Protocols = new(http.Protocols)
		p.Protocols.SetHTTP1(true)
	}
	if r.proxy != "" {
		proxy, err := parseProxy(r.proxy)
		if err != nil {
			return nil, &Error{Cause: news.CauseBlocked, Reason: "proxy: " + err.Error(), Err: err}
		}
		p.Proxy = http.ProxyURL(proxy)
	} else {
		dialer.Control = p.guard.control
	}
	dial := c.options.Dial
	if dial == nil {
		dial = dialer.DialContext
	}
	if p.DialContext = dial; r.proxy == "" && len(p.guard.allowed) > 0 {
		p.DialContext = p.noting(dial)
	}
	return p, nil
}

// tlsConfig resumes sessions among requests with the same roots only: a resumed
// session is not verified again.
func (c *Client) tlsConfig(r *route) (*tls.Config, error) {
	config := &tls.Config{RootCAs: c.options.RootCAs, ClientSessionCache: c.sessions, MinVersion: tls.VersionTLS12}
	if r.roots == "" {
		return config, nil
	}
	roots := c.options.RootCAs
	if roots == nil {
		roots, _ = x509.SystemCertPool()
	}
	if roots == nil { // a machine without any
		roots = x509.NewCertPool()
	}
	config.RootCAs = roots.Clone()
	if !config.RootCAs.AppendCertsFromPEM([]byte(r.roots)) {
		return nil, &Error{Cause: news.CauseTLS, Reason: "the configured authority holds no certificate in PEM form"}
	}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	return config, nil
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// noting notes which hosts are private.
func (p *pool) noting(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if host := strings.ToLower(address); err == nil && p.guard.allows(remote.Addr()) {
			p.private.Store(host, true)
		} else {
			p.private.Delete(host)
		}
		return conn, nil
	}
}

// isPrivate reports whether a host was reached inside an allowed network.
func (p *pool) isPrivate(u *url.URL) bool {
	_, private := p.private.Load(net.JoinHostPort(strings.ToLower(u.Hostname()), portOf(u)))
	return private
}

// proxySchemes are those that net/http speaks.
var proxySchemes = []string{"http", "https", "socks5"}

// parseProxy reads the URL of a proxy, with user and password where it needs
// them. The error doesn't repeat the URL, which may hold a password.
func parseProxy(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New(`it must be the URL of a proxy, as in "http://proxy.example:3128"`)
	case !slices.Contains(proxySchemes, u.Scheme):
		return nil, fmt.Errorf("a proxy speaks one of %s", strings.Join(proxySchemes, ", "))
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the URL of a proxy has no path")
	}
	return u, nil
}
