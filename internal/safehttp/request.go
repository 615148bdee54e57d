package safehttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
)

// Request is what to ask for. [Client.Do] doesn't change it.
type Request struct {
	Method string // GET when empty
	URL    string
	// Header goes to every host on the way. Its keys are in canonical form.
	Header http.Header
	// Private headers go to the origin of URL only and beat Header. A user and
	// password in URL are treated like a private Authorization header.
	Private map[string]string
	// Hop, when set, may add headers for one hop alone; it is called before
	// each with its URL, which for the first is URL as it stands.
	Hop func(url string, header http.Header)
	// Body is sent again where a redirect asks for it.
	Body []byte
	// AllowNetworks may be reached beside the public internet.
	AllowNetworks []netip.Prefix
	// Proxy is the URL of the proxy to go through, http, https or socks5; empty
	// for none.
	Proxy string
	// HTTP1 keeps from HTTP/2.
	HTTP1 bool
	// Roots are certificates in PEM form that are trusted beside the others.
	Roots string
	// Timeout is for the whole of it, from the start to the end of the body;
	// 0 leaves the body without one.
	Timeout time.Duration
	// NoRedirects returns a redirect instead of following it.
	NoRedirects bool
}

// Response is an answer of any status. Its Body must be closed, or discarded.
type Response struct {
	Status        int
	Header        http.Header
	ContentLength int64  // -1 when unknown
	URL           string // that answered; for the first hop exactly the request's
	Hops          []Hop  // redirects that were followed, in order
	// Body reads the body as it was sent, codings and all. Its errors are
	// *Error.
	Body io.ReadCloser

	body bodyReader
	pool *pool
	at   *url.URL
}

// Private reports whether the answer came from inside an allowed network, and
// not through a proxy.
func (r *Response) Private() bool { return r.pool != nil && r.pool.isPrivate(r.at) }

// Hop is a redirect that was followed.
type Hop struct {
	URL    string // that redirected
	Status int
}

// Discard reads a short rest of the body and closes it, so that the connection
// can be used again.
func (r *Response) Discard() {
	_, _ = io.CopyN(io.Discard, r.Body, 16<<10)
	_ = r.Body.Close()
}

// Permanent reports whether the way to the answer was made of permanent
// redirects only (RFC 9110 §15.4.2, §15.4.9), and of at least one.
func (r *Response) Permanent() bool {
	return len(r.Hops) > 0 && !slices.ContainsFunc(r.Hops, func(h Hop) bool {
		return h.Status != http.StatusMovedPermanently && h.Status != http.StatusPermanentRedirect
	})
}

// trip is a request on its way through redirects.
type trip struct {
	*Request
	pool   *pool
	left   bool   // the origin whose private headers we carry
	auth   string // Authorization from the URL's user information
	method string
	body   []byte
	hops   []Hop
	clock  clock
}

// Do sends a request and follows its redirects, see the package's rules. Every
// error is an [*Error]; one of a context that was canceled wraps
// [context.Canceled].
func (c *Client) Do(ctx context.Context, request *Request) (*Response, error) {
	u, err := url.Parse(request.URL)
	if err != nil {
		return nil, &Error{Cause: news.CauseBlocked, Reason: "the URL can't be read", Err: err}
	}
	t := &trip{Request: request, method: request.Method, body: request.Body}
	t.pool, err = c.pool(&route{
		allow: request.AllowNetworks, port: namedPort(u),
		proxy: request.Proxy, http1: request.HTTP1, roots: request.Roots,
	})
	if err != nil {
		return nil, err
	}
	if t.method == "" {
		t.method = http.MethodGet
	}
	at := request.URL
	if u.User != nil || u.Fragment != "" {
		t.auth = basicAuth(u.User)
		u.User, u.Fragment = nil, ""
		at = u.String()
	}
	ctx = t.clock.start(ctx, request.Timeout)
	response, err := t.run(ctx, u, at)
	if err != nil {
		t.clock.stop()
	}
	return response, err
}

// run makes hops until there is an answer.
func (t *trip) run(ctx context.Context, u *url.URL, at string) (*Response, error) {
	for {
		answer, err := t.send(ctx, u, at)
		if err != nil {
			return nil, err
		}
		next, err := t.redirect(answer, u, at)
		if err != nil {
			discard(answer)
			return nil, err
		}
		if next == nil {
			return t.response(ctx, answer, u, at), nil
		}
		discard(answer)
		t.clock.header()
		u, at = next, next.String()
	}
}

// send makes one hop.
func (t *trip) send(ctx context.Context, u *url.URL, at string) (*http.Response, error) {
	err := checkTarget(u)
	if err == nil && t.pool.blind {
		err = t.pool.guard.checkURL(u)
	}
	if err != nil {
		return nil, &Error{Cause: news.CauseBlocked, Host: u.Host, Reason: err.Error(), Err: err}
	}
	header := make(http.Header, len(t.Header)+len(t.Private)+2)
	for name, values := range t.Header {
		header[name] = values
	}
	request := &http.Request{Method: t.method, URL: u, Host: u.Host, Header: header}
	if !t.left {
		t.addPrivate(request)
	}
	if t.Hop != nil {
		t.Hop(at, header)
	}
	if len(t.body) > 0 {
		request.ContentLength = int64(len(t.body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t.body)), nil }
		request.Body, _ = request.GetBody() // never fails
	}
	answer, err := t.pool.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, classify(ctx, u.Host, err, news.CauseConnect)
	}
	return answer, nil
}

func (t *trip) addPrivate(request *http.Request) {
	if t.auth != "" {
		request.Header["Authorization"] = []string{t.auth}
	}
	for name, value := range t.Private {
		name = http.CanonicalHeaderKey(name)
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header[name] = []string{value}
	}
}

// redirect gives the next URL, or nil where the answer is to be handed out.
func (t *trip) redirect(answer *http.Response, u *url.URL, at string) (*url.URL, error) {
	location := answer.Header.Get("Location")
	if t.NoRedirects || location == "" || !isRedirect(answer.StatusCode) {
		return nil, nil
	}
	refuse := func(format string, args ...any) (*url.URL, error) {
		return nil, &Error{Cause: news.CauseRedirect, Host: u.Host, Reason: fmt.Sprintf(format, args...)}
	}
	next, err := u.Parse(location)
	if err != nil {
		return refuse("redirect to an address that can't be read: %.80q", location)
	}
	next.User, next.Fragment = nil, ""
	t.hops = append(t.hops, Hop{URL: at, Status: answer.StatusCode})
	switch {
	case next.Scheme != "http" && next.Scheme != "https":
		return refuse("redirect to %.20q, which is not http or https", next.Scheme)
	case u.Scheme == "https" && next.Scheme == "http":
		return refuse("redirect from https back to http at %s", next.Host)
	case len(t.hops) > maxRedirects:
		return refuse("more than %d redirects", maxRedirects)
	}
	if target := next.String(); slices.ContainsFunc(t.hops, func(h Hop) bool { return h.URL == target }) {
		return refuse("redirect loop at %s", next.Host)
	}
	t.left = t.left || !sameOrigin(u, next)
	if answer.StatusCode == http.StatusSeeOther || t.method == http.MethodPost && answer.StatusCode <= http.StatusFound {
		t.method, t.body = http.MethodGet, nil // RFC 9110 §15.4.4, and what everybody does for 301 and 302
	}
	return next, nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func (t *trip) response(ctx context.Context, answer *http.Response, u *url.URL, at string) *Response {
	r := &Response{
		Status: answer.StatusCode, Header: answer.Header, ContentLength: answer.ContentLength,
		URL: at, Hops: t.hops, pool: t.pool, at: u,
		body: bodyReader{ctx: ctx, host: u.Host, src: answer.Body, clock: t.clock},
	}
	if answer.Body != http.NoBody {
		t.clock.body()
	}
	r.Body = &r.body
	return r
}

// bodyReader gives the errors of a body their cause.
type bodyReader struct {
	ctx   context.Context
	host  string
	src   io.ReadCloser
	clock clock
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	if err != nil && err != io.EOF {
		err = classify(b.ctx, b.host, err, news.CauseTruncated)
	}
	return n, err
}

func (b *bodyReader) Close() error {
	err := b.src.Close()
	b.clock.stop()
	return err
}

func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, 2<<10) // as much as net/http reads
	_ = answer.Body.Close()
}

// sameOrigin compares scheme, host and port (RFC 6454 §5).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

func basicAuth(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}
