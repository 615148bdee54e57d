package news

import "time"

// StoryKey identifies a story in the store. Zero means not stored.
type StoryKey int64

// Story is one item after normalize: text is plain UTF-8 without control or
// BiDi characters, HTML is sanitized, URLs are absolute http(s). The HTML of a
// local article is its author's and is not sanitized.
type Story struct {
	Key    StoryKey
	Source SourceKey

	// ID tells the story apart within its source: the upstream's id verbatim
	// after trimming, else the link, else a hash of title and content. Never
	// empty, never a date.
	ID string
	// PublicID is what we publish as guid, atom:id and JSON id: an absolute
	// URI, unique over all stories, fixed when the story is first stored.
	PublicID string
	// Canonical is Link without what does not tell pages apart; two stories
	// with the same one are copies of one story. Empty without a link.
	Canonical string

	Title    string // plain text, at most 1 KB; may be empty
	Link     string // where a person reads it; may be empty
	Summary  string // HTML; may be empty
	Content  string // HTML, at most 512 KB; may be empty
	Excerpt  string // plain text for cards, at most 280 characters, from summary or content
	Words    int    // words in content, else in summary
	Language string // BCP 47, or empty
	Rights   string // plain text
	Comments string // URL of the discussion, or empty
	Image    string // URL of a picture that stands for the story, or empty

	Authors    []Person
	Categories []string
	Enclosures []Enclosure
	Origin     *Origin // where the upstream itself took it from, or nil

	Published time.Time // as the upstream claims; zero when missing or absurd
	Updated   time.Time // likewise
	FirstSeen time.Time // when we stored it first
	// Date is the sort key and the published date in our feeds. Fixed at first
	// sight: never after FirstSeen, never changed by an update.
	Date time.Time
	// Changed is when what we publish of it last changed; Date when never.
	Changed time.Time
	Updates int // how often it changed since FirstSeen

	Local bool   // a local article
	Slug  string // of a local article: served at /articles/SLUG; else empty
	// FormerSlugs of a local article lead to it, where no other article is.
	FormerSlugs []string

	Hash    uint64 // over what readers see of it, dates aside
	RawHash uint64 // over the raw entry and the settings that shape it, to skip normalizing what did not change

	// Policy is the version of the sanitizing policy that its HTML went through.
	Policy int

	Dated    DateReason // why Date is what it is
	Original bool       // its link's host is the host that it was fetched from
}

// Person is an author. At least one field is set.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Enclosure is a file that comes with a story.
type Enclosure struct {
	URL    string `json:"url"` // absolute http(s)
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"` // bytes; 0 when unknown
	// Duration is how long it plays, in whole seconds; 0 when unknown.
	Duration int64   `json:"duration,omitempty"`
	Episode  Episode `json:"episode,omitzero"` // what makes it one of a podcast
}

// Episode is what podcasts say of the file of an episode, in the words of
// Apple's tags for RSS. The zero value says nothing.
type Episode struct {
	Number   int    `json:"number,omitempty"`   // from 1; 0: none
	Season   int    `json:"season,omitempty"`   // from 1; 0: none
	Kind     string `json:"kind,omitempty"`     // "full", "trailer", "bonus", or empty
	Explicit string `json:"explicit,omitempty"` // "true", "false", or empty: not said
}

// Origin is a publication that a story was taken from (RSS source element,
// atom:source).
type Origin struct {
	Title string `json:"title,omitempty"`
	ID    string `json:"id,omitempty"`
	Link  string `json:"link,omitempty"`
}

// DateReason says how a story got its Date.
type DateReason string

// The date reasons.
const (
	DatedPublished DateReason = "published" // the upstream's published date
	DatedUpdated   DateReason = "updated"   // the upstream's updated date: it gave no other
	DatedFuture    DateReason = "future"    // it lay in the future: first seen instead
	DatedMissing   DateReason = "missing"   // no date, or a year out of range: first seen instead
	DatedUntrusted DateReason = "untrusted" // the source's dates are not to be trusted: first seen instead
)
