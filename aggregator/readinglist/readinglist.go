// Package readinglist follows lists of sources that are kept elsewhere: OPML
// documents at an address or on disk. Start at [Follower.Follow]; what it has
// stored is what the sources are then made from.
package readinglist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/schedule"
	"tributary/internal/news"
	"tributary/internal/opml"
)

// retryPause is how long after a failure a list is asked for again, unless its
// schedule comes first.
const retryPause = time.Hour

// sourceName is what the User-Agent of a list's requests names.
const sourceName = "reading-list"

// Store remembers lists. Implementations are safe for concurrent use.
type Store interface {
	// ReadingLists gives the lists that were ever asked for.
	ReadingLists(ctx context.Context) ([]news.ReadingList, error)
	// KeepReadingList stores a list in place of what is known of it.
	KeepReadingList(ctx context.Context, list news.ReadingList) error
}

// Fetcher makes one conditional request; see fetch.Fetcher for the contract.
type Fetcher interface {
	Fetch(ctx context.Context, request fetch.Request) (*fetch.Response, error)
}

// List is a list to follow.
type List struct {
	Address  string // an http(s) URL or an absolute path
	Schedule string
	Fetch    news.FetchSettings
}

func (l *List) local() bool { return !strings.Contains(l.Address, "://") }

// Follower follows lists. It is safe for concurrent use, also by several
// processes: the worst is that two of them ask for the same list.
type Follower struct {
	Store   Store
	Fetcher Fetcher
	Log     *slog.Logger
	Now     func() time.Time
}

// Follow asks for the lists that are due; one on disk always is. It reports
// whether the entries of any of them are others now, and when the next one is
// due. taken says which names the config's own sources have.
//
//  1. An entry that is no http(s) address, or comes twice, is left out.
//  2. An entry has the name that it had, as long as its address is in the list;
//     a new one gets a name that no source and no other entry has.
//  3. A list that can't be had, is torn, or holds no feed at all keeps its last
//     good entries. Why is logged once and noted in Trouble.
//
// An error is the store's.
func (f *Follower) Follow(ctx context.Context, lists []List, taken func(name string) bool) (changed bool, next time.Time, err error) {
	if len(lists) == 0 {
		return false, time.Time{}, nil
	}
	stored, err := f.Store.ReadingLists(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	names := make(map[string]bool)
	for _, list := range stored {
		for _, entry := range list.Entries {
			names[entry.Name] = true
		}
	}
	free := func(name string) bool { return taken(name) || names[name] }
	for i := range lists {
		known := news.ReadingList{Address: lists[i].Address}
		if at := slices.IndexFunc(stored, func(l news.ReadingList) bool { return l.Address == known.Address }); at >= 0 {
			known = stored[at]
		}
		if lists[i].local() || !known.Due.After(f.Now()) {
			differs, err := f.visit(ctx, &lists[i], &known, free, names)
			if err != nil {
				return changed, next, err
			}
			changed = changed || differs
		}
		if next.IsZero() || known.Due.Before(next) {
			next = known.Due
		}
	}
	return changed, next, nil
}

// visit asks for one list and stores what it brought.
func (f *Follower) visit(ctx context.Context, list *List, known *news.ReadingList, taken func(string) bool, names map[string]bool) (changed bool, err error) {
	parsed, err := schedule.Parse(list.Schedule)
	if err != nil {
		return false, fmt.Errorf("reading list %s: %w", list.Address, err)
	}
	before := *known
	now := f.Now()
	entries, hint, err := f.fetch(ctx, list, known, taken, names)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	known.Checked, known.Trouble = now, ""
	hint.Now, hint.Schedule = now, parsed
	known.Due = schedule.Next(hint)
	switch {
	case err != nil:
		known.Trouble = err.Error()
		if again := now.Add(max(retryPause, hint.RetryAfter)); again.Before(known.Due) {
			known.Due = again
		}
	case entries != nil && (known.Changed.IsZero() || !slices.EqualFunc(entries, known.Entries, sameEntry)):
		known.Entries, known.Changed, changed = entries, now, true
	}
	f.tell(&before, known, changed)
	if list.local() && !changed && known.Trouble == before.Trouble && known.Validators == before.Validators {
		return false, nil // looked at often: no write for nothing
	}
	return changed, f.Store.KeepReadingList(ctx, *known)
}

func (f *Follower) tell(before, known *news.ReadingList, changed bool) {
	switch {
	case known.Trouble != "" && known.Trouble != before.Trouble:
		f.Log.Warn("reading list can't be read; its last good state stays in force",
			"list", known.Address, "reason", known.Trouble, "sources", len(known.Entries))
	case known.Trouble == "" && before.Trouble != "":
		f.Log.Info("reading list can be read again", "list", known.Address)
	}
	if changed {
		f.Log.Info("reading list has changed", "list", known.Address, "sources", len(known.Entries))
	}
}

func sameEntry(a, b news.ListEntry) bool {
	return a.Name == b.Name && a.URL == b.URL && slices.Equal(a.Tags, b.Tags)
}

// fetch gives the entries of a list; nil when it is as it was.
func (f *Follower) fetch(ctx context.Context, list *List, known *news.ReadingList, taken func(string) bool, names map[string]bool) ([]news.ListEntry, schedule.Input, error) {
	source := news.Source{Name: sourceName, URL: list.Address, Fetch: list.Fetch}
	if list.local() {
		source.URL = "file:" + list.Address
	}
	response, err := f.Fetcher.Fetch(ctx, fetch.Request{Source: &source, Validators: known.Validators})
	if err != nil {
		var hint schedule.Input
		if failure, ok := errors.AsType[*fetch.Error](err); ok {
			hint.RetryAfter, hint.Fresh = failure.RetryAfter, failure.FreshFor
		}
		return nil, hint, err
	}
	defer response.Release()
	hint := schedule.Input{Fresh: response.FreshFor}
	if !response.Unchanged {
		subscriptions, err := opml.ReadWhole(bytes.NewReader(response.Body))
		if err != nil {
			return nil, hint, err // the validators stay those of the last good one
		}
		known.Validators = response.Validators
		return entriesOf(subscriptions, known.Entries, taken, names), hint, nil
	}
	known.Validators = response.Validators
	return nil, hint, nil
}

// entriesOf turns what a list says into entries.
func entriesOf(list []opml.Subscription, before []news.ListEntry, taken func(string) bool, names map[string]bool) []news.ListEntry {
	had := make(map[string]string, len(before))
	for _, entry := range before {
		had[entry.URL] = entry.Name
	}
	entries, seen := []news.ListEntry{}, make(map[string]bool, len(list))
	for _, s := range list {
		address, reason := opml.Importable(s.URL)
		if reason != "" || seen[address] {
			continue
		}
		seen[address] = true
		name := had[address]
		if name == "" {
			name = opml.Name(s.Title, address, taken)
			names[name] = true
		}
		entries = append(entries, news.ListEntry{Name: name, URL: address, Tags: opml.CleanTags(s.Tags)})
	}
	return entries
}
