package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/postgrestest"
	"tributary/internal/upstreamtest"
)

// onPostgres is a site whose database is PostgreSQL's, with a password that
// nothing may tell.
func onPostgres(t *testing.T, config string) *testSite {
	t.Helper()
	database := strings.Replace(postgrestest.URL(t), "tributary@", "tributary:s3cret@", 1)
	return newTestSite(t, strings.Replace(config, "[site]", "[site]\ndatabase = \""+database+"\"", 1))
}

// Two processes on one PostgreSQL serve the same bytes under the same ETags, and
// what a third one stores, both serve within a second.
func TestTwoProcessesOnPostgres(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	rss := upstreamtest.RSS("A", upstreamtest.NewItem(1))
	s := onPostgres(t, deskConfig+sourceConfig("a", up.Feed("/a", rss)))
	first, one, admin := s.desk("--watch=false")
	second, two, _ := s.desk("--watch=false")
	same := func(want string) {
		t.Helper()
		await(t, one+"/latest.json", want)
		shown := time.Now()
		await(t, two+"/latest.json", want)
		if took := time.Since(shown); took > time.Second {
			t.Errorf("the other process served it %v later", took)
		}
		for _, path := range []string{"/latest.rss", "/latest.atom", "/latest.json", "/latest", "/", "/sources.opml"} {
			sameAnswer(t, one+path, two+path, time.Second)
		}
	}
	same(upstreamtest.NewItem(1).Title)
	up.Set("/a", upstreamtest.RSS("A", upstreamtest.NewItem(1), upstreamtest.NewItem(2)))
	s.run("refresh", "--all")
	same(upstreamtest.NewItem(2).Title)
	if _, metrics := get(t, admin+"/metrics"); strings.Contains(metrics, "s3cret") {
		t.Error("the figures tell the password")
	}
	for _, p := range []*process{first, second} {
		if log := p.messages.String(); strings.Contains(log, "s3cret") {
			t.Errorf("the log tells the password: %s", log)
		}
	}
}

// sameAnswer waits until two addresses give the same bytes under the same ETag.
func sameAnswer(t *testing.T, one, two string, within time.Duration) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(within); ; <-ticker.C {
		here, body := get(t, one)
		there, other := get(t, two)
		if body == other && here.Header.Get("ETag") == there.Header.Get("ETag") && here.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: %s (%d bytes), %s: %s (%d bytes)", one, here.Header.Get("ETag"), len(body), two, there.Header.Get("ETag"), len(other))
			return
		}
	}
}

// Every command works with a database of PostgreSQL's as with a file.
func TestCommandsOnPostgres(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	item := upstreamtest.NewItem(1)
	s := onPostgres(t, deskConfig+sourceConfig("a", up.Feed("/a", upstreamtest.RSS("A", item, upstreamtest.NewItem(2)))))
	folder := filepath.Join(s.dir, "public")
	for _, step := range []struct {
		reason string
		args   []string
		code   int
		want   string
	}{
		{"before anything is stored", []string{"sources"}, exitDone, "a"},
		{"a sound config", []string{"check"}, exitDone, ""},
		{"what it would do", []string{"plan"}, exitDone, "a"},
		{"a visit", []string{"refresh"}, exitDone, ""},
		{"its state", []string{"sources", "--json"}, exitDone, `"stories":2`},
		{"the same config", []string{"plan"}, exitDone, ""},
		{"why it is there", []string{"explain", item.Link}, exitDone, "latest"},
		{"a site of files", []string{"build", "--out", folder}, exitDone, ""},
		{"the held gate", []string{"publish", "--force", "latest"}, exitDone, ""},
		{"a list of sources", []string{"export"}, exitDone, "/a"},
		{"away with it", []string{"retract", item.Link, "--reason", "libel"}, exitDone, ""},
		{"it stays away", []string{"refresh", "--all"}, exitDone, ""},
		{"and says why", []string{"explain", item.Link}, exitDone, "libel"},
		{"no copy", []string{"backup", filepath.Join(s.dir, "copy.db")}, exitFailed, "pg_dump"},
	} {
		code, out, messages := s.try(step.args...)
		if code != step.code || !strings.Contains(out+messages, step.want) {
			t.Errorf("%s: tributary %s: exit code %d: %s%s", step.reason, strings.Join(step.args, " "), code, out, messages)
		}
		if strings.Contains(out+messages, "s3cret") {
			t.Errorf("%s: the password is told: %s%s", step.reason, out, messages)
		}
	}
}

// Trouble with the database is told without its password, and with a cure.
func TestPostgresTrouble(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // for the socket
	socket := filepath.Dir(postgrestest.Socket(t))
	for _, test := range []struct{ reason, database, want string }{
		{"nobody listens", "postgres://jane:s3cret@127.0.0.1:1/x", "see that PostgreSQL runs"},
		{"no such database", "postgres://tributary:s3cret@/nowhere?host=" + socket, "create the database"},
		{"no such user", "postgres://jane:s3cret@/postgres?host=" + socket, "user"},
		{"a parameter that the server refuses", "postgres://tributary:s3cret@/postgres?worl_mem=1&host=" + socket, "worl_mem"},
		{"a port that is none", "postgres://tributary:s3cret@localhost:http/postgres", ""},
		{"a password in the query", "postgres://localhost:1/x?user=jane&password=s3cret&sslmode=maybe", ""},
	} {
		s := newTestSite(t, strings.Replace(deskConfig, "[site]", "[site]\ndatabase = \""+test.database+"\"", 1))
		code, out, messages := s.try("refresh")
		if code == exitDone || !strings.Contains(messages, test.want) || strings.Contains(out+messages, "s3cret") {
			t.Errorf("%s: exit code %d: %s%s", test.reason, code, out, messages)
		}
	}
}
