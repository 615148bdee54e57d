// Package fetch asks an upstream once, politely, whether its document changed,
// and brings the document if it did. Start with [New] and [Fetcher.Fetch]. When
// to ask again is the caller's decision; everything it takes for that decision
// comes back with the answer, and with errors too.
//
// The rules of polite fetching that are kept here:
//
//  1. The first request is unconditional. Later ones send both stored
//     validators byte for byte (RFC 9110 §13.1.2, §13.1.3), and only to the
//     URL that gave them.
//  2. A 200 replaces both validators, a 304 updates those it carries, an error
//     has none. The caller stores them once the document was read.
//  3. Freshness is max-age − Age, else Expires − Date (RFC 9111 §4.2); no-cache
//     and no-store cancel it. It counts for at most 24 h, Retry-After for at
//     most 7 days.
//  5. Retry-After counts on 429 and 503, as seconds or as a date. A 429 is meant
//     for all that we ask of the host, unless the host is a private one or
//     another than the source's.
//  8. A move is permanent when every redirect on the way was.
//  9. 404 and 410 have causes of their own.
//  10. Redirects, addresses and headers are guarded by the client: see package
//     safehttp.
//  11. The User-Agent says who asks, for which source, and how to reach the
//     operator.
//  12. Answers may be compressed; their body is limited after decompression,
//     the whole visit in time.
//  13. A 200 with the bytes of the last one is unchanged.
//  15. A source may have headers, a user agent, a proxy, authorities of its own,
//     go without HTTP/2, or ignore validators and cache headers.
package fetch

import (
	"context"
	"net/http"
	"time"

	"tributary/internal/codec"
	"tributary/internal/news"
	"tributary/internal/safehttp"
)

const (
	defaultTimeout = 30 * time.Second
	defaultMaxBody = 16 << 20
)

// What every request says; the slices are shared by all and never changed.
var (
	// accept names what we read, best first. Everything else is welcome too:
	// many feeds are sent as text/html or application/octet-stream.
	accept = []string{"application/atom+xml, application/rss+xml, application/feed+json, " +
		"application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"}
	acceptEncoding = []string{codec.AcceptEncoding}
)

// Client sends the requests. [safehttp.Client] is the one to use.
type Client interface {
	Do(ctx context.Context, request *safehttp.Request) (*safehttp.Response, error)
}

// Options are the settings of a [Fetcher].
type Options struct {
	Client  Client           // required
	Version string           // ours, for the User-Agent
	SiteURL string           // of the site that the operator publishes
	Contact string           // how to reach the operator; may be empty
	MaxBody int64            // bytes after decompression; 16 MiB when zero
	Accept  string           // header; the types of feeds when empty
	Now     func() time.Time // time.Now when nil
}

// Fetcher fetches. It is safe for concurrent use.
type Fetcher struct {
	options Options
	agent   agent
	accept  []string
}

// New makes a fetcher.
func New(options Options) *Fetcher {
	if options.MaxBody == 0 {
		options.MaxBody = defaultMaxBody
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	f := &Fetcher{options: options, agent: newAgent(options), accept: accept}
	if options.Accept != "" {
		f.accept = []string{options.Accept}
	}
	return f
}

// Request is one source to ask.
type Request struct {
	Source      *news.Source
	Validators  news.Validators // stored from the last success; zero asks unconditionally
	Subscribers int             // of the feeds it is in, for the User-Agent; 0 when unknown
}

// Response is a success. Release it once its Body isn't needed any more.
type Response struct {
	Status      int    // 200 or 304; 0 for a file
	URL         string // that answered, after redirects: what the document's links are relative to
	ContentType string // as the upstream said, may be empty
	// Body is the decoded document, nil when Unchanged. It is valid until
	// Release and must not be changed.
	Body      []byte
	Bytes     int64 // of the decoded body, of an unchanged one too
	Unchanged bool  // 304, or the bytes of the last time
	// Validators are to be stored once Body was parsed, or at once when
	// Unchanged.
	Validators news.Validators
	FreshFor   time.Duration // how long the upstream asks not to be asked; 0 to 24 h
	MovedTo    string        // where permanent redirects lead; empty when there were none

	buffer *buffer
}

// Release gives the body's memory back. Calling it twice, or never, is legal.
func (r *Response) Release() {
	r.Body = nil
	r.buffer.release()
	r.buffer = nil
}

// Fetch visits a source, over HTTP or on disk. Every error is an [*Error],
// after which nothing may be stored but the failure.
func (f *Fetcher) Fetch(ctx context.Context, request Request) (*Response, error) {
	if request.Source.IsFile() {
		return f.fetchFile(request)
	}
	settings := &request.Source.Fetch
	timeout := settings.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	conditional := false // was the last hop's request
	answer, err := f.options.Client.Do(ctx, &safehttp.Request{
		URL: request.Source.URL,
		Header: http.Header{
			"User-Agent":      {f.userAgent(&request)},
			"Accept":          f.accept,
			"Accept-Encoding": acceptEncoding,
		},
		Timeout:       timeout,
		Private:       settings.Headers,
		AllowNetworks: settings.AllowNetworks,
		Proxy:         settings.Proxy,
		HTTP1:         settings.HTTP1,
		Roots:         settings.CA,
		Hop: func(url string, header http.Header) {
			conditional = !settings.IgnoreCache && addValidators(header, url, &request.Validators)
		},
	})
	if err != nil {
		return nil, clientError(err)
	}
	switch {
	case answer.Status == http.StatusOK, answer.Status == http.StatusNonAuthoritativeInfo:
		return f.document(answer, &request)
	case answer.Status == http.StatusNotModified && conditional:
		return f.notModified(answer, &request), nil
	}
	defer answer.Discard()
	return nil, f.statusError(answer, request.Source)
}

func (f *Fetcher) userAgent(request *Request) string {
	if configured := request.Source.Fetch.UserAgent; configured != "" {
		return configured
	}
	return f.agent.text(request.Source.Name, request.Subscribers)
}

// freshFor is how long an answer asks not to be asked again.
func (f *Fetcher) freshFor(answer *safehttp.Response, source *news.Source) time.Duration {
	if source.Fetch.IgnoreCache {
		return 0
	}
	return freshFor(answer.Header, f.options.Now())
}

// addValidators makes a request conditional where the validators are the
// URL's, and reports whether it did.
func addValidators(header http.Header, url string, v *news.Validators) bool {
	if v.URL != url || v.ETag == "" && v.LastModified == "" {
		return false
	}
	if v.ETag != "" {
		header["If-None-Match"] = []string{v.ETag}
	}
	if v.LastModified != "" {
		header["If-Modified-Since"] = []string{v.LastModified}
	}
	return true
}

// notModified is the answer to a 304. What it doesn't carry stays as it was.
func (f *Fetcher) notModified(answer *safehttp.Response, request *Request) *Response {
	_ = answer.Body.Close() // a 304 has no body
	r := f.response(answer, request.Source)
	r.Unchanged = true
	r.Validators = request.Validators
	if tag := answer.Header.Get("Etag"); tag != "" {
		r.Validators.ETag = tag
	}
	if modified := answer.Header.Get("Last-Modified"); modified != "" {
		r.Validators.LastModified = modified
	}
	return r
}

// document reads a 200.
func (f *Fetcher) document(answer *safehttp.Response, request *Request) (*Response, error) {
	body, err := readBody(answer, f.options.MaxBody)
	if err != nil {
		_ = answer.Body.Close()
		return nil, f.bodyError(answer, request.Source, err)
	}
	answer.Discard() // what may follow a compressed stream
	r := f.response(answer, request.Source)
	r.Validators.ETag = answer.Header.Get("Etag")
	r.Validators.LastModified = answer.Header.Get("Last-Modified")
	r.take(body, request.Validators.BodyHash)
	return r, nil
}

// response is what every success has in common.
func (f *Fetcher) response(answer *safehttp.Response, source *news.Source) *Response {
	r := &Response{
		Status:      answer.Status,
		URL:         answer.URL,
		ContentType: answer.Header.Get("Content-Type"),
		FreshFor:    f.freshFor(answer, source),
		Validators:  news.Validators{URL: answer.URL},
	}
	if answer.Permanent() {
		r.MovedTo = answer.URL
	}
	return r
}

// take makes a body the response's, or drops it where it is the last one again.
func (r *Response) take(body *buffer, last uint64) {
	r.Bytes = int64(len(body.data))
	r.Validators.BodyHash = hash(body.data)
	if r.Validators.BodyHash == last {
		r.Unchanged = true
		body.release()
		return
	}
	r.Body, r.buffer = body.data, body
}
