package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

var killTimes = flag.Int("kills", 0, "kill the program `so often` in TestKill, not 5 or 50 times")

const (
	killSources = 200
	// killStories is how many stories there are at most: with an article they
	// fill the feed.
	killStories = 999
	// killPace is how far the clock of one round is ahead of the last one's:
	// longer than a lease and than the schedule, so that every round has all
	// sources to pull.
	killPace = 2 * time.Minute
)

const killConfig = `
[site]
title = "Killed"
url   = "http://localhost:8080"

[fetch]
allow_networks = ["127.0.0.0/8"]
schedule       = "@every 1m"
concurrency    = 8

[[feed]]
name      = "latest"
limit     = 1000
max_share = 1
`

// TestKill kills the program again and again at random moments while it pulls,
// serves or builds, with news upstream each time. Nothing is ever repaired but
// by the next start, and in the end nothing is lost, doubled or torn.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 5
	switch {
	case *killTimes > 0:
		kills = *killTimes
	case thorough():
		kills = 50
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := newKillWorld(t, rand.New(rand.NewPCG(seed, 0)), kills)
	killed, asked := 0, 0
	for back := 4 * kills; killed < kills && back > 0; back-- {
		w.change()
		hit, requests := w.kill(time.Duration(back) * killPace)
		if hit {
			killed++
			asked += min(requests, 1)
		}
		if wholeFiles(t, w.site, true); t.Failed() {
			t.Fatalf("after %d kills", killed)
		}
	}
	t.Logf("%d kills, %d of them of a process that had asked upstream", killed, asked)
	if killed < kills || asked < kills/4 {
		t.Errorf("that is too few: %d should be, and a quarter of them while pulling", kills)
	}
	w.settle()
	w.checkStore()
	w.checkFeeds()
	wholeFiles(t, w.site, false)
	if left, _ := filepath.Glob(w.site.path(".public*")); len(left) > 0 {
		t.Errorf("builds leave %q", left)
	}
}

// killWorld is a site and its upstreams, with what these have published.
type killWorld struct {
	t      *testing.T
	site   *testSite
	up     *upstreamtest.Server
	random *rand.Rand
	kills  int       // that are to be
	start  time.Time // of the newest story at first
	items  [][]upstreamtest.Item
	titles map[string]string // by id: of every story ever published
}

func newKillWorld(t *testing.T, random *rand.Rand, kills int) *killWorld {
	w := &killWorld{
		t: t, up: upstreamtest.NewFast(t), random: random, kills: kills,
		start: time.Now().Add(-24*time.Hour - 4*time.Duration(kills)*killPace),
		items: make([][]upstreamtest.Item, killSources), titles: make(map[string]string),
	}
	config := killConfig
	for i := range killSources {
		config += sourceConfig(fmt.Sprint("s", i), w.up.URL(fmt.Sprint("/", i)))
		w.publish(i)
	}
	w.site = newTestSite(t, config)
	w.site.write("articles/here.md", "---\ntitle: Here\ndate: 2026-01-02\n---\nText.\n")
	return w
}

// publish puts a new story in front of a source's.
func (w *killWorld) publish(source int) {
	number := len(w.titles)
	item := upstreamtest.NewItem(number)
	item.Date = w.start.Add(-time.Duration(number) * time.Minute)
	w.titles[item.ID] = item.Title
	w.items[source] = append([]upstreamtest.Item{item}, w.items[source]...)
	w.serve(source)
}

// correct changes the oldest story of a source.
func (w *killWorld) correct(source int) {
	oldest := &w.items[source][len(w.items[source])-1]
	oldest.Title += ", corrected"
	w.titles[oldest.ID] = oldest.Title
	w.serve(source)
}

func (w *killWorld) serve(source int) {
	w.up.Set(fmt.Sprint("/", source), upstreamtest.RSS(fmt.Sprint("Source ", source), w.items[source]...))
}

// change brings news at some of the sources: new stories as long as the feed
// has room for them after the last kill, corrections always.
func (w *killWorld) change() {
	for range 5 {
		if room := killStories - killSources; w.random.IntN(5*w.kills) < room && len(w.titles) < killStories {
			w.publish(w.random.IntN(killSources))
		}
		w.correct(w.random.IntN(killSources))
	}
}

// kill starts the program, with its clock set back, and kills it soon after
// its start or after its first request upstream. It tells whether the process
// was there to be killed still, and how many requests it had sent.
func (w *killWorld) kill(back time.Duration) (hit bool, requests int) {
	commands := [][]string{
		{"refresh"},
		{"refresh", "--all"},
		{"build", "--out", w.site.path("public")},
		{"serve", "--listen", "127.0.0.1:0"},
	}
	command := commands[w.random.IntN(len(commands))]
	after := time.Millisecond + time.Duration(w.random.Int64N(int64(149*time.Millisecond)))
	fromRequest := w.random.IntN(2) == 0

	before := w.up.Total()
	p := w.site.start(backdated, append([]string{back.String()}, command...)...)
	if fromRequest {
		w.awaitRequest(p, before)
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ended:
	}
	p.Process.Kill()
	code := p.wait(w.t)
	requests = w.up.Total() - before
	w.t.Logf("%s: killed after %v (from the first request: %t): exit code %d, %d requests",
		strings.Join(command, " "), after, fromRequest, code, requests)
	if code > 0 || p.messages.String() != "" && !onlyInfo(p.messages.String()) {
		w.t.Errorf("%s: exit code %d: %s", strings.Join(command, " "), code, p.messages)
	}
	return code == -1, requests
}

// awaitRequest waits until the process has asked upstream or has ended.
func (w *killWorld) awaitRequest(p *process, before int) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); w.up.Total() == before && time.Now().Before(deadline); {
		select {
		case <-ticker.C:
		case <-p.ended:
			return
		}
	}
}

// onlyInfo reports whether a log has nothing in it that is worse than news.
func onlyInfo(log string) bool {
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"level":"INFO"`) && strings.HasSuffix(line, "\n") {
			return false
		}
	}
	return true
}

// settle lets the program end what it began, by today's clock.
func (w *killWorld) settle() {
	w.t.Helper()
	w.site.run("refresh", "--all")
	out := w.site.run("refresh", "--all")
	if want := fmt.Sprintf("%d visits, 0 new stories, 0 failed\n", killSources); !strings.HasSuffix(out, want) || strings.Contains(out, " changed ") {
		w.t.Errorf("the second round after the last kill still finds something:\n%s", out)
	}
	w.site.run("build", "--out", w.site.path("public"))
}

// checkStore looks whether the database holds what upstream published, once.
func (w *killWorld) checkStore() {
	w.t.Helper()
	db, err := sqlite.Open(w.t.Context(), w.site.path("data/tributary.db"), sqlite.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if err := db.IntegrityCheck(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	ids, public := make(map[string]int), make(map[string]bool)
	var after news.StoryKey
	for {
		page, err := db.Stories(w.t.Context(), after, 500)
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range page {
			w.checkStory(&page[i], ids, public)
			after = page[i].Key
		}
		if len(page) < 500 {
			break
		}
	}
	for id := range w.titles {
		if ids[id] != 1 {
			w.t.Errorf("story %s is stored %d times", id, ids[id])
		}
	}
}

func (w *killWorld) checkStory(story *news.StoredStory, ids map[string]int, public map[string]bool) {
	w.t.Helper()
	if public[story.PublicID] {
		w.t.Errorf("two stories have the public id %s", story.PublicID)
	}
	public[story.PublicID] = true
	if len(story.Places) != 1 || story.Places[0].Hidden {
		w.t.Errorf("story %s has places %+v, want one", story.ID, story.Places)
	}
	if story.Local {
		return
	}
	ids[story.ID]++
	if want, known := w.titles[story.ID]; !known || story.Title != want {
		w.t.Errorf("story %s is titled %q, want %q", story.ID, story.Title, want)
	}
}

// checkFeeds looks whether the server's feeds have every story once.
func (w *killWorld) checkFeeds() {
	w.t.Helper()
	address, stop := w.site.serve()
	defer stop()
	for _, name := range []string{"latest.rss", "latest.atom"} {
		_, body := get(w.t, address+"/"+name)
		if err := wholeXML(body); err != nil {
			w.t.Errorf("%s: %v", name, err)
		}
	}
	_, body := get(w.t, address+"/latest.json")
	var feed struct {
		Items []struct{ ID, Title string }
	}
	if err := json.Unmarshal([]byte(body), &feed); err != nil {
		w.t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, item := range feed.Items {
		if seen[item.ID] {
			w.t.Errorf("the feed has %s twice", item.ID)
		}
		seen[item.ID] = true
		if want, known := w.titles[item.ID]; known && item.Title != want {
			w.t.Errorf("the feed has %s as %q, want %q", item.ID, item.Title, want)
		}
	}
	if want := len(w.titles) + 1; len(seen) != want { // and the article
		w.t.Errorf("the feed has %d stories, want %d", len(seen), want)
	}
}
