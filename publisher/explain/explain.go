// Package explain traces one story: where it came from, how it was dated and
// merged, and for each feed the one reason why it is in it or not. Start at
// [Explainer.Explain]; [Handler] shows the same as a page for operators.
//
// Nothing is decided here. What membership says, what merging noted and what an
// edition holds come from those who decide; this package only finds out which
// of their rules applied to one story.
package explain

import (
	"context"
	"errors"
	"strings"
	"time"

	"tributary/internal/news"
)

// ErrUnknown says that nothing is on record about an address.
var ErrUnknown = errors.New("nothing is known of that address; give a story's link, its id in one of the feeds, or its id at its source")

// Store is what is on record. Implementations are safe for concurrent use.
type Store interface {
	// Trace gives all that is on record about an address and its canonical form.
	Trace(ctx context.Context, address, canonical string) (news.Trace, error)
	// Ahead counts the shown stories of a feed that stand before a place of one.
	Ahead(ctx context.Context, place news.Place) (news.Ahead, error)
	// Sources gives the state of every configured source, by name.
	Sources(ctx context.Context) ([]news.SourceState, error)
}

// Explainer explains stories under one config. Its fields are set once; it is
// then safe for concurrent use.
type Explainer struct {
	Store     Store
	Canonical func(link string) string // the canonical form of a link
	Feeds     []news.Feed              // in the order of the config
	Sources   []news.Source            // with the local articles
	Member    news.Membership          // of Feeds
	// Select gives the edition of a feed as of a time.
	Select func(ctx context.Context, feed news.Feed, at time.Time) (news.Edition, error)
	// Held says why readers keep an earlier edition of a feed than the one that
	// Select gave, "" when they don't. Optional.
	Held func(ctx context.Context, edition *news.Edition) (why string, err error)
	Now  func() time.Time
}

// Code names the rule that decided about a story in a feed: a small bounded set.
type Code string

// The codes.
const (
	Published     Code = "published"
	Filtered      Code = "filtered"       // by where, sources, tags or local
	TooOld        Code = "too_old"        // max_age
	OverLimit     Code = "over_limit"     // limit
	OverShare     Code = "over_share"     // max_share
	MaxPerSource  Code = "max_per_source" // max_per_source
	Duplicate     Code = "duplicate"      // another source's copy is shown
	Held          Code = "held"           // the feed keeps an earlier edition
	SourceRemoved Code = "source_removed" // the source is configured no more
	NotPlaced     Code = "not_placed"     // it belongs there, but the config isn't applied yet
)

// Report is all that is known about an address.
type Report struct {
	Address string  `json:"address"`
	Stories []Story `json:"stories"`
	Gone    []Gone  `json:"gone,omitempty"`
	LeftOut []Note  `json:"left_out,omitempty"`
}

// Story is the trace of one story.
type Story struct {
	Title     string     `json:"title"`
	Link      string     `json:"link,omitempty"`
	ID        string     `json:"id"`
	PublicID  string     `json:"public_id"`
	Aliases   []string   `json:"aliases,omitempty"`
	Source    string     `json:"source"`
	SourceURL string     `json:"source_url,omitempty"` // without credentials and query
	Removed   *time.Time `json:"source_removed,omitempty"`
	LastVisit *time.Time `json:"last_visit,omitempty"` // of its source
	FirstSeen time.Time  `json:"first_seen"`
	Date      time.Time  `json:"date"`
	Claimed   *time.Time `json:"claimed,omitempty"` // the date that the upstream gave
	Dated     string     `json:"dated"`
	DatedWhy  string     `json:"dated_why"`
	Changed   *time.Time `json:"changed,omitempty"`
	Updates   int        `json:"updates"`
	Copies    []string   `json:"copies,omitempty"` // sources that have the same story
	Notes     []Note     `json:"notes,omitempty"`
	Feeds     []Feed     `json:"feeds"`
}

// Note is a decision that was stored.
type Note struct {
	Source string      `json:"source,omitempty"`
	At     time.Time   `json:"at"`
	Action news.Action `json:"action"`
	ID     string      `json:"id"`
	Reason string      `json:"reason"`
}

// Gone is a story that must not come back.
type Gone struct {
	Source   string         `json:"source"`
	ID       string         `json:"id"`
	PublicID string         `json:"public_id,omitempty"`
	Kind     news.Tombstone `json:"kind"`
	Reason   string         `json:"reason"`
	At       *time.Time     `json:"at,omitempty"`
}

// Feed says how a story stands with a feed.
type Feed struct {
	Name        string `json:"name"`
	Code        Code   `json:"code"`
	Reason      string `json:"reason"`
	Rank        int    `json:"rank,omitempty"` // in the edition, from 1; 0 when it is not in it
	DuplicateOf string `json:"duplicate_of,omitempty"`
}

// Explain traces what an address means: a link, a public id, an id that a
// source gave, or an alias. The error is [ErrUnknown] when nothing is on record;
// it names the feeds that are held then, as readers may have the story in those.
func (e *Explainer) Explain(ctx context.Context, address string) (*Report, error) {
	address = strings.TrimSpace(address)
	trace, err := e.Store.Trace(ctx, address, e.Canonical(address))
	if err != nil {
		return nil, err
	}
	run := run{Explainer: e, ctx: ctx, now: e.Now(), trace: &trace, editions: map[string]*edition{}}
	if len(trace.Stories)+len(trace.Graves)+len(trace.LeftOut) == 0 {
		return nil, run.unknown(address)
	}
	report := &Report{Address: address, Stories: []Story{}}
	states, err := e.Store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for i := range trace.Stories {
		story, err := run.story(&trace.Stories[i], states)
		if err != nil {
			return nil, err
		}
		report.Stories = append(report.Stories, story)
	}
	for _, g := range trace.Graves {
		report.Gone = append(report.Gone, Gone{
			Source: g.SourceName, ID: g.ID, PublicID: g.PublicID, Kind: g.Kind, Reason: g.Reason, At: known(g.At),
		})
	}
	for _, l := range trace.LeftOut {
		report.LeftOut = append(report.LeftOut, Note{Source: l.SourceName, At: l.At, Action: l.Action, ID: l.ID, Reason: l.Reason})
	}
	return report, nil
}

// known leaves an unknown time out.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
