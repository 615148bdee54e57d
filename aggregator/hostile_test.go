package aggregator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// What a hostile source may cost beyond an ordinary one, and how late it may
// make its neighbors. The CPU is that of a machine whose yardstick is 16 ms.
const (
	hostileCPU    = time.Second
	hostileMemory = 64 << 20
	hostileDelay  = 5 * time.Second
)

// hostileCase is what an upstream does that was good before and is good again
// after. The zero outcome is that the document is read and brings nothing.
type hostileCase struct {
	name   string
	answer func(s *hostileStage, path string) upstreamtest.Action
	// cause of the failed visit; empty when the document is read.
	cause news.Cause
	// detail is part of what the visit tells the operator.
	detail string
	// titles of the stories that are read, in the order of the document; not
	// checked when nil.
	titles []string
	// check looks at the stories that were read, in the order of the document.
	check func(t *testing.T, stories []news.StoredStory)
	// slow is set when the visit lasts until it times out: the neighbors must
	// be stored before.
	slow bool
}

// TestHostile is the table of hostile and broken upstreams. A case visits one
// source and two good neighbors three times, in a process of its own: at first
// all are well, then the source does its worst while the neighbors have news,
// then it is well again. Whatever it does,
//
//   - the process lives and leaks no goroutine,
//   - the visit ends as the case says, or as a failure with its cause,
//   - what the source brought before stays in the feed,
//   - the neighbors are visited, complete and on time,
//   - the source recovers,
//   - the visits of that round cost at most a second of CPU and 64 MB.
func TestHostile(t *testing.T) {
	t.Parallel()
	s := newHostileStage(t)
	t.Run("cases", func(t *testing.T) {
		for i, c := range slices.Concat(hostileAnswers(), hostileAddresses(), hostileTLS(), hostileDocuments(), oddDocuments(), largeDocuments()) {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, fmt.Sprintf("/%d", i), c)
			})
		}
	})
	if hits := s.canary.Load(); hits != 0 {
		t.Errorf("an address that was not allowed was reached %d times", hits)
	}
}

// hostileStage is where all cases play.
type hostileStage struct {
	*upstreamtest.Server
	near   *upstreamtest.Server // of the neighbors, so that no connection is shared
	tls    *upstreamtest.FaultyTLS
	port   string
	canary atomic.Int64 // connections to addresses that are not allowed
}

func newHostileStage(t *testing.T) *hostileStage {
	s := &hostileStage{Server: upstreamtest.New(t), near: upstreamtest.New(t)}
	s.tls = upstreamtest.NewFaultyTLS(t, s.Server)
	u, err := url.Parse(s.URL("/"))
	if err != nil {
		t.Fatal(err)
	}
	s.port = u.Port()
	for _, host := range []string{"127.0.0.2", "::1"} {
		s.watch(t, net.JoinHostPort(host, s.port))
	}
	return s
}

// watch counts connections to an address that no source may reach.
func (s *hostileStage) watch(t *testing.T, address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Logf("nobody watches %s: %v", address, err)
		return
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.canary.Add(1)
			conn.Close()
		}
	}()
}

// allowed is the address of the upstream and no other loopback one.
var allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// run plays one case on its own paths.
func (s *hostileStage) run(t *testing.T, path string, c hostileCase) {
	before := upstreamtest.RSS("Hostile", upstreamtest.Items(2)...)
	hostile := source("hostile", s.Feed(path, before))
	if hostile.Fetch.Timeout = 20 * time.Second * hostileSlowness; c.slow {
		hostile.Fetch.Timeout = 1500 * time.Millisecond * hostileSlowness
	}
	s.Script(path, upstreamtest.Serve, c.answer(s, path), upstreamtest.Serve)
	sources := []news.Source{hostile, s.neighbor(path, "near", 100), s.neighbor(path, "next", 200)}
	for i := range sources {
		sources[i].Fetch.AllowNetworks = allowed
	}
	report := s.child(t, &hostileJob{
		Dir: t.TempDir(), Sources: sources, Rounds: 3, Measured: 1, Authority: s.tls.Authority(),
		Hosts: map[string][]string{
			"moves-in.test": {"127.0.0.1", "127.0.0.2"},
			"mapped.test":   {"::ffff:127.0.0.2"},
			"inside.test":   {"10.0.0.1"},
		},
	})
	report.checkVisit(t, &c)
	report.checkNeighbors(t, c.slow)
	report.checkFeed(t)
	report.checkStories(t, &c)
	report.checkCost(t)
	if cookie := s.Last(path).Header.Get("Cookie"); cookie != "" {
		t.Errorf("cookies came back: %.80s", cookie)
	}
}

// neighbor is a good source that has news in the second round.
func (s *hostileStage) neighbor(path, name string, number int) news.Source {
	path += "/" + name
	one, two := upstreamtest.NewItem(number+1), upstreamtest.NewItem(number+2)
	s.near.Set(path, upstreamtest.RSS(name, two, one))
	s.near.Script(path, upstreamtest.Body(upstreamtest.RSS(name, one)), upstreamtest.Serve)
	return source(name, s.near.URL(path))
}

// child runs a job in a process of its own.
func (s *hostileStage) child(t *testing.T, job *hostileJob) *hostileReport {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), hostileEnv+"=1")
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the process died: %v\n%.2000s", err, stderr.String())
	}
	var report hostileReport
	if err := json.Unmarshal(output, &report); err != nil {
		t.Fatal(err)
	}
	return &report
}

// checkVisit looks at the hostile source's own visits.
func (r *hostileReport) checkVisit(t *testing.T, c *hostileCase) {
	visit := r.Rounds[1]["hostile"]
	switch {
	case visit.Cause != c.cause:
		t.Errorf("cause is %q (%s), want %q", visit.Cause, visit.Detail, c.cause)
	case c.cause == "" && visit.Outcome != news.OutcomeChanged:
		t.Errorf("outcome is %s, want changed", visit.Outcome)
	case visit.Failed() && visit.Detail == "", !strings.Contains(visit.Detail, c.detail):
		t.Errorf("detail is %q, want %q in it", visit.Detail, c.detail)
	case len(visit.Detail) > 500 || strings.ContainsFunc(visit.Detail, func(r rune) bool { return r < ' ' }):
		t.Errorf("detail is no short line: %.600q", visit.Detail)
	}
	if again := r.Rounds[2]["hostile"]; again.Failed() || r.States["hostile"].Health != news.HealthOK {
		t.Errorf("then it is well again, yet %s (%s) and %s", again.Outcome, again.Detail, r.States["hostile"].Health)
	}
}

// checkNeighbors wants both of them complete, and on time in the second round.
func (r *hostileReport) checkNeighbors(t *testing.T, slow bool) {
	for i, want := range []int{1, 1, 0} {
		for _, name := range []string{"near", "next"} {
			visit, ok := r.Rounds[i][name]
			if !ok || visit.Failed() || visit.New != want {
				t.Errorf("round %d: %s %s with %d new stories (%s), want %d", i+1, name, visit.Outcome, visit.New, visit.Detail, want)
			}
			if limit := hostileDelay * hostileSlowness; visit.Stored > limit {
				t.Errorf("round %d: %s was stored after %v, want %v", i+1, name, visit.Stored, limit)
			}
			if i == 1 && slow && visit.Order > r.Rounds[i]["hostile"].Order {
				t.Errorf("%s waited for a source that timed out", name)
			}
		}
	}
}

// checkFeed wants what was there before the attack, and the neighbors' news.
func (r *hostileReport) checkFeed(t *testing.T) {
	for _, number := range []int{1, 2, 101, 102, 201, 202} {
		if title := fmt.Sprintf("Story %d", number); !slices.Contains(r.Feed, title) {
			t.Errorf("%q is not in the feed any more: %.300q", title, r.Feed)
		}
	}
	for i := range r.Stories {
		checkHarmless(t, &r.Stories[i])
	}
}

// checkHarmless looks for what no stored story may have.
func checkHarmless(t *testing.T, s *news.StoredStory) {
	for what, text := range map[string]string{
		"title": s.Title, "link": s.Link, "content": s.Content, "summary": s.Summary, "excerpt": s.Excerpt, "image": s.Image,
	} {
		if low := strings.ToLower(text); strings.Contains(low, "javascript:") || strings.Contains(low, "<script") ||
			strings.Contains(text, "root:x:0:") || strings.ContainsFunc(text, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r == '\uFFFE'
		}) {
			t.Errorf("%s holds what does harm: %.300q", what, text)
		}
	}
	if len(s.Title) > 1<<10 || len(s.Content) > 512<<10 || len(s.ID) > 1<<10 {
		t.Errorf("title of %d, content of %d, id of %d bytes", len(s.Title), len(s.Content), len(s.ID))
	}
	if s.Date.IsZero() || s.Date.After(s.FirstSeen) || s.Date.Year() < 1990 {
		t.Errorf("%.80q is dated %v, first seen %v", s.Title, s.Date, s.FirstSeen)
	}
}

// checkStories looks at what the hostile document brought.
func (r *hostileReport) checkStories(t *testing.T, c *hostileCase) {
	var read []news.StoredStory
	for _, s := range slices.Backward(r.Stories) { // the first of a document has the greatest key
		if s.SourceName == "hostile" && s.Title != "Story 1" && s.Title != "Story 2" {
			read = append(read, s)
		}
	}
	switch {
	case c.cause != "" && len(read) > 0:
		t.Errorf("a failed visit brought %d stories", len(read))
	case c.titles != nil:
		titles := make([]string, len(read))
		for i := range read {
			titles[i] = read[i].Title
		}
		if !slices.Equal(titles, c.titles) {
			t.Errorf("stories are %.1000q, want %.1000q", titles, c.titles)
			return
		}
	}
	if c.check != nil {
		c.check(t, read)
	}
}

// usualYardstick is the yardstick in milliseconds of the machine for which
// hostileCPU is meant.
const usualYardstick = 16

// yardstick is how long this machine takes to sort 2¹⁸ random numbers, in
// milliseconds: a slower one may take longer for a visit too. The best of
// several times is what others on the machine disturb least.
var yardstick = sync.OnceValue(func() time.Duration {
	best := time.Hour
	for range 9 {
		random := rand.New(rand.NewPCG(1, 2))
		numbers := make([]uint64, 1<<18)
		for i := range numbers {
			numbers[i] = random.Uint64()
		}
		start := time.Now()
		slices.Sort(numbers)
		best = min(best, time.Since(start))
	}
	return best / time.Millisecond
})

func (r *hostileReport) checkCost(t *testing.T) {
	visit := r.Rounds[1]["hostile"]
	t.Logf("%s %s: %v of CPU, %.1f MB; %.120s", visit.Outcome, visit.Cause, r.CPU.Round(time.Millisecond), float64(r.Memory)/(1<<20), visit.Detail)
	if r.Leak != "" {
		t.Errorf("goroutines were left: %.2000s", r.Leak)
	}
	if raceEnabled { // it multiplies both
		return
	}
	if limit := hostileCPU * max(yardstick(), usualYardstick) / usualYardstick; r.CPU > limit {
		t.Errorf("used %v of CPU, more than %v on this machine", r.CPU, limit)
	}
	if r.Memory > hostileMemory {
		t.Errorf("used %.1f MB", float64(r.Memory)/(1<<20))
	}
}
