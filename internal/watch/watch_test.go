package watch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write writes a file and the folders above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// changes are what happens to a watched file "file" and folder "tree" below a
// folder, and whether it is to be reported.
var changes = []struct {
	name   string
	before func(t *testing.T, dir string)
	change func(t *testing.T, dir string)
	silent bool
}{
	{
		name:   "file written in place",
		before: func(t *testing.T, dir string) { write(t, dir+"/file", "a") },
		change: func(t *testing.T, dir string) { write(t, dir+"/file", "bb") },
	},
	{
		name:   "file of the same size and time renamed over it, as editors save",
		before: func(t *testing.T, dir string) { write(t, dir+"/file", "a"); write(t, dir+"/.file.swp", "b") },
		change: func(t *testing.T, dir string) {
			info, err := os.Stat(dir + "/file")
			must(t, err)
			must(t, os.Chtimes(dir+"/.file.swp", info.ModTime(), info.ModTime()))
			must(t, os.Rename(dir+"/.file.swp", dir+"/file"))
		},
	},
	{
		name:   "file removed",
		before: func(t *testing.T, dir string) { write(t, dir+"/file", "a") },
		change: func(t *testing.T, dir string) { must(t, os.Remove(dir+"/file")) },
	},
	{
		name:   "file appears",
		before: func(*testing.T, string) {},
		change: func(t *testing.T, dir string) { write(t, dir+"/file", "a") },
	},
	{
		name:   "tree appears with a folder in it",
		before: func(*testing.T, string) {},
		change: func(t *testing.T, dir string) { write(t, dir+"/tree/sub/post.md", "a") },
	},
	{
		name:   "file deep in the tree",
		before: func(t *testing.T, dir string) { write(t, dir+"/tree/a/b/post.md", "a") },
		change: func(t *testing.T, dir string) { write(t, dir+"/tree/a/b/post.md", "bb") },
	},
	{
		name:   "tree renamed away",
		before: func(t *testing.T, dir string) { write(t, dir+"/tree/post.md", "a") },
		change: func(t *testing.T, dir string) { must(t, os.Rename(dir+"/tree", dir+"/gone")) },
	},
	{
		name: "link above the file turned to another folder, as Kubernetes does",
		before: func(t *testing.T, dir string) {
			write(t, dir+"/v1/file", "a")
			write(t, dir+"/v2/file", "b")
			must(t, os.Symlink("v1", dir+"/data"))
			must(t, os.Symlink("data/file", dir+"/file"))
		},
		change: func(t *testing.T, dir string) {
			must(t, os.Symlink("v2", dir+"/new"))
			must(t, os.Rename(dir+"/new", dir+"/data"))
		},
	},
	{
		name: "editors' own files in the tree",
		before: func(t *testing.T, dir string) {
			write(t, dir+"/tree/post.md", "a")
		},
		change: func(t *testing.T, dir string) {
			write(t, dir+"/tree/.post.md.swp", "a")
			write(t, dir+"/tree/post.md~", "a")
			write(t, dir+"/tree/.git/index", "a")
		},
		silent: true,
	},
	{
		name:   "a neighbor of the file",
		before: func(t *testing.T, dir string) { write(t, dir+"/file", "a") },
		change: func(t *testing.T, dir string) { write(t, dir+"/neighbor", "a") },
		silent: true,
	},
	{
		name:   "changed and changed back",
		before: func(t *testing.T, dir string) { write(t, dir+"/file", "a") },
		change: func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/file", dir+"/aside"))
			must(t, os.Rename(dir+"/aside", dir+"/file"))
		},
		silent: true,
	},
}

// Without hints, in the time of a bubble: every change is found by looking, and
// the others are not reported.
func TestPolling(t *testing.T) {
	t.Parallel()
	for _, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tt.before(t, dir)
			synctest.Test(t, func(t *testing.T) {
				tokens := poll(t, dir)
				tt.change(t, dir)
				time.Sleep(pollAlone + 3*time.Second)
				synctest.Wait()
				if got := len(tokens) == 1; got == tt.silent {
					t.Errorf("reported: %t", got)
				}
			})
		})
	}
}

// With the system's hints: the same changes are found though no look is due
// for an hour. That nothing is reported can't be waited for here.
func TestHints(t *testing.T) {
	t.Parallel()
	for _, tt := range changes {
		if tt.silent {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tt.before(t, dir)
			hints, err := newNotifier()
			if err != nil {
				t.Skipf("the system gives no hints: %v", err)
			}
			w := &watcher{
				paths: []string{dir + "/file", dir + "/tree"}, settle: 5 * time.Millisecond,
				beside: time.Hour, alone: time.Hour, hints: hints,
			}
			tokens := w.start(ended(t))
			tt.change(t, dir)
			taken(t, tokens)
		})
	}
}

// A folder that came later is followed like those that were there.
func TestHintsFollowNewFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hints, err := newNotifier()
	if err != nil {
		t.Skipf("the system gives no hints: %v", err)
	}
	w := &watcher{
		paths: []string{dir + "/later/tree"}, settle: 5 * time.Millisecond,
		beside: time.Hour, alone: time.Hour, hints: hints,
	}
	tokens := w.start(ended(t))
	for _, name := range []string{"/later/tree/a.md", "/later/tree/sub/b.md", "/later/tree/sub/sub/c.md"} {
		write(t, dir+name, "a")
		taken(t, tokens)
		write(t, dir+name, "bb")
		taken(t, tokens)
	}
	must(t, os.RemoveAll(dir+"/later"))
	taken(t, tokens)
	write(t, dir+"/later/tree/again.md", "a")
	taken(t, tokens)
}

// A file that is being written is reported once, when it is whole.
func TestHalfWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		tokens := poll(t, dir)
		text := ""
		for range 40 { // 12 s, over several looks
			text += "more "
			write(t, dir+"/file", text)
			time.Sleep(300 * time.Millisecond)
			if len(tokens) > 0 {
				t.Fatalf("reported after %d bytes, while it grew", len(text))
			}
		}
		start := time.Now()
		<-tokens
		if wait := time.Since(start); wait > time.Second {
			t.Errorf("reported %v after it was whole, want at most the %v of two looks", wait, time.Second)
		}
	})
}

// One file that never rests does not hide the others for ever.
func TestRestless(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		tokens := poll(t, dir)
		text, start := "", time.Now()
		for len(tokens) == 0 {
			text += "."
			write(t, dir+"/tree/log", text)
			time.Sleep(200 * time.Millisecond)
			if time.Since(start) > time.Minute {
				t.Fatal("not reported for a minute")
			}
		}
		if after := time.Since(start); after < 50*time.Second {
			t.Errorf("reported after %v, want 100 times the settling time", after)
		}
	})
}

// Tokens that nobody takes don't pile up.
func TestOneToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		tokens := poll(t, dir)
		for _, text := range []string{"a", "bb", "ccc"} {
			write(t, dir+"/file", text)
			time.Sleep(10 * time.Second)
		}
		if len(tokens) != 1 {
			t.Errorf("%d tokens", len(tokens))
		}
	})
}

func TestWatch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if _, err := Watch(ctx, nil, time.Second); err == nil {
		t.Error("nothing to watch is no error")
	}
	dir := t.TempDir()
	tokens, err := Watch(ctx, []string{dir + "/file"}, 0)
	must(t, err)
	write(t, dir+"/file", "a")
	taken(t, tokens)
	cancel()
	for range tokens { // ends, because it is closed
	}
}

// poll watches "file" and "tree" below dir without hints, and stops with the
// test.
func poll(t *testing.T, dir string) <-chan struct{} {
	w := &watcher{
		paths: []string{dir + "/file", dir + "/tree"}, settle: 500 * time.Millisecond,
		beside: pollBeside, alone: pollAlone,
	}
	return w.start(ended(t))
}

// ended is a context that ends with the test.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx
}

// taken takes a token, which comes within seconds on the slowest machine.
func taken(t *testing.T, tokens <-chan struct{}) {
	t.Helper()
	select {
	case <-tokens:
	case <-time.After(20 * time.Second):
		t.Fatal("not reported")
	}
}
