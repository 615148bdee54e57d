package aggregator

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/aggregator/parse"
	"tributary/internal/news"
)

// Probe visits each source once without storing anything, and says what came
// of it: New counts the stories that were found. At most concurrency visits
// run at once, one a host, with the pause that the host's sources ask for.
// step is called after each. The answers are in the order of the sources.
func Probe(ctx context.Context, fetcher Fetcher, sources []news.Source, concurrency int, step func()) []Visited {
	visited := make([]Visited, len(sources))
	var hosts hostLocks
	var group errgroup.Group
	group.SetLimit(max(concurrency, 1))
	for i := range sources {
		group.Go(func() error {
			defer step()
			release := hosts.take(ctx, &sources[i])
			defer release()
			visited[i] = probe(ctx, fetcher, &sources[i])
			return nil
		})
	}
	_ = group.Wait() // no visit gives an error: what failed is told as such
	return slices.Clip(visited)
}

func probe(ctx context.Context, fetcher Fetcher, source *news.Source) Visited {
	start := time.Now()
	v := Visited{Source: source.Name, Visit: news.Visit{At: start, Outcome: news.OutcomeChanged}}
	batch, response, err := readOnce(ctx, fetcher, source)
	if response != nil {
		v.Visit.Status, v.Visit.Bytes = response.Status, response.Bytes
	}
	if err != nil {
		v.Visit.Outcome = news.OutcomeFailed
		v.Visit.Cause, v.Visit.Status, v.Visit.Detail = failure(err)
	} else {
		v.Visit.New = len(batch.Stories)
	}
	v.Visit.Duration = time.Since(start)
	return v
}

func readOnce(ctx context.Context, fetcher Fetcher, source *news.Source) (*news.Batch, *fetch.Response, error) {
	response, err := fetcher.Fetch(ctx, fetch.Request{Source: source})
	if err != nil {
		return nil, nil, err
	}
	defer response.Release()
	doc, err := parse.Parse(response.Body, parse.Options{ContentType: response.ContentType, URL: response.URL})
	if err != nil {
		return nil, response, err
	}
	return normalize.New().Batch(doc, normalize.Options{Source: source, URL: response.URL}), response, nil
}

// hostLocks let one visit at a time into each host.
type hostLocks struct{ locks sync.Map } // host to *sync.Mutex

// take waits for the source's host and gives the function that frees it, once
// the pause has gone by.
func (h *hostLocks) take(ctx context.Context, source *news.Source) (release func()) {
	if source.Fetch.Unpaced || source.IsFile() {
		return func() {}
	}
	lock, _ := h.locks.LoadOrStore(host(source.URL), new(sync.Mutex))
	mutex := lock.(*sync.Mutex)
	mutex.Lock()
	return func() {
		timer := time.NewTimer(source.Fetch.HostDelay)
		go func() {
			defer mutex.Unlock()
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}()
	}
}

// host is what a source's pacing hangs on.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Hostname())
}
