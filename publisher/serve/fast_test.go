package serve_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tributary/internal/codec"
	"tributary/publisher"
	"tributary/publisher/serve"
)

// alone hides the fast path of a handler: all its requests go through net/http.
func alone(handler http.Handler) http.Handler { return http.HandlerFunc(handler.ServeHTTP) }

// counted serves a handler until the test ends, and counts the connections that
// net/http gets.
func counted(t *testing.T, handler http.Handler) (address string, taken *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken = new(atomic.Int64)
	server := serve.NewServer(handler)
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			taken.Add(1)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, server, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), taken
}

// exchange sends a request as it is on a connection of its own.
func exchange(t *testing.T, address, text string) (response *http.Response, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	response, err = http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return response, string(b)
}

// Whichever way a request goes, the answer is the same: status, each field, each
// byte.
func TestFastPathIsNetHTTP(t *testing.T) {
	t.Parallel()
	renditions := site()
	rss := renditions["/latest.rss"]
	atom := publisher.NewRendition(publisher.Draft{
		Path: "/latest.atom", Kind: publisher.KindFeed, ContentType: "application/atom+xml; charset=utf-8", Body: rss.Body, LastModified: changed,
		Links: []string{"<https://example.org/a\r\nX-Forged: 1>; rel=\"self\""},
	}, nil)
	renditions["/latest.atom"] = atom.WithBrotli(codec.Brotli(atom.Body, 9))
	draft := atom.Draft
	draft.Path, draft.Body = "/twice.atom", []byte("other bytes with the same date")
	renditions["/twice.atom"] = publisher.NewRendition(draft, atom)
	renditions["/dateless"] = publisher.NewRendition(publisher.Draft{Path: "/dateless", Kind: publisher.KindPage, ContentType: "text/html", Body: []byte("short")}, nil)

	fields := []string{
		"", "Accept-Encoding: gzip, deflate, br", "Accept-Encoding: br", "Accept-Encoding: gzip;q=0, *;q=0.1", "Accept-Encoding: identity;q=0",
		"If-None-Match: *", "If-None-Match: \"one\", W/\"two,three\" , W/" + rss.Plain.ETag, "If-None-Match: " + rss.Gzip.ETag,
		"If-None-Match: " + rss.Gzip.ETag + "\r\nAccept-Encoding: gzip", "If-None-Match: " + rss.Plain.ETag + "\r\nAccept-Encoding: gzip",
		"If-None-Match: *\r\nAccept-Encoding: gzip, br", "If-None-Match: one", "If-None-Match: \"one", "If-None-Match:",
		"If-Modified-Since: Sun, 01 Mar 2026 12:00:00 GMT", "If-Modified-Since: Mon, 02 Mar 2026 12:00:00 GMT",
		"If-Modified-Since: Sunday, 01-Mar-26 12:00:00 GMT", "If-Modified-Since: Sun, 01 Mar 2026 11:59:59 GMT", "If-Modified-Since: yesterday",
		"If-Modified-Since: Sun, 01 Mar 2026 12:00:00 GMT\r\nAccept-Encoding: gzip, br",
		"If-None-Match: \"one\"\r\nIf-Modified-Since: Mon, 02 Mar 2026 12:00:00 GMT",
		"If-None-Match: " + rss.Plain.ETag + "\r\nIf-Modified-Since: Sun, 01 Mar 2020 12:00:00 GMT",
		"Accept: text/html;q=1\r\nA-IM: feed\r\nUser-Agent: x\r\nCookie: a=b\r\nOrigin: https://x.example\r\nConnection: keep-alive",
	}
	slow := []string{ // left to net/http
		"Range: bytes=0-10", "If-Range: " + rss.Plain.ETag, "If-Match: " + rss.Plain.ETag, "If-Match: \"one\"", "Connection: close",
		"If-Unmodified-Since: Sun, 01 Mar 2026 11:59:59 GMT", "If-None-Match: \"one\"\r\nIf-None-Match: " + rss.Plain.ETag,
		"Content-Length: 0", "Expect: 100-continue", "X-HTTP-Method-Override: DELETE",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0",
		"Host: y", " folded", "X-A : b", "Accept-Encoding: gzip\r\nAccept-Encoding: br",
	}
	for _, base := range []string{"", "/news"} {
		t.Run("below "+base+"/", func(t *testing.T) {
			t.Parallel()
			handler := serve.New(renditions, nil, serve.Options{BasePath: base}, nil)
			fast, taken := counted(t, handler)
			reference, _ := counted(t, alone(handler))
			compare := func(path, field string, wantFast bool) {
				t.Helper()
				if field != "" {
					field += "\r\n"
				}
				text := "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + field + "\r\n"
				before := taken.Load()
				got, body := exchange(t, fast, text)
				if isFast := taken.Load() == before; isFast != wantFast {
					t.Errorf("%q goes the fast way: %t", text, isFast)
				}
				want, wantBody := exchange(t, reference, text)
				sameAnswer(t, text, got, want)
				if body != wantBody {
					t.Errorf("%q: body %.50q, want %.50q", text, body, wantBody)
				}
			}
			for path, rendition := range renditions {
				wantFast := rendition.Kind != publisher.KindFile && path != publisher.NotFoundPath
				for _, field := range fields {
					compare(base+path, field, wantFast)
				}
			}
			for _, field := range slow {
				compare(base+"/latest.rss", field, false)
			}
			for _, path := range []string{
				base + "/latest?utm_source=x", base + "/nothing", base + "/latest/", base + "//latest", base + "/%6catest", "/healthz",
				"/outside", base + "x/latest", base + archivePage, base + "/x/../latest", "http://x" + base + "/latest",
			} {
				compare(path, "", false)
			}
		})
	}
}

func sameAnswer(t *testing.T, text string, got, want *http.Response) {
	t.Helper()
	if got.Status != want.Status || got.Proto != want.Proto || got.ContentLength != want.ContentLength || got.Close != want.Close {
		t.Errorf("%q: %s %s with %d bytes, want %s %s with %d", text, got.Proto, got.Status, got.ContentLength, want.Proto, want.Status, want.ContentLength)
	}
	for _, response := range []*http.Response{got, want} {
		if date := response.Header["Date"]; len(date) == 1 {
			if _, err := http.ParseTime(date[0]); err == nil {
				response.Header.Del("Date") // a second may lie between them
			}
		}
	}
	if !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
		t.Errorf("%q: fields %v, want %v", text, got.Header, want.Header)
	}
}

// A connection goes on behind net/http with what it asked on the fast path, and
// may ask as it likes there.
func TestFastPathThenNetHTTP(t *testing.T) {
	t.Parallel()
	address, taken := counted(t, serve.New(site(), nil, serve.Options{}, nil))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	ask := func(text string, statuses ...int) {
		t.Helper()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		for _, want := range statuses {
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != want {
				t.Errorf("%q: %d and %v, want %d", text, response.StatusCode, err, want)
			}
		}
	}
	const plain, other = "GET /latest.rss HTTP/1.1\r\nHost: x\r\n\r\n", "GET /nothing.rss HTTP/1.1\r\nHost: x\r\n\r\n"
	ask(plain, 200)
	ask(plain, 200)
	if got := taken.Load(); got != 0 {
		t.Errorf("net/http has %d connections of plain requests", got)
	}
	ask(plain+other+plain, 200, 404, 200)
	ask(plain[:20])
	ask(plain[20:], 200)
	if got := taken.Load(); got != 1 {
		t.Errorf("net/http has %d connections, want 1", got)
	}
}
