package fastpath

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener without a network, so that time can be virtual.
type pipes struct {
	conns chan net.Conn
	errs  chan error
	once  sync.Once
	gone  chan struct{}
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), errs: make(chan error), gone: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case err := <-p.errs:
		return nil, err
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (p *pipes) Close() error   { p.once.Do(func() { close(p.gone) }); return nil }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// shelf answers some paths, and counts.
type shelf struct {
	mu       sync.Mutex
	answered []int // statuses
}

const bodySize = 100

func (s *shelf) Answer(r *Request) (Response, bool) {
	switch {
	case r.Path == "/panic":
		panic("on purpose")
	case r.Path != "/a":
		return Response{}, false
	case r.IfNoneMatch == `"a"`:
		return Response{Status: 304, Fields: []byte("Etag: \"a\"\r\n")}, true
	default:
		return Response{200, []byte("Content-Length: 100\r\nEtag: \"a\"\r\n"), bytes.Repeat([]byte("x"), bodySize)}, true
	}
}

func (s *shelf) Answered(_ *Request, status int, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = append(s.answered, status)
}

const (
	plainGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	again    = "GET /a HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\n\r\n"
	panicGet = "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n"
	otherGet = "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"
)

// limited is a server with the limits of a public one.
func limited() *http.Server {
	return &http.Server{ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second}
}

// open serves over pipes until the test ends.
func open(t *testing.T, server *http.Server) (*pipes, *Listener, *shelf) {
	t.Helper()
	inner, answerer := newPipes(), new(shelf)
	l := Listen(inner, answerer, server)
	t.Cleanup(func() { stop(t, l) })
	return inner, l, answerer
}

// stop ends what idles, and cuts off the rest.
func stop(t *testing.T, l *Listener) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	l.Wait(ended)
}

// send writes a request whole and gives the answer's bytes.
func send(t *testing.T, conn net.Conn, text string, length int) string {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
	answer := make([]byte, length)
	if n, err := io.ReadFull(conn, answer); err != nil {
		t.Fatalf("after %q: %q, %v", text, answer[:n], err)
	}
	return string(answer)
}

const (
	head200 = "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 100\r\nEtag: \"a\"\r\n\r\n"
	head304 = "HTTP/1.1 304 Not Modified\r\nDate: Sat, 01 Jan 2000 00:00:01 GMT\r\nEtag: \"a\"\r\n\r\n"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner, _, answerer := open(t, limited())
		conn := inner.dial()
		defer conn.Close()
		if got, want := send(t, conn, plainGet, len(head200)+bodySize), head200+strings.Repeat("x", bodySize); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		time.Sleep(time.Second)
		if got := send(t, conn, again, len(head304)); got != head304 {
			t.Errorf("%q, want %q", got, head304)
		}
		synctest.Wait()
		if len(answerer.answered) != 2 || answerer.answered[0] != 200 || answerer.answered[1] != 304 {
			t.Errorf("counted %v", answerer.answered)
		}
	})
}

// net/http gets what was sent to the last byte, as the first request of a
// connection or a later one.
func TestHandsOver(t *testing.T) {
	t.Parallel()
	texts := []string{
		otherGet,
		"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("c", requestSize) + "\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("c", requestSize-45) + "\r\n\r\n" + plainGet,
	}
	for _, row := range otherSeeds {
		if row.text != "" {
			texts = append(texts, row.text)
		}
	}
	for _, text := range texts {
		for _, before := range []string{"", plainGet} {
			synctest.Test(t, func(t *testing.T) {
				inner, l, answerer := open(t, limited())
				client := inner.dial()
				defer client.Close()
				if before != "" {
					send(t, client, before, len(head200)+bodySize)
				}
				go func() {
					_, _ = io.WriteString(client, text) // checked where it arrives
				}()
				server, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				time.Sleep(time.Hour) // no limit of ours holds any more
				got := make([]byte, len(text))
				if n, err := io.ReadFull(server, got); err != nil || string(got) != text {
					t.Errorf("%.100q arrives as %.100q, %v", text, got[:n], err)
				}
				if want := len(before) / len(plainGet); len(answerer.answered) != want {
					t.Errorf("%.100q: counted %v, want %d", text, answerer.answered, want)
				}
			})
		}
	}
}

// How long a client may take, to the second: deadlines are moved late, but hold
// from the last request.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why    string
		server *http.Server
		asks   []time.Duration // when requests are sent and their answers read
		unread time.Duration   // when one is sent whose answer is never read; 0: none
		want   time.Duration   // when the connection is cut off
	}{
		{"nothing is sent", limited(), nil, 0, 5 * time.Second},
		{"nothing is asked any more", limited(), []time.Duration{0}, 0, 60 * time.Second},
		{"the first request is late", limited(), []time.Duration{4 * time.Second}, 0, 64 * time.Second},
		{"it goes on", limited(), []time.Duration{0, 59 * time.Second, 70 * time.Second, 129 * time.Second}, 0, 189 * time.Second},
		{"the first answer is not read", limited(), nil, 3 * time.Second, 33 * time.Second},
		{"the second one is not", limited(), []time.Duration{0}, 20 * time.Second, 50 * time.Second},
		{"one is not when the first deadline is long over", limited(), []time.Duration{0, 50 * time.Second}, 100 * time.Second, 130 * time.Second},
		{"an answer after the first deadline", limited(), []time.Duration{0, 45 * time.Second}, 0, 105 * time.Second},
		{"one limit for all reading", &http.Server{ReadTimeout: 10 * time.Second}, []time.Duration{9 * time.Second}, 0, 19 * time.Second},
		{"only the first request is limited", &http.Server{ReadHeaderTimeout: 5 * time.Second}, []time.Duration{0, time.Hour}, 0, -1},
		{"only later ones are", &http.Server{IdleTimeout: time.Minute}, []time.Duration{time.Hour}, 0, time.Hour + time.Minute},
		{"no limits", &http.Server{}, []time.Duration{time.Hour, 3 * time.Hour}, 0, -1},
	} {
		synctest.Test(t, func(t *testing.T) {
			inner, _, _ := open(t, tc.server)
			started := time.Now()
			client := inner.dial()
			defer client.Close()
			for _, at := range tc.asks {
				time.Sleep(at - time.Since(started))
				send(t, client, plainGet, len(head200)+bodySize)
			}
			if tc.unread > 0 {
				time.Sleep(tc.unread - time.Since(started))
				send(t, client, plainGet, 1)
			}
			if tc.want < 0 {
				time.Sleep(24 * time.Hour)
				send(t, client, plainGet, len(head200)+bodySize)
				return
			}
			watched := make(chan time.Duration)
			go func() {
				if tc.unread > 0 { // reading would be taking
					for err := error(nil); err == nil; {
						_, err = client.Write([]byte("x"))
					}
				} else if n, _ := io.Copy(io.Discard, client); n > 0 {
					t.Errorf("%s: %d bytes more", tc.why, n)
				}
				watched <- time.Since(started)
			}()
			if took := <-watched; took != tc.want {
				t.Errorf("%s: cut off after %v, want %v", tc.why, took, tc.want)
			}
		})
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why       string
		readAfter time.Duration // the answer, once it stops; 0: it is read already
		want      time.Duration // until all has ended
		whole     bool
	}{
		{"nothing is under way", 0, 0, true},
		{"an answer is", time.Second, time.Second, true},
		{"an answer would take too long", time.Minute, 3 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			inner, l, _ := open(t, limited())
			silent, client := inner.dial(), inner.dial()
			defer silent.Close()
			defer client.Close()
			send(t, client, plainGet, 1)
			rest := make(chan int)
			read := func() {
				b, _ := io.ReadAll(client)
				rest <- len(b)
			}
			if tc.readAfter == 0 {
				go read()
			} else {
				time.AfterFunc(tc.readAfter, read)
			}
			synctest.Wait()
			began := time.Now()
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			grace, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			l.Wait(grace)
			if took := time.Since(began); took != tc.want {
				t.Errorf("%s: stopped after %v, want %v", tc.why, took, tc.want)
			}
			if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%s: a silent client reads %v, want an end", tc.why, err)
			}
			if got := <-rest == len(head200)+bodySize-1; got != tc.whole {
				t.Errorf("%s: the answer is whole: %t", tc.why, got)
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: Accept gives %v", tc.why, err)
			}
		})
	}
}

// What net/http has not taken when it stops ends too.
func TestStopsWhatNobodyTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner, l, _ := open(t, limited())
		client := inner.dial()
		defer client.Close()
		if _, err := io.WriteString(client, otherGet); err != nil {
			t.Fatal(err)
		}
		stop(t, l)
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the client reads %v, want an end", err)
		}
	})
}

// A panic ends its connection and is logged; the others go on.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		server := limited()
		server.ErrorLog = log.New(&logged, "", 0)
		inner, _, _ := open(t, server)
		client, other := inner.dial(), inner.dial()
		defer client.Close()
		defer other.Close()
		if _, err := io.WriteString(client, panicGet); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the client reads %v, want an end", err)
		}
		send(t, other, plainGet, len(head200)+bodySize)
		if !strings.Contains(logged.String(), "on purpose") {
			t.Errorf("logged %q", logged.String())
		}
	})
}

// passing is an error as a machine gives it that is out of file descriptors.
type passing struct{}

func (passing) Error() string   { return "too many open files" }
func (passing) Timeout() bool   { return false }
func (passing) Temporary() bool { return true }

// net/http is told of errors and waits after them; when they pass, all goes on.
func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := limited()
		server.ErrorLog = log.New(io.Discard, "", 0)
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		inner, l, _ := open(t, server)
		served := make(chan error)
		go func() { served <- server.Serve(l) }()
		began := time.Now()
		for range 3 {
			inner.errs <- passing{}
		}
		client := inner.dial()
		defer client.Close()
		send(t, client, plainGet, len(head200)+bodySize)
		if got := send(t, client, otherGet, 12); got != "HTTP/1.1 418" {
			t.Errorf("net/http answers %q", got)
		}
		if took := time.Since(began); took == 0 || took > time.Second {
			t.Errorf("waited %v after errors", took)
		}
		inner.errs <- errors.New("the cable is gone")
		if err := <-served; err == nil || err.Error() != "the cable is gone" {
			t.Errorf("Serve gives %v", err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}
