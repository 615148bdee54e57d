// Package fastpath stands in front of net/http and answers plain GETs on the
// connection itself. A server that only hands out ready bytes spends most of
// its time inside net/http, whatever its handler does: a reader in the
// background for each request, header maps, buffers, three deadlines. Here, a
// request costs one read and one write.
//
// Whatever is not plain goes to net/http, with the bytes read so far put back
// in front, and the connection stays there for good:
//
//  1. What one read gives is one whole request, or it isn't plain: no parts of
//     a request, none behind another.
//  2. It is a GET in HTTP/1.1 for a path without query, escapes, empty or
//     dotted segments, and has exactly one Host.
//  3. Each line of it is valid to the letter (RFC 9112 §2.2, §5), each field
//     is one that is known to change nothing, and those that decide come once.
//     So there is nothing that two parsers could read in two ways.
//  4. The [Answerer] has an answer ready.
//
// Start at [Listen].
package fastpath

import "time"

// Request is a plain GET. All fields are as they were sent, without white
// space around them; "" where they are missing or empty.
type Request struct {
	Path            string
	AcceptEncoding  string
	IfNoneMatch     string
	IfModifiedSince string
}

// Response is an answer that is ready but for its date.
type Response struct {
	Status int // 200 or 304
	// Fields is the header but for Date, each line with its CRLF. A 200 has its
	// Content-Length there.
	Fields []byte
	Body   []byte
}

// Answerer has the answers. Its methods are called from many goroutines.
type Answerer interface {
	// Answer gives what the server's handler would answer, or reports false to
	// let it do so. What it gives is not written to.
	Answer(r *Request) (Response, bool)
	// Answered tells that an answer was sent, or could not be as the client is
	// gone, and how long that took.
	Answered(r *Request, status int, took time.Duration)
}
