package news

import "time"

// Document is what one feed document said, translated into our words but
// otherwise as the upstream wrote it. Nothing in it is safe to publish: text
// may be markup, URLs may be relative or hostile, dates absurd.
type Document struct {
	Format      string // "rss 2.0", "atom 1.0", "json 1.1", …: lower case
	Base        string // xml:base of its root, absolute where the document's own URL was known; else empty
	Title       Text
	Link        string // home page
	Self        string // its own address as it claims
	ID          string // atom:id, verbatim after trimming
	Description Text
	Language    string
	Rights      Text
	Generator   string
	Image       string
	Updated     time.Time
	Authors     []Person
	Categories  []string
	Entries     []Entry
	Deleted     []Deletion `json:",omitempty"` // entries that the document takes back
	Refresh     Refresh
	Partial     bool     `json:",omitempty"` // it ends early, or entries could not be read: what it lacks may still be there
	Warnings    []string // what had to be mended or left out, one sentence each, for the operator
}

// Entry is one item of a Document. See Document for how far it can be trusted.
type Entry struct {
	ID         string // guid, atom:id, rdf:about, JSON id: verbatim after trimming
	Base       string // what its URLs are relative to, where it differs from the document's
	Link       string // the HTML alternate
	Title      Text
	Summary    Text
	Content    Text
	Rights     Text
	Language   string
	Comments   string
	Image      string
	Published  time.Time
	Updated    time.Time
	Authors    []Person
	Categories []string
	Enclosures []Enclosure
	Origin     *Origin
	RawHash    uint64 // over everything above as it came; equal hash, equal entry
}

// Deletion says that an upstream took an entry back (at:deleted-entry, RFC 6721).
type Deletion struct {
	ID   string    // of the entry, verbatim after trimming
	When time.Time // zero when it doesn't say
}

// TextType says how a Text is to be read (RFC 4287 §3.1.1).
type TextType string

// The text types.
const (
	TextPlain TextType = "text"  // characters, no markup
	TextHTML  TextType = "html"  // HTML source, entities already decoded once by the XML parser
	TextXHTML TextType = "xhtml" // inner markup of an XHTML div
)

// Text is a text construct as an upstream wrote it.
type Text struct {
	Value string
	Type  TextType // empty means TextHTML: what RSS leaves open is nearly always HTML
	Base  string   // xml:base in force, where it differs from the entry's
}

// IsZero reports whether there is no text at all.
func (t Text) IsZero() bool { return t.Value == "" }

// Refresh is what a document says about how often to ask for it again.
type Refresh struct {
	Interval  time.Duration  // from ttl or sy:update…; 0 when it says nothing
	SkipHours []int          // 0–23, GMT
	SkipDays  []time.Weekday // GMT
}

// Batch is what one document yielded after normalize: safe, absolute, plain.
// Its stories have no Key, FirstSeen or Date, and only local articles have a
// PublicID: merge gives them those.
type Batch struct {
	Format      string
	Title       string
	Link        string
	Self        string
	ID          string
	Description string
	Language    string
	Rights      string
	Generator   string
	Image       string
	Updated     time.Time
	Authors     []Person
	Categories  []string
	Refresh     Refresh
	Stories     []Story
	Unchanged   []string // IDs of stories whose RawHash was known already: present upstream, not normalised again
	Deleted     []Deletion
	Partial     bool // see Document.Partial
	Warnings    []string
}
