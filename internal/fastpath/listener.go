package fastpath

import (
	"cmp"
	"context"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Listener accepts connections and answers plain requests on them; net/http
// gets those that asked for anything else from Accept. Its methods may be
// called from many goroutines.
type Listener struct {
	inner    net.Listener
	answerer Answerer
	limits   limits
	errorLog *log.Logger // nil for the log package's
	date     dates

	handed   chan accepted
	stop     chan struct{} // closed by Close
	stopping atomic.Bool   // set by Close, before deadlines that lie back

	running sync.WaitGroup // one for the accepting, one for each of conns
	mu      sync.Mutex     // guards conns, and stopping against new ones
	conns   map[*conn]struct{}
}

// limits are how long a client may take; 0 is without limit.
type limits struct{ first, idle, write time.Duration }

// accepted is what Accept gives.
type accepted struct {
	conn net.Conn
	err  error
}

// Listen puts a fast path in front of a server, which must be started with the
// listener that it gives and not with the inner one. The server's limits of
// time, which are read here, and its ErrorLog hold for the fast path as well;
// its hooks don't. The inner listener must not speak TLS: net/http would not see
// that it does.
func Listen(inner net.Listener, answerer Answerer, server *http.Server) *Listener {
	l := &Listener{
		inner: inner, answerer: answerer, errorLog: server.ErrorLog,
		limits: limits{
			first: cmp.Or(server.ReadHeaderTimeout, server.ReadTimeout),
			idle:  cmp.Or(server.IdleTimeout, server.ReadTimeout),
			write: server.WriteTimeout,
		},
		handed: make(chan accepted),
		stop:   make(chan struct{}),
		conns:  make(map[*conn]struct{}),
	}
	l.running.Go(l.accept)
	return l
}

// Accept waits for a connection that net/http must serve, or for an error of
// the inner listener. After one that passes, it may be called again.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.handed:
		return a.conn, a.err
	case <-l.stop:
		return nil, net.ErrClosed
	}
}

// Addr is the inner listener's.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// Close closes the inner listener and the connections that wait for a request.
// Answers under way go on; see Wait.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping.Swap(true) {
		return nil
	}
	close(l.stop)
	err := l.inner.Close()
	for c := range l.conns {
		_ = c.SetReadDeadline(past) // a closed one reads nothing either
	}
	return err
}

// Wait waits after Close until all answers under way are sent, and cuts off
// those that are not when ctx ends.
func (l *Listener) Wait(ctx context.Context) {
	cut := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.conns {
			_ = c.Close() // its answer is given up
		}
	})
	defer cut()
	l.running.Wait()
}

// accept starts connections until Close. An error is for Accept's caller, who
// knows how long to wait after it.
func (l *Listener) accept() {
	for {
		inner, err := l.inner.Accept()
		if err == nil {
			l.start(inner)
			continue
		}
		if !l.hand(accepted{err: err}) {
			return
		}
	}
}

// start serves a connection, unless it came too late.
func (l *Listener) start(inner net.Conn) {
	c := newConn(l, inner)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping.Load() {
		_ = inner.Close() // nobody will read from it
		return
	}
	l.conns[c] = struct{}{}
	l.running.Go(c.serve)
}

func (l *Listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// hand gives net/http something, and reports false when that is stopping.
func (l *Listener) hand(a accepted) bool {
	select {
	case l.handed <- a:
		return true
	case <-l.stop:
		return false
	}
}

func (l *Listener) logf(format string, args ...any) {
	if l.errorLog != nil {
		l.errorLog.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}
