package bench

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/postgrestest"
)

// killed starts two nodes on one PostgreSQL, one after the other, so that each
// waits for as many upstreams as it may ask at once, and kills the first with
// kill -9. Its sources must be asked for again once their leases end: 60 s, the
// timeout of a visit and half a minute. It fails unless each story comes in the end.
func killed(b *testing.B) *report {
	database := postgrestest.URL(b)
	up := newSilent(b)
	blogs := make([]string, 2*concurrency)
	for i := range blogs {
		blogs[i] = fmt.Sprintf("%s/%d", up.server.URL, i)
	}
	in := install(b, blogs, "@every 10m")
	r := newReport(b, fmt.Sprintf("two nodes, %d visits each", concurrency), "median", "least–most")
	for b.Loop() {
		first := in.serve("--database", database)
		up.await("the first node asks for all that it may", func() bool { return len(up.asked) == concurrency })
		theirs := slices.Collect(maps.Keys(up.asked))
		second := in.serve("--database", database)
		up.await("the second node asks for the rest", func() bool { return len(up.asked) == len(blogs) })
		first.kill()
		up.await("the connections of the first node break", func() bool { return up.broken == concurrency })
		close(up.speak)
		up.await("the sources of the first node are asked for again", func() bool {
			return !slices.ContainsFunc(theirs, func(path string) bool { return len(up.asked[path]) == 1 })
		})
		up.await("each source has its story", func() bool { return storedIn(b, database) >= len(blogs) })
		second.stop()

		again := make([]float64, len(theirs))
		for i, path := range theirs {
			again[i] = up.asked[path][1].Sub(up.asked[path][0]).Seconds()
		}
		r.single(b, "asked for again after, s", "again-s", again)
		r.note(b, "again-most-s", worst(again))
		r.single(b, "stories doubled", "doubled", []float64{float64(storedIn(b, database) - len(blogs))})
	}
	b.ReportMetric(0, "ns/op")
	return r
}

// worst is the spread of values of which the largest counts.
func worst(values []float64) spread {
	s := spreadOf(values)
	s.median = s.most
	return s
}

// kill ends a server as a power cut does.
func (s *running) kill() {
	s.b.Helper()
	if err := s.command.Process.Kill(); err != nil {
		s.b.Fatal(err)
	}
	_ = s.command.Wait() // tells that it was killed
}

// storedIn counts the stories of a database.
func storedIn(b *testing.B, database string) (stories int) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), database)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	if err := conn.QueryRow(b.Context(), `SELECT count(*) FROM stories`).Scan(&stories); err != nil {
		b.Fatal(err)
	}
	return stories
}

// silent is an upstream that answers nobody until it may speak.
type silent struct {
	b      *testing.B
	server *httptest.Server
	speak  chan struct{}

	mu     sync.Mutex
	asked  map[string][]time.Time // by path
	broken int                    // connections that ended before they got an answer
}

func newSilent(b *testing.B) *silent {
	s := &silent{b: b, speak: make(chan struct{}), asked: map[string][]time.Time{}}
	s.server = httptest.NewServer(s)
	b.Cleanup(s.server.Close)
	return s
}

// ServeHTTP answers with a document of one story.
func (s *silent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path] = append(s.asked[r.URL.Path], time.Now())
	s.mu.Unlock()
	select {
	case <-s.speak:
	case <-r.Context().Done():
		s.mu.Lock()
		s.broken++
		s.mu.Unlock()
		return
	}
	var number int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &number); err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprint(w, blog{number: number, stories: 1, paragraphs: 1}.document(0))
}

// await waits until something is so.
func (s *silent) await(what string, so func() bool) {
	s.b.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(90 * time.Second); ; <-ticker.C {
		s.mu.Lock()
		done := so()
		asked, broken := len(s.asked), s.broken
		s.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(deadline) {
			s.b.Fatalf("after a minute and a half still not: %s (%d sources asked for, %d connections broken)", what, asked, broken)
		}
	}
}
