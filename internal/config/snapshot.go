package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/internal/rule"
)

// Snapshot is a config as it is put on record when it is applied: what holds
// for the whole installation, defaults included. It has neither secrets nor the
// keys of one node ([Node]); of headers it has the names. Two files that mean the
// same give the same snapshot.
type Snapshot struct {
	Site    map[string]string   `json:"site"`    // of [site], [fetch], [articles], [push] and [redirects], by table.key
	Sources []SnapshotEntry     `json:"sources"` // by name
	Feeds   []SnapshotEntry     `json:"feeds"`   // in the order of the config
	Lists   []map[string]string `json:"lists,omitempty"`
	Prints  map[string]string   `json:"fingerprints"` // of each feed's membership
}

// SnapshotEntry is a source or feed: its name and its other keys.
type SnapshotEntry struct {
	Name string            `json:"name"`
	Keys map[string]string `json:"keys"`
}

// Snapshot gives what is put on record of a config. Sources of reading lists are
// not in it: they are no part of the file.
func (c *Config) Snapshot() *Snapshot {
	own := c.ownByName()
	s := &Snapshot{Site: c.siteKeys(), Feeds: c.feedEntries(), Lists: c.listKeys(), Prints: c.prints(own)}
	for _, source := range own {
		s.Sources = append(s.Sources, SnapshotEntry{source.Name, keys(c.appendPairs(nil, source)...)})
	}
	return s
}

// ReadSnapshot reads what [Config.Text] gave.
func ReadSnapshot(text string) (*Snapshot, error) {
	s := &Snapshot{}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("read the config that was applied: %w", err)
	}
	return s, nil
}

// ownByName gives the sources that stand in the config, by name.
func (c *Config) ownByName() []*news.Source {
	own := make([]*news.Source, 0, len(c.sources))
	for i := range c.sources {
		if c.listed[c.sources[i].Name] == "" {
			own = append(own, &c.sources[i])
		}
	}
	return sortByName(own)
}

func sortByName(sources []*news.Source) []*news.Source {
	slices.SortFunc(sources, func(a, b *news.Source) int { return strings.Compare(a.Name, b.Name) })
	return sources
}

func (c *Config) feedEntries() []SnapshotEntry {
	entries := make([]SnapshotEntry, len(c.feeds))
	for i := range c.feeds {
		entries[i] = SnapshotEntry{c.feeds[i].Name, feedKeysOf(&c.feeds[i])}
	}
	return entries
}

func (c *Config) listKeys() []map[string]string {
	var lists []map[string]string
	for _, list := range c.lists {
		lists = append(lists, keys("opml", bare(c.portable(list.OPML)), "schedule", list.Schedule, "tags", strings.Join(list.Tags, ", ")))
	}
	return lists
}

// Fingerprints gives what decides the membership of each feed, sources of reading
// lists included; see [rule.Fingerprint].
func (c *Config) Fingerprints() map[string]string {
	all := make([]*news.Source, len(c.sources))
	for i := range c.sources {
		all[i] = &c.sources[i]
	}
	return c.prints(sortByName(all))
}

// prints gives the fingerprint of each feed over some sources.
func (c *Config) prints(own []*news.Source) map[string]string {
	prints := make(map[string]string, len(c.feeds))
	for i := range c.feeds {
		prints[c.feeds[i].Name] = rule.Fingerprint(&c.feeds[i], own)
	}
	return prints
}

// portable gives a path below the config's folder relative to that: the same
// config is in other places on other machines.
func (c *Config) portable(path string) string {
	if !filepath.IsAbs(path) {
		return path // none, or a URL
	}
	relative, err := filepath.Rel(filepath.Dir(c.path), path)
	if err != nil || !filepath.IsLocal(relative) {
		return path
	}
	return filepath.ToSlash(relative)
}

// siteKeys are the keys outside sources and feeds.
func (c *Config) siteKeys() map[string]string {
	all := keys(
		"site.title", c.site.Title, "site.url", c.site.URL, "site.description", c.site.Description,
		"site.language", c.site.Language, "site.timezone", c.site.Location.String(),
		"site.author.name", c.site.Author.Name, "site.author.email", c.site.Author.Email, "site.author.url", c.site.Author.URL,
		"site.theme", c.portable(c.theme), "articles.dir", c.portable(c.articles), "push.hub", bare(c.hub),
		"fetch.contact", c.fetch.Contact, "fetch.concurrency", strconv.Itoa(c.fetch.Concurrency),
	)
	if c.urlDefault { // made of where this node listens
		delete(all, "site.url")
	}
	for from, to := range c.redirects {
		all["redirects."+from] = to
	}
	return all
}

// appendPairs adds the keys of a source, in alphabetical order, and their values
// as they hold for it: what lies under them in [fetch] and [host] is included.
func (c *Config) appendPairs(pairs []string, s *news.Source) []string {
	networks := make([]string, len(s.Fetch.AllowNetworks))
	for i, p := range s.Fetch.AllowNetworks {
		networks[i] = p.String()
	}
	authority := ""
	if s.Fetch.CA != "" {
		sum := sha256.Sum256([]byte(s.Fetch.CA))
		authority = "sha256:" + hex.EncodeToString(sum[:8])
	}
	address := bare(s.URL)
	if path, ok := strings.CutPrefix(s.URL, "file:"); ok {
		address = "file:" + c.portable(path)
	}
	return append(pairs,
		"allow_networks", strings.Join(networks, ", "), "author", s.Author, "ca_file", authority,
		"content", string(s.Content), "embeds", strings.Join(s.Embeds, ", "), "full_text", flagText(s.FullText),
		"headers", strings.Join(slices.Sorted(maps.Keys(s.Fetch.Headers)), ", "),
		"host_concurrency", strconv.Itoa(s.Fetch.HostConcurrency), "host_delay", durationText(s.Fetch.HostDelay),
		"http2", strconv.FormatBool(!s.Fetch.HTTP1), "identity", string(s.Identity),
		"ignore_cache", flagText(s.Fetch.IgnoreCache), "image", s.Image, "images", string(s.Images),
		"keep", keepText(s.Keep), "mirror", flagText(s.Mirror), "paused", flagText(s.Paused),
		"proxy", bare(s.Fetch.Proxy), "schedule", s.Schedule, "site", s.Site, "tags", strings.Join(s.Tags, ", "),
		"timeout", durationText(s.Fetch.Timeout), "title", s.Title, "url", address,
		"user_agent", s.Fetch.UserAgent, "where", s.Where,
	)
}

func feedKeysOf(f *news.Feed) map[string]string {
	return keys(
		"title", f.Title, "description", f.Description, "limit", strconv.Itoa(f.Limit),
		"sources", strings.Join(slices.Sorted(slices.Values(f.Sources)), ", "),
		"tags", strings.Join(slices.Sorted(slices.Values(f.Tags)), ", "),
		"local", strconv.FormatBool(f.Local), "where", f.Where, "max_age", durationText(f.MaxAge),
		"max_per_source", strconv.Itoa(f.MaxPerSource), "max_share", strconv.FormatFloat(f.MaxShare, 'g', -1, 64),
		"content", string(f.Content),
	)
}

// keys makes a map of pairs; empty values are left out.
func keys(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func flagText(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return formatDuration(d)
}

func keepText(k news.Keep) string {
	switch {
	case k.Count > 0:
		return strconv.Itoa(k.Count)
	case k.Age > 0:
		return formatDuration(k.Age)
	}
	return "forever"
}

// bare is an address without what may be secret in it: user, password.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.User == nil {
		return address
	}
	u.User = nil
	return u.String()
}
