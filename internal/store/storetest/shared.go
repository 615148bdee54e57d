package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tributary/internal/news"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func (f *fixture) token(tokens <-chan struct{}, reason string) {
	f.Helper()
	select {
	case _, ok := <-tokens:
		if !ok {
			f.Fatalf("%s: the channel is closed", reason)
		}
	case <-time.After(patience):
		f.Fatalf("%s: no token", reason)
	}
}

var watchChecks = []check{
	{"a risen revision gives a token", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		tokens := f.Watch(f.Context())
		f.load("a", news.Changes{Feeds: []string{"x"}})
		f.token(tokens, "this process's change")
	}},
	{"tokens do not pile up", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		tokens := f.Watch(f.Context())
		for range 5 {
			f.load("a", news.Changes{Feeds: []string{"x"}})
		}
		if len(tokens) != 1 || cap(tokens) != 1 {
			f.Errorf("%d tokens", len(tokens))
		}
	}},
	{"another process's change gives a token", func(f *fixture) {
		f.sync(source("a"))
		f.feeds("x")
		other := f.open(f.T)
		first, second := other.Watch(f.Context()), other.Watch(f.Context())
		f.load("a", news.Changes{Feeds: []string{"x"}})
		f.token(first, "the first watcher")
		f.token(second, "the second watcher")
		revisions, err := other.Revisions(f.Context())
		f.must(err)
		if revisions["x"] != f.revision("x") {
			f.Errorf("revisions %v", revisions)
		}
	}},
	{"the channel is closed with the context", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		tokens := f.Watch(ctx)
		cancel()
		select {
		case _, ok := <-tokens:
			if ok {
				f.Error("a token without a change")
			}
		case <-time.After(patience):
			f.Error("it is still open")
		}
		again := f.Watch(f.Context())
		f.sync(source("a"))
		f.feeds("x")
		f.load("a", news.Changes{Feeds: []string{"x"}})
		f.token(again, "a later watcher")
	}},
}

var sharedChecks = []check{
	{"two handles see the same", func(f *fixture) {
		f.sync(source("a"))
		other := f.open(f.T)
		f.insert("a", story("one", 1))
		stories, err := other.Stories(f.Context(), 0, 10)
		f.must(err)
		if len(stories) != 1 {
			f.Errorf("stories %v", stories)
		}
	}},
	{"no source is claimed twice", func(f *fixture) {
		var sources []news.Source
		for i := range 200 {
			sources = append(sources, source(fmt.Sprintf("s%d", i)))
		}
		f.sync(sources...)
		claims := make(chan news.Lease, 1000)
		var claimers sync.WaitGroup
		for _, store := range []Store{f.Store, f.Store, f.open(f.T), f.open(f.T)} {
			claimers.Go(func() { claimAll(f.T, store, f.now, claims) })
		}
		claimers.Wait()
		close(claims)
		seen := make(map[news.SourceKey]bool)
		for lease := range claims {
			if seen[lease.Source.Key] {
				f.Errorf("source %s was claimed twice", lease.Source.Name)
			}
			seen[lease.Source.Key] = true
		}
		if len(seen) != 200 {
			f.Errorf("%d of 200 sources were claimed", len(seen))
		}
	}},
	{"a host's slots hold across processes", func(f *fixture) {
		var sources []news.Source
		for i := range 20 {
			sources = append(sources, source(fmt.Sprintf("s%d", i), at(fmt.Sprintf("https://one.example/%d", i)), concurrency(3)))
		}
		f.sync(sources...)
		claims := make(chan news.Lease, 100)
		var claimers sync.WaitGroup
		for _, store := range []Store{f.Store, f.open(f.T), f.open(f.T)} {
			claimers.Go(func() { claimAll(f.T, store, f.now, claims) })
		}
		claimers.Wait()
		if len(claims) != 3 {
			f.Errorf("%d sources of one host at once, want 3", len(claims))
		}
	}},
	{"what another process claimed after us makes us stale", func(f *fixture) {
		f.sync(source("a", unpaced))
		other := f.open(f.T)
		lease := f.lease("a")
		f.now = lease.Until
		claimed, err := other.Claim(f.Context(), news.ClaimRequest{Now: f.now, Limit: 1, Lease: time.Minute})
		f.must(err)
		if len(claimed.Leases) != 1 || claimed.Leases[0].Strike != 1 {
			f.Fatalf("claimed %+v", claimed)
		}
		if recorded := f.record(f.changed(lease, news.Batch{}), f.none); !recorded.Stale {
			f.Error("our result was stored")
		}
		results := []news.Result{f.result(claimed.Leases[0])}
		if recorded, err := other.Record(f.Context(), results, f.none); err != nil || recorded[0].Stale {
			f.Errorf("recorded %+v, %v", recorded, err)
		}
	}},
	{"a canceled context stores nothing", func(f *fixture) {
		f.sync(source("a"))
		ctx, cancel := context.WithCancel(f.Context())
		result := f.changed(f.lease("a"), news.Batch{})
		_, err := f.Record(ctx, []news.Result{result}, func(*news.Known, *news.Result) news.Changes {
			cancel()
			return news.Changes{Insert: []news.Story{story("one", 1), story("two", 2)}}
		})
		if err == nil || len(f.stories()) != 0 {
			f.Errorf("error %v, %d stories", err, len(f.stories()))
		}
		if recorded := f.record(result, to(news.Changes{})); recorded.Stale {
			f.Error("the claim is gone")
		}
	}},
}

// claimAll claims in small bites until nothing more can be had.
func claimAll(t *testing.T, store Store, now time.Time, claims chan<- news.Lease) {
	for {
		claimed, err := store.Claim(t.Context(), news.ClaimRequest{Now: now, Limit: 7, Lease: time.Hour})
		if err != nil {
			t.Error(err)
			return
		}
		if len(claimed.Leases) == 0 {
			return
		}
		for _, lease := range claimed.Leases {
			claims <- lease
		}
	}
}
