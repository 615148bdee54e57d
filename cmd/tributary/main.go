// Command tributary pulls stories from configured feeds, merges them with
// local Markdown articles, and republishes combined RSS, Atom and JSON feeds.
//
// This package has one file a command and the wiring between the engines; what
// the engines do is decided in their own packages. Exit codes: 0 done, 1 it
// ran and something failed, 2 wrong usage or config.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // [site] timezone works on machines without a zone database
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := stopSignals()
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// oneRoundGC is GOGC for a command that pulls once and ends: what is collected
// of it soon goes with the process anyway. It saves a tenth of the processor
// time for a tenth more memory.
const oneRoundGC = 200

// collectLess sets that, unless the operator said otherwise. It holds for the
// whole process, so only the commands call it.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(oneRoundGC)
	}
}

// stopSignals gives a context that ends when the operator stops the program.
func stopSignals() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// run executes one command line and returns its exit code. Results go to
// stdout, messages to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&app{stdin: stdin, stdout: stdout, stderr: stderr}).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if message := err.Error(); message != "" {
		fmt.Fprintln(a.stderr, "tributary: "+harmless(message)) // it may quote an upstream
	}
	var failed *failure
	if errors.As(err, &failed) {
		return exitFailed
	}
	return exitUsage
}

// failure marks an error as "it ran and something failed"; any other error
// that reaches run is wrong usage or config.
type failure struct{ err error }

func (f *failure) Error() string {
	if f.err == nil {
		return "" // what failed was told already, in a table
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// failed wraps an error for exit code 1; nil stays nil.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err: err}
}
