// Package discover finds the feeds behind an address: what a person pastes is
// the address of a page, what a source needs is that of a feed. Start with
// [New] and [Finder.Find]. It only looks and tells; what becomes a source is
// the operator's decision.
//
// The rules, in order; the first one that finds a feed ends the search:
//
//  1. An address that answers with a feed is itself the answer. One without a
//     scheme is asked by https, then by http.
//  2. A page is searched for <link rel="alternate"> with the type of a feed,
//     in the order of the page; XML and JSON without a telling type come after
//     the others, feeds of comments last.
//  3. Else for <a> that look like feeds by their address or their text.
//  4. Else a few addresses are tried that feeds often have, below the page's
//     own path first, until one of them is a feed.
//
// Every address is fetched before it is called a feed. One is asked at a time,
// at most [maxRequests] in all, with a pause between two requests to one host;
// a host that turns us away is not asked again.
package discover

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

const (
	maxRequests = 16 // in one search
	maxLinks    = 8  // of one kind that are looked at in a page
	timeout     = 20 * time.Second
)

// Fetcher makes one polite request; see fetch.Fetcher, which is the one to
// use: it brings the address guard and the limits.
type Fetcher interface {
	Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error)
}

// Options are the settings of a [Finder].
type Options struct {
	Fetcher Fetcher // required
	// Delay is the pause between two requests to one host.
	Delay time.Duration
	// AllowNetworks may be reached beside the public internet.
	AllowNetworks []netip.Prefix
	// Step is told of each address before it is asked. Optional.
	Step func(address string)
}

// Finder searches. It is safe for concurrent use; each search paces itself.
type Finder struct{ options Options }

// New makes a Finder.
func New(options Options) *Finder {
	if options.Step == nil {
		options.Step = func(string) {}
	}
	return &Finder{options}
}

// Via says how a feed was found.
type Via string

// The ways to a feed.
const (
	ViaAddress Via = "address" // the address that was given is a feed
	ViaLink    Via = "link"    // the page declares it
	ViaAnchor  Via = "anchor"  // the page links to it
	ViaGuess   Via = "guess"   // a usual address
)

// Candidate is a feed that was found and read. All text in it is plain and
// safe to print.
type Candidate struct {
	URL      string // to pull; where permanent redirects lead
	Title    string // of the feed, else as the page calls it; may be empty
	Site     string // its home page; may be empty
	Type     string // "rss 2.0", "atom 1.0", "json 1.1", …
	Via      Via
	Stories  int     // in the document
	Newest   []Story // at most 3, newest first
	Comments bool    // it looks like a feed of comments
	Trouble  []string
}

// Story is a story of a Candidate.
type Story struct {
	Title string    // may be empty
	Link  string    // may be empty
	Date  time.Time // zero when the feed gives none
}

// Attempt is an address that turned out to be no feed.
type Attempt struct {
	URL    string
	Reason string // what was there instead, in words
}

// Error is a search that found no feed.
type Error struct {
	Address string // that was searched
	Found   string // what it was instead of a feed, in words
	Tried   []Attempt
	Err     error // of the first request, when that brought nothing
}

// Error says what was found instead, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Address + ": ")
	if e.Err != nil {
		b.WriteString(e.Err.Error())
		return b.String()
	}
	b.WriteString("no feed found: it is " + e.Found)
	for i, attempt := range e.Tried {
		if i == 0 {
			b.WriteString("; tried in vain")
		}
		b.WriteString("\n  " + attempt.URL + ": " + attempt.Reason)
	}
	b.WriteString("\nif the site has a feed, name the feed's own address")
	return b.String()
}

// Unwrap gives the error of the first request; nil when it was answered.
func (e *Error) Unwrap() error { return e.Err }

// Find gives the feeds behind an address, the best first, never none without
// an error, which is an *[Error] unless ctx ended.
func (f *Finder) Find(ctx context.Context, address string) ([]Candidate, error) {
	first, second, err := spellings(address)
	if err != nil {
		return nil, &Error{Address: address, Err: err}
	}
	s := &search{
		options: f.options, asked: make(map[string]bool), last: make(map[string]time.Time),
		shut: make(map[string]bool), feeds: make(map[string]bool),
	}
	candidates, failure := s.run(ctx, first)
	clear(s.shut) // by https
	if second != "" && failure != nil && unreachable(failure) && ctx.Err() == nil {
		if other, again := s.run(ctx, second); again == nil {
			return other, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if failure != nil {
		failure.Address = address
		return nil, failure
	}
	return candidates, nil
}

// spellings gives the address to ask, and a second one for when there is no
// connection to the first.
func spellings(address string) (first, second string, err error) {
	address = strings.TrimSpace(address)
	for _, scheme := range []string{"feed:", "podcast:"} {
		if rest, ok := strings.CutPrefix(address, scheme); ok { // feed:https://… and feed://…
			address = strings.TrimPrefix(rest, "//")
		}
	}
	if !strings.Contains(address, "://") {
		first, second = "https://"+address, "http://"+address
	} else {
		first = address
	}
	u, err := url.Parse(first)
	switch {
	case err == nil && u.Scheme != "http" && u.Scheme != "https":
		return "", "", errors.New("only http and https addresses can be searched")
	case err != nil || u.Hostname() == "":
		return "", "", errors.New("that is no web address")
	}
	return first, second, nil
}

// unreachable reports whether a search ended before anybody answered.
func unreachable(e *Error) bool {
	failure, ok := errors.AsType[*fetch.Error](e.Err)
	return ok && (failure.Cause == news.CauseConnect || failure.Cause == news.CauseTLS || failure.Cause == news.CauseTimeout)
}
