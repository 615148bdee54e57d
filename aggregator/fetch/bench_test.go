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
// least that would do: the same headers, no timeout, no guard.
func BenchmarkFetch(b *testing.B) {
	up := upstreamtest.NewFast(b)
	document := upstreamtest.RSS("A blog", upstreamtest.Items(60)...)
	url := up.Feed("/304", document, "ETag", `"x"`)
	same := up.Feed("/200", document, "ETag", "", "Last-Modified", "")
	header := sent(b)
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
				for name, values := range header {
					request.Header[name] = values
				}
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

// sent are the headers of a conditional visit.
func sent(b *testing.B) http.Header {
	up := upstreamtest.New(b)
	source := &news.Source{Name: "a", URL: up.Feed("/a", "body", "ETag", `"x"`, "Last-Modified", ""),
		Fetch: news.FetchSettings{AllowNetworks: upstreamtest.Loopback}}
	fetcher := fetch.New(fetch.Options{Client: safehttp.New(safehttp.Options{}), Version: "1"})
	stored := news.Validators{URL: source.URL, ETag: `"x"`}
	if _, err := fetcher.Fetch(b.Context(), fetch.Request{Source: source, Validators: stored}); err != nil {
		b.Fatal(err)
	}
	return up.Last("/a").Header
}
