// Package config reads config.toml, checks all of it and gives values of the
// domain. Start with [Load]; everything that a [Config] gives has been checked
// and can be used as it is.
//
// A config is one TOML file and the files that it includes. Defaults lie
// under it (see defaults.go), the environment's TRIBUTARY_LISTEN,
// TRIBUTARY_ADMIN, TRIBUTARY_ADMIN_TOKEN, TRIBUTARY_DATABASE and
// TRIBUTARY_ROLES above it, and the flags of one node above these ([Node],
// [Config.Override]). ${NAME} stands for a variable of the environment in
// secrets only: admin_token, password, bearer, proxy and the values of headers.
// Relative paths are relative to the file that names them.
//
// What is wrong is told all at once, as [Errors], each with its place. An
// empty text ("") counts as a key that is not there.
package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tributary/internal/news"
)

// maxFile bounds a config file in bytes: room for some 100,000 sources.
const maxFile = 32 << 20

// Config is a checked configuration. It is immutable, but for Override, and
// safe for concurrent use. Slices and maps that it gives are shared: don't
// change them.
type Config struct {
	name     string // as the caller named it
	path     string
	env      func(string) (string, bool)
	files    []string
	sums     map[string][sha256.Size]byte // of what files held, by path
	site     news.Site
	node     Node
	theme    string
	articles string
	fetch    Fetch
	hub      string

	urlDefault  bool // site.URL is made of where this node listens
	adminChosen bool // file, environment or flag say where the admin listener is

	redirects map[string]string
	sources   []news.Source
	origins   []origin       // of the sources, but for those of reading lists
	byName    map[string]int // index into sources
	feeds     []news.Feed
	lists     []ReadingList
	listed    map[string]string // by name of a source: the list it comes from
	layers    layers            // under the sources of reading lists
	plain     *Config           // without the sources of reading lists; nil when there are none of those
}

// Fetch is how this node fetches, and what holds for sources that don't say
// otherwise.
type Fetch struct {
	Concurrency int    // visits at once
	Contact     string // mailto:… or http(s)://…, for the User-Agent; may be empty
	Schedule    string
	Settings    news.FetchSettings
}

// ReadingList is an OPML document whose sources are followed.
type ReadingList struct {
	OPML     string   // an http(s) URL or an absolute path
	Schedule string   // when it is looked at
	Tags     []string // that all its sources get
}

// Load reads and checks a config file and the files that it includes. Mistakes
// in them come as [Errors]; any other error is about reading the file itself,
// and wraps [fs.ErrNotExist] when there is none.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no config file %s: `tributary init` writes one to start from: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return Parse(path, data, os.LookupEnv)
}

// Parse checks a config that was read from the file name, which need not
// exist; includes and relative paths hang on its folder. env looks variables of
// the environment up, as [os.LookupEnv] does.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, error) {
	return parse(name, data, env, nil)
}

// parse takes what included files will hold from edited, where it is there.
func parse(name string, data []byte, env func(string) (string, bool), edited map[string][]byte) (*Config, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", name, err)
	}
	b := &builder{env: env, config: defaults(), edited: edited}
	b.config.name, b.config.path, b.config.files, b.config.env = name, path, []string{path}, env
	b.config.noteRead(path, data)
	main, mistake := parseDocument(name, path, data)
	if mistake != nil {
		return nil, Errors{mistake}
	}
	b.build(main)
	if len(b.errs) > 0 {
		return nil, b.errs.sorted()
	}
	return b.config, nil
}

// readFile reads a file of at most maxFile bytes.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	return data, err
}

// Path gives the absolute path of the config file.
func (c *Config) Path() string { return c.path }

// Files gives the absolute paths of all files that were read, the config file
// first, certificates included: what to watch for changes.
func (c *Config) Files() []string { return c.files }

// Site gives who publishes.
func (c *Config) Site() news.Site { return c.site }

// Node gives what may differ between the nodes of one installation.
func (c *Config) Node() Node { return c.node }

// AdminChosen reports whether the operator said where the admin listener is. A
// default that is taken already is no reason not to start.
func (c *Config) AdminChosen() bool { return c.adminChosen }

// Theme gives the absolute path of the folder that overlays templates and
// styles, or "".
func (c *Config) Theme() string { return c.theme }

// ArticlesDir gives the absolute path of the folder of local articles. It
// need not exist.
func (c *Config) ArticlesDir() string { return c.articles }

// Redirects gives the target of each path that moved: a path of this site,
// without its sub-path, or an absolute http(s) URL.
func (c *Config) Redirects() map[string]string { return c.redirects }

// Fetch gives how this node fetches.
func (c *Config) Fetch() Fetch { return c.fetch }

// Sources gives the configured sources in the order of the config, with the
// keys of [fetch] and of their [host] laid under their own.
func (c *Config) Sources() []news.Source { return c.sources }

// Source gives a source by name.
func (c *Config) Source(name string) (news.Source, bool) {
	i, ok := c.byName[name]
	if !ok {
		return news.Source{}, false
	}
	return c.sources[i], true
}

// Feeds gives the feeds in the order of the config, never none: the first is
// the home page. Without a [[feed]] there is one, "latest", with everything.
func (c *Config) Feeds() []news.Feed { return c.feeds }

// Hub gives the URL of the WebSub hub that we announce and ping, "builtin", or
// "" for none.
func (c *Config) Hub() string { return c.hub }

// ReadingLists gives the lists of sources that are kept elsewhere.
func (c *Config) ReadingLists() []ReadingList { return c.lists }

// Bounds of durations that operators set.
const (
	maxTimeout   = 10 * time.Minute
	maxHostDelay = time.Hour
	maxAge       = 100 * 365 * day
)
