package news

import (
	"net/netip"
	"strings"
	"time"
)

// SourceKey identifies a source in the store. It survives a rename and a move
// of the source, so its stories and fetch state do too. Zero means not stored.
type SourceKey int64

// ArticlesName is the name of the source that stands for the local Markdown
// articles. No configured source can have it: '@' is not allowed there.
const ArticlesName = "@articles"

// Source is a feed that we pull, as the operator configured it, with the
// defaults of [fetch] and [host] already laid under it.
type Source struct {
	Name string // unique, [a-z0-9-]{1,64}, or ArticlesName
	URL  string // http(s)://… or file:PATH with an absolute path

	// These four override what the feed says of itself; empty means they don't.
	Title  string
	Site   string
	Author string
	Image  string

	Tags     []string
	Schedule string // a robfig/cron spec or "adaptive"; empty for articles
	Where    string // rule over its stories; empty keeps all

	Content  ContentMode
	Images   ImageMode
	Identity IdentityMode
	Keep     Keep
	Embeds   []string // iframe hosts to keep
	Mirror   bool     // what disappears upstream disappears here
	FullText bool     // fetch the article page for the full text
	Paused   bool     // not visited; what it brought stays

	Fetch FetchSettings
}

// FetchSettings say how one source is fetched.
type FetchSettings struct {
	Timeout         time.Duration // of one whole visit
	HostConcurrency int           // requests at once to its host, ≥ 1
	HostDelay       time.Duration // pause between two requests to its host
	Unpaced         bool          // neither host limit holds: its host lies inside AllowNetworks
	AllowNetworks   []netip.Prefix
	Headers         map[string]string // by canonical name, sent to the configured host only; values may be secret
	UserAgent       string            // in place of ours; empty for ours
	Proxy           string            // URL of the proxy to go through, which may hold a password; empty for none
	HTTP1           bool              // never HTTP/2
	CA              string            // certificates in PEM form that are trusted beside the system's
	IgnoreCache     bool              // ask for the whole document each time, whatever validators and cache headers say
}

// IsFile reports whether the source is read from the local disk.
func (s *Source) IsFile() bool { return strings.HasPrefix(s.URL, "file:") }

// IsArticles reports whether the source stands for the local articles.
func (s *Source) IsArticles() bool { return s.Name == ArticlesName }

// ContentMode says how much of a story may be republished.
type ContentMode string

// The content modes, from most to least.
const (
	ContentFull    ContentMode = "full"    // summary and content
	ContentSummary ContentMode = "summary" // the summary only, made from the content where there is none
	ContentTitle   ContentMode = "title"   // title and link only
)

// ImageMode says what happens to images inside stories.
type ImageMode string

// The image modes.
const (
	ImagesKeep  ImageMode = "keep"
	ImagesStrip ImageMode = "strip"
)

// IdentityMode says what tells two stories of one source apart.
type IdentityMode string

// The identity modes. The last two are for feeds whose ids churn.
const (
	IdentityID    IdentityMode = "id"
	IdentityLink  IdentityMode = "link"
	IdentityTitle IdentityMode = "title"
)

// Keep says how long stories of a source are kept: by age, by count, or, when
// both are zero, for ever.
type Keep struct {
	Age   time.Duration
	Count int
}

// Validators are what an upstream gave us to ask "changed since?" with. They
// are sent back byte for byte (RFC 9110 §13.1.2, §13.1.3) and only to URL.
type Validators struct {
	URL          string // the address that answered, after redirects, when they were given
	ETag         string
	LastModified string
	BodyHash     uint64 // of the decoded body, to notice a 200 with the same bytes; 0 means none
}

// SourceInfo is what a source says of itself, mended by what the operator
// configured: the attribution that travels with each of its stories.
type SourceInfo struct {
	Key     SourceKey
	Name    string
	Title   string // plain text, never empty: falls back to the host, then the name
	Site    string // absolute http(s) URL of its home page, or empty
	URL     string // of the feed itself, see PublicAddress; empty for file: sources and articles
	Keyed   bool   // URL alone doesn't lead to the feed: it takes a key that nobody is told
	ID      string // its atom:id, or empty
	Image   string
	Author  string
	Rights  string
	Tags    []string
	Content ContentMode
	Local   bool // the local articles
	Updated time.Time
	// Settings tells apart under which settings its stories are read and kept,
	// and whether it was read under them yet: others may take stories away.
	// Only filled where it comes with a story; not for readers.
	Settings uint64
}
