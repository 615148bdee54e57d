package config

import (
	"fmt"
	"net"
	"strings"
	"time"

	"tributary/internal/news"
)

// builder lays documents over the defaults and notes what is wrong.
type builder struct {
	env    func(string) (string, bool)
	config *Config
	errs   Errors
	edited map[string][]byte // what included files will hold, by path

	base      settings              // what holds for all sources
	hosts     map[string]*table     // [host."…"] blocks
	layers    layers                // base and these
	names     map[string]definition // of the sources
	urls      map[string]definition // of the sources
	feeds     map[string]definition // by name
	opml      map[string]definition // of the reading lists
	pending   []func()              // checks that need all sources
	schedules map[string]string     // those that were found to be good, by themselves: all sources share the text

	authorities map[string]string // certificates by path
}

// build reads the main document and all that it includes.
func (b *builder) build(main *document) {
	top := main.top(&b.errs)
	b.schedules, b.authorities = map[string]string{}, map[string]string{}
	b.feeds, b.opml = map[string]definition{}, map[string]definition{}
	included := b.included(top)
	b.makeRoom(append(included, main))
	b.site(orEmpty(top.table("site", "[site]"), top))
	b.fetch(orEmpty(top.table("fetch", "[fetch]"), top))
	b.hostBlocks(top.table("host", "[host]"))
	b.layers = b.layersOver(b.base)
	b.config.layers = b.layersOver(b.listedBase())
	b.rest(top)
	b.sourcesAndFeeds(top)
	top.finish()
	for _, doc := range included {
		b.include(doc)
	}
	for _, check := range b.pending {
		check()
	}
	b.finishFeeds()
}

// makeRoom takes the room for all sources at once: growing costs more than a
// tenth of the reading.
func (b *builder) makeRoom(documents []*document) {
	n := 0
	for _, doc := range documents {
		list, _ := doc.values["source"].([]any)
		n += len(list)
	}
	b.names, b.urls = make(map[string]definition, n), make(map[string]definition, n)
	b.config.byName, b.config.sources = make(map[string]int, n), make([]news.Source, 0, n)
}

// orEmpty gives an empty table for one that is absent, so that defaults and
// the environment are still looked at.
func orEmpty(t, top *table) *table {
	if t == nil {
		return &table{doc: top.doc, errs: top.errs}
	}
	return t
}

func (b *builder) sourcesAndFeeds(t *table) {
	b.config.origins = append(b.config.origins, origin{t.doc.path, len(b.config.sources)})
	for _, s := range t.tables("source", "[[source]]") {
		b.source(s)
	}
	for _, f := range t.tables("feed", "[[feed]]") {
		b.feed(f)
	}
}

func (b *builder) site(t *table) {
	site := &b.config.site
	t.text("title", &site.Title)
	hasURL := t.checked("url", &site.URL, checkSiteURL)
	t.text("description", &site.Description)
	t.checked("language", &site.Language, checkLanguage)
	t.checked("icon", &site.Icon, checkIcon)
	b.author(t)
	b.timezone(t)
	b.node(t)
	theme := ""
	if t.text("theme", &theme) {
		b.config.theme = t.doc.resolve(theme)
	}
	if !hasURL {
		site.URL = defaultURL(b.config.node.Listen)
		b.config.urlDefault = true
	}
	if strings.HasPrefix(site.Icon, "/") {
		site.Icon = site.URL + site.Icon
	}
	t.finish()
}

// defaultURL is where a browser on this machine finds the public listener.
func defaultURL(listen string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil { // told already
		return ""
	}
	return "http://localhost:" + port
}

func (b *builder) author(t *table) {
	author := t.table("author", "author")
	if author == nil {
		return
	}
	to := &b.config.site.Author
	author.text("name", &to.Name)
	author.text("email", &to.Email)
	author.checked("url", &to.URL, checkWeb)
	author.finish()
}

func (b *builder) timezone(t *table) {
	var name string
	if !t.text("timezone", &name) {
		return
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		t.fail("timezone", fmt.Sprintf("timezone: %q is no IANA time zone", name), `as in "UTC" or "Europe/Berlin"`)
		return
	}
	b.config.site.Location = location
}
