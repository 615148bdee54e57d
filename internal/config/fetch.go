package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

// settings are a source in the making.
type settings struct {
	news.Source
	paced bool // its [host] block or itself says how its host is paced
}

// fetch reads [fetch]: what holds for the node, and what all sources share.
func (b *builder) fetch(t *table) {
	f := &b.config.fetch
	t.whole("concurrency", &f.Concurrency, 1, 10_000)
	t.checked("contact", &f.Contact, checkContact)
	b.base = defaultSource(*f)
	b.shared(t, &b.base)
	f.Schedule, f.Settings = b.base.Schedule, b.base.Fetch
	t.finish()
}

// shared reads the keys that [fetch], [host."…"] and [[source]] have in
// common. Networks add up, so that a source can reach what the operator opened
// for all; every other key replaces what lies below.
func (b *builder) shared(t *table, s *settings) {
	t.checked("schedule", &s.Schedule, b.schedule)
	t.duration("timeout", &s.Fetch.Timeout, time.Second, maxTimeout)
	concurrency := t.whole("host_concurrency", &s.Fetch.HostConcurrency, 1, 100)
	delay := t.duration("host_delay", &s.Fetch.HostDelay, 0, maxHostDelay)
	s.paced = t.title != "[fetch]" && (s.paced || concurrency || delay)
	s.Fetch.AllowNetworks = networks(t, s.Fetch.AllowNetworks)
	oneOf(t, "content", &s.Content, news.ContentFull, news.ContentSummary, news.ContentTitle)
	oneOf(t, "images", &s.Images, news.ImagesKeep, news.ImagesStrip)
	keep(t, &s.Keep)
	t.texts("embeds", &s.Embeds, checkHost)
	t.checked("user_agent", &s.Fetch.UserAgent, checkUserAgent)
	b.proxy(t, s)
	b.authority(t, s)
	http2 := !s.Fetch.HTTP1
	t.flag("http2", &http2)
	s.Fetch.HTTP1 = !http2
}

// schedule checks a schedule. Thousands of sources share a few, and trying one
// out takes time.
func (b *builder) schedule(spec string) (string, error) {
	if known, ok := b.schedules[spec]; ok {
		return known, nil
	}
	parsed, err := schedule.Parse(spec)
	if err != nil {
		return "", &cured{errors.New(strings.TrimPrefix(err.Error(), "schedule ")), scheduleCure(spec)} // the key says so too
	}
	b.schedules[parsed.String()] = parsed.String()
	return parsed.String(), nil
}

// scheduleCure gives what was meant by a duration alone, or by a word after
// which one comes, else some examples.
func scheduleCure(spec string) string {
	words := strings.Fields(strings.TrimLeft(strings.ToLower(spec), "@"))
	if len(words) == 2 && words[0] == "every" {
		words = words[1:]
	}
	if len(words) == 1 {
		if every, err := time.ParseDuration(words[0]); err == nil && every >= time.Second {
			return fmt.Sprintf("did you mean \"@every %s\"?", words[0])
		}
		if slices.Contains([]string{"hourly", "daily", "weekly", "monthly", "yearly"}, words[0]) {
			return fmt.Sprintf("did you mean \"@%s\"?", words[0])
		}
	}
	return `as in "@every 30m", "@daily" or "0 7-19 * * 1-5"`
}

// own reads the keys that [host."…"] and [[source]] have in common.
func (b *builder) own(t *table, s *settings) {
	b.shared(t, s)
	t.text("title", &s.Title)
	t.checked("site", &s.Site, checkWeb)
	t.text("author", &s.Author)
	t.checked("image", &s.Image, checkWeb)
	t.texts("tags", &s.Tags, anyText)
	where(t, &s.Where)
	oneOf(t, "identity", &s.Identity, news.IdentityID, news.IdentityLink, news.IdentityTitle)
	t.flag("mirror", &s.Mirror)
	t.flag("full_text", &s.FullText)
	t.flag("paused", &s.Paused)
	t.flag("ignore_cache", &s.Fetch.IgnoreCache)
	b.headers(t, s)
	b.credentials(t, s)
	for _, key := range []string{"concurrency", "contact"} {
		if t.has(key) {
			t.get(key)
			t.fail(key, key+" holds for the whole node, not for one source or host", "write it in [fetch]")
		}
	}
}

func networks(t *table, under []netip.Prefix) []netip.Prefix {
	var texts []string
	if !t.texts("allow_networks", &texts, checkPrefix) {
		return under
	}
	out := slices.Clone(under)
	for _, s := range texts {
		if prefix, err := parsePrefix(s); err == nil && !slices.Contains(out, prefix) {
			out = append(out, prefix)
		}
	}
	return out
}

// keep reads for how long, or how many, stories are kept.
func keep(t *table, to *news.Keep) {
	switch value, _ := t.get("keep"); value.(type) {
	case int64:
		var count int
		if t.whole("keep", &count, 1, math.MaxInt32) {
			*to = news.Keep{Count: count}
		}
	case string:
		if value == "forever" {
			*to = news.Keep{}
			return
		}
		var age = to.Age
		if t.duration("keep", &age, day, maxAge) {
			*to = news.Keep{Age: age}
		}
	case nil:
	default:
		t.mistyped(join(t.path, "keep"), "keep", "a duration or a number of stories", value, `as in "90d", 500 or "forever"`)
	}
}

// hostBlocks reads [host."…"] once by itself, so that its mistakes are told
// even when no source is there.
func (b *builder) hostBlocks(t *table) {
	b.hosts = map[string]*table{}
	if t == nil {
		return
	}
	for host := range t.values {
		block := t.table(host, fmt.Sprintf("[host.%q]", host))
		if block == nil {
			continue
		}
		name, err := checkHostPort(host)
		if err != nil {
			t.fail(host, err.Error(), "")
			continue
		}
		if inner := innerTable(block); inner != "" {
			t.fail(host, fmt.Sprintf("the name of a host has dots, so it stands in quotes: [host.%q]", host+"."+inner), "")
			continue
		}
		b.hosts[name] = block
		scratch := b.base
		b.own(block, &scratch)
		block.finish()
	}
}

// innerTable finds what [host.example.org], without quotes, makes of a name: a
// table in a table that is no key of ours.
func innerTable(block *table) string {
	for key, value := range block.values {
		if _, nested := value.(map[string]any); nested && key != "headers" {
			return key
		}
	}
	return ""
}
