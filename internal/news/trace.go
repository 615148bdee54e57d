package news

import "time"

// Trace is all that is on record about an address: a link, a public id, an id
// of a source, or an alias of one.
type Trace struct {
	Stories []TracedStory // those that it means and their copies, by key
	Graves  []Grave       // ids that must not come back, the newest first
	// LeftOut are ids that a source brought and that made no story, or are one
	// no more; the newest first.
	LeftOut []LeftOut
}

// TracedStory is a stored story with all that was noted about it.
type TracedStory struct {
	StoredStory
	SourceURL string
	Removed   time.Time // since when its source is configured no more; zero while it is
	Aliases   []string  // other ids under which its source brought it
	Decisions []Decision
}

// Grave is a tombstone with what it says.
type Grave struct {
	SourceName string
	ID         string
	PublicID   string // empty when unknown
	Kind       Tombstone
	Reason     string
	At         time.Time // when the story was taken out; zero when unknown
}

// LeftOut is an id of a source that was dropped or removed.
type LeftOut struct {
	SourceName string
	Decision
}

// Ahead counts the shown stories of a feed that stand before another one.
type Ahead struct {
	All      int
	OfSource int // those of the same source
}
