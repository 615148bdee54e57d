package serve_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/publisher"
	"tributary/publisher/serve"
)

// starting is a table that is not complete yet.
type starting struct {
	table
	mu    sync.Mutex // guards table
	ready chan struct{}
}

func (s *starting) Ready() <-chan struct{} { return s.ready }

func (s *starting) Lookup(path string) *publisher.Rendition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table[path]
}

// finish adds the last rendition.
func (s *starting) finish(late *publisher.Rendition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table[late.Path] = late
	close(s.ready)
}

// A request that comes too early for its rendition is answered when it is
// there; what is there is answered at once.
func TestWaitsForTheFirstRound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why, path   string
		readyAfter  time.Duration // with /articles/late
		status      int
		answerAfter time.Duration
	}{
		{"it is there already", "/latest.rss", time.Second, 200, 0},
		{"the process lives", "/healthz", time.Second, 200, 0},
		{"it comes", "/articles/late", time.Second, 200, time.Second},
		{"it never comes", "/articles/never", time.Second, 404, time.Second},
		{"the store is slow", "/articles/late", time.Minute, 503, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &starting{table: site(), ready: make(chan struct{})}
			handler := serve.New(s, nil, serve.Options{}, nil)
			late := publisher.NewRendition(publisher.Draft{Path: "/articles/late", Kind: publisher.KindPage, Body: []byte("late")}, nil)
			time.AfterFunc(tc.readyAfter, func() { s.finish(late) })
			began := time.Now()
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, tc.path, nil))
			if took := time.Since(began); recorder.Code != tc.status || took != tc.answerAfter {
				t.Errorf("%s: %d after %v, want %d after %v", tc.why, recorder.Code, took, tc.status, tc.answerAfter)
			}
			if retry := recorder.Header().Get("Retry-After"); (retry != "") != (tc.status == 503) {
				t.Errorf("%s: Retry-After %q", tc.why, retry)
			}
			time.Sleep(2 * time.Minute) // virtual: lets the timer end
		})
	}
}
