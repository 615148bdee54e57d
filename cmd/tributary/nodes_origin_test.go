package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

const (
	// originThinks is how long an answer takes at most: long enough for a kill to
	// find visits under way.
	originThinks = 250 * time.Millisecond
	// Every pacedEach-th source of an origin is one of a host that wants to be
	// paced, and pacedTogether of them share one.
	pacedEach     = 10
	pacedTogether = 5
	pacedDelay    = 100 * time.Millisecond
)

// origin is an upstream of many changing sources on many hosts of loopback. It
// notes when each source was asked for, and every request that came to a paced
// host too early.
type origin struct {
	up      upstreamtest.Server // its zero value, as a handler
	port    string
	started time.Time // its stories are older

	mu       sync.Mutex // guards what follows
	random   *rand.Rand
	arrivals [][]time.Time // by source
	hosts    map[string]*pacedHost
	crowded  []string // what came too early
	paced    int      // requests to paced hosts
	items    [][]upstreamtest.Item
	titles   map[string]string // by id: of every story ever published
}

// pacedHost is a host that lets one request in at a time.
type pacedHost struct {
	inside int
	left   time.Time // when the last answer began
}

func newOrigin(t *testing.T, sources int) *origin {
	o := &origin{
		up: upstreamtest.Server{Fast: true}, started: time.Now(), random: rand.New(rand.NewPCG(rand.Uint64(), 0)),
		arrivals: make([][]time.Time, sources), hosts: make(map[string]*pacedHost),
		items: make([][]upstreamtest.Item, sources), titles: make(map[string]string),
	}
	listener, err := net.Listen("tcp4", "0.0.0.0:0") // all of 127.0.0.0/8
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(o)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	_, o.port, _ = net.SplitHostPort(listener.Addr().String())
	for i := range sources {
		o.publish(i)
	}
	return o
}

func isPaced(source int) bool { return source%pacedEach == 0 }

// config is the block of a source.
func (o *origin) config(source int) string {
	name, path := fmt.Sprint("s", source), fmt.Sprintf(":%s/%d", o.port, source)
	if group := source / pacedEach / pacedTogether; isPaced(source) {
		return sourceConfig(name, fmt.Sprintf("http://127.2.%d.%d%s", group/250, group%250+1, path)) +
			fmt.Sprintf("host_concurrency = 1\nhost_delay = %q\n", pacedDelay)
	}
	group := source / 20
	return sourceConfig(name, fmt.Sprintf("http://127.1.%d.%d%s", group/250, group%250+1, path))
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	source, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil || source < 0 || source >= len(o.arrivals) {
		http.NotFound(w, r)
		return
	}
	timer := time.NewTimer(o.enter(source, r.Host))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done(): // killed
	}
	o.leave(source, r.Host)
	o.up.ServeHTTP(w, r)
}

// enter notes a request and says how long to think about it.
func (o *origin) enter(source int, host string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.arrivals[source] = append(o.arrivals[source], now)
	if isPaced(source) {
		h := o.hosts[host]
		if h == nil {
			h = new(pacedHost)
			o.hosts[host] = h
		}
		o.paced++
		switch gap := now.Sub(h.left); {
		case h.inside > 0:
			o.crowded = append(o.crowded, fmt.Sprintf("%s: %d more under way", host, h.inside))
		case gap < pacedDelay-2*time.Millisecond: // the store counts in milliseconds
			o.crowded = append(o.crowded, fmt.Sprintf("%s: %v after the last answer", host, gap))
		}
		h.inside++
	}
	return time.Duration(o.random.Int64N(int64(originThinks)))
}

// leave notes that an answer begins: whatever the client does next, it does
// later.
func (o *origin) leave(source int, host string) {
	if !isPaced(source) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts[host].inside--
	o.hosts[host].left = time.Now()
}

// publish puts a new story in front of a source's.
func (o *origin) publish(source int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	number := len(o.titles)
	item := upstreamtest.NewItem(number)
	item.Date = o.started.Add(-24*time.Hour + time.Duration(number)*time.Second)
	o.titles[item.ID] = item.Title
	o.items[source] = append([]upstreamtest.Item{item}, o.items[source]...)
	o.serve(source)
}

// correct changes the oldest story of a source.
func (o *origin) correct(source int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	oldest := &o.items[source][len(o.items[source])-1]
	oldest.Title += "."
	o.titles[oldest.ID] = oldest.Title
	o.serve(source)
}

func (o *origin) serve(source int) {
	o.up.Set(fmt.Sprint("/", source), upstreamtest.RSS(fmt.Sprint("Source ", source), o.items[source]...))
}

// change brings news at one of the sources: a new story, or a correction twice
// as often.
func (o *origin) change() {
	source := rand.IntN(len(o.items))
	if rand.IntN(3) == 0 {
		o.publish(source)
	} else {
		o.correct(source)
	}
}

// requests gives how often each source was asked for, and the shortest time
// between two requests for one source.
func (o *origin) requests() (counts []int, total int, shortest time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	shortest = time.Hour
	for _, arrivals := range o.arrivals {
		for i := range arrivals[1:] {
			shortest = min(shortest, arrivals[i+1].Sub(arrivals[i]))
		}
		counts = append(counts, len(arrivals))
		total += len(arrivals)
	}
	return counts, total, shortest
}

// newest gives the ids of the newest stories of the sources that a feed has.
func (o *origin) newest(has func(source int) bool, limit int) []string {
	var items []upstreamtest.Item
	for source := range o.items {
		if has(source) {
			items = append(items, o.items[source]...)
		}
	}
	slices.SortFunc(items, func(a, b upstreamtest.Item) int { return b.Date.Compare(a.Date) })
	ids := make([]string, min(limit, len(items)))
	for i := range ids {
		ids[i] = items[i].ID
	}
	return ids
}
