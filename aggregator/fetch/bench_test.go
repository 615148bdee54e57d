package fetch_test

import (
	"io"
	"net/http"
	"testing"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/safehttp"
	"tributary/internal/upstreamtest"
)

// BenchmarkFetch compares visits with a bare net/http client that does the
// least that would do.
func BenchmarkFetch(b *testing.B) {
	up := upstreamtest.NewFast(b)
	document := upstreamtest.RSS("A blog", upstreamtest.Items(60)...)
	url := up.Feed("/304", document, "ETag", `"x"`)
	same := up.Feed("/200", document, "ETag", "", "Last-Modified", "")
	bare := func(url string) func(*testing.B) {
		return func(b *testing.B) {
			transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			b.ReportAllocs()
			for b.Loop() {
				request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
				if err != nil {
					b.Fatal(err)
				}
				request.Header.Set("User-Agent", "bench")
				request.Header.Set("If-None-Match", `"x"`)
				response, err := client.Do(request)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.ReadAll(response.Body)
				response.Body.Close()
			}
		}
	}
	ours := func(url string) func(*testing.B) {
		return func(b *testing.B) {
			client := safehttp.New(safehttp.Options{})
			defer client.CloseIdle()
			fetcher := fetch.New(fetch.Options{Client: client, Version: "1"})
			source := &news.Source{Name: "a", URL: url, Fetch: news.FetchSettings{AllowNetworks: upstreamtest.Loopback}}
			var stored news.Validators
			b.ReportAllocs()
			for b.Loop() {
				response, err := fetcher.Fetch(b.Context(), fetch.Request{Source: source, Validators: stored})
				if err != nil {
					b.Fatal(err)
				}
				stored = response.Validators
				response.Release()
			}
		}
	}
	b.Run("304/bare", bare(url))
	b.Run("304/ours", ours(url))
	b.Run("200/bare", bare(same))
	b.Run("200/ours", ours(same))
}
