package config

import (
	"fmt"
	"maps"
	"slices"

	"tributary/internal/news"
)

// listedBase is what holds for any source from a reading list: what [fetch] says
// but for its networks. Whoever keeps the list must not reach what the operator
// opened for the sources of the config.
func (b *builder) listedBase() settings {
	s := b.base
	s.Fetch.AllowNetworks = nil
	return s
}

// Listed is a source from a reading list.
type Listed struct {
	List  string // the OPML of the [ReadingList]
	Entry news.ListEntry
}

// WithListed gives the config with the sources of reading lists after its own.
// They have the settings of [fetch] and of their [host], but none of the
// allow_networks of [fetch]. leftOut has a line for each that is no source: its
// address or its name is taken, or no http(s) address. c stays as it is; sources of lists that it has
// already are not taken over.
func (c *Config) WithListed(listed []Listed) (with *Config, leftOut []string) {
	if c.plain != nil {
		c = c.plain
	}
	next := *c
	next.plain = c
	next.sources = slices.Clone(c.sources)
	next.byName, next.listed = maps.Clone(c.byName), make(map[string]string, len(listed))
	taken := make(map[string]string, len(c.sources))
	for i := range c.sources {
		taken[parseAddress(c.sources[i].URL).alike()] = c.sources[i].Name
	}
	for _, l := range listed {
		source, err := c.listedSource(&l, &next, taken)
		if err != nil {
			leftOut = append(leftOut, fmt.Sprintf("%s in %s: %v", l.Entry.URL, l.List, err))
			continue
		}
		taken[parseAddress(source.URL).alike()] = source.Name
		next.byName[source.Name] = len(next.sources)
		next.sources = append(next.sources, source)
		next.listed[source.Name] = l.List
	}
	return &next, leftOut
}

func (c *Config) listedSource(l *Listed, next *Config, taken map[string]string) (news.Source, error) {
	u, err := parseWeb(l.Entry.URL)
	if err != nil {
		return news.Source{}, err
	}
	at := address{l.Entry.URL, u}
	if _, err := checkName(l.Entry.Name); err != nil {
		return news.Source{}, err
	}
	if other := taken[at.alike()]; other != "" {
		return news.Source{}, fmt.Errorf("it is there already as %s", other)
	}
	if _, there := next.byName[l.Entry.Name]; there {
		return news.Source{}, fmt.Errorf("another source is named %s", l.Entry.Name)
	}
	s := c.layers.of(at)
	s.Name, s.URL = l.Entry.Name, l.Entry.URL
	for _, tag := range slices.Concat(l.Entry.Tags, c.listTags(l.List)) {
		if !slices.Contains(s.Tags, tag) {
			s.Tags = append(slices.Clip(s.Tags), tag)
		}
	}
	s.Fetch.Unpaced = !s.paced && at.inside(s.Fetch.AllowNetworks)
	return s.Source, nil
}

// listTags are the tags that all sources of a list get.
func (c *Config) listTags(opml string) []string {
	i := slices.IndexFunc(c.lists, func(l ReadingList) bool { return l.OPML == opml })
	if i < 0 {
		return nil
	}
	return c.lists[i].Tags
}

// ListOf gives the OPML of the reading list that a source comes from, "" when it
// stands in the config.
func (c *Config) ListOf(source string) string { return c.listed[source] }
