package news

import "time"

// Known is what the store knows that bears on one batch. A decision made from
// it is applied in the same transaction that read it.
type Known struct {
	Source SourceState
	// Stories of this source that a batch's IDs or canonical links touch, with
	// their aliases resolved; all stories of the source when it is mirrored.
	Stories []KnownStory
	// Copies are stories of other, configured sources that share a canonical
	// link with a story of the batch or with one of Stories.
	Copies []KnownStory
	// Aliases maps other ids of this source's stories to their keys.
	Aliases map[string]StoryKey
	// Tombstones are ids of this source that must not come back, with the
	// reason why.
	Tombstones map[string]Tombstone
	// Retracted are canonical links of the batch whose stories were retracted,
	// of whatever source.
	Retracted map[string]bool
	// Reserved maps ids of this source to the public ids under which they were
	// published before, where no stored story has those.
	Reserved map[string]string
	// Standings are public ids and dates under which copies of a story were
	// first published in a feed, by canonical link; their Story is zero.
	Standings map[string][]Place
	// Space is what made-up public ids of the source hang on: the URL that it
	// was first configured with, or file: and its name.
	Space string
	// Churn counts the last visits in a row at which every story was new.
	Churn int
	// Taken maps public ids that the batch might claim (its IDs that are absolute
	// URIs, and the PublicIDs that local articles come with) to the story that
	// has them.
	Taken map[string]StoryKey
}

// KnownStory is a stored story without its texts, with its places.
type KnownStory struct {
	Key       StoryKey
	Source    SourceKey
	ID        string
	PublicID  string
	Canonical string
	Published time.Time
	FirstSeen time.Time
	Date      time.Time
	Changed   time.Time
	Updates   int
	Hash      uint64
	RawHash   uint64
	Dated     DateReason
	Original  bool
	Places    []Place
}

// Changes is what a batch changes. A store applies it as it stands, in one
// transaction, and decides nothing.
type Changes struct {
	Insert []Story // without Key; the store gives keys in this order, rising
	Update []Story // with Key; FirstSeen and PublicID as before, Date too but for articles
	Touch  []Touch // stories whose RawHash alone changed
	Alias  map[string]StoryKey
	Remove []StoryKey // gone without a tombstone, with their places
	// Bury takes stories out for good: their ids, aliases included, get
	// tombstones.
	Bury []Burial
	// Hits are ids of the batch that have tombstones: they are still upstream,
	// so the tombstones are still needed.
	Hits []string
	// Place puts stories into feeds; a Place with a negative Story means the
	// story at Insert[-1-Story]. An existing place of the same feed and story
	// is replaced.
	Place   []Place
	Unplace []Place // Feed and Story only: it leaves that feed
	// Feeds whose edition would look different: their revisions rise.
	Feeds []string
	// Untrusted is set once the source's dates turned out not to be usable.
	Untrusted bool
	Churn     int      // see Known.Churn
	Capped    bool     // stories go because the source has more than any may have
	Warnings  []string // about the source as a whole, one sentence each
	Decisions []Decision
}

// Tombstone says why an id must not come back.
type Tombstone string

// The tombstones.
const (
	TombstoneRetracted Tombstone = "retracted" // the operator took it out: for ever
	TombstoneExpired   Tombstone = "expired"   // older or more than the source keeps
)

// Burial is a story that goes for good.
type Burial struct {
	Story  StoryKey
	Kind   Tombstone
	Reason string
	Link   string // canonical link that must not come back either, of no source; empty for none
}

// Touch notes that a story's raw entry changed in a way that shows nowhere.
type Touch struct {
	Key     StoryKey
	RawHash uint64
	Policy  int // by which it was sanitized, see Story.Policy
}

// Decide says what a batch changes, given what is known. It is pure.
type Decide func(known *Known, result *Result) Changes

// Revise says what becomes of stored stories, Known.Stories, that no batch
// brought: they expired, were retracted, or were sanitized anew. It is pure.
type Revise func(known *Known) Changes

// Excess says which stories of a source are too many.
type Excess struct {
	Source SourceKey
	Before time.Time // those first seen before; zero for none
	Most   int       // all but so many, the newest by Date; 0 for no limit
	Limit  int       // at most so many at once
}
