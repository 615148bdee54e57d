package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// The commands that TestMain makes of the test binary, by argv[0].
const (
	program = "tributary"
	// backdated is the program with the aggregator's clock set back by its
	// first argument. Leases of processes that were killed in that past are
	// over by now, so that tests need not wait for that.
	backdated = "tributary-backdated"
	// brisk is the program with leases that last no longer beyond a visit than
	// its first argument, so that a test sees them end.
	brisk = "tributary-brisk"
)

func mainBackdated() {
	back, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	ctx, stop := stopSignals()
	defer stop()
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		now: func() time.Time { return time.Now().Add(-back) },
	}
	os.Exit(a.run(ctx, os.Args[2:]))
}

func mainBrisk() {
	slack, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	ctx, stop := stopSignals()
	defer stop()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, leaseSlack: slack}
	os.Exit(a.run(ctx, os.Args[2:]))
}

// process is the program as a process of its own.
type process struct {
	*exec.Cmd
	out      *output
	messages *lockedBuffer
	ended    chan struct{} // closed once it has ended and its output was read
}

// start starts the program on a site; it is killed with the test.
func (s *testSite) start(name string, args ...string) *process {
	s.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{out: newOutput(), messages: new(lockedBuffer), ended: make(chan struct{})}
	p.Cmd = exec.CommandContext(ctx, binary)
	p.Args = append([]string{name}, append(args, "--config", s.path("config.toml"))...)
	p.Stdout, p.Stderr = p.out, p.messages
	if err := p.Start(); err != nil {
		cancel()
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.Wait() // ProcessState tells
	}()
	s.t.Cleanup(func() {
		cancel()
		<-p.ended
	})
	return p
}

// wait waits until the process has ended and gives its exit code, -1 when it
// was killed.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("%s did not end: %s", strings.Join(p.Args, " "), p.messages)
		return 0
	}
}

// address is where a server listens.
func (p *process) address(t *testing.T) string {
	t.Helper()
	select {
	case <-p.out.first:
		line, _, _ := strings.Cut(p.out.String(), "\n")
		return strings.TrimSuffix(strings.TrimPrefix(line, "listening on "), "/")
	case <-p.ended:
		t.Fatalf("%s ended with %d: %s", strings.Join(p.Args, " "), p.ProcessState.ExitCode(), p.messages)
	case <-time.After(patience):
		t.Fatalf("%s did not listen: %s", strings.Join(p.Args, " "), p.messages)
	}
	return ""
}

// output keeps what is written and tells when the first line is there.
type output struct {
	lockedBuffer
	first chan struct{}
	tell  func()
}

func newOutput() *output {
	o := &output{first: make(chan struct{})}
	o.tell = sync.OnceFunc(func() { close(o.first) })
	return o
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.lockedBuffer.Write(b)
	if bytes.IndexByte(b, '\n') >= 0 {
		o.tell()
	}
	return n, err
}

// awaitCount waits until the process has asked for a path so often.
func (p *process) awaitCount(t *testing.T, up *upstreamtest.Server, path string, want int) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); up.Count(path) < want; {
		select {
		case <-ticker.C:
		case <-p.ended:
			t.Fatalf("%s ended: %s", strings.Join(p.Args, " "), p.messages)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was asked for %d times, want %d", path, up.Count(path), want)
		}
	}
}

// awaitLog waits until the log of a process has a text and gives the log.
func (p *process) awaitLog(t *testing.T, want string) string {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if log := p.messages.String(); strings.Contains(log, want) {
			return log
		}
	}
	t.Fatalf("the log never had %q:\n%s", want, p.messages)
	return ""
}
