package news

import "time"

// AppliedConfig is a config that a process made the store follow, without
// secrets and without what differs from node to node. Zero means none yet.
type AppliedConfig struct {
	Hash string // of Text
	Text string
	At   time.Time
}

// ReadingList is a list of sources that is kept elsewhere, as it was read last.
type ReadingList struct {
	Address    string // an http(s) URL or an absolute path
	Entries    []ListEntry
	Changed    time.Time // when Entries last changed; zero: it was never read
	Checked    time.Time // when it was asked for last
	Due        time.Time // when it is asked for next
	Trouble    string    // why it could not be read the last time; empty when it could
	Validators Validators
}

// ListEntry is a source in a reading list. Its name stays as long as its URL is
// in the list.
type ListEntry struct {
	Name string   `json:"name"`
	URL  string   `json:"url"` // absolute http(s)
	Tags []string `json:"tags,omitempty"`
}
