//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/internal/store/sqlite"
	"tributary/internal/upstreamtest"
)

// diskSite is a site whose database lies on a small disk of its own.
type diskSite struct {
	*testSite
	up   *upstreamtest.Server
	disk string
}

// newDiskSite mounts the disk, which only root can do.
func newDiskSite(t *testing.T) *diskSite {
	t.Helper()
	d := &diskSite{disk: t.TempDir(), up: upstreamtest.New(t)}
	if err := syscall.Mount("tmpfs", d.disk, "tmpfs", 0, "size=4m"); err != nil {
		if os.Getenv("CI") == "true" && os.Geteuid() == 0 {
			t.Fatalf("needs root and tmpfs: %v", err)
		}
		t.Skipf("needs root and tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.disk, 0); err != nil {
			t.Error(err)
		}
	})
	config := strings.Replace(siteConfig, "[fetch]", fmt.Sprintf("database = %q\n\n[fetch]", d.disk+"/t.db"), 1)
	d.testSite = newTestSite(t, config+sourceConfig("a", d.up.URL("/a")))
	d.publish(1)
	return d
}

// publish makes number the newest story upstream, with a text that needs room.
func (d *diskSite) publish(number int) (title string) {
	items := upstreamtest.Items(number)
	items[0].Content = strings.Repeat("<p>Many words.</p>", 5000)
	d.up.Set("/a", upstreamtest.RSS("A", items...))
	return items[0].Title
}

// fill leaves no byte on the disk; the returned function frees it.
func (d *diskSite) fill() (free func()) {
	d.t.Helper()
	name := d.disk + "/ballast"
	file, err := os.Create(name)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			d.t.Error(err)
		}
	}
}

// remount makes the disk read-only or writable.
func (d *diskSite) remount(flags uintptr) {
	d.t.Helper()
	if err := syscall.Mount("", d.disk, "", syscall.MS_REMOUNT|flags, ""); err != nil {
		d.t.Fatal(err)
	}
}

// crash runs the server until it shows a story and kills it: a crash leaves
// the log of the database beside it. It happens ten minutes ago, so that a visit
// which it cut off has lost its lease by now.
func (d *diskSite) crash(title string) {
	d.t.Helper()
	p := d.start(backdated, "10m", "serve", "--listen", "127.0.0.1:0")
	await(d.t, p.address(d.t)+"/latest.json", title)
	p.Process.Kill()
	p.wait(d.t)
}

// mustServe checks that a server gives what it has, whole.
func mustServe(t *testing.T, address, title string) {
	t.Helper()
	for _, path := range []string{"/", "/latest.rss", "/latest.atom", "/latest.json"} {
		if response, body := get(t, address+path); response.StatusCode != http.StatusOK || !strings.Contains(body, title) {
			t.Errorf("%s: status %d, %d bytes, which should have %q", path, response.StatusCode, len(body), title)
		} else if err := wholeFile(cmp.Or(strings.TrimPrefix(path, "/"), "index.html"), body); err != nil {
			t.Errorf("%s with %d bytes is torn: %v", path, len(body), err)
		}
	}
	if response, _ := get(t, address+"/healthz"); response.StatusCode != http.StatusOK {
		t.Errorf("/healthz: status %d", response.StatusCode)
	}
}

// TestFullDisk fills the disk below a running server.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := newDiskSite(t)
	p := d.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	first := upstreamtest.NewItem(1).Title
	await(t, address+"/latest.json", first)

	free := d.fill()
	second := d.publish(2)
	p.awaitLog(t, "the store fails")
	mustServe(t, address, first)
	<-time.After(3 * time.Second / 2) // it tries again after a second, and nothing tells of it
	if log := p.messages.String(); strings.Count(log, "the store fails") != 1 {
		t.Errorf("the log doesn't tell once that the disk is full:\n%s", log)
	}
	mustServe(t, address, first)

	free()
	await(t, address+"/latest.json", second)
	mustServe(t, address, second)
	p.awaitLog(t, "the store works again")
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
}

// TestSourcesFillTheDisk pulls more than the disk has room for. What came
// before stays and is served whole; with a larger disk all of it is there, once.
func TestSourcesFillTheDisk(t *testing.T) {
	t.Parallel()
	d := newDiskSite(t)
	p := d.start(backdated, "10m", "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	first := upstreamtest.NewItem(1).Title
	await(t, address+"/latest.json", first)

	const sources = 80 // of 85 KB each, and what is published of them
	config := script(t, d.path("config.toml"))
	for i := range sources {
		item := upstreamtest.NewItem(1000 + i)
		item.Content = strings.Repeat("<p>Many words.</p>", 5000)
		path := fmt.Sprint("/more-", i)
		config += sourceConfig(path[1:], d.up.Feed(path, upstreamtest.RSS(path, item)))
	}
	d.write("config.toml", config)
	p.awaitLog(t, "database or disk is full")
	for _, path := range []string{"/", "/latest.rss", "/latest.atom", "/latest.json"} {
		response, body := get(t, address+path)
		if err := wholeFile(cmp.Or(strings.TrimPrefix(path, "/"), "index.html"), body); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s on the full disk: status %d, %d bytes, %v", path, response.StatusCode, len(body), err)
		}
	}

	if err := syscall.Mount("", d.disk, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	p.awaitLog(t, "the store works again")
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	p = d.start(program, "serve", "--listen", "127.0.0.1:0") // ten minutes later, when all leases are over
	address = p.address(t)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		stored := 0
		for name, row := range d.sourceRows() {
			if strings.HasPrefix(name, "more-") && row.Stories == 1 {
				stored++
			}
		}
		if stored == sources {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d of %d sources have their story:\n%s", stored, sources, p.messages)
		}
	}
	newest := upstreamtest.NewItem(1000 + sources - 1).Title
	await(t, address+"/latest.json", newest)
	mustServe(t, address, newest)
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	db, err := sqlite.Open(t.Context(), d.disk+"/t.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	stories, err := db.Stories(t.Context(), 0, 1000)
	if err != nil || len(stories) != sources+1 {
		t.Errorf("%d stories, want %d, %v", len(stories), sources+1, err)
	}
}

// TestStartOnAFullDisk starts the server where a crash, perhaps of the disk's
// own making, left no room.
func TestStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := newDiskSite(t)
	first := d.publish(1)
	d.crash(first)
	free := d.fill()
	second := d.publish(2)
	p := d.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	mustServe(t, address, first)
	p.awaitLog(t, "free some space")
	free()
	await(t, address+"/latest.json", second)
	mustServe(t, address, second)
}

// TestReturnToAFullDisk stops the server in good order, fills the disk, and
// starts it again. The stop is ten minutes ago, so that a visit which it gave up
// has lost its lease by now.
func TestReturnToAFullDisk(t *testing.T) {
	t.Parallel()
	d := newDiskSite(t)
	first := d.publish(1)
	p := d.start(backdated, "10m", "serve", "--listen", "127.0.0.1:0")
	await(t, p.address(t)+"/latest.json", first)
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Fatalf("exit code %d: %s", code, p.messages)
	}
	free := d.fill()
	second := d.publish(2)
	p = d.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	mustServe(t, address, first)
	free()
	await(t, address+"/latest.json", second)
}

// TestReadOnlyDisk starts the server on a disk that can only be read, as one is
// after the system found it damaged.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	d := newDiskSite(t)
	first := d.publish(1)
	d.crash(first)
	d.remount(syscall.MS_RDONLY)
	second := d.publish(2)
	p := d.start(program, "serve", "--listen", "127.0.0.1:0")
	address := p.address(t)
	mustServe(t, address, first)
	if log := p.awaitLog(t, "what is stored is served"); strings.Count(log, "nothing can be stored") != 1 {
		t.Errorf("the log tells more than once that nothing can be stored:\n%s", log)
	}
	p.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.messages)
	}

	d.remount(0)
	p = d.start(program, "serve", "--listen", "127.0.0.1:0")
	await(t, p.address(t)+"/latest.json", second)
}
