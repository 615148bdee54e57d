package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/internal/codec"
	"tributary/publisher"
	"tributary/publisher/serve"
)

// table is a fixed set of renditions.
type table map[string]*publisher.Rendition

func (t table) Lookup(path string) *publisher.Rendition { return t[path] }

func (table) Moved(string) string { return "" }

func (t table) Ready() <-chan struct{} { return closed }

// archivePage is one that table makes when asked for it; the other one fails.
const archivePage, brokenPage = "/latest/archive/1.rss", "/latest/archive/2.rss"

func (t table) Archive(_ context.Context, path string) (*publisher.Rendition, error) {
	switch path {
	case archivePage:
		return publisher.NewRendition(publisher.Draft{
			Path: path, Kind: publisher.KindArchive, ContentType: "application/rss+xml; charset=utf-8", Body: []byte("<rss> archive"),
		}, nil), nil
	case brokenPage:
		return nil, errors.New("disk gone")
	}
	return nil, nil
}

// closed is ready from the start.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

var changed = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// site is what the scripts talk to: one address of each kind.
func site() table {
	t := table{}
	long := strings.Repeat("<p>the same words again</p>\n", 100)
	for _, draft := range []publisher.Draft{
		{Path: "/", Kind: publisher.KindPage, ContentType: "text/html; charset=utf-8", Body: []byte("home " + long)},
		{Path: "/latest", Kind: publisher.KindPage, ContentType: "text/html; charset=utf-8", Body: []byte("page " + long)},
		{Path: "/latest.rss", Kind: publisher.KindFeed, ContentType: "application/rss+xml; charset=utf-8", Body: []byte("<rss> " + long),
			Links: []string{`<https://hub.example/>; rel="hub"`, `<https://example.org/latest.rss>; rel="self"`}},
		{Path: "/static/site.1f.css", Kind: publisher.KindAsset, ContentType: "text/css; charset=utf-8", Body: []byte("p { color: red }")},
		{Path: "/articles/a.png", Kind: publisher.KindFile, ContentType: "image/png", Body: []byte("\x89PNG " + long)},
		{Path: "/latest/embed", Kind: publisher.KindFrame, ContentType: "text/html; charset=utf-8", Body: []byte("frame " + long)},
		{Path: "/latest/fragment.html", Kind: publisher.KindFragment, ContentType: "text/html; charset=utf-8", Body: []byte("list " + long)},
		{Path: "/embed", Kind: publisher.KindChooser, ContentType: "text/html; charset=utf-8", Body: []byte("chooser " + long)},
		{Path: publisher.NotFoundPath, Kind: publisher.KindPage, ContentType: "text/html; charset=utf-8", Body: []byte("nothing here " + long)},
	} {
		draft.LastModified = changed
		t[draft.Path] = publisher.NewRendition(draft, nil)
	}
	return t
}

// start serves site on loopback until the test ends.
func start(tb testing.TB, options serve.Options) (address string, client *http.Client) {
	tb.Helper()
	return startHandler(tb, serve.New(site(), nil, options, nil))
}

func startHandler(tb testing.TB, handler http.Handler) (address string, client *http.Client) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, serve.NewServer(handler), listener) }()
	transport := &http.Transport{DisableCompression: true}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return "http://" + listener.Addr().String(), client
}

// A HEAD must not differ from its GET in a single field.
func TestHeadIsGet(t *testing.T) {
	t.Parallel()
	address, client := start(t, serve.Options{})
	for path := range site() {
		for _, accept := range []string{"", "gzip", "br, gzip"} {
			get, head := fetch(t, client, "GET", address+path, accept), fetch(t, client, "HEAD", address+path, accept)
			get.Header.Del("Date")
			head.Header.Del("Date")
			for name, values := range get.Header {
				if got := head.Header[name]; strings.Join(got, "\n") != strings.Join(values, "\n") {
					t.Errorf("HEAD %s: %s is %q, GET has %q", path, name, got, values)
				}
			}
			if len(head.Header) != len(get.Header) || head.StatusCode != get.StatusCode {
				t.Errorf("HEAD %s: %d with %v, GET has %d with %v", path, head.StatusCode, head.Header, get.StatusCode, get.Header)
			}
		}
	}
}

func fetch(t *testing.T, client *http.Client, method, url, accept string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		request.Header.Set("Accept-Encoding", accept)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return response
}

// What a client has in gzip is not sent again because brotli became ready, but
// a client that has nothing gets the smaller one.
func TestBrotliComesLater(t *testing.T) {
	t.Parallel()
	renditions := site()
	gzip := renditions["/latest.rss"].Gzip.ETag
	renditions["/latest.rss"] = renditions["/latest.rss"].WithBrotli(codec.Brotli(renditions["/latest.rss"].Body, 9))
	address, client := startHandler(t, serve.New(renditions, nil, serve.Options{}, nil))

	response := fetch(t, client, "GET", address+"/latest.rss", "gzip, deflate, br")
	if got := response.Header.Get("Content-Encoding"); got != "br" {
		t.Errorf("Content-Encoding %q, want br", got)
	}
	for _, tc := range []struct {
		tag, accept string
		status      int
		etag        string
	}{
		{gzip, "gzip, br", 304, gzip},
		{"W/" + gzip, "gzip, br", 304, gzip},
		{response.Header.Get("Etag"), "gzip, br", 304, response.Header.Get("Etag")},
		{response.Header.Get("Etag"), "gzip", 200, gzip},
		{gzip, "", 200, renditions["/latest.rss"].Plain.ETag},
	} {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", address+"/latest.rss", nil)
		request.Header.Set("If-None-Match", tc.tag)
		if tc.accept != "" {
			request.Header.Set("Accept-Encoding", tc.accept)
		}
		got, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != tc.status || got.Header.Get("Etag") != tc.etag {
			t.Errorf("have %s, accept %q: %d with ETag %s, want %d with %s",
				tc.tag, tc.accept, got.StatusCode, got.Header.Get("Etag"), tc.status, tc.etag)
		}
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	handler := serve.New(site(), nil, serve.Options{}, nil)
	address, client := startHandler(t, handler)
	if got := fetch(t, client, "GET", address+"/news/latest.rss", "").StatusCode; got != 404 {
		t.Errorf("before: %d, want 404", got)
	}
	handler.Configure(serve.Options{BasePath: "/news"})
	if got := fetch(t, client, "GET", address+"/news/latest.rss", "").StatusCode; got != 200 {
		t.Errorf("after: %d, want 200", got)
	}
}

// An answer under way is finished when the server stops; a new connection is
// not accepted any more.
func TestRunStopsGracefully(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "whole")
	})
	server := serve.NewServer(handler)
	stopping := make(chan struct{})
	server.RegisterOnShutdown(func() { close(stopping) })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, server, listener) }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-entered
	stop()
	<-stopping
	close(leave)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "whole" {
		t.Errorf("body %q, %v; want all of it", body, err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the listener still accepts")
	}
}

func TestRunReportsABrokenListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = serve.Run(t.Context(), serve.NewServer(http.NotFoundHandler()), listener)
	if err == nil || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("error %v, want one with the address", err)
	}
}

func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	address, client := start(t, serve.Options{})
	if got := fetch(t, client, "GET", address+"/latest.rss", strings.Repeat("x", 64<<10)).StatusCode; got != 431 {
		t.Errorf("status %d for 64 KB of headers, want 431", got)
	}
}

// A client that doesn't wait for an archive page is no fault of ours to log.
func TestArchivePageOfAClientThatIsGone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := serve.New(site(), nil, serve.Options{}, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, brokenPage, nil)
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if !strings.Contains(log.String(), brokenPage) {
		t.Errorf("a page that can't be made is not logged: %q", &log)
	}
	log.Reset()
	cancel()
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
}
