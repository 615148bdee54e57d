package aggregator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"tributary/aggregator"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// shown counts the sources that claims show to the store.
type shown struct {
	aggregator.Store
	sources atomic.Int64
}

func (s *shown) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	s.sources.Add(int64(len(request.Only)))
	return s.Store.Claim(ctx, request)
}

func TestRoundShowsTheStoreEachSourceOnce(t *testing.T) {
	t.Parallel()
	const sources = 200
	up := upstreamtest.New(t)
	var store *shown
	r := newRig(t, func(o *aggregator.Options) {
		store = &shown{Store: o.Store}
		o.Store = store
	})
	r.configure(numbered(up, "free", sources)...)
	if visited := r.refresh(aggregator.Round{All: true}); len(visited) != sources {
		t.Errorf("%d sources were visited, want %d", len(visited), sources)
	}
	if up.Total() != sources {
		t.Errorf("%d requests for %d sources", up.Total(), sources)
	}
	if got := store.sources.Load(); got != sources {
		t.Errorf("claims showed %d sources, want %d: no host keeps any back", got, sources)
	}
}

// The first of many sources of one host ends its answer only after all sources
// without a host's limit were asked: those must not wait behind the others. It
// begins at once and may take as long as a test may: what is tested is an order.
func TestRoundPassesByWhatAHostKeepsBack(t *testing.T) {
	t.Parallel()
	const paced, free = 20, 40
	up := upstreamtest.New(t)
	slow := numbered(up, "paced", paced)
	for i := range slow {
		slow[i].Fetch.Unpaced = false
		slow[i].Fetch.Timeout = 10 * time.Minute
	}
	quick := numbered(up, "free", free)
	asked := make(chan struct{}, free)
	for i := range quick {
		up.Script(fmt.Sprint("/free-", i), func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			asked <- struct{}{}
			serve(w, r)
		})
	}
	up.Script("/paced-0", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "application/rss+xml")
		w.(http.Flusher).Flush()
		for range free {
			select {
			case <-asked:
			case <-r.Context().Done():
				return // timed out, which the round tells
			}
		}
		io.WriteString(w, upstreamtest.RSS("paced-0", upstreamtest.Item{ID: "paced-0", Title: "paced-0"}))
	})
	r := newRig(t, nil)
	r.configure(append(slow, quick...)...)
	visited := r.refresh(aggregator.Round{All: true})
	if len(visited) != paced+free || up.Total() != paced+free {
		t.Errorf("%d of %d sources were visited by %d requests", len(visited), paced+free, up.Total())
	}
	for name, v := range visited {
		if v.Visit.New != 1 {
			t.Errorf("%s: %d new stories, %s", name, v.Visit.New, v.Visit.Detail)
		}
	}
}

// numbered are n sources with a story each.
func numbered(up *upstreamtest.Server, name string, n int) []news.Source {
	sources := make([]news.Source, n)
	for i := range sources {
		each := fmt.Sprint(name, "-", i)
		item := upstreamtest.Item{ID: each, Title: each}
		sources[i] = source(each, up.Feed("/"+each, upstreamtest.RSS(each, item)))
	}
	return sources
}

// A visit whose process was killed keeps its lease: a round can't pull that
// source, and must not keep that to itself.
func TestRoundTellsWhatAnotherVisitHolds(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	held := make(map[string]time.Time)
	r := newRig(t, func(o *aggregator.Options) {
		o.Held = func(source string, due time.Time) { held[source] = due }
	})
	r.configure(numbered(up, "s", 3)...)
	claimed, err := r.store.Claim(t.Context(), news.ClaimRequest{Now: time.Now(), Limit: 1, Lease: time.Minute})
	if err != nil || len(claimed.Leases) != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	lease := claimed.Leases[0]
	if visited := r.refresh(aggregator.Round{All: true}); len(visited) != 2 {
		t.Errorf("visited %v, want the two that are free", visited)
	}
	if len(held) != 1 || !held[lease.Source.Name].Equal(lease.Until) {
		t.Errorf("held are %v, want %s until %v", held, lease.Source.Name, lease.Until)
	}
	clear(held)
	if r.refresh(aggregator.Round{Names: []string{"s-2"}}); len(held) != 0 {
		t.Errorf("held are %v, which nobody asked for", held)
	}
}

// All visits were started already: it is them that the end of the context cuts
// off.
func TestInterruptedRoundIsAnError(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	r := newRig(t, nil)
	r.configure(numbered(up, "s", 1)...)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupt := errors.New("interrupt")
	up.Script("/s-0", func(_ http.ResponseWriter, request *http.Request, _ http.HandlerFunc) {
		cancel(interrupt)
		<-request.Context().Done()
	})
	if err := r.Refresh(ctx, aggregator.Round{All: true}); !errors.Is(err, interrupt) {
		t.Errorf("error %v, want the cause of the context's end", err)
	}
}
