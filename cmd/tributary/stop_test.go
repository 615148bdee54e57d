package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// stopLimit is how long the program takes to end at most once it was told to.
const stopLimit = 5 * time.Second

// TestStopWhilePulling ends the server while upstreams let it wait, one more
// has just answered, and a reader holds a connection open.
func TestStopWhilePulling(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	config := siteConfig + sourceConfig("quick", up.Feed("/quick", upstreamtest.RSS("Quick", upstreamtest.NewItem(1))))
	for i := range 5 {
		path := fmt.Sprint("/slow-", i)
		config += sourceConfig(path[1:], up.Feed(path, upstreamtest.RSS("Slow", upstreamtest.NewItem(10+i))))
		up.Script(path, []upstreamtest.Action{
			upstreamtest.Stall(), upstreamtest.SlowHeader(time.Hour), upstreamtest.SlowBody(strings.Repeat("x", 1000), 1, time.Second),
		}[i%3])
	}
	s := newTestSite(t, config)
	p := s.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	await(t, address+"/latest.json", upstreamtest.NewItem(1).Title)
	for i := range 5 {
		p.awaitCount(t, up, fmt.Sprint("/slow-", i), 1)
	}
	reader, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fmt.Fprint(reader, "GET /latest.rss HTTP/1.1\r\nHost: ") // and no more

	started := time.Now()
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	if took := time.Since(started); took >= stopLimit {
		t.Errorf("it took %v to end", took)
	}
	if log := p.messages.String(); strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("the log tells of trouble:\n%s", log)
	}

	again, _ := s.serve()
	if response, body := get(t, again+"/latest.json"); response.StatusCode != http.StatusOK || !strings.Contains(body, upstreamtest.NewItem(1).Title) {
		t.Errorf("after a restart: status %d: %s", response.StatusCode, body)
	}
}

// TestStopWhileRefreshing interrupts a round: what had come in is stored, and
// the exit code says that it isn't all.
func TestStopWhileRefreshing(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newTestSite(t, siteConfig+
		sourceConfig("quick", up.Feed("/quick", upstreamtest.RSS("Quick", upstreamtest.NewItem(1))))+
		sourceConfig("slow", up.URL("/slow")))
	up.Script("/slow", upstreamtest.Stall())
	p := s.start(program, "refresh", "--all", "--log-level", "debug")
	p.awaitCount(t, up, "/slow", 1)
	p.awaitLog(t, `"source":"quick"`)
	started := time.Now()
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitFailed {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	if took := time.Since(started); took >= stopLimit {
		t.Errorf("it took %v to end", took)
	}
	if log := p.messages.String(); !strings.Contains(log, "tributary: terminated") {
		t.Errorf("it doesn't say why it ended:\n%s", log)
	}
	if out := s.run("sources"); !strings.Contains(out, "quick      ok      1") {
		t.Errorf("the story that had come in is not stored:\n%s", out)
	}
}
