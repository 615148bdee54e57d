package merge

import (
	"strings"
	"time"

	"tributary/internal/news"
)

// matchKind says by what a story was recognized.
type matchKind int

const (
	matchedNothing matchKind = iota
	matchedID
	matchedAlias
	matchedLoosely
	matchedLink
)

func (k matchKind) reason() string {
	switch k {
	case matchedID:
		return "known by its id"
	case matchedAlias:
		return "known by an alias of its id"
	case matchedLoosely:
		return "known by its id but for http, https or www."
	case matchedLink:
		return "its id is new, its link is that of a known story"
	}
	return "not known"
}

// index finds the known story that a story of the batch is.
type index struct {
	byID    map[string]*news.KnownStory
	byAlias map[string]*news.KnownStory
	byLoose map[string]*news.KnownStory
	byLink  map[string]*news.KnownStory // nil value: several stories have that link
	links   map[string]int              // how many stories of the batch have a link
	present map[news.StoryKey]bool      // found in the batch
	taken   map[string]bool             // public ids
	given   map[string]bool             // public ids that this batch's stories got
	deleted map[string]time.Time        // ids that the batch takes back, and since when
	gone    map[news.StoryKey]bool      // known stories that the batch takes back
	home    string                      // the source's home page
}

func newIndex(known *news.Known, batch *news.Batch) *index {
	n := len(known.Stories)
	x := &index{
		byID:    make(map[string]*news.KnownStory, n),
		byAlias: make(map[string]*news.KnownStory, len(known.Aliases)),
		byLoose: make(map[string]*news.KnownStory, n),
		byLink:  make(map[string]*news.KnownStory, n),
		links:   make(map[string]int, len(batch.Stories)),
		present: make(map[news.StoryKey]bool, n),
		taken:   make(map[string]bool, len(known.Taken)),
		given:   make(map[string]bool),
		deleted: make(map[string]time.Time, len(batch.Deleted)),
		gone:    make(map[news.StoryKey]bool),
		home:    bare(batch.Link),
	}
	x.addKnown(known)
	x.addBatch(batch)
	return x
}

func (x *index) addKnown(known *news.Known) {
	byKey := make(map[news.StoryKey]*news.KnownStory, len(known.Stories))
	for i := range known.Stories {
		story := &known.Stories[i]
		byKey[story.Key] = story
		x.byID[story.ID] = story
		x.byLoose[looseID(story.ID)] = story
		if _, several := x.byLink[story.Canonical]; several {
			story = nil
		}
		x.byLink[known.Stories[i].Canonical] = story
	}
	for id, key := range known.Aliases {
		if story := byKey[key]; story != nil {
			x.byAlias[id] = story
		}
	}
	for id := range known.Taken {
		x.taken[id] = true
	}
}

// addBatch marks the known stories that the batch holds under an id of theirs.
func (x *index) addBatch(batch *news.Batch) {
	for _, deletion := range batch.Deleted {
		x.deleted[deletion.ID] = deletion.When
	}
	for _, id := range batch.Unchanged {
		x.mark(id)
	}
	for i := range batch.Stories {
		if !x.takenBack(&batch.Stories[i]) {
			x.mark(batch.Stories[i].ID)
		}
		x.links[batch.Stories[i].Canonical]++
	}
}

// takenBack reports whether the document that holds a story also says that it
// is deleted, and not before the story's last change (RFC 6721 §3).
func (x *index) takenBack(story *news.Story) bool {
	when, deleted := x.deleted[story.ID]
	return deleted && (when.IsZero() || !story.Updated.After(when))
}

func (x *index) mark(id string) {
	if story, _ := x.byOwnID(id); story != nil {
		x.present[story.Key] = true
	}
}

func (x *index) byOwnID(id string) (*news.KnownStory, matchKind) {
	if story := x.byID[id]; story != nil {
		return story, matchedID
	}
	if story := x.byAlias[id]; story != nil {
		return story, matchedAlias
	}
	return nil, matchedNothing
}

// match finds the known story that a story is, or nil. An id of the known
// story's own, aliases included, is proof. The id but for http, https or
// "www.", and the link, are proof only when nothing contradicts it, because a
// false merge is worse than a duplicate:
//
//  1. the known story is not in the batch under an id of its own, nor matched
//     by another story of the batch already,
//  2. exactly one known story of the source has that link,
//  3. exactly one story of the batch has it (a feed whose stories all link to
//     its home page must not collapse into one),
//  4. the link is not that of the source's home page: the one story of a feed
//     that shows a state, say, is another one at each change of it.
func (x *index) match(story *news.Story) (*news.KnownStory, matchKind) {
	if old, how := x.byOwnID(story.ID); old != nil {
		return old, how
	}
	if old := x.byLoose[looseID(story.ID)]; old != nil && x.claim(old) {
		return old, matchedLoosely
	}
	if story.Canonical == "" || x.links[story.Canonical] != 1 || bare(story.Canonical) == x.home {
		return nil, matchedNothing
	}
	if old := x.byLink[story.Canonical]; old != nil && x.claim(old) {
		return old, matchedLink
	}
	return nil, matchedNothing
}

// claim takes a known story for a story of the batch, unless it is taken.
func (x *index) claim(old *news.KnownStory) bool {
	if x.present[old.Key] {
		return false
	}
	x.present[old.Key] = true
	return true
}

// bare is a link but for the scheme, www. and a slash at its end.
func bare(link string) string { return strings.TrimSuffix(looseID(link), "/") }

// looseID is an id without what servers change when they learn TLS or drop
// their "www.": two ids that differ in that alone are one.
func looseID(id string) string {
	rest, ok := strings.CutPrefix(id, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(id, "http://")
	}
	if !ok {
		return id
	}
	return "//" + strings.TrimPrefix(rest, "www.")
}
