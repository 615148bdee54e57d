package upstreamtest

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Request is one request as it arrived.
type Request struct {
	Method string
	URL    string // path and query
	Host   string
	Proto  string // "HTTP/1.1", "HTTP/2.0"
	Remote string // the client's address and port: equal for requests on one connection
	Header http.Header
	Body   []byte // at most 1 MiB
	At     time.Time
}

// page is what a path serves and what was asked of it.
type page struct {
	count   atomic.Int64
	content atomic.Pointer[content]

	mu       sync.Mutex // guards what follows
	sets     int
	script   []Action
	requests []Request
}

// content is one state of a page. It is immutable.
type content struct {
	body     []byte
	header   http.Header
	modified time.Time
}

func (s *Server) page(path string) *page {
	if p, ok := s.pages.Load(path); ok {
		return p.(*page)
	}
	p, _ := s.pages.LoadOrStore(path, new(page))
	return p.(*page)
}

// Feed sets a path's content as [Server.Set] does and returns its address.
func (s *Server) Feed(path, body string, header ...string) string {
	s.Set(path, body, header...)
	return s.URL(path)
}

// Feeds sets n feeds at prefix + number and returns their addresses.
func (s *Server) Feeds(n int, prefix string, body func(i int) string) []string {
	urls := make([]string, n)
	for i := range n {
		p := prefix + strconv.Itoa(i)
		urls[i] = s.Feed(p, body(i))
	}
	return urls
}

// epoch is when the first content of every page was last modified.
var epoch = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// Set changes what a path serves. Header holds names and values in turn that
// replace the usual ones; an empty value leaves that header out, "ETag", ""
// for instance.
func (s *Server) Set(path, body string, header ...string) {
	p := s.page(path)
	p.mu.Lock()
	defer p.mu.Unlock()
	modified := epoch.Add(time.Duration(p.sets) * time.Second)
	p.sets++
	h := http.Header{
		"Content-Type":   {contentType(path, body)},
		"Etag":           {etag(body)},
		"Last-Modified":  {modified.Format(http.TimeFormat)},
		"Content-Length": {strconv.Itoa(len(body))},
	}
	setPairs(h, header)
	p.content.Store(&content{body: []byte(body), header: h, modified: modified})
}

// Remove makes a path a 404 again. Its script and requests stay.
func (s *Server) Remove(path string) { s.page(path).content.Store(nil) }

// Script sets what happens to the next requests of a path, one action each; the
// last one stays in force. Without actions the path is served as usual again.
func (s *Server) Script(path string, actions ...Action) {
	p := s.page(path)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = slices.Clone(actions)
}

// Count is how often a path was asked for.
func (s *Server) Count(path string) int { return int(s.page(path).count.Load()) }

// Total is how often any path was asked for.
func (s *Server) Total() int {
	total := 0
	s.pages.Range(func(_, p any) bool {
		total += int(p.(*page).count.Load())
		return true
	})
	return total
}

// Requests are those that a path got, in the order of their arrival.
func (s *Server) Requests(path string) []Request {
	p := s.page(path)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Last is the latest request of a path; the zero Request when there was none.
func (s *Server) Last(path string) Request {
	requests := s.Requests(path)
	if len(requests) == 0 {
		return Request{}
	}
	return requests[len(requests)-1]
}

func (p *page) record(r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what came before an error is of interest
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, Request{
		Method: r.Method, URL: r.URL.RequestURI(), Host: r.Host, Proto: r.Proto,
		Remote: r.RemoteAddr, Header: r.Header.Clone(), Body: body, At: time.Now(),
	})
}

func (p *page) nextAction() Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.script) == 0 {
		return nil
	}
	action := p.script[0]
	if len(p.script) > 1 {
		p.script = p.script[1:]
	}
	return action
}

// serve answers with the content, or with 304 (RFC 9110 §13.2.2).
func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	c := p.content.Load()
	if c == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if c.fresh(r.Header) {
		for _, name := range []string{"Etag", "Last-Modified", "Cache-Control", "Expires", "Date"} {
			if values := c.header[name]; values != nil {
				h[name] = values
			}
		}
		w.WriteHeader(http.StatusNotModified)
		return
	}
	for name, values := range c.header {
		h[name] = values
	}
	_, _ = w.Write(c.body) // the client may have gone
}

// fresh reports whether the request's validators are the content's.
func (c *content) fresh(request http.Header) bool {
	if match := request.Get("If-None-Match"); match != "" {
		own := c.header.Get("Etag")
		for candidate := range strings.SplitSeq(match, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || own != "" && strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(own, "W/") {
				return true
			}
		}
		return false
	}
	if c.header.Get("Last-Modified") == "" {
		return false
	}
	since, err := http.ParseTime(request.Get("If-Modified-Since"))
	return err == nil && !c.modified.After(since)
}

func etag(body string) string {
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, body) // a hash never fails
	return fmt.Sprintf(`"%x"`, sum.Sum64())
}

// contentType goes by the path's suffix, else by the first characters.
func contentType(name, body string) string {
	switch path.Ext(name) {
	case ".rss":
		return "application/rss+xml; charset=utf-8"
	case ".atom":
		return "application/atom+xml; charset=utf-8"
	case ".json":
		return "application/feed+json; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	}
	if strings.HasPrefix(body, "{") {
		return "application/feed+json; charset=utf-8"
	}
	return "application/xml; charset=utf-8"
}

// setPairs lays names and values over h; an empty value deletes.
func setPairs(h http.Header, pairs []string) {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("upstreamtest: header name without value in %q", pairs))
	}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] == "" {
			h.Del(pair[0])
		} else {
			h.Set(pair[0], pair[1])
		}
	}
}
