package merge

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/news"
)

// Arranger works out the places of one feed anew from all stored stories: what
// a changed definition asks for. It holds a few words a story, no texts. Not
// safe for concurrent use.
type Arranger struct {
	feed   string
	alone  []news.Place
	groups map[string][]candidate
}

// candidate is a story that qualifies for the feed.
type candidate struct {
	contender
	had *news.Place
}

// NewArranger makes an Arranger for a feed.
func NewArranger(feed string) *Arranger {
	return &Arranger{feed: feed, groups: make(map[string][]candidate)}
}

// Add takes a story that qualifies for the feed, with the places that it has.
func (a *Arranger) Add(story *news.Story, places []news.Place) {
	c := candidate{contender: contender{
		key: story.Key, source: story.Source, canonical: story.Canonical,
		date: story.Date, publicID: story.PublicID, original: story.Original,
	}}
	if i := slices.IndexFunc(places, func(p news.Place) bool { return p.Feed == a.feed }); i >= 0 {
		c.had = &places[i]
	}
	if c.canonical == "" {
		a.alone = append(a.alone, a.own(c))
		return
	}
	a.groups[c.canonical] = append(a.groups[c.canonical], c)
}

// Places gives the feed's places, in the order of the stories' keys, by the
// rules of merging: in each group of copies one source is shown (an original,
// else the first), the others are hidden, and the shown one stands where the
// group was first published.
func (a *Arranger) Places() []news.Place {
	places := slices.Clone(a.alone)
	for _, group := range a.groups {
		places = append(places, a.arrange(group)...)
	}
	slices.SortFunc(places, func(x, y news.Place) int { return cmp.Compare(x.Story, y.Story) })
	return places
}

func (a *Arranger) arrange(group []candidate) []news.Place {
	slices.SortFunc(group, func(x, y candidate) int { return cmp.Compare(x.key, y.key) })
	winner := slices.IndexFunc(group, func(c candidate) bool { return c.original })
	if winner < 0 {
		winner = a.standing(group)
	}
	shown := a.own(group[winner])
	if date, id, ok := a.published(group, winner); ok {
		shown.Date, shown.PublicID = date, id
	}
	places := make([]news.Place, len(group))
	for i, c := range group {
		switch {
		case i == winner:
			places[i] = shown
		case c.source == group[winner].source:
			places[i] = a.own(c)
		default:
			places[i] = news.Place{Feed: a.feed, Story: c.key, Date: shown.Date, PublicID: shown.PublicID, Hidden: true}
		}
	}
	return places
}

// standing is the candidate that is shown already, else the first.
func (a *Arranger) standing(group []candidate) int {
	shown := slices.IndexFunc(group, func(c candidate) bool { return c.had != nil && !c.had.Hidden })
	return max(shown, 0)
}

// published gives date and id under which a winner's group already stands in
// the feed, when it isn't the winner that has them.
func (a *Arranger) published(group []candidate, winner int) (time.Time, string, bool) {
	if had := group[winner].had; had != nil && !had.Hidden {
		return time.Time{}, "", false
	}
	for _, c := range group {
		if c.source != group[winner].source && c.had != nil && !c.had.Hidden {
			return c.had.Date, c.had.PublicID, true
		}
	}
	if first := group[0]; first.source != group[winner].source {
		place := a.own(first)
		return place.Date, place.PublicID, true
	}
	return time.Time{}, "", false
}

func (a *Arranger) own(c candidate) news.Place {
	place := news.Place{Feed: a.feed, Story: c.key, Date: c.date, PublicID: c.publicID}
	if c.had != nil {
		place.Date, place.PublicID = c.had.Date, c.had.PublicID
	}
	return place
}
