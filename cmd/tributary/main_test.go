package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the expected output of scripts anew")

// TestMain lets scripts and tests start this program as a process.
//
// The admin listener is off unless a test asks for it: tests run beside each
// other, and its default address is one.
func TestMain(m *testing.M) {
	if os.Getenv("TRIBUTARY_ADMIN") == "" {
		os.Setenv("TRIBUTARY_ADMIN", "off")
	}
	os.Setenv(canaryEnv, canaryValue)
	testscript.Main(m, map[string]func(){program: main, backdated: mainBackdated, brisk: mainBrisk})
}

// TestScripts runs the command line as a user would. `exits CODE COMMAND…`
// checks the exit code, which is part of the interface.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exited with %d, want %d", args[1], got, want)
	}
}

// thorough reports whether nothing may be skipped or cut short.
func thorough() bool {
	return os.Getenv("CI") == "true" || os.Getenv("TRIBUTARY_TOOLS") == "required"
}

// tool skips a test that needs a program which isn't there, or fails it where
// nothing may be skipped. See docs/testing.md.
func tool(t *testing.T, name string, probe ...string) {
	t.Helper()
	if exec.Command(probe[0], probe[1:]...).Run() == nil {
		return
	}
	if thorough() {
		t.Fatalf("needs %s", name)
	}
	t.Skipf("needs %s", name)
}
