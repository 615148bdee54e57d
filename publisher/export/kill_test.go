package export_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tributary/publisher/export"
)

// killEnv makes the test binary, run again, a process that exports one tree
// after the other until it is killed. renameEnv keeps it from exchanging them
// at once.
const (
	killEnv   = "EXPORT_TEST_KILL_DIR"
	renameEnv = "EXPORT_TEST_KILL_RENAMES"
)

// TestWriteKilled kills exports at random moments: each time, the old tree or
// the new one is there, and in the end nothing else.
func TestWriteKilled(t *testing.T) {
	if dir := os.Getenv(killEnv); dir != "" {
		exportForEver(t, dir)
		return
	}
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, renames := range []string{"", "yes"} {
		dir := filepath.Join(t.TempDir(), "public")
		put(t, filepath.Join(dir, "CNAME"), "example.org")
		write(t, dir, versioned(0))
		seen := make(map[string]bool)
		for range 10 {
			cmd := exec.Command(os.Args[0], "-test.run=^TestWriteKilled$")
			cmd.Env = append(os.Environ(), killEnv+"="+dir, renameEnv+"="+renames)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Duration(random.Int64N(int64(30 * time.Millisecond)))) // any moment will do
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed
			seen[wholeVersion(t, dir, renames != "")] = true
		}
		if len(seen) < 2 {
			t.Errorf("the trees seen are %v: the exports did nothing", seen)
		}
		write(t, dir, versioned(-1))
		alone(t, dir)
		wholeVersion(t, dir, false)
	}
}

// wholeVersion checks that all files are of one tree and gives its version.
func wholeVersion(t *testing.T, dir string, renames bool) string {
	t.Helper()
	if _, err := os.Stat(dir); err != nil && renames {
		dir = export.OldPath(dir)
	}
	if got := read(t, filepath.Join(dir, "CNAME")); got != "example.org" {
		t.Errorf("CNAME is %q", got)
	}
	version := read(t, filepath.Join(dir, "page1", "index.html"))
	for address := range versioned(0) {
		if got := read(t, filepath.Join(dir, address, "index.html")); got != version {
			t.Fatalf("%s is of tree %s, others of tree %s", address, got, version)
		}
	}
	return version
}

// versioned is a tree whose files all hold its version.
func versioned(version int) map[string]string {
	bodies := make(map[string]string)
	for i := range 50 {
		bodies[fmt.Sprint("/page", i)] = fmt.Sprint(version)
	}
	return bodies
}

func exportForEver(t *testing.T, dir string) {
	with := export.Write
	if os.Getenv(renameEnv) != "" {
		with = export.WriteExchanging(func(_, _ string) error { return errors.ErrUnsupported })
	}
	for i := 0; ; i++ {
		version := os.Getpid()*1000 + i
		if report, err := with(context.Background(), dir, table(versioned(version)), export.Archives{}); err != nil || report.InPlace != "" {
			t.Fatal(err, report.InPlace)
		}
		if i == 0 {
			fmt.Println("started")
		}
	}
}
