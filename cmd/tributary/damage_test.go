package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

// damagedSite is a site that has served stories of two sources, one of them
// retracted since, and was stopped.
type damagedSite struct {
	*testSite
	up        *upstreamtest.Server
	database  string
	retracted string // title
	served    map[string]string
}

// lasting are the addresses that readers get while a database is made anew.
var lasting = []string{"/latest.rss", "/latest.atom", "/latest.json", "/"}

func newDamagedSite(t *testing.T) *damagedSite {
	t.Helper()
	d := &damagedSite{up: upstreamtest.New(t), served: make(map[string]string)}
	one, two := upstreamtest.Items(40), upstreamtest.Items(80)[:40]
	d.testSite = newTestSite(t, siteConfig+sourceConfig("a", d.up.Feed("/a", upstreamtest.RSS("A", one...)))+
		sourceConfig("b", d.up.Feed("/b", upstreamtest.RSS("B", two...))))
	d.database = d.path("data/tributary.db")
	d.retracted = one[3].Title
	d.run("refresh", "--all")
	d.run("retract", one[3].Link, "--reason", "told to")
	address, stop := d.serve()
	for _, path := range lasting {
		response, body := get(t, address+path)
		if response.StatusCode != http.StatusOK || strings.Contains(body, d.retracted) {
			t.Fatalf("%s: status %d before the damage", path, response.StatusCode)
		}
		d.served[path] = body
	}
	stop()
	return d
}

// spoil overwrites pages of a table in the database, not those of what was
// published.
func (d *damagedSite) spoil() {
	d.t.Helper()
	data, err := os.ReadFile(d.database)
	if err != nil {
		d.t.Fatal(err)
	}
	spoiled := 0
	for page := 4096; page+4096 <= len(data); page += 4096 {
		if data[page] == 10 || data[page] == 2 { // of an index: https://www.sqlite.org/fileformat2.html §1.6
			copy(data[page:], strings.Repeat("\xff", 100))
			spoiled++
		}
	}
	if spoiled == 0 {
		d.t.Fatal("no page to spoil")
	}
	if err := os.WriteFile(d.database, data, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// mustLast checks that readers get what they had.
func (d *damagedSite) mustLast(address string) {
	d.t.Helper()
	for _, path := range lasting {
		if response, body := get(d.t, address+path); response.StatusCode != http.StatusOK || path != "/" && body != d.served[path] {
			d.t.Errorf("%s: status %d, %d bytes, want the %d of before", path, response.StatusCode, len(body), len(d.served[path]))
		}
	}
}

// mustReturn waits until all stories are back, under their ids, and the
// retracted one isn't.
func (d *damagedSite) mustReturn(address string) {
	d.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		if out := d.run("sources"); strings.Contains(out, "a          ok      39") && strings.Contains(out, "b          ok      40") {
			break
		} else if time.Now().After(deadline) {
			d.t.Fatalf("the sources don't come back:\n%s", out)
		}
	}
	fresh := upstreamtest.NewItem(1000)
	d.up.Set("/b", upstreamtest.RSS("B", append([]upstreamtest.Item{fresh}, upstreamtest.Items(80)[:40]...)...))
	body := await(d.t, address+"/latest.json", fresh.Title)
	if strings.Contains(body, d.retracted) {
		d.t.Error("the retracted story is back")
	}
	before, after := itemIDs(d.t, d.served["/latest.json"]), itemIDs(d.t, body)
	for id, title := range after {
		if title != fresh.Title && before[id] != title {
			d.t.Errorf("%s has the id %s, which it had not before", title, id)
		}
	}
	if len(after) != len(before) {
		d.t.Errorf("%d stories, %d before", len(after), len(before))
	}
}

// itemIDs gives the titles of a JSON feed by id.
func itemIDs(t *testing.T, body string) map[string]string {
	t.Helper()
	var feed struct {
		Items []struct{ ID, Title string }
	}
	if err := json.Unmarshal([]byte(body), &feed); err != nil {
		t.Fatal(err)
	}
	titles := make(map[string]string)
	for _, item := range feed.Items {
		titles[item.ID] = item.Title
	}
	return titles
}

func (d *damagedSite) aside() string {
	d.t.Helper()
	found, err := filepath.Glob(d.database + ".corrupt-*Z")
	if err != nil || len(found) != 1 {
		d.t.Fatalf("set aside are %q, %v", found, err)
	}
	return found[0]
}

// checkingServer is a server in this process.
type checkingServer struct {
	t        *testing.T
	out      *lines
	messages *lockedBuffer
	ended    chan int
	admin    string
}

// serveChecking serves with a limit for the check of the database at the start,
// until the test ends.
func (d *damagedSite) serveChecking(most time.Duration) *checkingServer {
	ctx, cancel := context.WithCancel(d.t.Context())
	r := &checkingServer{t: d.t, out: newLines(), messages: new(lockedBuffer), ended: make(chan int, 1)}
	a := &app{stdin: strings.NewReader(""), stdout: r.out, stderr: r.messages, check: most}
	go func() {
		r.ended <- a.run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--config", d.path("config.toml")})
	}()
	d.t.Cleanup(func() {
		cancel()
		if code := <-r.ended; code != exitDone {
			d.t.Errorf("exit code %d: %s", code, r.messages)
		}
	})
	return r
}

// address waits until it listens, once more if it did, and tells where.
func (r *checkingServer) address() string {
	r.t.Helper()
	var found [2]string
	for i := range found {
		select {
		case line := <-r.out.lines:
			_, address, _ := strings.Cut(line, " on ")
			found[i] = strings.TrimSuffix(address, "/")
		case code := <-r.ended:
			r.ended <- code
			r.t.Fatalf("serve ended with %d: %s", code, r.messages)
		case <-time.After(patience):
			r.t.Fatalf("serve did not listen: %s", r.messages)
		}
	}
	r.admin = found[1]
	return found[0]
}

// A database that is damaged when the server starts is set aside; readers get
// what they had until the sources have answered, and then the same stories.
func TestServeAfterDamage(t *testing.T) {
	t.Parallel()
	d := newDamagedSite(t)
	d.spoil()
	if info, err := os.Stat(d.database + "-wal"); err != nil || info.Size() > 0 {
		t.Errorf("the server that was stopped leaves a log, %v: a backup in the database's place would meet it", err)
	}
	spoiled, err := os.ReadFile(d.database)
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan struct{})
	for _, path := range []string{"/a", "/b"} {
		d.up.Script(path, func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			select {
			case <-answer:
				serve(w, r)
			case <-r.Context().Done():
			}
		})
	}
	r := d.serveChecking(time.Hour)
	address := r.address()
	d.mustLast(address)
	log := r.messages.String()
	if aside := d.aside(); !strings.Contains(log, "it is set aside") || !strings.Contains(log, aside) || !strings.Contains(log, "a backup brings back") {
		t.Errorf("the log doesn't tell what was done, and what can be:\n%s", log)
	} else if kept, err := os.ReadFile(aside); err != nil || string(kept) != string(spoiled) {
		t.Errorf("what was set aside was changed, %v", err)
	}
	close(answer)
	d.mustReturn(address)
}

// Damage that the start had no time to find is found while serving.
func TestServeFindsDamage(t *testing.T) {
	t.Parallel()
	d := newDamagedSite(t)
	d.spoil()
	r := d.serveChecking(time.Nanosecond)
	r.address()
	address := r.address() // after it was found
	d.mustReturn(address)
	await(t, r.admin+"/status.atom", filepath.Base(d.aside()))
}

// Commands that bring nothing into a new database leave a damaged one alone.
func TestCommandsTellDamage(t *testing.T) {
	t.Parallel()
	d := newDamagedSite(t)
	if err := os.Truncate(d.database, 5000); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"sources"}, {"retract", "https://x.example/"}, {"explain", "https://x.example/"}, {"plan"},
		{"backup", d.path("copy.db")}, {"build", "--no-refresh", "--out", d.path("public")}, {"publish", "--force", "latest"},
	} {
		code, _, messages := d.try(args...)
		if code != exitFailed || !strings.Contains(messages, "is damaged") || !strings.Contains(messages, "restore a backup") {
			t.Errorf("%q: exit code %d: %s", args, code, messages)
		}
	}
	if info, err := os.Stat(d.database); err != nil || info.Size() != 5000 {
		t.Errorf("the database is %+v now, %v", info, err)
	}
	code, out, messages := d.try("refresh")
	if code != exitDone || !strings.Contains(messages, "it is set aside") {
		t.Errorf("refresh: exit code %d: %s", code, messages)
	}
	if !strings.Contains(out, "79 new stories") {
		t.Errorf("the sources bring %s", out)
	}
	d.aside()
}

// A file that never was a database of ours is told and left alone.
func TestServeRefusesAnotherFile(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, strings.Replace(siteConfig, "[site]", "[site]\ndatabase = \"articles/post.md\"", 1))
	text := strings.Repeat("# A post\n", 1000)
	s.write("articles/post.md", text)
	p := s.start(program, "serve", "--listen", "127.0.0.1:0")
	if code := p.wait(t); code != exitFailed || !strings.Contains(p.messages.String(), "check the path") {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	if after, err := os.ReadFile(s.path("articles/post.md")); err != nil || string(after) != text {
		t.Errorf("the file was changed, %v", err)
	}
}

// A database that may not be read is no damaged one.
func TestServeTellsWhatItMayNotRead(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("needs a user whom permissions hold: root may read everything")
	}
	d := newDamagedSite(t)
	if err := os.Chmod(d.database, 0); err != nil {
		t.Fatal(err)
	}
	p := d.start(program, "serve", "--listen", "127.0.0.1:0")
	if code := p.wait(t); code != exitFailed || !strings.Contains(p.messages.String(), "permission denied") {
		t.Errorf("exit code %d: %s", code, p.messages)
	}
	if _, err := os.Stat(d.database); errors.Is(err, os.ErrNotExist) {
		t.Error("it was moved away")
	}
}
