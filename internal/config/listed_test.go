package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"tributary/internal/config"
	"tributary/internal/news"
)

// hostKeys is a value for every key that [[source]] has, but its name and url,
// and reports whether a source has it.
var hostKeys = map[string]struct {
	value string
	holds func(news.Source) bool
}{
	"title":            {`"T"`, func(s news.Source) bool { return s.Title == "T" }},
	"site":             {`"https://t.example/"`, func(s news.Source) bool { return s.Site == "https://t.example/" }},
	"author":           {`"A"`, func(s news.Source) bool { return s.Author == "A" }},
	"image":            {`"https://t.example/i"`, func(s news.Source) bool { return s.Image == "https://t.example/i" }},
	"tags":             {`["t"]`, func(s news.Source) bool { return slices.Equal(s.Tags, []string{"t"}) }},
	"schedule":         {`"@weekly"`, func(s news.Source) bool { return s.Schedule == "@weekly" }},
	"where":            {`'words > 3'`, func(s news.Source) bool { return s.Where == "words > 3" }},
	"content":          {`"title"`, func(s news.Source) bool { return s.Content == news.ContentTitle }},
	"images":           {`"strip"`, func(s news.Source) bool { return s.Images == news.ImagesStrip }},
	"identity":         {`"link"`, func(s news.Source) bool { return s.Identity == news.IdentityLink }},
	"keep":             {`7`, func(s news.Source) bool { return s.Keep == news.Keep{Count: 7} }},
	"embeds":           {`["e.example"]`, func(s news.Source) bool { return slices.Equal(s.Embeds, []string{"e.example"}) }},
	"mirror":           {`true`, func(s news.Source) bool { return s.Mirror }},
	"paused":           {`true`, func(s news.Source) bool { return s.Paused }},
	"full_text":        {`true`, func(s news.Source) bool { return s.FullText }},
	"timeout":          {`"7s"`, func(s news.Source) bool { return s.Fetch.Timeout.Seconds() == 7 }},
	"host_concurrency": {`7`, func(s news.Source) bool { return s.Fetch.HostConcurrency == 7 }},
	"host_delay":       {`"7s"`, func(s news.Source) bool { return s.Fetch.HostDelay.Seconds() == 7 }},
	"allow_networks":   {`["10.0.0.0/8"]`, func(s news.Source) bool { return len(s.Fetch.AllowNetworks) == 1 }},
	"headers":          {`{ X-A = "b" }`, func(s news.Source) bool { return s.Fetch.Headers["X-A"] == "b" }},
	"username":         {`"u"` + "\npassword = \"p\"", func(s news.Source) bool { return strings.HasPrefix(s.Fetch.Headers["Authorization"], "Basic ") }},
	"password":         {`"p"` + "\nusername = \"u\"", func(s news.Source) bool { return strings.HasPrefix(s.Fetch.Headers["Authorization"], "Basic ") }},
	"bearer":           {`"b"`, func(s news.Source) bool { return s.Fetch.Headers["Authorization"] == "Bearer b" }},
	"user_agent":       {`"me"`, func(s news.Source) bool { return s.Fetch.UserAgent == "me" }},
	"proxy":            {`"http://p.example:1"`, func(s news.Source) bool { return s.Fetch.Proxy == "http://p.example:1" }},
	"ca_file":          {`"ca.pem"`, nil}, // needs a file; see access_test.go
	"http2":            {`false`, func(s news.Source) bool { return s.Fetch.HTTP1 }},
	"ignore_cache":     {`true`, func(s news.Source) bool { return s.Fetch.IgnoreCache }},
}

// TestHostKeys sets each key that a source can have for a host, and finds it in
// a source of the host, in one from a reading list, and not in another host's.
func TestHostKeys(t *testing.T) {
	t.Parallel()
	const unknown = "[[source]]\nname = \"a\"\nurl = \"https://example.org/\"\nqqqqqq = 1"
	keys := slices.DeleteFunc(knownKeys(t, unknown), func(k string) bool { return k == "name" || k == "url" })
	if missing := slices.DeleteFunc(keys, func(k string) bool { _, ok := hostKeys[k]; return ok }); len(missing) > 0 {
		t.Errorf("the test has no value for %q", missing)
	}
	for _, key := range slices.Sorted(maps.Keys(hostKeys)) {
		test := hostKeys[key]
		if test.holds == nil {
			continue
		}
		c := parse(t, "[host.\"x.example\"]\n"+key+" = "+test.value+
			"\n\n[[source]]\nname = \"a\"\nurl = \"https://x.example/a\"\n\n[[source]]\nname = \"b\"\nurl = \"https://y.example/b\"\n", env())
		with, leftOut := c.WithListed([]config.Listed{{List: "l", Entry: news.ListEntry{Name: "c", URL: "https://x.example/c"}}})
		if len(leftOut) > 0 {
			t.Errorf("%s: left out %q", key, leftOut)
			continue
		}
		for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
			if s, _ := with.Source(name); test.holds(s) != want {
				t.Errorf("%s of the host holds for source %s: %v, want %v", key, name, !want, want)
			}
		}
	}
}

func TestWithListed(t *testing.T) {
	t.Parallel()
	c := parse(t, `
[fetch]
allow_networks = ["10.0.0.0/8", "127.0.0.0/8"]
timeout = "7s"

[host."127.0.0.1"]
allow_networks = ["127.0.0.1"]

[[source]]
name = "own"
url  = "https://own.example/feed"

[[reading_list]]
opml = "https://l.example/l.opml"
tags = ["friends", "x"]
`, env())
	const list = "https://l.example/l.opml"
	entry := func(name, url string) config.Listed {
		return config.Listed{List: list, Entry: news.ListEntry{Name: name, URL: url, Tags: []string{"x", "folder"}}}
	}
	with, leftOut := c.WithListed([]config.Listed{
		entry("good", "https://good.example/feed"),
		entry("copy", "https://OWN.example:443/feed"),
		entry("again", "https://good.example/feed"),
		entry("own", "https://other.example/feed"),
		entry("Bad Name", "https://bad.example/feed"),
		entry("disk", "file:/etc/passwd"),
		entry("variable", "https://v.example/${HOME}"),
		entry("inside", "http://10.0.0.1/feed"),
		entry("here", "http://127.0.0.1/feed"),
	})
	if len(leftOut) != 6 {
		t.Errorf("left out: %s", strings.Join(leftOut, "\n"))
	}
	var names []string
	for _, s := range with.Sources() {
		names = append(names, s.Name)
	}
	if !slices.Equal(names, []string{"own", "good", "inside", "here"}) {
		t.Errorf("sources %q", names)
	}
	good, _ := with.Source("good")
	if good.Fetch.Timeout.Seconds() != 7 || !slices.Equal(good.Tags, []string{"x", "folder", "friends"}) || with.ListOf("good") != list || with.ListOf("own") != "" {
		t.Errorf("got %+v", good)
	}
	if inside, _ := with.Source("inside"); len(inside.Fetch.AllowNetworks) > 0 {
		t.Error("a list reaches what the operator opened for the sources of the config")
	}
	if here, _ := with.Source("here"); len(here.Fetch.AllowNetworks) != 1 {
		t.Error("what a [host] opens is not open")
	}
	if len(c.Sources()) != 1 {
		t.Error("the config itself has changed")
	}
	if next, _ := with.WithListed(nil); len(next.Sources()) != 1 || next.ListOf("good") != "" {
		t.Error("sources of an earlier list stay")
	}
}

// recorded is what is put on record of a config.
type recorded struct {
	*config.Snapshot
	text, hash string
}

// TestSnapshot checks what is put on record of a config, and what is not.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	text := func(more string) recorded {
		t.Helper()
		c := parse(t, `
[site]
admin_token = "hunter2-admin"
`+more, env("EXAMPLE_TOKEN", "hunter2-env"))
		text, err := c.Text()
		if err != nil {
			t.Fatal(err)
		}
		hash, err := c.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return recorded{c.Snapshot(), text, hash}
	}
	full := `listen = ":1234"
database = "other.db"
roles = ["pull"]

[[source]]
name     = "b"
url      = "https://b.example/"
username = "user"
password = "hunter2-pass"
proxy    = "http://me:hunter2-proxy@p.example:1"

[[source]]
name    = "a"
url     = "https://a.example/"
headers = { X-Key = "${EXAMPLE_TOKEN}" }

[[feed]]
name = "x"
`
	s := text(full)
	for _, secret := range []string{"hunter2", ":1234", "other.db"} {
		if strings.Contains(s.text, secret) {
			t.Errorf("the record holds %q:\n%s", secret, s.text)
		}
	}
	read, err := config.ReadSnapshot(s.text)
	if err != nil {
		t.Fatal(err)
	}
	if d := read.Diff(s.Snapshot); !d.Empty() {
		t.Errorf("what was read differs: %+v", d)
	}
	same := text(strings.NewReplacer(":1234", ":4321", "other.db", "another.db", `["pull"]`, `["publish"]`, "hunter2-pass", "hunter2-new").Replace(full))
	if same.hash != s.hash {
		t.Errorf("keys of one node, or secrets, tell configs apart: %+v", s.Diff(same.Snapshot))
	}
	other := text(strings.Replace(full, `name = "x"`, `name = "x"`+"\nlimit = 7", 1))
	if d := s.Diff(other.Snapshot); other.hash == s.hash || len(d.Feeds) != 1 || d.Feeds[0].Action != config.Changed || len(d.Sources) > 0 {
		t.Errorf("got %+v", d)
	}
	// Two sources that swap their names have moved, both of them.
	swapped := text(strings.NewReplacer(`"https://b.example/"`, `"https://a.example/"`, `"https://a.example/"`, `"https://b.example/"`).Replace(full))
	if d := s.Diff(swapped.Snapshot); len(d.Sources) != 2 || d.Sources[0].Action != config.Moved || d.Sources[1].Action != config.Moved {
		t.Errorf("got %+v", d)
	}
}
