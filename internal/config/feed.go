package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/internal/rule/nearest"
)

// maxLimit bounds the stories in an edition.
const maxLimit = 1000

// reserved are the names that addresses of the site already have.
var reserved = []string{
	"articles", "archive", "embed", "events", "fragment", "healthz", "oembed",
	"robots", "sitemap", "sources", "static", "status", "tags", "websub",
}

// feed reads a [[feed]].
func (b *builder) feed(t *table) {
	f := defaultFeed()
	if t.checked("name", &f.Name, checkName) {
		if slices.Contains(reserved, f.Name) {
			t.fail("name", fmt.Sprintf("the name %q is reserved: the site has pages there", f.Name), "reserved: "+strings.Join(reserved, ", "))
		} else {
			b.unique(t, b.feeds, "name", f.Name, "another feed is named "+f.Name, "name it otherwise, or take one of them out")
		}
	} else if !t.has("name") || t.values["name"] == "" {
		t.failHere("a [[feed]] needs a name", `add one, as in name = "latest"`)
	}
	t.text("title", &f.Title)
	t.text("description", &f.Description)
	t.whole("limit", &f.Limit, 1, maxLimit)
	t.texts("sources", &f.Sources, anyText)
	t.texts("tags", &f.Tags, anyText)
	t.flag("local", &f.Local)
	where(t, &f.Where)
	t.duration("max_age", &f.MaxAge, time.Second, maxAge)
	t.whole("max_per_source", &f.MaxPerSource, 0, maxLimit)
	t.share("max_share", &f.MaxShare)
	oneOf(t, "content", &f.Content, news.ContentFull, news.ContentSummary, news.ContentTitle)
	t.finish()
	b.config.feeds = append(b.config.feeds, f)
	b.pending = append(b.pending, func() { b.knownSources(t, f.Sources) })
}

// knownSources tells which sources of a feed there are none of. The position
// in the list is that in the file, so nothing is told twice when one is wrong.
func (b *builder) knownSources(t *table, names []string) {
	list, _ := t.values["sources"].([]any)
	for i, element := range list {
		name, _ := element.(string)
		if !slices.Contains(names, name) || b.hasSource(name) {
			continue
		}
		hint := "no [[source]] has this name"
		if meant := nearest.Word(name, slices.Sorted(maps.Keys(b.config.byName))); meant != "" {
			hint = fmt.Sprintf("did you mean %q?", meant)
		}
		t.failAt(join(join(t.path, "sources"), strconv.Itoa(i)), fmt.Sprintf("sources: unknown source %q", name), hint)
	}
}

func (b *builder) hasSource(name string) bool {
	_, ok := b.config.byName[name]
	return ok
}

// finishFeeds gives the feed that is there when none is configured, and titles
// to those without.
func (b *builder) finishFeeds() {
	if len(b.config.feeds) == 0 {
		f := defaultFeed()
		f.Name = "latest"
		b.config.feeds = []news.Feed{f}
	}
	for i := range b.config.feeds {
		f := &b.config.feeds[i]
		switch {
		case f.Title != "":
		case i == 0:
			f.Title = b.config.site.Title
		default:
			f.Title = b.config.site.Title + ": " + f.Name
		}
	}
}
