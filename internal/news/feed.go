package news

import "time"

// Site is who publishes: what every feed and page shares.
type Site struct {
	Title       string
	URL         string // public base URL without a slash at its end; a sub-path is allowed
	Description string
	Language    string // BCP 47
	Author      Person
	Icon        string         // URL of a square picture that stands for the site; may be empty
	Location    *time.Location // for the dates on pages; feeds are always UTC
}

// Feed is a combined feed that we publish, as configured.
type Feed struct {
	Name         string // [a-z0-9-]{1,64}, unique, not reserved; served at /NAME
	Title        string
	Description  string
	Limit        int      // stories in an edition, ≥ 1
	Sources      []string // names; empty means all
	Tags         []string // sources or local articles with any of these tags; empty means all
	Local        bool     // local articles too
	Where        string   // rule over stories; empty keeps all
	MaxAge       time.Duration
	MaxPerSource int     // 0 means no limit
	MaxShare     float64 // of one source in an edition of 20 or more, in (0, 1]
	Content      ContentMode
}

// Edition is the stories of one feed at one moment, newest first: by Date,
// then by story key, both descending. The same edition renders to the same
// bytes on every machine.
type Edition struct {
	Site  Site
	Feed  Feed
	Items []Item
	// Updated is the newest change of any item, zero when there is none. It
	// comes from the stories, never from the clock.
	Updated time.Time
	// Expires is when max_age next takes an item out; zero means never.
	Expires time.Time
	History History
}

// History is where an edition stands in the history of its feed: the newest
// stories, or an archive page (RFC 5005 §4). A page holds a run of stories in
// the order in which they entered the feed.
type History struct {
	Complete bool // it holds every story of the feed (RFC 5005 §2)
	Page     int  // number of the archive page, 1 being the oldest; 0: the newest stories
	Open     bool // of a page: further stories will come to it
	Prev     int  // the page with what is not here and older; 0: none
	Next     int  // of a page: the one after it; 0: none
}

// Item is a story in its place in an edition.
type Item struct {
	Story
	// From is the source the story came from: the attribution.
	From SourceInfo
	// AlsoIn are other sources of the same feed that carry the same story:
	// its hidden places.
	AlsoIn []Copy
}

// Copy is another source's copy of a story.
type Copy struct {
	Title string // of the source that carries it
	Link  string // of the copy
}

// Remembered is stories as a store gave them before, by key. Where a story is
// still the same, as its hashes, dates and counts tell, a store may take all of
// it from there instead of reading it; its Policy, which changes nothing that
// it says, may then be an older one. Nobody changes what it points to.
type Remembered map[StoryKey]*Story

// Cursor is a position in a feed: that of an item by its Date and Key.
type Cursor struct {
	Date time.Time
	Key  StoryKey
}

// Place is where a story stands in a feed. Date and PublicID are those under
// which the story was first published there, so a better copy that replaces
// another keeps its place and its id.
type Place struct {
	Feed     string
	Story    StoryKey
	Date     time.Time
	PublicID string
	// Hidden: it qualifies, but another copy of the same story is shown, whose
	// Date and PublicID it carries, to take over under them.
	Hidden bool
}

// StoredStory is a story with the feeds it stands in.
type StoredStory struct {
	Story
	SourceName string
	Places     []Place
}

// Verdict says whether a story belongs to a feed, and why not if it doesn't.
type Verdict struct {
	Feed   string
	In     bool
	Reason string // a sentence for the operator; empty when In and nothing is odd
}

// Membership says to which feeds a story belongs. It is a pure function of
// the story and its source, gives one verdict a configured feed, in the order
// of the config, and is safe for concurrent use.
type Membership func(story *Story, from *Source) []Verdict
