package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/publisher"
	"tributary/publisher/serve"
)

// stalled is how many clients hold a connection without getting on.
const stalled = 1000

// Rule 12: clients that stall take nothing from others, at whatever point they
// do it.
func TestStalledClients(t *testing.T) {
	t.Parallel()
	renditions := site()
	renditions["/articles/large.mp3"] = publisher.NewRendition(publisher.Draft{
		Path: "/articles/large.mp3", Kind: publisher.KindFile, ContentType: "audio/mpeg", Body: make([]byte, 8<<20),
	}, nil)
	address, client := startHandler(t, serve.New(renditions, nil, serve.Options{}, nil))
	alone := fastest(t, client, address)
	for i := range stalled {
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begun := []string{
			"",                                  // says nothing
			"GET /latest.rss HTTP/1.1\r\nHost:", // stops within the header
			"GET /latest.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1", // within a body
			"GET /articles/large.mp3 HTTP/1.1\r\nHost: x\r\n\r\n",                // doesn't read the answer
		}[i%4]
		if _, err := io.WriteString(conn, begun); err != nil {
			t.Fatal(err)
		}
	}
	if beside := fastest(t, client, address); beside > 10*alone+5*time.Millisecond {
		t.Errorf("a GET takes %v beside %d stalled clients, %v without", beside, stalled, alone)
	}
}

// fastest is the time of the fastest of some GETs, each on a connection of its
// own: what the server needs, whatever else the machine does.
func fastest(t *testing.T, client *http.Client, address string) time.Duration {
	t.Helper()
	var times []time.Duration
	for range 20 {
		started := time.Now()
		if got := fetch(t, client, "GET", address+"/latest.rss", "").StatusCode; got != 200 {
			t.Fatalf("status %d, want 200", got)
		}
		times = append(times, time.Since(started))
		client.CloseIdleConnections()
	}
	return slices.Min(times)
}

// pipes is a listener without a network, so that time can be virtual.
type pipes struct{ conns chan net.Conn }

func (p *pipes) Accept() (net.Conn, error) {
	conn, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (p *pipes) Close() error   { close(p.conns); return nil }

// Rule 12: how long a client may take for what.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why, send string
		unread    bool          // it takes nothing of the answer
		want      time.Duration // until it is cut off
	}{
		{"nothing is sent", "", false, 5 * time.Second},
		{"the header has no end", "GET /latest.rss HTTP/1.1\r\nHost: x\r\n", false, 5 * time.Second},
		{"nothing is asked any more", "HEAD /latest.rss HTTP/1.1\r\nHost: x\r\n\r\n", false, 60 * time.Second},
		{"a feed is not read", "GET /latest.rss HTTP/1.1\r\nHost: x\r\n\r\n", true, 30 * time.Second},
		{"a large file is read slowly", "GET /articles/large.mp3 HTTP/1.1\r\nHost: x\r\n\r\n", true, 30*time.Second + (8<<20)/(32<<10)*time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			renditions := site()
			renditions["/articles/large.mp3"] = publisher.NewRendition(publisher.Draft{
				Path: "/articles/large.mp3", Kind: publisher.KindFile, ContentType: "audio/mpeg", Body: make([]byte, 8<<20),
			}, nil)
			ctx, stop := context.WithCancel(t.Context())
			listener := &pipes{make(chan net.Conn)}
			done := make(chan error, 1)
			go func() {
				done <- serve.Run(ctx, serve.NewServer(serve.New(renditions, nil, serve.Options{}, nil)), listener)
			}()
			client, server := net.Pipe()
			listener.conns <- server
			started := time.Now()
			if _, err := io.WriteString(client, tc.send); err != nil {
				t.Fatal(err)
			}
			if tc.unread {
				for err := error(nil); err == nil; { // a server looks out for a next request, so the first byte gets through
					_, err = client.Write([]byte("x"))
				}
			} else if _, err := io.Copy(io.Discard, client); err != nil {
				t.Error(err)
			}
			if took := time.Since(started); took != tc.want {
				t.Errorf("%s: cut off after %v, want %v", tc.why, took, tc.want)
			}
			client.Close()
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
