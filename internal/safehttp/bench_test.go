package safehttp_test

import (
	"io"
	"net/http"
	"testing"

	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// BenchmarkUnchanged compares a 304 through the guarded client with a bare
// net/http client.
func BenchmarkUnchanged(b *testing.B) {
	up := upstreamtest.NewFast(b)
	url := up.Feed("/a", "body", "ETag", `"x"`)
	header := http.Header{"If-None-Match": {`"x"`}, "Accept": {"*/*"}, "User-Agent": {"bench"}}
	b.Run("bare", func(b *testing.B) {
		transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
			if err != nil {
				b.Fatal(err)
			}
			request.Header = header.Clone()
			response, err := client.Do(request)
			if err != nil || response.StatusCode != 304 {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
	b.Run("safe", func(b *testing.B) {
		client := safehttp.New(safehttp.Options{})
		defer client.CloseIdle()
		b.ReportAllocs()
		for b.Loop() {
			response, err := client.Do(b.Context(), &safehttp.Request{URL: url, Header: header, AllowNetworks: upstreamtest.Loopback})
			if err != nil || response.Status != 304 {
				b.Fatal(err)
			}
			response.Discard()
		}
	})
}
