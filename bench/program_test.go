package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// installation is the program as operators have it: a binary, a config and a
// database in a folder of its own.
type installation struct {
	b      *testing.B
	binary string
	dir    string
}

// install builds the program and configures sources at these addresses.
func install(b *testing.B, urls []string, schedule string) *installation {
	b.Helper()
	dir := b.TempDir()
	in := &installation{b: b, binary: filepath.Join(dir, "tributary"), dir: dir}
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", in.binary, "tributary/cmd/tributary").CombinedOutput(); err != nil {
		b.Fatalf("build the program: %v\n%s", err, out)
	}
	var config strings.Builder
	fmt.Fprintf(&config, "[site]\ntitle = \"Bench\"\nurl = \"https://example.org\"\ndatabase = \"bench.db\"\n\n"+
		"[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nschedule = %q\nconcurrency = %d\n\n[[feed]]\nname = \"latest\"\n", schedule, concurrency)
	for i, url := range urls {
		fmt.Fprintf(&config, "\n[[source]]\nname = \"source-%d\"\nurl = %q\n", i, url)
	}
	if err := os.WriteFile(in.config(), []byte(config.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	return in
}

func (in *installation) config() string   { return filepath.Join(in.dir, "config.toml") }
func (in *installation) database() string { return filepath.Join(in.dir, "bench.db") }

// forget removes the database, and the journal beside it.
func (in *installation) forget() {
	in.b.Helper()
	files, err := filepath.Glob(in.database() + "*")
	if err != nil {
		in.b.Fatal(err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			in.b.Fatal(err)
		}
	}
}

// refresh pulls every source once by a process of its own. The sample is that
// process's, from its start to its end.
func (in *installation) refresh() (sample, tally) {
	in.b.Helper()
	command := exec.CommandContext(in.b.Context(), in.binary, "refresh", "--all", "--json", "--config", in.config())
	var errs bytes.Buffer
	command.Stderr = &errs
	start := time.Now()
	out, err := command.Output()
	if err != nil {
		in.b.Fatalf("refresh: %v\n%.2000s", err, errs.String())
	}
	spent := sample{wall: time.Since(start), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime()}
	var visits []struct{ Status, New, Changed int }
	if err := json.Unmarshal(out, &visits); err != nil {
		in.b.Fatalf("refresh --json: %v\n%.500s", err, out)
	}
	var t tally
	for _, v := range visits {
		switch v.Status {
		case http.StatusOK:
			t.ok++
		case http.StatusNotModified:
			t.notModified++
		default:
			t.other++
		}
		t.added += v.New
		t.changed += v.Changed
	}
	return spent, t
}

// want fails the benchmark unless a round brought what it should.
func (in *installation) want(got, expected tally) {
	in.b.Helper()
	if got != expected {
		in.b.Fatalf("the round brought %+v, want %+v", got, expected)
	}
}

// running is a process of "tributary serve".
type running struct {
	b       *testing.B
	command *exec.Cmd
	feed    string        // address
	started time.Duration // until its first 200
}

// serve starts the server and waits for its first answer.
func (in *installation) serve(flags ...string) *running {
	in.b.Helper()
	ctx, cancel := context.WithTimeout(in.b.Context(), 5*time.Minute)
	in.b.Cleanup(cancel)
	s := &running{b: in.b, command: exec.CommandContext(ctx, in.binary, append([]string{"serve",
		"--listen", "127.0.0.1:0", "--admin", "off", "--log-level", "error", "--config", in.config()}, flags...)...)}
	s.command.Stderr = os.Stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		in.b.Fatal(err)
	}
	start := time.Now()
	if err := s.command.Start(); err != nil {
		in.b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		in.b.Fatalf("serve tells no address: %v", err)
	}
	s.feed = strings.TrimSpace(strings.TrimPrefix(line, "listening on ")) + "latest.rss"
	s.get()
	s.started = time.Since(start)
	return s
}

// get asks for the feed.
func (s *running) get() {
	s.b.Helper()
	if response := ask(s.b, s.feed, ""); response.StatusCode != http.StatusOK {
		s.b.Fatalf("GET %s: %s", s.feed, response.Status)
	}
}

// stop ends the server as an init system does.
func (s *running) stop() {
	s.b.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.b.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		s.b.Fatalf("serve: %v", err)
	}
}

// rss is the memory in MB that a process has in RAM, its binary's pages
// included: proc_pid_status(5), VmRSS.
func (s *running) rss() float64 {
	s.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		s.b.Skipf("needs Linux: %v", err)
	}
	_, after, _ := strings.Cut(string(status), "\nVmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		s.b.Fatalf("no VmRSS in %s", status)
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		s.b.Fatal(err)
	}
	return kilobytes / 1024
}

// starts is how long the first answer of several starts took, in milliseconds.
func (in *installation) starts() []float64 {
	in.b.Helper()
	in.serve().stop() // what the last refresh left to do
	times := make([]float64, rounds)
	for i := range times {
		s := in.serve()
		times[i] = milliseconds(s.started)
		s.stop()
	}
	return times
}

// watchMemory samples the memory of a server that is asked meanwhile, until
// enough has come to pass.
func (s *running) watchMemory(enough func() bool) (samples []float64) {
	s.b.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !enough(); <-ticker.C {
		s.get()
		samples = append(samples, s.rss())
		if time.Now().After(deadline) {
			s.b.Fatal("the server did not do its work within two minutes")
		}
	}
	return samples
}
