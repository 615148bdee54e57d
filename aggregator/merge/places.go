package merge

import (
	"maps"
	"slices"
	"time"

	"tributary/internal/news"
)

// contender is a story that qualifies for a feed.
type contender struct {
	key       news.StoryKey // negative for a story that the batch inserts
	source    news.SourceKey
	canonical string
	date      time.Time
	publicID  string
	original  bool
}

// placer keeps one shown copy of each story in each feed:
//
//  1. Copies are stories of different sources with the same canonical link;
//     two stories of one source are never copies of each other.
//  2. The copy whose link leads to the host that it was fetched from is the
//     original and wins; among equals the one that came first stays.
//  3. A winner takes over the date and the public id of the place, so readers
//     see the same story, better, and not a second one.
//  4. Copies that qualify but do not win stay as hidden places, with the date
//     and id of the shown one: they are the "also in", and the best of them
//     takes over when the last shown one of the other source leaves.
//  5. Each change that shows raises the feed's revision.
type placer struct {
	copies  map[string][]*news.KnownStory // by canonical link, other sources only
	kin     map[string][]*news.KnownStory // by canonical link, of the batch's own source
	stood   map[string][]news.Place       // by canonical link, under what it was first published
	place   []news.Place
	unplace []news.Place
	feeds   map[string]bool
}

func newPlacer(known *news.Known) *placer {
	return &placer{
		copies: byCanonical(known.Copies), kin: byCanonical(known.Stories), stood: known.Standings,
		feeds: make(map[string]bool),
	}
}

func byCanonical(stories []news.KnownStory) map[string][]*news.KnownStory {
	groups := make(map[string][]*news.KnownStory, len(stories))
	for i := range stories {
		if link := stories[i].Canonical; link != "" {
			groups[link] = append(groups[link], &stories[i])
		}
	}
	return groups
}

// settle gives a story its places by its verdicts. old is what is known of it,
// nil when it is new.
func (p *placer) settle(c contender, old *news.KnownStory, verdicts []news.Verdict) {
	for _, verdict := range verdicts {
		had := placeIn(old, verdict.Feed)
		switch {
		case verdict.In && had != nil && old.Canonical == c.canonical && had.Hidden && c.original && !old.Original:
			p.enter(verdict.Feed, c, nil)
		case verdict.In && had != nil && old.Canonical == c.canonical:
			p.stay(c, *had)
		case verdict.In && had != nil:
			p.enter(verdict.Feed, c, p.part(c, old, *had))
		case verdict.In:
			p.enter(verdict.Feed, c, nil)
		case had != nil:
			p.leave(verdict.Feed, old, *had)
			p.unplace = append(p.unplace, news.Place{Feed: verdict.Feed, Story: c.key})
		}
	}
}

// stay keeps a place; a local article's date may have moved.
func (p *placer) stay(c contender, had news.Place) {
	p.feeds[had.Feed] = true
	if c.publicID == had.PublicID && !sameInstant(c.date, had.Date) {
		had.Date = c.date
		p.place = append(p.place, had)
	}
}

// enter puts a story into a feed, shown unless another copy stands there that
// is as good. had is the story's own place under another link, or nil.
func (p *placer) enter(feed string, c contender, had *news.Place) {
	own := news.Place{Feed: feed, Story: c.key, Date: c.date, PublicID: c.publicID}
	if had != nil {
		own.Date, own.PublicID = had.Date, had.PublicID
	}
	p.feeds[feed] = true
	shown, rival := p.shown(feed, c.canonical, c.source)
	switch {
	case shown == nil && had == nil:
		p.resume(&own, c)
	case shown == nil:
	case c.original && !rival.Original:
		own.Date, own.PublicID = shown.Date, shown.PublicID
		p.move(rival, *shown, true)
	default:
		own.Hidden, own.Date, own.PublicID = true, shown.Date, shown.PublicID
	}
	p.place = append(p.place, own)
}

// resume lets the only copy of a story stand where the first one stood, should
// that have been forgotten with it, or with the database.
func (p *placer) resume(own *news.Place, c contender) {
	for _, stood := range p.stood[c.canonical] {
		if stood.Feed == own.Feed && !p.kinHere(own.Feed, c) {
			own.PublicID = stood.PublicID
			if !stood.Date.IsZero() && stood.Date.Before(own.Date) {
				own.Date = stood.Date
			}
		}
	}
}

// kinHere reports whether another story of the same source and link stands in
// a feed already.
func (p *placer) kinHere(feed string, c contender) bool {
	return slices.ContainsFunc(p.kin[c.canonical], func(s *news.KnownStory) bool {
		return s.Key != c.key && placeIn(s, feed) != nil
	}) || slices.ContainsFunc(p.place, func(place news.Place) bool {
		return place.Feed == feed && slices.ContainsFunc(p.stood[c.canonical], func(s news.Place) bool {
			return s.Feed == feed && s.PublicID == place.PublicID
		})
	})
}

// into gives the places to changes.
func (p *placer) into(changes *news.Changes) {
	changes.Feeds = slices.Sorted(maps.Keys(p.feeds))
	changes.Place, changes.Unplace = p.place, p.unplace
}

// part takes a story whose link changed out of the contest with its former
// copies. It keeps the place that was published under its own id; one that it
// took over from a copy goes back to the copies. It returns what it keeps.
func (p *placer) part(c contender, old *news.KnownStory, had news.Place) *news.Place {
	if had.PublicID != c.publicID {
		p.leave(had.Feed, old, had)
		return nil
	}
	if heir, place := p.heir(had.Feed, old.Canonical); heir != nil && !had.Hidden && !p.kinShown(had.Feed, old) {
		place.Date, place.PublicID = heir.Date, heir.PublicID
		p.move(heir, place, false)
	}
	return &had
}

// leave takes a story out of the contest at its place and lets the best hidden
// copy take over. The caller removes or replaces the place itself.
func (p *placer) leave(feed string, old *news.KnownStory, had news.Place) {
	p.feeds[feed] = true
	if had.Hidden {
		return
	}
	placeIn(old, feed).Hidden = true // for the rest of the batch
	heir, hidden := p.heir(feed, old.Canonical)
	if heir == nil || p.kinShown(feed, old) {
		return
	}
	hidden.Date, hidden.PublicID = had.Date, had.PublicID
	p.move(heir, hidden, false)
}

// kinShown reports whether another story of the same source is shown with the
// same link.
func (p *placer) kinShown(feed string, but *news.KnownStory) bool {
	return slices.ContainsFunc(p.kin[but.Canonical], func(s *news.KnownStory) bool {
		at := placeIn(s, feed)
		return s.Key != but.Key && at != nil && !at.Hidden
	})
}

// leaveAll takes a removed story out of all its feeds. Its places go with it.
func (p *placer) leaveAll(old *news.KnownStory) {
	for _, had := range old.Places {
		p.leave(had.Feed, old, had)
	}
}

// move notes a known story's place anew, here and for the rest of the batch.
func (p *placer) move(story *news.KnownStory, place news.Place, hidden bool) {
	place.Story, place.Hidden = story.Key, hidden
	p.place = append(p.place, place)
	*placeIn(story, place.Feed) = place
}

// shown finds the shown place of a copy in a feed.
func (p *placer) shown(feed, canonical string, but news.SourceKey) (*news.Place, *news.KnownStory) {
	if canonical == "" {
		return nil, nil
	}
	for _, c := range p.copies[canonical] {
		if place := placeIn(c, feed); c.Source != but && place != nil && !place.Hidden {
			return place, c
		}
	}
	return nil, nil
}

// heir finds the hidden copy that takes over: an original, else the first.
func (p *placer) heir(feed, canonical string) (best *news.KnownStory, place news.Place) {
	if canonical == "" {
		return nil, place
	}
	for _, c := range p.copies[canonical] {
		at := placeIn(c, feed)
		if at == nil || !at.Hidden {
			continue
		}
		if best == nil || c.Original && !best.Original || c.Original == best.Original && c.Key < best.Key {
			best, place = c, *at
		}
	}
	return best, place
}

func placeIn(story *news.KnownStory, feed string) *news.Place {
	if story == nil {
		return nil
	}
	for i := range story.Places {
		if story.Places[i].Feed == feed {
			return &story.Places[i]
		}
	}
	return nil
}
