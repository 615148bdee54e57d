package publisher

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tributary/internal/news"
)

const (
	// heldFrom is the number of stories from which a feed may be held: in a
	// small one, half of them is nothing odd.
	heldFrom = 10
	// heldRecheck is how often a feed that is held is compared anew. What ends
	// a hold nearly always raises a revision too; but stories also become too
	// old, and another process may have let the feed through.
	heldRecheck = 15 * time.Second
)

// hold decides whether an edition has to be held, and gives what readers have
// and why they keep it; no loss lets it through.
//
//  1. What counts is the last edition that was published, of 10 stories or
//     more. Where several processes published different ones, it is the newest
//     by revision: all decide alike.
//  2. A story is missing when it is not in the new edition although that has
//     room for its date. What newer stories push out is not missing.
//  3. Nothing is lost of what the operator decided, or what follows from it: a
//     story that became too old, was retracted or expired; that still stands in
//     the feed, where limits alone keep it from being shown; whose source is
//     read under other settings now; that is still stored while the feed or
//     the rules of its sources were changed.
//  4. Where a source has newer stories than all it had, they took the places of
//     as many lost ones: a mirrored source shows a window that moves on.
//  5. More than half lost holds the feed, unless readers would go on getting a
//     story that was retracted, or there is nothing that could stay.
func (p *Publisher) hold(ctx context.Context, o *owner, edition *news.Edition) (*news.LastEdition, *loss, error) {
	last, err := p.lastPublished(ctx, o, edition)
	if err != nil || last == nil {
		return nil, nil, err
	}
	l, err := p.weigh(ctx, last, edition)
	if err != nil || l == nil || p.Lookup("/"+edition.Feed.Name+p.formats[0].extension) == nil {
		return nil, nil, err
	}
	return last, l, nil
}

// weigh gives what an edition would lose of the last one, if that is enough to
// hold it.
func (p *Publisher) weigh(ctx context.Context, last *news.LastEdition, edition *news.Edition) (*loss, error) {
	fates, fingerprint, err := p.store.Fates(ctx, edition.Feed.Name, last.Stories)
	if err != nil {
		return nil, err
	}
	l := count(last, edition, fates, fingerprint != last.Fingerprint)
	if l == nil || 2*l.lost <= l.of {
		return nil, nil
	}
	return l, nil
}

// lastPublished gives what readers have, if an edition might lose too much of
// it; the store, which knows what other processes published, is only asked
// then.
func (p *Publisher) lastPublished(ctx context.Context, o *owner, edition *news.Edition) (*news.LastEdition, error) {
	last := o.published
	if last == nil && p.restored || last != nil && !suspicious(last, edition) {
		return nil, nil
	}
	if p.keeper.store != nil {
		kept, ok, err := p.keeper.store.LastEdition(ctx, edition.Feed.Name)
		if err != nil {
			return nil, err
		}
		if ok && (last == nil || kept.Revision > last.Revision) {
			last = &kept
		}
	}
	if last == nil || !suspicious(last, edition) {
		return nil, nil
	}
	return last, nil
}

// suspicious reports whether more than half of the stories of a feed are
// missing.
func suspicious(last *news.LastEdition, edition *news.Edition) bool {
	missing := 0
	for _, is := range missingFrom(last, edition) {
		if is {
			missing++
		}
	}
	return len(last.Stories) >= heldFrom && 2*missing > len(last.Stories)
}

// missingFrom tells of each story of the last edition whether it is missing
// from the next one.
func missingFrom(last *news.LastEdition, edition *news.Edition) []bool {
	shown := publicIDs(edition)
	full := len(edition.Items) >= max(edition.Feed.Limit, 1)
	var tooOld, oldest time.Time
	if edition.Feed.MaxAge > 0 {
		tooOld = now().Add(-edition.Feed.MaxAge)
	}
	if full {
		oldest = edition.Items[len(edition.Items)-1].Date
	}
	missing := make([]bool, len(last.Stories))
	for i := range last.Stories {
		story := &last.Stories[i]
		missing[i] = !shown[story.PublicID] && story.Date.After(tooOld) && !story.Date.Before(oldest)
	}
	return missing
}

func publicIDs(edition *news.Edition) map[string]bool {
	ids := make(map[string]bool, len(edition.Items))
	for i := range edition.Items {
		ids[edition.Items[i].PublicID] = true
	}
	return ids
}

// loss is what a feed would lose.
type loss struct {
	lost, of int
	stored   int            // of the lost ones, those that the store still has
	sources  map[string]int // of the lost ones, by source
}

// count gives what an edition would lose; nil when a retracted story must not
// stay with readers.
func count(last *news.LastEdition, edition *news.Edition, fates []news.Fate, redefined bool) *loss {
	shown := publicIDs(edition)
	missing := missingFrom(last, edition)
	bySource := make(map[news.SourceKey][]int)
	for i := range last.Stories {
		story, fate := &last.Stories[i], &fates[i]
		if fate.Retracted && !shown[story.PublicID] {
			return nil
		}
		meant := fate.Shown || fate.Expired || fate.Settings != story.Settings || redefined && fate.Stored
		if missing[i] && !meant {
			bySource[story.Source] = append(bySource[story.Source], i)
		}
	}
	l := &loss{of: len(last.Stories), sources: make(map[string]int)}
	arrived := arrivals(last, edition)
	for source, list := range bySource {
		for _, i := range list[min(arrived[source], len(list)):] {
			l.lost++
			l.sources[fates[i].SourceName]++
			if fates[i].Stored {
				l.stored++
			}
		}
	}
	return l
}

// arrivals counts the items of an edition, by source, that are newer than all
// that the source had in the last one.
func arrivals(last *news.LastEdition, edition *news.Edition) map[news.SourceKey]int {
	newest := make(map[news.SourceKey]time.Time)
	for i := range last.Stories {
		story := &last.Stories[i]
		newest[story.Source] = later(newest[story.Source], story.Date)
	}
	arrived := make(map[news.SourceKey]int)
	for i := range edition.Items {
		item := &edition.Items[i]
		if had, ok := newest[item.Source]; ok && item.Date.After(had) {
			arrived[item.Source]++
		}
	}
	return arrived
}

// heldBack leaves all addresses of a feed as they are and says why.
func (p *Publisher) heldBack(edition *news.Edition, l *loss) outcome {
	var out outcome
	name := edition.Feed.Name
	for _, path := range p.feedPaths(name) {
		out.made = append(out.made, keep(path))
	}
	out.troubles = []Trouble{{Where: "/" + name, Held: true, Detail: l.text(name)}}
	return out
}

// text says what would be lost and what to do.
func (l *loss) text(feed string) string {
	how := "are not stored any more"
	switch {
	case l.stored == l.lost:
		how = "are kept out by a rule since they changed"
	case l.stored > 0:
		how = fmt.Sprintf("%s, or, %d of them, are kept out by a rule since they changed", how, l.stored)
	}
	names := slices.SortedFunc(maps.Keys(l.sources), func(a, b string) int {
		return cmp.Or(cmp.Compare(l.sources[b], l.sources[a]), cmp.Compare(a, b))
	})
	return fmt.Sprintf("held: %d of %d stories would go at once, most of them from %s; they %s. "+
		"The last edition stays until they are back. If they should go: tributary publish --force %s",
		l.lost, l.of, sourceText(names[0]), how, feed)
}

func sourceText(name string) string {
	if name == news.ArticlesName {
		return "the local articles"
	}
	return "source " + name
}

// lastEdition notes what readers are given with an edition.
func lastEdition(edition *news.Edition, entered int64, as stamp) *news.LastEdition {
	last := &news.LastEdition{
		Revision: as.revision, Fingerprint: as.fingerprint, Entered: entered, Complete: edition.History.Complete,
		Stories: make([]news.LastStory, len(edition.Items)),
	}
	for i := range edition.Items {
		item := &edition.Items[i]
		last.Stories[i] = news.LastStory{
			PublicID: item.PublicID, Source: item.Source, ID: item.ID, Date: item.Date, Settings: item.From.Settings,
		}
	}
	return last
}

// unchanged gives the one of two that was there first if they say the same.
func unchanged(was, is *news.LastEdition) *news.LastEdition {
	if was != nil && was.Revision == is.Revision && was.Fingerprint == is.Fingerprint && was.Entered == is.Entered &&
		was.Complete == is.Complete && slices.Equal(was.Stories, is.Stories) {
		return was
	}
	return is
}
