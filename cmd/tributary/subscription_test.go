package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"
	_ "modernc.org/sqlite" // newsboat keeps its stories in a database
)

// subscription is a feed to which a reader has subscribed, and the folder where
// that reader keeps what it knows.
type subscription struct {
	t        *testing.T
	dir, url string
}

func (s *subscription) path(name string) string { return filepath.Join(s.dir, name) }

func (s *subscription) write(name, text string) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

// run runs a reader at home in its folder and gives its output.
func (s *subscription) run(name string, args ...string) []byte {
	s.t.Helper()
	var out, messages bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir, "XDG_DATA_HOME="+s.dir, "LC_ALL=C.UTF-8", "no_proxy=127.0.0.1")
	cmd.Stdout, cmd.Stderr = &out, &messages
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%s: %v: %s%s", name, err, out.String(), messages.String())
	}
	return out.Bytes()
}

// decode reads what our scripts print.
func (s *subscription) decode(out []byte) (stories []readStory) {
	s.t.Helper()
	if err := json.Unmarshal(out, &stories); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	return stories
}

// newsboat keeps the newest story under the highest number.
func (s *subscription) newsboat() (stories []readStory) {
	s.run("newsboat", "-u", s.write("urls", s.url+"\n"), "-C", s.write("config", ""), "-c", s.path("cache.db"), "-x", "reload")
	db, err := sql.Open("sqlite", "file:"+s.path("cache.db")+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(s.t.Context(), "SELECT guid, title, url FROM rss_item ORDER BY id DESC")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var story readStory
		if err := rows.Scan(&story.ID, &story.Title, &story.Link); err != nil {
			s.t.Fatal(err)
		}
		stories = append(stories, story)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return stories
}

// sfeedConfig asks with ETags, as the manual of sfeed shows.
const sfeedConfig = `
sfeedpath="%[1]s/feeds"
feeds() { feed "ours" "%[2]s"; }
fetch() {
	curl -f -s -m 15 --etag-save "%[1]s/etag" --etag-compare "%[1]s/etag" "$2"
}
`

// sfeed writes a line of fields a story (sfeed(5)).
func (s *subscription) sfeed() (stories []readStory) {
	s.run("sfeed_update", s.write("sfeedrc", fmt.Sprintf(sfeedConfig, s.dir, s.url)))
	lines, err := os.ReadFile(s.path("feeds/ours"))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		fields := strings.Split(line, "\t")
		stories = append(stories, readStory{ID: fields[5], Title: fields[1], Link: fields[2]})
	}
	return stories
}

const rss2emailConfig = `[DEFAULT]
from = reader@example.org
to = reader@example.org
email-protocol = maildir
maildir-path = %[1]s
maildir-mailbox = mail

[feed.ours]
url = %[2]s
`

// rss2email sends the oldest story first.
func (s *subscription) rss2email() (stories []readStory) {
	config := s.path("rss2email.cfg")
	if _, err := os.Stat(config); err != nil {
		s.write("rss2email.cfg", fmt.Sprintf(rss2emailConfig, s.dir, s.url))
	}
	s.run("r2e", "--config", config, "--data", s.path("rss2email.json"), "run")
	files, err := filepath.Glob(s.path("mail/new/*"))
	if err != nil {
		s.t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b string) int { return mailNumber(b) - mailNumber(a) })
	for _, file := range files {
		stories = append(stories, readMail(s.t, file))
	}
	return stories
}

// mailNumber is the count in the name of a mail: "1795650601.M1102P11855Q1.vm".
func mailNumber(file string) int {
	_, rest, _ := strings.Cut(filepath.Base(file), "Q")
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}

func readMail(t *testing.T, file string) readStory {
	t.Helper()
	data, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	message, err := mail.ReadMessage(data)
	if err != nil {
		t.Fatal(err)
	}
	title, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return readStory{ID: message.Header.Get("X-RSS-ID"), Title: title, Link: message.Header.Get("X-RSS-URL")}
}

func (s *subscription) feedparser() []readStory {
	return s.decode(s.run("/usr/bin/python3", "testdata/readers/subscribe_feedparser.py", s.url, s.path("state.json")))
}

func (s *subscription) rssParser() []readStory {
	return s.decode(s.run("node", "testdata/readers/subscribe_rss-parser.mjs", s.url))
}

func (s *subscription) gofeed() (stories []readStory) {
	feed, err := gofeed.NewParser().ParseURLWithContext(s.url, s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, item := range feed.Items {
		stories = append(stories, readStory{ID: item.GUID, Title: item.Title, Link: item.Link})
	}
	return stories
}
