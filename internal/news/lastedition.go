package news

import "time"

// LastEdition is what readers were last given of a feed: what its next edition
// is held against. Processes share it, so that all of them decide alike, after
// a restart too.
type LastEdition struct {
	Revision    int64  // of the feed, when it was made
	Fingerprint string // of the feed's places at that time
	Entered     int64  // number of the newest story that had entered the feed
	Complete    bool   // it held every story of the feed
	// Stories of the edition, in its order. None in one that was let through
	// by hand: whatever follows may be published.
	Stories []LastStory
}

// LastStory is a story in a LastEdition.
type LastStory struct {
	PublicID string    `json:"public_id"`
	Source   SourceKey `json:"source"`
	ID       string    `json:"id"` // within its source
	Date     time.Time `json:"date"`
	Settings uint64    `json:"settings"` // SourceInfo.Settings of its source then
}

// Fate is what became of a story that a feed once showed.
type Fate struct {
	SourceName string // empty when its source is configured no more
	Settings   uint64 // of its source now, as in SourceInfo; 0 likewise
	Stored     bool   // the story is there still
	Shown      bool   // its public id still has a place in the feed that is shown
	Expired    bool   // its source keeps it no more
	Retracted  bool   // the operator took it out: nobody may get it any longer
}
