package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/postgrestest"
	"tributary/internal/upstreamtest"
)

// nodeConfig is a config of sources that are pulled every second. With brisk a
// lease whose visit was given up ends soon.
func nodeConfig(database string, sources ...string) string {
	config := strings.Replace(siteConfig, "[site]\n", fmt.Sprintf("[site]\ndatabase = %q\n", database), 1)
	config = strings.Replace(config, "[fetch]\n", "[fetch]\ntimeout = \"3s\"\n", 1)
	for i, url := range sources {
		config += sourceConfig(fmt.Sprint("s", i), url)
	}
	return config
}

// TestNodesWithRoles has one node that only pulls, and two that only serve. What
// the one brings, the others serve within a second.
func TestNodesWithRoles(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	const sources, stories = 5, 10
	urls := make([]string, sources)
	items := make([][]upstreamtest.Item, sources)
	set := func(number int) (path string) {
		i := number % sources
		items[i] = append([]upstreamtest.Item{upstreamtest.NewItem(number)}, items[i]...)
		path = fmt.Sprint("/", i)
		up.Set(path, upstreamtest.RSS(fmt.Sprint("Source ", i), items[i]...))
		return path
	}
	for i := range urls {
		urls[i] = up.URL(set(i))
	}
	config := nodeConfig(postgrestest.URL(t), urls...)
	newTestSite(t, config).start(program, "serve", "--roles", "pull")
	addresses := make([]string, 2)
	for i := range addresses {
		addresses[i] = newTestSite(t, config).start(program, "serve", "--roles", "publish", "--listen", "127.0.0.1:0").address(t)
		for story := range sources {
			await(t, addresses[i]+"/latest.json", upstreamtest.NewItem(story).Title)
		}
	}
	var delays []time.Duration
	for number := sources; number < sources+stories; number++ {
		path := set(number)
		for i, served := range servedAt(t, addresses, upstreamtest.NewItem(number).ID) {
			asked := pulledAt(up.Requests(path), served)
			if asked.IsZero() {
				t.Fatalf("node %d serves story %d, which nobody pulled", i, number)
			}
			delays = append(delays, served.Sub(asked))
		}
	}
	slices.Sort(delays)
	median := delays[len(delays)/2]
	t.Logf("from the request upstream to other nodes: p50 %v, p95 %v, max %v", median, delays[len(delays)*95/100], delays[len(delays)-1])
	if median > time.Second {
		t.Errorf("half of the stories were served more than %v after they were pulled", median)
	}
	for number := range sources + stories {
		path := fmt.Sprint("/", number%sources)
		for _, request := range up.Requests(path)[1:] {
			if request.Header.Get("If-None-Match") == "" {
				t.Errorf("%s was asked for without validators again", path)
			}
		}
	}
	for _, path := range []string{"/latest.rss", "/latest.atom", "/latest.json", "/latest", "/", "/sources.opml"} {
		sameAnswer(t, addresses[0]+path, addresses[1]+path, patience)
	}
}

// servedAt waits until all nodes serve a story, and tells since when each does.
func servedAt(t *testing.T, addresses []string, id string) []time.Time {
	t.Helper()
	times := make([]time.Time, len(addresses))
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	left := len(addresses)
	for deadline := time.Now().Add(patience); left > 0; <-ticker.C {
		for i, address := range addresses {
			if !times[i].IsZero() {
				continue
			}
			if _, body := get(t, address+"/latest.json"); strings.Contains(body, `"`+id+`"`) {
				times[i] = time.Now()
				left--
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not served by all: %v", id, times)
		}
	}
	return times
}

// pulledAt is when the last full answer before a moment was asked for: of the
// requests that follow each other with the same validators the last one.
func pulledAt(requests []upstreamtest.Request, before time.Time) (at time.Time) {
	for i, request := range requests {
		if request.At.After(before) {
			break
		}
		changed := i+1 < len(requests) && requests[i+1].Header.Get("If-None-Match") != request.Header.Get("If-None-Match")
		if changed || i+1 == len(requests) {
			at = request.At
		}
	}
	return at
}

// TestNodeWithAnotherConfig has two nodes whose configs differ: only the one
// that was applied last pulls, and the other one tells its operators.
func TestNodeWithAnotherConfig(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	base := nodeConfig(postgrestest.URL(t), up.Feed("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1))))
	configOf := func(agent string) string {
		return strings.Replace(base, "[fetch]\n", fmt.Sprintf("[fetch]\nuser_agent = %q\n", agent), 1)
	}
	asked := func(agent string, since int) (n int) {
		for _, request := range up.Requests("/a")[since:] {
			if request.Header.Get("User-Agent") == agent {
				n++
			}
		}
		return n
	}
	// A visit under way is given up with the agreement, and its lease must end.
	site := newTestSite(t, configOf("one"))
	one, address, admin := site.deskOf(brisk, "1s")
	await(t, address+"/latest.json", upstreamtest.NewItem(1).Title)
	_, _, otherAdmin := newTestSite(t, configOf("two")).deskOf(brisk, "1s", "--watch=false")

	one.awaitLog(t, "another process has applied a different config")
	await(t, admin+"/status", "Another process has applied a different config")
	await(t, admin+"/status.atom", "another process has applied a different config")
	if _, page := get(t, otherAdmin+"/status"); strings.Contains(page, "Another process") {
		t.Error("the node whose config is the applied one says that it isn't")
	}
	since := up.Count("/a")
	one.awaitCount(t, up, "/a", since+3)
	// One visit may have been under way.
	if n := asked("one", since); n > 1 {
		t.Errorf("the node whose config is not the applied one has made %d visits", n)
	}
	if asked("two", since) == 0 {
		t.Error("the other node makes no visits")
	}
	up.Set("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1), upstreamtest.NewItem(2)))
	await(t, address+"/latest.json", upstreamtest.NewItem(2).Title) // it still serves

	site.write("config.toml", configOf("two"))
	one.awaitLog(t, "pulling goes on")
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		if _, page := get(t, admin+"/status"); !strings.Contains(page, "Another process") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the page still tells of a disagreement that is over")
		}
	}
}

// outage is a site on two nodes whose database goes away and comes back.
type outage struct {
	t         *testing.T
	up        *upstreamtest.Server
	addresses []string
	items     []upstreamtest.Item
}

func newOutage(t *testing.T, databases ...string) *outage {
	o := &outage{t: t, up: upstreamtest.New(t)}
	o.publish()
	for _, database := range databases {
		p := newTestSite(t, nodeConfig(database, o.up.URL("/a"))).start(brisk, "1s", "serve", "--listen", "127.0.0.1:0", "--watch=false")
		o.addresses = append(o.addresses, p.address(t))
	}
	o.awaitAll()
	return o
}

// publish brings a new story upstream.
func (o *outage) publish() {
	o.items = append([]upstreamtest.Item{upstreamtest.NewItem(len(o.items) + 1)}, o.items...)
	o.up.Set("/a", upstreamtest.RSS("A", o.items...))
}

// awaitAll waits until all nodes serve all stories, each once, and tells how
// long that took.
func (o *outage) awaitAll() time.Duration {
	o.t.Helper()
	began := time.Now()
	for _, address := range o.addresses {
		body := await(o.t, address+"/latest.json", `"`+o.items[0].ID+`"`)
		var feed struct{ Items []struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &feed); err != nil {
			o.t.Fatal(err)
		}
		seen := make(map[string]bool)
		for _, item := range feed.Items {
			seen[item.ID] = true
		}
		if len(feed.Items) != len(o.items) || len(seen) != len(o.items) {
			o.t.Errorf("%s serves %d stories, %d different ones, want %d", address, len(feed.Items), len(seen), len(o.items))
		}
	}
	return time.Since(began)
}

// checkServed looks whether a node serves what it had, whole and as unchanged.
func (o *outage) checkServed(address string) {
	o.t.Helper()
	for _, path := range []string{"/", "/latest", "/latest.rss", "/latest.atom", "/latest.json"} {
		response, body := get(o.t, address+path)
		if response.StatusCode != http.StatusOK || body == "" {
			o.t.Errorf("%s: %s, %d bytes", path, response.Status, len(body))
		}
		if again, _ := get(o.t, address+path, "If-None-Match", response.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			o.t.Errorf("%s with its ETag: %s", path, again.Status)
		}
	}
}

// TestPostgresRestarts stops the server under two nodes, and starts it again.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.NewCluster(t)
	database := cluster.URL()
	o := newOutage(t, database, database)
	for range 2 {
		cluster.Stop(t)
		o.publish()
		for range 3 {
			for _, address := range o.addresses {
				o.checkServed(address)
			}
		}
		cluster.Start(t)
		t.Logf("served by all %v after the server was back", o.awaitAll())
	}
	for _, path := range []string{"/latest.rss", "/latest.atom", "/latest.json", "/latest"} {
		sameAnswer(t, o.addresses[0]+path, o.addresses[1]+path, patience)
	}
}

// TestNodeIsCutOff breaks the way from one of two nodes to the server, by which
// the other one is not touched.
func TestNodeIsCutOff(t *testing.T) {
	t.Parallel()
	database := postgrestest.URL(t)
	proxy := postgrestest.NewProxy(t)
	o := newOutage(t, proxy.URL(t, database), database)
	cut := o.addresses[0]
	proxy.Cut()
	o.publish()
	await(t, o.addresses[1]+"/latest.json", `"`+o.items[0].ID+`"`)
	o.checkServed(cut)
	o.checkServed(o.addresses[1])
	proxy.Mend()
	t.Logf("served by all %v after the way was free", o.awaitAll())
	for _, path := range []string{"/latest.rss", "/latest.atom", "/latest.json", "/latest"} {
		sameAnswer(t, o.addresses[0]+path, o.addresses[1]+path, patience)
	}
}
