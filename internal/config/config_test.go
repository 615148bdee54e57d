package config_test

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/config"
	"tributary/internal/news"
)

// env makes an environment of names and values.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func parse(t *testing.T, text string, environment func(string) (string, bool)) *config.Config {
	t.Helper()
	loaded, err := config.Parse("config.toml", []byte(text), environment)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestParseFull(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("testdata/good/full.toml", data, env("TRIBUTARY_ADMIN_TOKEN", "s3cret", "EXAMPLE_TOKEN", "t0ken"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs("testdata/good")
	if err != nil {
		t.Fatal(err)
	}
	in := func(path string) string { return filepath.Join(dir, filepath.FromSlash(path)) }

	site := c.Site()
	if site.Location.String() != "Europe/Berlin" {
		t.Errorf("location %s", site.Location)
	}
	site.Location = nil
	loop := netip.MustParsePrefix("127.0.0.0/8")
	fetch := news.FetchSettings{
		Timeout: 20 * time.Second, HostConcurrency: 1, HostDelay: 3 * time.Second, AllowNetworks: []netip.Prefix{loop},
	}
	unpaced, slow, guarded := fetch, fetch, fetch
	unpaced.Unpaced = true
	slow.HostDelay = 5 * time.Second
	guarded.AllowNetworks = []netip.Prefix{loop, netip.MustParsePrefix("10.2.0.0/16")}
	guarded.Headers = map[string]string{"X-Host": "1", "Authorization": "Bearer t0ken"}
	plain := func(name, url string, keep news.Keep, f news.FetchSettings) news.Source {
		return news.Source{
			Name: name, URL: url, Schedule: "@every 30m", Content: "full", Images: "keep", Identity: "id", Keep: keep, Fetch: f,
		}
	}
	year := news.Keep{Age: 365 * 24 * time.Hour}
	for _, test := range []struct {
		what      string
		got, want any
	}{
		{"site", site, news.Site{
			Title: "The Example Observer", URL: "http://localhost:8080/sub", Description: "About examples", Language: "de-AT",
			Icon:   "http://localhost:8080/sub/articles/icon.png",
			Author: news.Person{Name: "Jane", Email: "jane@example.org"},
		}},
		{"node", c.Node(), config.Node{
			Listen: "localhost:8080", Admin: ":8081", AdminToken: "s3cret", Database: in("data/tributary.db"), Roles: []config.Role{config.RolePull},
		}},
		{"files", c.Files(), []string{in("full.toml"), in("sources.d/more.toml"), in("roll.opml")}},
		{"path", c.Path(), in("full.toml")},
		{"theme", c.Theme(), in("theme")},
		{"articles", c.ArticlesDir(), in("essays")},
		{"redirects", c.Redirects(), map[string]string{"/atom.xml": "/latest.atom", "/old": "https://example.net/new"}},
		{"fetch", c.Fetch(), config.Fetch{Concurrency: 32, Contact: "mailto:jane@example.org", Schedule: "@every 30m", Settings: fetch}},
		{"hub", c.Hub(), "https://hub.example.org/"},
		{"reading lists", c.ReadingLists(), []config.ReadingList{
			{OPML: "https://example.org/blogroll.opml", Schedule: "@daily"},
			{OPML: in("roll.opml"), Schedule: "@hourly", Tags: []string{"friends"}},
		}},
		{"sources", c.Sources(), []news.Source{
			{
				Name: "full", URL: "https://EXAMPLE.org/feed.atom", Title: "Full", Site: "https://example.org/", Author: "Someone",
				Image: "https://example.org/i.png", Tags: []string{"go"}, Schedule: "@daily", Where: "words > 3", Content: "summary",
				Images: "strip", Identity: "link", Keep: news.Keep{Age: 90 * 24 * time.Hour}, Embeds: []string{"youtube.com"},
				Mirror: true, FullText: true, Fetch: guarded,
			},
			plain("disk", "file:"+in("feeds/a.xml"), news.Keep{Count: 500}, unpaced),
			plain("loop", "http://127.0.0.1:9001/feed", year, unpaced),
			plain("paced", "http://127.0.0.1:9000/feed", year, slow),
			plain("localhost", "http://localhost:9002/feed", news.Keep{}, unpaced),
			plain("more", "file:"+in("sources.d/b.xml"), year, unpaced),
		}},
		{"feeds", c.Feeds(), []news.Feed{
			{
				Name: "latest", Title: "Our latest articles", Description: "d", Limit: 20, Sources: []string{"full", "more"},
				Tags: []string{"go"}, Where: `not (title matches "(?i)sponsored")`, MaxAge: 30 * 24 * time.Hour, MaxPerSource: 3,
				MaxShare: 1, Content: "title",
			},
			{Name: "all", Title: "The Example Observer: all", Limit: 50, Local: true, MaxShare: 0.34, Content: "full"},
		}},
	} {
		if diff := cmp.Diff(test.want, test.got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.what, diff)
		}
	}
	if s, ok := c.Source("disk"); !ok || s.Keep.Count != 500 {
		t.Errorf("Source(disk) = %+v, %v", s, ok)
	}
	if _, ok := c.Source("nobody"); ok {
		t.Error("Source(nobody) found one")
	}
}

func TestParseEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\ufeff", "# nothing\r\n"} {
		c := parse(t, text, noEnv)
		want := []news.Feed{{Name: "latest", Title: "Tributary", Limit: 50, Local: true, MaxShare: 0.34, Content: "full"}}
		if diff := cmp.Diff(want, c.Feeds()); diff != "" {
			t.Errorf("%q: feeds: -want +got:\n%s", text, diff)
		}
		if c.Site().URL != "http://localhost:8080" || !c.Node().Has(config.RolePublish) || len(c.Sources()) != 0 {
			t.Errorf("%q: got %+v, %+v", text, c.Site(), c.Node())
		}
	}
}

func TestSiteURLFollowsListen(t *testing.T) {
	t.Parallel()
	if got := parse(t, "[site]\nlisten = \"[::]:9000\"", noEnv).Site().URL; got != "http://localhost:9000" {
		t.Errorf("got %s", got)
	}
}

func TestEnvironmentLiesOverTheFile(t *testing.T) {
	t.Parallel()
	c := parse(t, "[site]\nlisten = \"localhost:1\"\nroles = [\"pull\"]", env(
		"TRIBUTARY_LISTEN", ":9000", "TRIBUTARY_ADMIN", ":9001", "TRIBUTARY_ADMIN_TOKEN", "s3cret",
		"TRIBUTARY_DATABASE", "postgres://db/news", "TRIBUTARY_ROLES", "publish, pull"))
	want := config.Node{
		Listen: ":9000", Admin: ":9001", AdminToken: "s3cret", Database: "postgres://db/news",
		Roles: []config.Role{config.RolePublish, config.RolePull},
	}
	if diff := cmp.Diff(want, c.Node()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, value := range map[string]string{
		"TRIBUTARY_LISTEN": "x", "TRIBUTARY_ADMIN": ":1", "TRIBUTARY_DATABASE": "mysql://x", "TRIBUTARY_ROLES": "pull,push",
	} {
		_, err := config.Parse("config.toml", nil, env(name, value))
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s=%s: got %v", name, value, err)
		}
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	c := parse(t, "", noEnv)
	before := c.Node()
	for _, test := range []struct {
		flags  config.Node
		want   string
		reason string
	}{
		{config.Node{Listen: "8080"}, "--listen", "no port"},
		{config.Node{Admin: "0.0.0.0:1"}, "needs an admin_token", "exposed"},
		{config.Node{Database: "mysql://x"}, "--database", "another kind"},
		{config.Node{Roles: []config.Role{"pul"}}, "--roles", "unknown"},
		{config.Node{Roles: []config.Role{"pull", "pull"}}, "twice", "twice"},
	} {
		err := c.Override(test.flags)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.reason, err, test.want)
		}
		if diff := cmp.Diff(before, c.Node()); diff != "" {
			t.Errorf("%s: a refused override changed the node:\n%s", test.reason, diff)
		}
	}
	if err := c.Override(config.Node{}); err != nil || !cmp.Equal(before, c.Node()) {
		t.Errorf("no flags: %v, %+v", err, c.Node())
	}
	if err := c.Override(config.Node{Listen: ":1", Database: "x.db", Roles: []config.Role{"pull"}}); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("x.db")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Node{Listen: ":1", Admin: before.Admin, Database: here, Roles: []config.Role{"pull"}}
	if diff := cmp.Diff(want, c.Node()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAdminOff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		env    func(string) (string, bool)
		flags  config.Node
		want   string
		chosen bool
		reason string
	}{
		{"", noEnv, config.Node{}, "localhost:8081", false, "the default"},
		{"admin = \"\"", noEnv, config.Node{}, "", true, "an empty text turns it off"},
		{"admin = \"off\"", noEnv, config.Node{}, "", true, "so does the word"},
		{"admin = \"localhost:8081\"", noEnv, config.Node{}, "localhost:8081", true, "what is written was chosen"},
		{"", env("TRIBUTARY_ADMIN", "off"), config.Node{}, "", true, "by the environment"},
		{"admin = \"\"", env("TRIBUTARY_ADMIN", "localhost:1"), config.Node{}, "localhost:1", true, "which goes over the file"},
		{"admin = \"localhost:1\"", noEnv, config.Node{Admin: config.AdminOff}, "", true, "by a flag"},
		{"", noEnv, config.Node{Admin: "127.0.0.1:0"}, "127.0.0.1:0", true, "a flag chooses"},
	} {
		c := parse(t, "[site]\n"+test.text, test.env)
		if err := c.Override(test.flags); err != nil {
			t.Errorf("%s: %v", test.reason, err)
		}
		if got := c.Node().Admin; got != test.want || c.AdminChosen() != test.chosen {
			t.Errorf("%s: admin %q, chosen %t", test.reason, got, c.AdminChosen())
		}
	}
}

func TestLoadMissingFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "config.toml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "tributary init") {
		t.Errorf("got %v", err)
	}
	if _, err := config.Load(t.TempDir()); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder: got %v", err)
	}
}

func TestStarterLoads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(config.Starter()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sources()) != 1 || len(c.Feeds()) != 1 {
		t.Errorf("got %d sources, %d feeds", len(c.Sources()), len(c.Feeds()))
	}
}

// Everything that the starter offers in comments must be right as well.
func TestStarterUncommentedLoads(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(config.Starter()) {
		rest, ok := strings.CutPrefix(line, "# ")
		if key, _, assigned := strings.Cut(rest, " = "); ok && assigned && !strings.Contains(strings.TrimSpace(key), " ") {
			line = rest
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "")
	if !strings.Contains(text, "\nmax_age = ") || !strings.Contains(text, "\nauthor    = ") {
		t.Fatalf("nothing was uncommented:\n%s", text)
	}
	parse(t, text, env("TRIBUTARY_ADMIN_TOKEN", "s3cret"))
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	good := func(text string, want time.Duration) {
		t.Helper()
		if got, err := config.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	bad := func(text, reason string) {
		t.Helper()
		if got, err := config.ParseDuration(text); err == nil {
			t.Errorf("%s: ParseDuration(%q) = %v", reason, text, got)
		}
	}
	good("30s", 30*time.Second)
	good("365d", 365*24*time.Hour)
	good("2w", 14*24*time.Hour)
	good("1h30m", 90*time.Minute)
	good(" 250ms ", 250*time.Millisecond)
	good("0s", 0)
	bad("", "nothing")
	bad("30", "no unit")
	bad("-1s", "a sign")
	bad("1.5h", "a fraction")
	bad("1 h", "space inside")
	bad("1y", "a year has no fixed length")
	bad("s", "no number")
	bad("9999999999999999999s", "no such number")
	bad("200000d", "overflow")
	bad("106000d106000d", "overflow of the sum")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if !strings.Contains(string(data), "include") {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data), "include") { // must not read this machine's files
			return
		}
		loaded, err := config.Parse("config.toml", data, noEnv)
		var list config.Errors
		if err == nil {
			if len(loaded.Feeds()) == 0 {
				t.Error("a config without a feed")
			}
			return
		}
		if !errors.As(err, &list) || len(list) == 0 {
			t.Fatalf("%v is no config.Errors", err)
		}
		for _, e := range list {
			if e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Errorf("a mistake without a place: %#v", e)
			}
		}
	})
}
