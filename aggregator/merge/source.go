package merge

import (
	"fmt"

	"tributary/internal/news"
)

// When a document is taken for one whose ids change at each visit.
const (
	churnStories = 5 // that many stories at least
	churnVisits  = 3 // that many visits in a row with nothing but new stories
)

// judge notes what the operator should know of the source as a whole.
func (d *decision) judge(batch *news.Batch) {
	if d.known.Source.Loaded && len(batch.Unchanged) == 0 && len(batch.Stories) >= churnStories &&
		len(d.changes.Insert) == len(batch.Stories) {
		d.changes.Churn = d.known.Churn + 1
	}
	if d.changes.Churn >= churnVisits {
		d.warn("every story was new at each of the last %d visits: either its ids change at each visit, "+
			"then set identity = \"link\" or \"title\", or it has more news than its schedule can follow", d.changes.Churn)
	}
	if d.dater.untrusted {
		d.warn("its dates are not used: all stories carried the same one, or they changed at each visit; " +
			"stories are dated by when they were first seen")
	}
}

func (d *decision) warn(format string, args ...any) {
	d.changes.Warnings = append(d.changes.Warnings, fmt.Sprintf(format, args...))
}

// buried says why an id stays out.
func buried(kind news.Tombstone) string {
	if kind == news.TombstoneExpired {
		return "it has expired: its source keeps no more, or for no longer"
	}
	return "it was retracted"
}

// dated says how a story got its date.
func dated(reason news.DateReason) string {
	switch reason {
	case news.DatedPublished:
		return "dated as published"
	case news.DatedUpdated:
		return "dated by its last update, as it gives no other date"
	case news.DatedFuture:
		return "its date lies in the future; dated by when it was first seen"
	case news.DatedMissing:
		return "it has no date that can be; dated by when it was first seen"
	case news.DatedUntrusted:
		return "the dates of its source are not used; dated by when it was first seen"
	}
	return "dated by " + string(reason)
}
