package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readStory is what every reader must agree on.
type readStory struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Link  string `json:"link"`

	date time.Time // of our own stories
	home string    // of our own stories: the page of their source
}

// reader is another program that reads feeds.
type reader struct {
	name    string
	probe   []string // succeeds where the reader is installed
	command []string // reads a feed from stdin, prints its stories as JSON
	formats []string // that it can read
}

var readers = []reader{
	{
		"feedparser (python3-feedparser)",
		[]string{"/usr/bin/python3", "-c", "import feedparser"},
		[]string{"/usr/bin/python3", "testdata/readers/read_feedparser.py"},
		[]string{"rss", "atom"}, // its JSON Feed came after the release that distributions have
	},
	{
		"feedsmith (npm --prefix cmd/tributary/testdata/readers install)",
		nodeProbe("feedsmith"),
		[]string{"node", "testdata/readers/read_feedsmith.mjs"},
		[]string{"rss", "atom", "json"},
	},
}

// TestReaders gives the feeds of a fresh clone, and of stories that are hard to
// write down, to real readers: all of them find the same stories in the same
// order in every format.
func TestReaders(t *testing.T) {
	t.Parallel()
	sites := []struct {
		name  string
		least int // stories in its first feed
		feeds map[string]map[string]string
	}{
		{"fresh clone", 10, buildFresh(t)},
		{"odd stories", 9, buildOdd(t)},
	}
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			tool(t, r.name, r.probe...)
			for _, site := range sites {
				for name, formats := range site.feeds {
					want := ownStories(t, formats["json"])
					if name == "latest" && len(want) < site.least {
						t.Errorf("%s: the feed has %d stories, want %d or more", site.name, len(want), site.least)
					}
					for _, format := range r.formats {
						got := r.read(t, formats[format])
						allowStandIns(want, got, format)
						if diff := cmp.Diff(want, got, ignoreRest); diff != "" {
							t.Errorf("%s: %s.%s reads otherwise than our JSON (-json +%s):\n%s", site.name, name, format, format, diff)
						}
					}
				}
			}
		})
	}
}

// read runs the reader on a feed.
func (r *reader) read(t *testing.T, feed string) []readStory {
	t.Helper()
	var out, messages bytes.Buffer
	cmd := exec.CommandContext(t.Context(), r.command[0], r.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(feed), &out, &messages
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", r.name, err, messages.String())
	}
	var stories []readStory
	if err := json.Unmarshal(out.Bytes(), &stories); err != nil {
		t.Fatalf("%s: %v: %s", r.name, err, out.String())
	}
	return stories
}

// buildFresh builds the site of a fresh clone from what lies on its disk. It
// asks no other machine for anything.
func buildFresh(t *testing.T) map[string]map[string]string {
	t.Helper()
	config, err := os.ReadFile("../../config.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := newTestSite(t, string(config))
	for _, folder := range []string{"articles", "examples"} {
		if err := os.CopyFS(s.path(folder), os.DirFS(filepath.Join("../..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	s.run("refresh", "harbor-gazette", "field-notes", "night-sky")
	return s.build("latest", "tech")
}

// buildOdd builds a site of stories that formats write down in different ways.
func buildOdd(t *testing.T) map[string]map[string]string {
	t.Helper()
	s := newTestSite(t, siteConfig+sourceConfig("odd", "file:odd.json"))
	s.copyReaderData("odd.json")
	s.run("refresh", "odd")
	return s.build("latest")
}

// copyReaderData lays files of the readers' tests into the site.
func (s *testSite) copyReaderData(names ...string) {
	s.t.Helper()
	for _, name := range names {
		data, err := os.ReadFile("testdata/readers/" + name)
		if err != nil {
			s.t.Fatal(err)
		}
		s.write(name, string(data))
	}
}

// build writes the site and gives the named feeds by format.
func (s *testSite) build(names ...string) map[string]map[string]string {
	s.t.Helper()
	s.run("build", "--no-refresh", "--out", s.path("public"))
	feeds := make(map[string]map[string]string)
	for _, name := range names {
		feeds[name] = make(map[string]string)
		for _, format := range []string{"rss", "atom", "json"} {
			data, err := os.ReadFile(s.path("public/" + name + "." + format))
			if err != nil {
				s.t.Fatal(err)
			}
			feeds[name][format] = string(data)
		}
	}
	return feeds
}
