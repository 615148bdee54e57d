package serve_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tributary/publisher"
	"tributary/publisher/serve"
)

// BenchmarkServe compares us with a handler that writes the same bytes with
// the fewest headers that make a whole answer: ratio is our rate by its rate,
// measured in turns within the same run.
func BenchmarkServe(b *testing.B) {
	body := "<rss>" + words(72<<10)
	rendition := publisher.NewRendition(publisher.Draft{
		Path: "/latest.rss", Kind: publisher.KindFeed, ContentType: "application/rss+xml; charset=utf-8",
		Links: []string{`<https://example.org/latest.rss>; rel="self"`}, Body: []byte(body), LastModified: changed,
	}, nil)
	handler := serve.New(table{"/latest.rss": rendition}, nil, serve.Options{}, nil)
	for _, tc := range []struct {
		name, field string
		bare        http.HandlerFunc
	}{
		{"gzip", "Accept-Encoding: gzip, deflate, br", bare200(rendition.Gzip.Body)},
		{"304", "If-None-Match: " + rendition.Plain.ETag, bare304(rendition.Plain.ETag)},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			ours, floor := connect(b, handler, tc.field), connect(b, tc.bare, tc.field)
			var spent, bare time.Duration
			for b.Loop() {
				spent += ours.roundTrip(b)
				bare += floor.roundTrip(b)
			}
			b.ReportMetric(float64(bare)/float64(spent), "ratio")
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "µs/ours")
		})
	}
}

// BenchmarkHandler is the handler alone, without net/http around it.
func BenchmarkHandler(b *testing.B) {
	renditions := site()
	handler := serve.New(renditions, nil, serve.Options{}, nil)
	for name, field := range map[string][2]string{
		"gzip": {"Accept-Encoding", "gzip, deflate, br"},
		"304":  {"If-None-Match", renditions["/latest.rss"].Plain.ETag},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			request, _ := http.NewRequest("GET", "http://x/latest.rss", nil)
			request.Header.Set(field[0], field[1])
			w := &discard{header: http.Header{}}
			for b.Loop() {
				handler.ServeHTTP(w, request)
			}
		})
	}
}

func bare200(body []byte) http.HandlerFunc {
	length := fmt.Sprint(len(body))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	}
}

func bare304(tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", tag)
		w.WriteHeader(http.StatusNotModified)
	}
}

// words is text that compresses about as well as a feed.
func words(size int) string {
	var b strings.Builder
	for i := uint32(1); b.Len() < size; i = i*1664525 + 1013904223 {
		fmt.Fprintf(&b, "<p>story %d</p> ", i>>12)
	}
	return b.String()
}

// discard is a response writer that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// wire is a connection that is kept, with one request sent again and again: a
// client that costs as little as possible.
type wire struct {
	conn    net.Conn
	reader  *bufio.Reader
	request []byte
}

func connect(b *testing.B, handler http.Handler, field string) *wire {
	b.Helper()
	address, _ := startHandler(b, handler)
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &wire{conn, bufio.NewReaderSize(conn, 64<<10), []byte("GET /latest.rss HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n")}
}

func (c *wire) roundTrip(b *testing.B) time.Duration {
	started := time.Now()
	if _, err := c.conn.Write(c.request); err != nil {
		b.Fatal(err)
	}
	length := 0
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			b.Fatal(err)
		}
		if len(line) <= 2 {
			break
		}
		if digits, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(digits))
		}
	}
	if _, err := c.reader.Discard(length); err != nil {
		b.Fatal(err)
	}
	return time.Since(started)
}
