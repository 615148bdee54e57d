package explain

import (
	"fmt"
	"slices"
	"strings"

	"tributary/internal/news"
)

// feed finds the one reason that decides about a story in a feed. The first of
// these that holds is it:
//
//  1. Its source is configured no more.
//  2. The keys that decide membership refuse it: where, sources, tags, local.
//  3. It belongs there, but has no place: the config isn't applied yet.
//  4. Another source's copy is shown in its place.
//  5. It is in the edition, at a rank; readers may have an earlier edition,
//     though, while the feed is held.
//  6. It is as old as max_age, or older.
//  7. Its source has max_per_source newer ones.
//  8. The edition is full without it; of those in it some are older: then only
//     max_share can have passed it over. Otherwise it is the limit.
func (r *run) feed(s *news.TracedStory, feed news.Feed, verdict news.Verdict) (Feed, error) {
	out := Feed{Name: feed.Name}
	decide := func(code Code, format string, args ...any) (Feed, error) {
		out.Code, out.Reason = code, fmt.Sprintf(format, args...)
		return out, nil
	}
	i := slices.IndexFunc(s.Places, func(p news.Place) bool { return p.Feed == feed.Name })
	switch {
	case !s.Removed.IsZero():
		return decide(SourceRemoved, "Source %s is configured no more; its stories left every feed.", s.SourceName)
	case verdict.Feed == "":
		return decide(SourceRemoved, "Source %s is not in this config.", s.SourceName)
	case !verdict.In:
		return decide(Filtered, "%s", verdict.Reason)
	case i < 0:
		return decide(NotPlaced, "It belongs there by this config, which is not the applied one: `tributary plan` tells the difference.")
	case s.Places[i].Hidden:
		original := r.shownFor(s.Places[i])
		out.DuplicateOf = original
		return decide(Duplicate, "The same story from %s is shown; this one is named as also having it.", original)
	}
	return r.selected(s, feed, s.Places[i], out)
}

// shownFor names the source, and the story, whose copy stands where a hidden
// place is.
func (r *run) shownFor(hidden news.Place) string {
	for i := range r.trace.Stories {
		s := &r.trace.Stories[i]
		for _, p := range s.Places {
			if p.Feed == hidden.Feed && !p.Hidden && p.PublicID == hidden.PublicID {
				return fmt.Sprintf("%s (%s)", s.SourceName, s.PublicID)
			}
		}
	}
	return "another source (" + hidden.PublicID + ")"
}

// selected tells what selection made of a story that has a shown place.
func (r *run) selected(s *news.TracedStory, feed news.Feed, place news.Place, out Feed) (Feed, error) {
	edition, err := r.edition(feed)
	if err != nil {
		return out, err
	}
	held := edition.held
	if rank := 1 + slices.IndexFunc(edition.Items, func(item news.Item) bool { return item.Key == s.Key }); rank > 0 {
		out.Rank = rank
		out.Code, out.Reason = Published, fmt.Sprintf("Published, %d of %d.", rank, len(edition.Items))
		if held != "" {
			out.Code, out.Reason = Held, fmt.Sprintf("The feed is held, readers have an earlier edition; in the next one it is %d of %d. %s", rank, len(edition.Items), held)
		}
		return out, nil
	}
	ahead, err := r.Store.Ahead(r.ctx, place)
	if err != nil {
		return out, err
	}
	out.Code, out.Reason = leftOut(feed, place, &edition.Edition, ahead, s.SourceName, r.tooOld(feed, place))
	if held != "" {
		out.Reason += " The feed is held, so readers may still have it. " + held
	}
	return out, nil
}

func (r *run) tooOld(feed news.Feed, place news.Place) bool {
	return feed.MaxAge > 0 && !place.Date.After(r.now.Add(-feed.MaxAge))
}

// leftOut says which limit keeps a story out of an edition.
func leftOut(feed news.Feed, place news.Place, edition *news.Edition, ahead news.Ahead, source string, tooOld bool) (Code, string) {
	switch n := len(edition.Items); {
	case tooOld:
		return TooOld, fmt.Sprintf("Its date, %s, is older than max_age allows, %s.", stamp(place.Date), feed.MaxAge)
	case feed.MaxPerSource > 0 && ahead.OfSource >= feed.MaxPerSource:
		return MaxPerSource, fmt.Sprintf("Source %s has %d newer ones there; max_per_source is %d.", source, ahead.OfSource, feed.MaxPerSource)
	case n > 0 && before(&edition.Items[n-1], place) || n < feed.Limit:
		return OverShare, fmt.Sprintf("Source %s has %d newer ones there; with max_share = %g other sources' older stories go first.",
			source, ahead.OfSource, feed.MaxShare)
	}
	return OverLimit, fmt.Sprintf("%d newer ones are in the feed before it; limit is %d.", ahead.All, feed.Limit)
}

// before reports whether an item is older than a place.
func before(item *news.Item, place news.Place) bool {
	return item.Date.Before(place.Date) || item.Date.Equal(place.Date) && item.Key < place.Story
}

func (r *run) edition(feed news.Feed) (*edition, error) {
	if known := r.editions[feed.Name]; known != nil {
		return known, nil
	}
	selected, err := r.Select(r.ctx, feed, r.now)
	if err != nil {
		return nil, err
	}
	e := &edition{Edition: selected}
	if r.Held != nil {
		why, err := r.Held(r.ctx, &selected)
		if err != nil {
			return nil, err
		}
		e.held = strings.TrimPrefix(why, "held: ") // said already
	}
	r.editions[feed.Name] = e
	return e, nil
}

// unknown is the error for an address that nothing is on record about.
func (r *run) unknown(address string) error {
	err := fmt.Errorf("%s: %w", address, ErrUnknown)
	for _, feed := range r.Feeds {
		switch e, problem := r.edition(feed); {
		case problem != nil:
			return problem
		case e.held != "":
			err = fmt.Errorf("%w; or it is gone, but feed %s is held and may still have it: %s", err, feed.Name, e.held)
		}
	}
	return err
}
