package config

import (
	"bytes"
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
// for the whole installation, defaults included, in one canonical form. It has
// neither secrets nor the keys of one node ([Node]); of headers it has the
// names. Two files that mean the same give the same snapshot.
type Snapshot struct {
	Site      map[string]string   `json:"site"` // of [site], [fetch], [articles], [push] and [redirects], by table.key
	Sources   []SnapshotEntry     `json:"sources"`
	Feeds     []SnapshotEntry     `json:"feeds"` // in the order of the config
	Lists     []map[string]string `json:"lists,omitempty"`
	Prints    map[string]string   `json:"fingerprints"` // of each feed's membership
	canonical []byte
}

// SnapshotEntry is a source or feed: its name and its other keys.
type SnapshotEntry struct {
	Name string            `json:"name"`
	Keys map[string]string `json:"keys"`
}

// Snapshot gives the canonical form of a config. Sources of reading lists are
// not in it: they are no part of the file.
func (c *Config) Snapshot() (*Snapshot, error) {
	own := slices.DeleteFunc(slices.Clone(c.sources), func(s news.Source) bool { return c.listed[s.Name] != "" })
	s := &Snapshot{Site: c.siteKeys(), Prints: map[string]string{}}
	slices.SortFunc(own, func(a, b news.Source) int { return strings.Compare(a.Name, b.Name) })
	for i := range own {
		entry := SnapshotEntry{own[i].Name, sourceKeysOf(&own[i])}
		if path, ok := strings.CutPrefix(own[i].URL, "file:"); ok {
			entry.Keys["url"] = "file:" + c.portable(path)
		}
		s.Sources = append(s.Sources, entry)
	}
	for i := range c.feeds {
		feed := &c.feeds[i]
		s.Feeds = append(s.Feeds, SnapshotEntry{feed.Name, feedKeysOf(feed)})
		s.Prints[feed.Name] = rule.Fingerprint(*feed, own)
	}
	for _, list := range c.lists {
		s.Lists = append(s.Lists, keys("opml", bare(c.portable(list.OPML)), "schedule", list.Schedule, "tags", strings.Join(list.Tags, ", ")))
	}
	var err error
	if s.canonical, err = encode(s); err != nil {
		return nil, fmt.Errorf("write the config down: %w", err)
	}
	return s, nil
}

// ReadSnapshot reads what [Snapshot.Text] gave.
func ReadSnapshot(text string) (*Snapshot, error) {
	s := &Snapshot{canonical: []byte(text)}
	if err := json.Unmarshal(s.canonical, s); err != nil {
		return nil, fmt.Errorf("read the config that was applied: %w", err)
	}
	return s, nil
}

// Text gives the snapshot as text, the same for the same snapshot.
func (s *Snapshot) Text() string { return string(s.canonical) }

// Hash gives a hash of the text.
func (s *Snapshot) Hash() string {
	sum := sha256.Sum256(s.canonical)
	return hex.EncodeToString(sum[:16])
}

func encode(s *Snapshot) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(s)
	return b.Bytes(), err
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

// sourceKeysOf gives the keys of a source as they hold for it, what lies under
// them in [fetch] and [host] included.
func sourceKeysOf(s *news.Source) map[string]string {
	networks := make([]string, len(s.Fetch.AllowNetworks))
	for i, p := range s.Fetch.AllowNetworks {
		networks[i] = p.String()
	}
	authority := ""
	if s.Fetch.CA != "" {
		sum := sha256.Sum256([]byte(s.Fetch.CA))
		authority = "sha256:" + hex.EncodeToString(sum[:8])
	}
	return keys(
		"url", bare(s.URL), "title", s.Title, "site", s.Site, "author", s.Author, "image", s.Image,
		"tags", strings.Join(s.Tags, ", "), "schedule", s.Schedule, "where", s.Where,
		"content", string(s.Content), "images", string(s.Images), "identity", string(s.Identity),
		"keep", keepText(s.Keep), "embeds", strings.Join(s.Embeds, ", "),
		"mirror", flagText(s.Mirror), "full_text", flagText(s.FullText), "ignore_cache", flagText(s.Fetch.IgnoreCache),
		"paused", flagText(s.Paused),
		"timeout", durationText(s.Fetch.Timeout), "host_concurrency", strconv.Itoa(s.Fetch.HostConcurrency),
		"host_delay", durationText(s.Fetch.HostDelay), "allow_networks", strings.Join(networks, ", "),
		"headers", strings.Join(slices.Sorted(maps.Keys(s.Fetch.Headers)), ", "), "user_agent", s.Fetch.UserAgent,
		"proxy", bare(s.Fetch.Proxy), "ca_file", authority, "http2", strconv.FormatBool(!s.Fetch.HTTP1),
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
