package bench

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// floor pulls with nothing but net/http: the same requests as ours, as many at
// once, over connections that are kept.
type floor struct {
	tb     testing.TB
	client *http.Client
	urls   []string
	header []http.Header // of the request for each URL
}

func newFloor(tb testing.TB, urls []string) *floor {
	transport := &http.Transport{
		DisableCompression: true, MaxIdleConns: 4 * concurrency, MaxIdleConnsPerHost: concurrency,
	}
	f := &floor{tb: tb, client: &http.Client{Transport: transport}, urls: urls, header: make([]http.Header, len(urls))}
	for i := range urls {
		f.header[i] = http.Header{
			"User-Agent":      {fmt.Sprintf("Floor/0 (+https://example.org; source-%d)", i)},
			"Accept":          {"application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.8, */*;q=0.5"},
			"Accept-Encoding": {"gzip, deflate, br, zstd"},
		}
	}
	tb.Cleanup(transport.CloseIdleConnections)
	return f
}

// round asks for every URL once. read is given each body, from many
// goroutines; the answers must have this status.
func (f *floor) round(status int, read func(i int, body io.Reader, header http.Header) error) {
	f.tb.Helper()
	var group errgroup.Group
	var next atomic.Int64
	for range concurrency {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(f.urls); i = int(next.Add(1)) - 1 {
				if err := f.get(i, status, read); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		f.tb.Fatal(err)
	}
}

func (f *floor) get(i, status int, read func(int, io.Reader, http.Header) error) error {
	request, err := http.NewRequestWithContext(f.tb.Context(), http.MethodGet, f.urls[i], nil)
	if err != nil {
		return err
	}
	request.Header = f.header[i]
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != status {
		return fmt.Errorf("GET %s: %s, want status %d", f.urls[i], response.Status, status)
	}
	if err := read(i, response.Body, response.Header); err != nil {
		return fmt.Errorf("GET %s: %w", f.urls[i], err)
	}
	return nil
}

// learn makes the further requests conditional, with both validators.
func (f *floor) learn() {
	f.tb.Helper()
	f.round(http.StatusOK, func(i int, body io.Reader, header http.Header) error {
		f.header[i].Set("If-None-Match", header.Get("Etag"))
		f.header[i].Set("If-Modified-Since", header.Get("Last-Modified"))
		return drain(i, body, header)
	})
}

func drain(_ int, body io.Reader, _ http.Header) error {
	_, err := io.Copy(io.Discard, body)
	return err
}
