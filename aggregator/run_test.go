package aggregator_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// These tests run in virtual time: sources are files, so that nothing waits
// for a network, and a second passes when everybody sleeps.

// start runs the aggregator until the test ends.
func (r *rig) start() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fileSource(t *testing.T, name string, items ...upstreamtest.Item) (news.Source, string) {
	path := filepath.Join(t.TempDir(), name+".xml")
	write(t, path, upstreamtest.RSS(name, items...))
	s := source(name, "file:"+path)
	s.Schedule = "@every 1m"
	return s, path
}

func TestRunFollowsASourceOnItsSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		s, path := fileSource(t, "a", upstreamtest.NewItem(1))
		r.configure(s)
		defer r.start()()
		synctest.Wait()
		if got := r.titles(); len(got) != 1 {
			t.Fatalf("at the start the feed shows %q", got)
		}
		time.Sleep(30 * time.Second)
		write(t, path, upstreamtest.RSS("a", upstreamtest.NewItem(2), upstreamtest.NewItem(1)))
		time.Sleep(29 * time.Second)
		if got := r.titles(); len(got) != 1 {
			t.Errorf("before its schedule the feed shows %q", got)
		}
		time.Sleep(time.Second + 50*time.Millisecond)
		synctest.Wait()
		if got := r.titles(); len(got) != 2 {
			t.Errorf("50 ms after its schedule the feed shows %q, want the new story too", got)
		}
	})
}

func TestRunKeepsAShortSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		s, _ := fileSource(t, "a", upstreamtest.NewItem(1))
		s.Schedule = "@every 2s"
		r.configure(s)
		defer r.start()()
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if n := len(r.all()); n != 5 {
			t.Errorf("%d visits in 9 s, want 5", n)
		}
	})
}

func TestRunVisitsNothingEarlyAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		s, _ := fileSource(t, "a", upstreamtest.NewItem(1))
		r.configure(s)
		stop := r.start()
		synctest.Wait()
		stop()
		if len(r.taken()) != 1 {
			t.Fatal("not visited at the start")
		}
		r.configure(s)
		defer r.start()()
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if early := r.taken(); len(early) != 0 {
			t.Errorf("visited before it was due: %v", early)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(r.taken()) != 1 {
			t.Error("not visited when it was due")
		}
	})
}

func TestRunPublishesAnArticleWhenItIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		due := time.Now().Add(90 * time.Minute)
		s := &shelf{next: due}
		s.batch = func(now time.Time) *news.Batch {
			batch := &news.Batch{Stories: []news.Story{article("old", time.Unix(8e8, 0))}}
			if !now.Before(due) {
				batch.Stories = append(batch.Stories, article("due", due))
			}
			return batch
		}
		with := settings()
		with.Articles = s
		if err := r.Configure(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		defer r.start()()
		time.Sleep(89 * time.Minute)
		if diff := cmp.Diff([]string{"old"}, r.titles()); diff != "" {
			t.Errorf("before (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"due", "old"}, r.titles()); diff != "" {
			t.Errorf("after (-want +got):\n%s", diff)
		}
	})
}

func TestRunReadsChangedArticlesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		stories := []news.Story{article("one", time.Unix(8e8, 0))}
		with := settings()
		with.Articles = &shelf{batch: func(time.Time) *news.Batch { return &news.Batch{Stories: slices.Clone(stories)} }}
		if err := r.Configure(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		defer r.start()()
		synctest.Wait()
		stories = append(stories, article("two", time.Unix(9e8, 0)))
		r.ArticlesChanged()
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]string{"two", "one"}, r.titles()); diff != "" {
			t.Errorf("feed (-want +got):\n%s", diff)
		}
	})
}

func TestRunWaitsOutAFailingStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var store *flaky
		r := newRig(t, func(o *aggregator.Options) {
			store = &flaky{Store: o.Store, broken: true}
			o.Store = store
		})
		s, _ := fileSource(t, "a", upstreamtest.NewItem(1))
		r.configure(s)
		defer r.start()()
		time.Sleep(time.Minute)
		if got := r.titles(); len(got) != 0 {
			t.Fatalf("a store that fails shows %q", got)
		}
		store.set(false)
		time.Sleep(2 * time.Minute) // the lease has run out, the source comes again
		synctest.Wait()
		if got := r.titles(); len(got) != 1 {
			t.Errorf("once the store works the feed shows %q", got)
		}
	})
}

// What was read while the store failed is stored as soon as it works, long
// before the lease ends, and isn't fetched again.
func TestRunKeepsResultsForAFailingStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, fetched := (*flaky)(nil), &fetchCount{}
		r := newRig(t, func(o *aggregator.Options) {
			store = &flaky{Store: o.Store, broken: true}
			fetched.Fetcher = o.Fetcher
			o.Store, o.Fetcher = store, fetched
		})
		s, _ := fileSource(t, "a", upstreamtest.NewItem(1))
		r.configure(s)
		defer r.start()()
		time.Sleep(10 * time.Second)
		store.set(false)
		time.Sleep(6 * time.Second) // tried after 1, 3, 7 and 15 s
		synctest.Wait()
		if got := r.titles(); len(got) != 1 {
			t.Errorf("once the store works the feed shows %q", got)
		}
		if n := fetched.n.Load(); n != 1 {
			t.Errorf("fetched %d times", n)
		}
	})
}

// fetchCount counts fetches.
type fetchCount struct {
	aggregator.Fetcher
	n atomic.Int64
}

func (c *fetchCount) Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error) {
	c.n.Add(1)
	return c.Fetcher.Fetch(ctx, request)
}

// stuck is a fetcher that hangs until its context ends.
type stuck struct{ begun chan struct{} }

func (s stuck) Fetch(ctx context.Context, _ fetch.Request) (*fetch.Response, error) {
	close(s.begun)
	<-ctx.Done()
	return nil, &fetch.Error{Cause: news.CauseTimeout, Detail: "given up", Err: ctx.Err()}
}

func TestStopGivesUpVisitsWithoutBlame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := stuck{make(chan struct{})}
		r := newRig(t, func(o *aggregator.Options) { o.Fetcher = hang })
		r.configure(source("slow", "http://upstream.test/"))
		stop := r.start()
		<-hang.begun
		before := time.Now()
		stop()
		if took := time.Since(before); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if state := r.state("slow"); state.Failures != 0 || !state.Due.Equal(before) {
			t.Errorf("a visit that we gave up leaves %+v, want the source due at once as before", state)
		}
	})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	good := source("good", up.Feed("/good", upstreamtest.RSS("G", upstreamtest.Items(4)...)))
	bad := source("bad", up.URL("/missing"))
	steps := 0
	visited := aggregator.Probe(t.Context(), newFetcher(t), []news.Source{good, bad}, 1, func() { steps++ })
	if v := visited[0]; v.Source != "good" || v.Visit.New != 4 {
		t.Errorf("good: %+v", v)
	}
	if v := visited[1]; v.Visit.Cause != news.CauseNotFound || !strings.Contains(v.Visit.Detail, "404") {
		t.Errorf("bad: %+v", v)
	}
	if steps != 2 {
		t.Errorf("%d steps for 2 sources", steps)
	}
}
