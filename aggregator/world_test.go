package aggregator_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// world is an internet in virtual time: any host is the same upstream, reached
// over connections in memory by the client that the program has. It notes who
// was asked for what and when.
type world struct {
	*upstreamtest.Server
	start  time.Time
	client *safehttp.Client
	server *http.Server
	conns  chan net.Conn

	mu      sync.Mutex
	log     []asked
	dialed  []string
	private map[string]bool // host:port of what lies inside 10.0.0.0/8
	deaf    map[string]bool // host:port that never takes a connection
}

// asked is one request.
type asked struct {
	at     time.Duration // since the world began
	url    string
	header http.Header
}

// inWorld runs a test in a world of its own.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			Server: new(upstreamtest.Server), start: time.Now(), conns: make(chan net.Conn),
			private: map[string]bool{}, deaf: map[string]bool{},
		}
		w.client = safehttp.New(safehttp.Options{Dial: w.dial})
		w.server = &http.Server{Handler: http.HandlerFunc(w.serve)}
		go w.server.Serve(w)
		t.Cleanup(func() {
			w.client.CloseIdle()
			w.server.Close()
		})
		test(t, w)
	})
}

// dial connects to the upstream whatever the address.
func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, address)
	deaf, private := w.deaf[address], w.private[address]
	w.mu.Unlock()
	if deaf {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	select {
	case w.conns <- theirs:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	at := netip.MustParseAddrPort("93.184.215.14:80")
	if private {
		at = netip.MustParseAddrPort("10.2.0.15:80")
	}
	return placed{ours, at}, nil
}

// placed is a connection to an address.
type placed struct {
	net.Conn
	at netip.AddrPort
}

func (p placed) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.at) }

// Accept, Close and Addr make a world a listener.
func (w *world) Accept() (net.Conn, error) {
	conn, ok := <-w.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (w *world) Close() error {
	close(w.conns)
	return nil
}

func (w *world) Addr() net.Addr { return &net.TCPAddr{} }

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.log = append(w.log, asked{time.Since(w.start), "http://" + r.Host + r.URL.Path, r.Header.Clone()})
	w.mu.Unlock()
	w.ServeHTTP(rw, r)
}

// asked gives the requests for a URL so far.
func (w *world) asked(url string) []asked {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []asked
	for _, a := range w.log {
		if url == "" || a.url == url {
			all = append(all, a)
		}
	}
	return all
}

// times gives when a URL was asked for, to the second.
func (w *world) times(url string) []time.Duration {
	all := w.asked(url)
	times := make([]time.Duration, len(all))
	for i, a := range all {
		times[i] = a.at.Round(time.Second)
	}
	return times
}

// feed sets a document with a story at a URL.
func (w *world) feed(address string, header ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	w.Set(u.Path, upstreamtest.RSS("A", upstreamtest.NewItem(1)), header...)
	return address
}

// script says how a URL is answered from now on.
func (w *world) script(address string, actions ...upstreamtest.Action) {
	_, path, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	w.Script("/"+path, actions...)
}

// rig is an aggregator in the world.
func (w *world) rig(t *testing.T, change func(*aggregator.Options)) *rig {
	t.Helper()
	return newRig(t, func(o *aggregator.Options) {
		o.Fetcher = fetch.New(fetch.Options{
			Client: w.client, Version: "1.2.3", SiteURL: "https://observer.example", Contact: "mailto:desk@observer.example",
		})
		if change != nil {
			change(o)
		}
	})
}

// public is a paced source, as the config makes it.
func public(name, url string) news.Source {
	s := source(name, url)
	s.Schedule = "@every 30m"
	s.Fetch = news.FetchSettings{Timeout: 30 * time.Second, HostConcurrency: 1, HostDelay: 2 * time.Second}
	return s
}

// runFor runs the aggregator for so long.
func (r *rig) runFor(d time.Duration) {
	r.t.Helper()
	stop := r.start()
	time.Sleep(d)
	synctest.Wait()
	stop()
}

// toNext lets the time until a source is due go by in one step, as if the
// program had not run, and runs it from a minute before until a minute after.
// Running all the time would look at the store every 30 s.
func (r *rig) toNext(name string) {
	r.t.Helper()
	time.Sleep(time.Until(r.state(name).Due) - time.Minute)
	r.runFor(2 * time.Minute)
}

// wantTimes compares times, which may differ by a second.
func wantTimes(t *testing.T, about string, got, want []time.Duration) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		ok = (got[i] - want[i]).Abs() <= time.Second
	}
	if !ok {
		t.Errorf("%s: asked at %v, want %v", about, got, want)
	}
}

// killer is a fetcher that never returns from visiting one source, until the
// process ends: what a document does that stalls or kills the parser.
type killer struct {
	aggregator.Fetcher
	victim string
	begun  func() // told of each such visit
	cured  atomic.Bool
}

func (k *killer) Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error) {
	if request.Source.Name != k.victim || k.cured.Load() {
		return k.Fetcher.Fetch(ctx, request)
	}
	k.begun()
	<-ctx.Done()
	return nil, &fetch.Error{Cause: news.CauseInternal, Detail: "stopped", Err: ctx.Err()}
}

// mortal is the store of a process that dies: it gives no lease back.
type mortal struct{ aggregator.Store }

func (mortal) Release(context.Context, []news.Lease, time.Time) error { return nil }
