package merge

import (
	"time"

	"tributary/internal/news"
)

// Thresholds from which the dates of a source are not believed any more.
const (
	sameDateStories  = 5 // that many stories, all with one date
	movedDateStories = 3 // that many known, unchanged stories, all with a new date
)

// clockSlack is how far in the future a date may lie and still be one: clocks
// differ, and so do the ideas of which time zone is meant.
const clockSlack = time.Hour

// Steps between the dates of stories that have none of their own.
const (
	firstLoadStep = time.Hour   // a first import must not bury what others wrote today
	laterStep     = time.Second // keeps the document's order
)

// dater fixes the date of a story at first sight:
//
//  1. The published date, else the updated one.
//  2. One that lies in the future, by no more than a clock may be wrong: first
//     seen.
//  3. A date further in the future, no date, or one that is not to be trusted:
//     first seen, earlier by a step for each position in the document.
//  4. A source's dates are not to be trusted once all stories of its first
//     document carried the same one, or all its unchanged stories came with
//     another date than before.
//  5. A local article's date is what its author says now: the author is the
//     operator and may mend it.
type dater struct {
	now            time.Time
	step           time.Duration
	untrusted      bool
	newlyUntrusted bool
}

func newDater(known *news.Known, batch *news.Batch, source *news.Source, now time.Time) *dater {
	d := &dater{now: now, step: laterStep, untrusted: known.Source.Untrusted}
	if !known.Source.Loaded {
		d.step = firstLoadStep
	}
	if !d.untrusted && !source.IsArticles() {
		d.newlyUntrusted = !known.Source.Loaded && allSameDate(batch.Stories) || datesMove(known, batch)
		d.untrusted = d.newlyUntrusted
	}
	return d
}

// date gives a new story's date and why.
func (d *dater) date(story *news.Story, position int) (time.Time, news.DateReason) {
	claimed, reason := story.Published, news.DatedPublished
	if claimed.IsZero() {
		claimed, reason = story.Updated, news.DatedUpdated
	}
	switch {
	case claimed.IsZero():
		reason = news.DatedMissing
	case d.untrusted:
		reason = news.DatedUntrusted
	case claimed.After(d.now.Add(clockSlack)):
		reason = news.DatedFuture
	case claimed.After(d.now):
		return d.now, news.DatedFuture
	default:
		return claimed.UTC().Truncate(time.Millisecond), reason
	}
	return d.now.Add(-time.Duration(position) * d.step), reason
}

// updated gives the date of a known story that changed.
func (d *dater) updated(story *news.Story, old *news.KnownStory) (time.Time, news.DateReason) {
	if story.Local && !story.Published.IsZero() && !story.Published.After(d.now) {
		return story.Published.UTC().Truncate(time.Millisecond), news.DatedPublished
	}
	return old.Date, old.Dated
}

// changed gives when a new story last changed: when it says so, if that can be
// believed, else its date.
func (d *dater) changed(story *news.Story) time.Time {
	if d.untrusted || story.Updated.After(d.now) || !story.Updated.After(story.Date) {
		return story.Date
	}
	return story.Updated.UTC().Truncate(time.Millisecond)
}

// mended gives when a known story changed that is not as it was: now, but a
// local article's author may say otherwise.
func (d *dater) mended(story *news.Story) time.Time {
	if story.Local && !story.Updated.IsZero() {
		return d.changed(story)
	}
	return d.now
}

func allSameDate(stories []news.Story) bool {
	if len(stories) < sameDateStories {
		return false
	}
	first := claimedDate(&stories[0])
	for i := range stories {
		if !claimedDate(&stories[i]).Equal(first) {
			return false
		}
	}
	return !first.IsZero()
}

// claimedDate is the date that a story claims for itself.
func claimedDate(story *news.Story) time.Time {
	if story.Published.IsZero() {
		return story.Updated
	}
	return story.Published
}

// datesMove reports whether every known story that came again with the same
// hash carries another published date than at first sight.
func datesMove(known *news.Known, batch *news.Batch) bool {
	byID := make(map[string]*news.KnownStory, len(known.Stories))
	for i := range known.Stories {
		byID[known.Stories[i].ID] = &known.Stories[i]
	}
	moved := 0
	for i := range batch.Stories {
		story := &batch.Stories[i]
		old := byID[story.ID]
		if old == nil || old.Hash != story.Hash || story.Published.IsZero() || old.Published.IsZero() {
			continue
		}
		if sameInstant(story.Published, old.Published) {
			return false
		}
		moved++
	}
	return moved >= movedDateStories && len(batch.Unchanged) == 0
}

// sameInstant compares as stored: to the millisecond.
func sameInstant(a, b time.Time) bool {
	return a.UnixMilli() == b.UnixMilli()
}
