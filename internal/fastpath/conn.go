package fastpath

import (
	"errors"
	"net"
	"os"
	"runtime/debug"
	"time"
)

const (
	// requestSize is how long a plain request may be; most have a fifth of it.
	requestSize = 4 << 10
	// headSize is what most answers have before their body.
	headSize = 1 << 10
)

// past is a deadline that interrupts.
var past = time.Unix(1, 0)

// conn is a connection while it is on the fast path. All but its net.Conn
// belongs to the goroutine of serve.
type conn struct {
	net.Conn
	listener *Listener
	request  []byte // what was read
	head     []byte // of the answer
	parts    [2][]byte
	since    time.Time     // accepted, or the last answer was sent
	patience time.Duration // how long it may be silent after since; 0: for ever
	limited  bool          // reads have a deadline, perhaps an earlier one than that
}

func newConn(l *Listener, inner net.Conn) *conn {
	return &conn{
		Conn: inner, listener: l,
		request: make([]byte, requestSize), head: make([]byte, 0, headSize),
	}
}

// serve answers until the client is gone, asks for something else, or is silent
// for too long.
func (c *conn) serve() {
	defer c.listener.forget(c)
	defer func() {
		if err := recover(); err != nil {
			c.listener.logf("fast path: panic serving %v: %v\n%s", c.RemoteAddr(), err, debug.Stack())
			_ = c.Close() // whatever state it is in
		}
	}()
	c.begin(time.Now())
	for c.next() {
	}
}

// next answers the next request. It reports false when the connection is closed
// or another's.
func (c *conn) next() bool {
	length, err := c.read()
	if length == 0 && err != nil {
		_ = c.Close() // nobody is there
		return false
	}
	began := time.Now()
	request, ok := parse(string(c.request[:length])) // a copy: what is asked may be kept
	var response Response
	if ok && err == nil {
		response, ok = c.listener.answerer.Answer(&request)
	}
	if !ok || err != nil {
		c.handOver(length)
		return false
	}
	err = c.write(&response, began)
	c.expect(time.Now(), c.listener.limits.idle)
	c.listener.answerer.Answered(&request, response.Status, c.since.Sub(began))
	if err != nil || c.listener.stopping.Load() {
		_ = c.Close() // the client is gone, or is told to go
		return false
	}
	return true
}

// begin sets the first deadlines. Moving them for each request would cost more
// than parsing it, so they stay until one passes; only then, read and write find
// out how much time there really is.
func (c *conn) begin(now time.Time) {
	c.expect(now, c.listener.limits.first)
	if limit := c.listener.limits.write; limit > 0 {
		_ = c.SetWriteDeadline(now.Add(limit)) // fails on a broken connection only, and then so does Write
	}
}

// expect says how long the next request may take to come.
func (c *conn) expect(now time.Time, patience time.Duration) {
	c.since, c.patience = now, patience
	if patience > 0 && !c.limited {
		c.limited = true
		c.readUntil(now.Add(patience))
	}
}

// readUntil moves the deadline of reads, never over that of Close.
func (c *conn) readUntil(deadline time.Time) {
	_ = c.SetReadDeadline(deadline) // fails on a broken connection only, and then so does Read
	if c.listener.stopping.Load() { // Close set it before, or sets its deadline after this
		_ = c.SetReadDeadline(past)
	}
}

// read waits for what the client sends next.
func (c *conn) read() (length int, err error) {
	for {
		length, err = c.Conn.Read(c.request)
		if length > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.listener.stopping.Load() {
			return length, err
		}
		var end time.Time
		if c.limited = c.patience > 0; c.limited {
			if end = c.since.Add(c.patience); !time.Now().Before(end) {
				return 0, err
			}
		}
		c.readUntil(end)
	}
}

// write sends an answer to a request that came at a time.
func (c *conn) write(response *Response, began time.Time) error {
	c.head = appendStatus(c.head[:0], response.Status)
	c.head = append(c.head, c.listener.date.line(began)...)
	c.head = append(c.head, response.Fields...)
	c.head = append(c.head, "\r\n"...)
	c.parts = [2][]byte{c.head, response.Body}
	rest := net.Buffers(c.parts[:])
	if len(response.Body) == 0 {
		rest = rest[:1] // nothing is not written: a pipe would wait for someone to read it
	}
	for {
		_, err := rest.WriteTo(c.Conn)
		end := began.Add(c.listener.limits.write)
		if !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(end) {
			return err
		}
		_ = c.SetWriteDeadline(end) // it was set for an answer long ago
	}
}

// handOver leaves the connection to net/http, with what was read of it.
func (c *conn) handOver(length int) {
	c.listener.forget(c)           // from here on, Close must not interrupt it
	_ = c.SetDeadline(time.Time{}) // net/http sets its own
	next := &rereader{Conn: c.Conn, unread: c.request[:length]}
	if !c.listener.hand(accepted{conn: next}) {
		_ = c.Close() // nobody will serve it
	}
}

// rereader is a connection of which something was read already.
type rereader struct {
	net.Conn
	unread []byte // only Read touches it, and net/http reads one at a time
}

// Read gives what was read already first.
func (r *rereader) Read(b []byte) (int, error) {
	if len(r.unread) == 0 {
		return r.Conn.Read(b)
	}
	length := copy(b, r.unread)
	if r.unread = r.unread[length:]; len(r.unread) == 0 {
		r.unread = nil // frees what holds it
	}
	return length, nil
}

// CloseWrite ends our side, as net/http does before it gives up a client that
// still sends; else that one might not see the last answer.
func (r *rereader) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
