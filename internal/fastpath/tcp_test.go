package fastpath

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// large answers with a body that no socket's buffers hold.
type large struct{ body []byte }

func (l large) Answer(*Request) (Response, bool) {
	return Response{200, []byte("Content-Length: 16777216\r\n"), l.body}, true
}

func (large) Answered(*Request, int, time.Duration) {}

// A body goes out whole however often the client makes us wait, over TCP and
// over a Unix socket.
func TestLargeBody(t *testing.T) {
	t.Parallel()
	answerer := large{make([]byte, 16<<20)}
	for i := range answerer.body {
		answerer.body[i] = byte(i * i >> 8)
	}
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/s"} {
		inner, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		l := Listen(inner, answerer, limited())
		conn, err := net.Dial(network, inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		for range 2 {
			if _, err := io.WriteString(conn, plainGet); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || string(body) != string(answerer.body) {
				t.Errorf("%s: %d bytes, %v; want all %d", network, len(body), err, len(answerer.body))
			}
		}
		conn.Close()
		stop(t, l)
	}
}

// Whatever a stop meets on many busy connections, each answer that has begun
// is whole.
func TestStopsUnderLoad(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Listen(inner, new(shelf), limited())
	var answers atomic.Int64
	busy := make(chan struct{})
	var clients sync.WaitGroup
	for range 50 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		clients.Go(func() {
			defer conn.Close()
			reader := bufio.NewReader(conn)
			for {
				if _, err := io.WriteString(conn, plainGet); err != nil {
					return
				}
				if _, err := reader.Peek(1); err != nil {
					return // not begun
				}
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Errorf("half a head: %v", err)
					return
				}
				if n, err := io.Copy(io.Discard, response.Body); n != bodySize || err != nil {
					t.Errorf("%d bytes and %v", n, err)
				}
				if answers.Add(1) == 1000 {
					close(busy)
				}
			}
		})
	}
	<-busy
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l.Wait(context.Background())
	clients.Wait()
}
