package bench

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"tributary/internal/metrics"
	"tributary/publisher"
	"tributary/publisher/serve"
)

// served asks for one feed as readers do, compressed by
// gzip and again when nothing has changed, and compares with nginx, two
// workers, that has the same bytes as files: first as it is by default, then
// with a cache that spares it opening them. Both are asked by wrk over 32
// connections, in turns.
//
// Where others use the machine, too, the rates depend on what these leave to
// each side. The processor time of an answer doesn't.
func served(b *testing.B) *report {
	feed := publisher.NewRendition(publisher.Draft{
		Path: "/latest.rss", Kind: publisher.KindFeed, ContentType: "application/rss+xml; charset=utf-8",
		Links: []string{`<https://example.org/latest.rss>; rel="self"`}, Body: prose(90 << 10), LastModified: time.Now(),
	}, nil)
	ours := startServe(b, feed)
	rivals := []struct {
		name string
		target
	}{{"", startNginx(b, feed, "")}, {" against open files", startNginx(b, feed, "open_file_cache max=100;")}}

	r := newReport(b, fmt.Sprintf("one feed of %d KB, %d KB by gzip, %d rounds", len(feed.Body)>>10, len(feed.Gzip.Body)>>10, rounds),
		"ours", "nginx", "ratio", "least–most")
	for b.Loop() {
		for _, theirs := range rivals {
			r.rates(b, "200 by gzip"+theirs.name, http.StatusOK, ours, theirs.target, func(string) string { return "X-Plain: 1" })
			r.rates(b, "304"+theirs.name, http.StatusNotModified, ours, theirs.target, func(url string) string {
				return "If-None-Match: " + ask(b, url, "").Header.Get("Etag")
			})
		}
	}
	b.ReportMetric(0, "ns/op")
	return r
}

// target is a server that is asked.
type target struct {
	url string
	cpu func() time.Duration // that it spent so far
}

// rates adds rows: how often a second both answer with a status, and what an
// answer costs.
func (r *report) rates(b *testing.B, name string, status int, ours, theirs target, header func(url string) string) {
	for _, t := range []target{ours, theirs} {
		if got := ask(b, t.url, header(t.url)); got.StatusCode != status {
			b.Fatalf("%s answers %d, want %d", t.url, got.StatusCode, status)
		}
	}
	var rates, costs [3][]float64 // ours, nginx, ratio
	for range rounds {
		rate, cost := load(b, ours, header(ours.url))
		rate2, cost2 := load(b, theirs, header(theirs.url))
		for i, v := range []float64{rate, rate2, rate / rate2} {
			rates[i] = append(rates[i], v)
		}
		for i, v := range []float64{cost, cost2, cost2 / cost} {
			costs[i] = append(costs[i], v)
		}
	}
	add := func(what, format string, values [3][]float64) {
		s := spreadOf(values[2])
		r.row(name+", "+what, fmt.Sprintf(format, spreadOf(values[0]).median), fmt.Sprintf(format, spreadOf(values[1]).median),
			fmt.Sprintf("%.2f", s.median), fmt.Sprintf("%.2f–%.2f", s.least, s.most))
		r.note(b, strings.Map(unspaced, name+"-"+what)+"-ratio", s)
	}
	add("answers a second", "%.0f", rates)
	add("CPU µs an answer", "%.1f", costs)
}

// unspaced keeps a name of a metric one word.
func unspaced(r rune) rune {
	if r == ' ' {
		return '-'
	}
	return r
}

// ask makes one request as wrk makes them.
func ask(b *testing.B, url, header string) *http.Response {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	if match := regexp.MustCompile(`^([^:]+): (.*)$`).FindStringSubmatch(header); match != nil {
		request.Header.Set(match[1], match[2])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode == http.StatusOK && response.Header.Get("Content-Encoding") != "gzip" {
		b.Fatalf("%s is not compressed: %v", url, response.Header)
	}
	return response
}

var wrkOutput = regexp.MustCompile(`(?s)(\d+) requests in.*Requests/sec:\s+([0-9.]+)`)

// load gives how many requests a second are answered, and the µs of processor
// time that each of them costs.
func load(b *testing.B, t target, header string) (rate, cost float64) {
	b.Helper()
	before := t.cpu()
	out, err := exec.CommandContext(b.Context(), "wrk", "-t1", "-c32", "-d1s",
		"-H", "Accept-Encoding: gzip", "-H", header, t.url).CombinedOutput()
	spent := t.cpu() - before
	match := wrkOutput.FindSubmatch(out)
	if err != nil || match == nil {
		b.Fatalf("wrk %s: %v\n%s", t.url, err, out)
	}
	requests, err := strconv.ParseFloat(string(match[1]), 64)
	if err == nil {
		rate, err = strconv.ParseFloat(string(match[2]), 64)
	}
	if err != nil || requests == 0 {
		b.Fatalf("wrk %s: %v\n%s", t.url, err, out)
	}
	return rate, spent.Seconds() * 1e6 / requests
}

// table is renditions to be served.
type table map[string]*publisher.Rendition

func (t table) Lookup(path string) *publisher.Rendition { return t[path] }
func (table) Ready() <-chan struct{}                    { return nil }

func (table) Moved(string) string { return "" }

func (table) Archive(context.Context, string) (*publisher.Rendition, error) { return nil, nil }

// prose is text that compresses about as well as articles do.
func prose(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 3000)
	for i := range words {
		for range 2 + random.IntN(8) {
			words[i] += string(rune('a' + random.IntN(26)))
		}
	}
	var b bytes.Buffer
	for b.Len() < size {
		b.WriteString(words[int(3000*math.Pow(random.Float64(), 3))]) // some are used far more often
		b.WriteByte(' ')
	}
	return b.Bytes()
}

// startServe serves what is published just as "tributary serve" does, and says
// where.
func startServe(b *testing.B, feed *publisher.Rendition) target {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	counted := metrics.New(metrics.Options{})
	handler := serve.New(table{feed.Path: feed}, nil, serve.Options{}, nil).Observed(func(r serve.Request) {
		counted.Requested(r.Route, r.Status, r.Took)
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, serve.NewServer(handler), listener) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return target{"http://" + listener.Addr().String() + feed.Path, cpu}
}

const nginxConfig = `
%s
daemon off;
worker_processes 2;
pid %[2]s/pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	%[4]s
	types { application/rss+xml rss; }
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	server {
		listen %[3]s;
		root %[2]s/files;
		gzip_static on;
	}
}
`

// startNginx serves a feed from files under a further directive, and says where.
func startNginx(b *testing.B, feed *publisher.Rendition, directive string) target {
	b.Helper()
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o755); err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // else its workers can't read the folder
	}
	for name, body := range map[string][]byte{
		"nginx.conf":        fmt.Appendf(nil, nginxConfig, user, dir, address, directive),
		"files" + feed.Path: feed.Body, "files" + feed.Path + ".gz": feed.Gzip.Body,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	nginx := exec.CommandContext(ctx, "nginx", "-c", filepath.Join(dir, "nginx.conf"), "-p", dir)
	nginx.Cancel = func() error { return nginx.Process.Signal(os.Interrupt) } // its workers end too
	nginx.WaitDelay = patience
	nginx.Stderr = os.Stderr
	if err := nginx.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cancel()
		_ = nginx.Wait() // it was told to end
	})
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return target{"http://" + address + feed.Path, func() time.Duration { return cpuOfChildren(b, nginx.Process.Pid) }}
		}
		if time.Now().After(deadline) {
			b.Fatalf("nginx does not listen: %v", err)
		}
	}
}

// cpuOfChildren is the processor time of the processes that a process started
// and that run (proc(5)).
func cpuOfChildren(b *testing.B, pid int) (sum time.Duration) {
	b.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		b.Fatal(err)
	}
	const tick = 10 * time.Millisecond // 1/sysconf(_SC_CLK_TCK), everywhere on Linux
	for _, child := range strings.Fields(string(children)) {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil {
			b.Fatal(err)
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, field := range fields[11:13] { // utime and stime
			ticks, err := strconv.Atoi(field)
			if err != nil {
				b.Fatal(err)
			}
			sum += time.Duration(ticks) * tick
		}
	}
	return sum
}
