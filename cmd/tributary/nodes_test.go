package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/store/postgres"
)

var (
	nodesSources = flag.Int("nodes.sources", 0, "give TestNodes `so many` sources, and the leases of the program")
	nodesFor     = flag.Duration("nodes.for", 2*time.Minute, "how `long` TestNodes kills, with -nodes.sources")
)

// nodesScale is how large a run of TestNodes is.
type nodesScale struct {
	sources, feeds int
	limit          int           // of each feed
	every          time.Duration // schedule
	change         time.Duration // how often one of the sources has news
	timeout        time.Duration
	slack          time.Duration // of leases, beyond the timeout
	last           time.Duration // how long it goes on
	kill           time.Duration // how often a node is killed
	late           time.Duration // how long after its lease a source is pulled at most
}

func scaleOfNodes() nodesScale {
	if *nodesSources > 0 {
		return nodesScale{
			sources: *nodesSources, feeds: 10, limit: 100, every: time.Minute, change: 50 * time.Millisecond, timeout: 5 * time.Second,
			slack: 30 * time.Second, last: *nodesFor, kill: 10 * time.Second, late: time.Second,
		}
	}
	return nodesScale{
		sources: 60, feeds: 2, limit: 1000, every: 2 * time.Second, change: 60 * time.Millisecond, timeout: 3 * time.Second,
		slack: 2 * time.Second, last: 6 * time.Second, kill: 1900 * time.Millisecond, late: patience, // a busy machine is no mistake
	}
}

// lease is how long a lease is at most: one that was taken ahead has the time of
// another visit.
func (s nodesScale) lease() time.Duration { return 2*s.timeout + s.slack }

// TestNodes lets several nodes share a PostgreSQL, and kills one after the other
// while all sources have news. In the end nothing is lost or doubled, no source
// was pulled twice for one due time, every paced host was, and all nodes serve
// the same.
func TestNodes(t *testing.T) {
	for _, nodes := range []int{2, 3} {
		t.Run(fmt.Sprint(nodes), func(t *testing.T) {
			if *nodesSources == 0 {
				t.Parallel()
			}
			w := newNodesWorld(t, nodes, scaleOfNodes())
			w.run()
			w.settle()
			w.checkPulls()
			w.checkAnswers()
			for _, node := range w.nodes {
				w.checkLog(node.process)
			}
		})
	}
}

// nodesWorld is an origin and the nodes that pull it.
type nodesWorld struct {
	t      *testing.T
	scale  nodesScale
	origin *origin
	url    string // of the database
	nodes  []*siteNode
	kills  int

	late    time.Duration // the longest that a source was left after its lease, beyond what others waited
	backlog time.Duration // the longest that a source waited that nobody had leased
}

// siteNode is a machine: its own copy of the config, and the process there.
type siteNode struct {
	site    *testSite
	process *process
}

func newNodesWorld(t *testing.T, nodes int, scale nodesScale) *nodesWorld {
	w := &nodesWorld{t: t, scale: scale, url: postgrestest.URL(t), origin: newOrigin(t, scale.sources)}
	var config strings.Builder
	fmt.Fprintf(&config, `
[site]
title    = "Nodes"
url      = "http://localhost:8080"
database = %q

[fetch]
allow_networks = ["127.0.0.0/8"]
schedule       = "@every %v"
timeout        = "%v"
concurrency    = 32
`, w.url, scale.every, scale.timeout)
	for feed := range scale.feeds {
		fmt.Fprintf(&config, "\n[[feed]]\nname = \"f%d\"\nlimit = %d\nmax_share = 1\nwhere = '\"f%d\" in tags'\n", feed, scale.limit, feed)
	}
	for source := range scale.sources {
		fmt.Fprintf(&config, "%stags = [\"f%d\"]\n", w.origin.config(source), source%scale.feeds)
	}
	for range nodes {
		node := &siteNode{site: newTestSite(t, config.String())}
		w.nodes = append(w.nodes, node)
		w.start(node)
	}
	return w
}

func (w *nodesWorld) start(node *siteNode) {
	node.process = node.site.start(brisk, w.scale.slack.String(), "serve", "--listen", "127.0.0.1:0", "--watch=false")
}

// run changes sources and kills nodes.
func (w *nodesWorld) run() {
	for _, node := range w.nodes {
		node.process.address(w.t)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), w.scale.last)
	defer cancel()
	var beside sync.WaitGroup
	beside.Go(func() { w.watchLeases(ctx) })
	beside.Go(func() {
		ticker := time.NewTicker(w.scale.change)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-ticker.C:
				w.origin.change()
			}
		}
	})
	ticker := time.NewTicker(w.scale.kill)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			node := w.nodes[rand.IntN(len(w.nodes))]
			node.process.Process.Kill()
			node.process.wait(w.t)
			w.checkLog(node.process)
			w.kills++
			w.start(node)
		}
	}
	beside.Wait()
}

// watchLeases looks for sources that nobody pulls though their lease is over,
// while there is none that has been due for longer: nodes that are late are late
// with all. Left aside are those that wait for their host, and suspects.
func (w *nodesWorld) watchLeases(ctx context.Context) {
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		var late, backlog int64
		err := conn.QueryRow(ctx, `
			SELECT coalesce(max(now - leased_until) FILTER (WHERE leased_until > 0 AND strike = 1), 0),
				coalesce(max(now - due) FILTER (WHERE leased_until = 0), 0)
			FROM schedule, (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS clock
			WHERE host IS NULL`).Scan(&late, &backlog)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.t.Error(err)
			return
		}
		backlog = max(backlog, 0)
		w.late = max(w.late, time.Duration(late-backlog)*time.Millisecond)
		w.backlog = max(w.backlog, time.Duration(backlog)*time.Millisecond)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// checkLog looks for trouble in the log of a node.
func (w *nodesWorld) checkLog(p *process) {
	w.t.Helper()
	var warnings []string
	for line := range strings.Lines(p.messages.String()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") {
			w.t.Errorf("a node says: %s", line)
		} else if !onlyInfo(line) {
			warnings = append(warnings, line)
		}
	}
	if len(warnings) > 0 {
		w.t.Logf("a node warns %d times: %s", len(warnings), warnings[0])
	}
}

// settle waits until the store has what the origin published last.
func (w *nodesWorld) settle() {
	w.t.Helper()
	began := time.Now()
	db, err := postgres.Open(w.t.Context(), w.url, postgres.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	// Those that were leased under two kills are suspects by now, and asked one
	// by one.
	deadline := began.Add(w.scale.every + w.scale.lease() + 3*patience + time.Duration(w.scale.sources)*100*time.Millisecond)
	for {
		wrong := w.wrongStories(db)
		if len(wrong) == 0 {
			w.t.Logf("all %d stories are there %v after the last change", len(w.origin.titles), time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d stories are wrong: %q", len(wrong), wrong[:min(len(wrong), 10)])
		}
		<-ticker.C
	}
}

// wrongStories tells which stories are lost, doubled, old, or not in their feed.
func (w *nodesWorld) wrongStories(db *postgres.DB) (wrong []string) {
	w.t.Helper()
	left := make(map[string]string)
	for id, title := range w.origin.titles {
		left[id] = title
	}
	public := make(map[string]bool)
	for after := news.StoryKey(0); ; {
		page, err := db.Stories(w.t.Context(), after, 500)
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range page {
			story := &page[i]
			after = story.Key
			if title, once := left[story.ID]; !once || title != story.Title || public[story.PublicID] ||
				len(story.Places) != 1 || story.Places[0].Hidden {
				wrong = append(wrong, fmt.Sprintf("%s %q %v", story.ID, story.Title, story.Places))
			}
			public[story.PublicID] = true
			delete(left, story.ID)
		}
		if len(page) < 500 {
			break
		}
	}
	for id := range left {
		wrong = append(wrong, id+" is lost")
	}
	return wrong
}

// checkPulls looks whether any source was pulled more often than it was due, or
// left alone, and whether hosts had their pauses.
func (w *nodesWorld) checkPulls() {
	w.t.Helper()
	counts, total, shortest := w.origin.requests()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(w.t.Context())
	rows, err := conn.Query(w.t.Context(), `SELECT s.name, d.claim, d.visits FROM schedule AS d JOIN sources AS s ON s.key = d.source`)
	if err != nil {
		w.t.Fatal(err)
	}
	lost, source := int64(0), 0
	var name string
	var claims, visits int64
	_, err = pgx.ForEachRow(rows, []any{&name, &claims, &visits}, func() error {
		if _, err := fmt.Sscanf(name, "s%d", &source); err != nil {
			return nil // the articles
		}
		lost += claims - visits
		if int64(counts[source]) > claims {
			w.t.Errorf("%s was asked for %d times under %d leases", name, counts[source], claims)
		}
		if claims-visits > int64(w.kills)+1 {
			w.t.Errorf("%s: of %d leases %d ended in nothing, with %d kills", name, claims, claims-visits, w.kills)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	// "@every" counts whole seconds, and a request may arrive later than it was
	// sent. Two nodes that pull for one due time do so within milliseconds. What
	// a killed node has asked for is asked for again after its lease.
	if shortest < min(w.scale.every-time.Second, w.scale.timeout+w.scale.slack)-700*time.Millisecond {
		w.t.Errorf("a source was asked for again after %v, with a schedule of %v", shortest, w.scale.every)
	}
	if w.late > w.scale.late {
		w.t.Errorf("a source was left alone for %v after its lease", w.late)
	}
	w.origin.mu.Lock()
	defer w.origin.mu.Unlock()
	if len(w.origin.crowded) > 0 {
		w.t.Errorf("paced hosts were crowded: %q", w.origin.crowded)
	}
	w.t.Logf("%d nodes, %d kills, %d sources: %d requests (%d to %d paced hosts), %d leases lost, taken up again at most %v after their end, while nothing waited for longer than %v; shortest time between two requests for a source %v",
		len(w.nodes), w.kills, w.scale.sources, total, w.origin.paced, len(w.origin.hosts), lost, w.late, w.backlog, shortest.Round(time.Millisecond))
}

// checkAnswers looks whether all nodes serve the same, and each feed all of its
// stories.
func (w *nodesWorld) checkAnswers() {
	w.t.Helper()
	first := w.nodes[0].process.address(w.t)
	paths := []string{"/", "/sources.opml"}
	for feed := range w.scale.feeds {
		for _, suffix := range []string{"", ".rss", ".atom", ".json", ".opml"} {
			paths = append(paths, fmt.Sprintf("/f%d%s", feed, suffix))
		}
	}
	for feed := range w.scale.feeds {
		w.checkFeed(first, feed)
	}
	for _, node := range w.nodes[1:] {
		for _, path := range paths {
			sameAnswer(w.t, first+path, node.process.address(w.t)+path, patience)
		}
	}
}

// checkFeed waits until a feed has the newest stories of its sources, each once.
func (w *nodesWorld) checkFeed(address string, feed int) {
	w.t.Helper()
	want := w.origin.newest(func(source int) bool { return source%w.scale.feeds == feed }, w.scale.limit)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var got []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		_, body := get(w.t, fmt.Sprintf("%s/f%d.json", address, feed))
		var answer struct {
			Items []struct{ ID, Title, URL string }
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			w.t.Fatal(err)
		}
		got = got[:0]
		for _, item := range answer.Items {
			if item.Title == w.origin.titles[item.URL] {
				got = append(got, item.URL)
			}
		}
		if slices.Equal(got, want) {
			return
		}
	}
	w.t.Errorf("feed f%d has %d stories that are right, want %d", feed, len(got), len(want))
}
