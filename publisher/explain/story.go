package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
)

// run is one call of Explain.
type run struct {
	*Explainer
	ctx      context.Context
	now      time.Time
	trace    *news.Trace
	editions map[string]*edition // by feed; each is selected once
}

// edition is the next edition of a feed.
type edition struct {
	news.Edition
	held string // why readers have an earlier one; empty when they don't
}

func (r *run) story(s *news.TracedStory, states []news.SourceState) (Story, error) {
	out := Story{
		Title: s.Title, Link: s.Link, ID: s.ID, PublicID: s.PublicID, Aliases: s.Aliases,
		Source: s.SourceName, SourceURL: health.Address(s.SourceURL), Removed: known(s.Removed),
		FirstSeen: s.FirstSeen.UTC(), Date: s.Date.UTC(), Claimed: known(claimed(&s.Story)),
		Dated: string(s.Dated), DatedWhy: datedWhy(&s.Story), Updates: s.Updates, Feeds: []Feed{},
	}
	if s.Updates > 0 {
		out.Changed = known(s.Changed)
	}
	if i := slices.IndexFunc(states, func(state news.SourceState) bool { return state.Key == s.Source }); i >= 0 {
		out.LastVisit = known(states[i].Last.At)
	}
	for _, d := range s.Decisions {
		out.Notes = append(out.Notes, Note{At: d.At, Action: d.Action, ID: d.ID, Reason: d.Reason})
	}
	for i := range r.trace.Stories {
		if c := &r.trace.Stories[i]; c.Source != s.Source && c.Canonical != "" && c.Canonical == s.Canonical {
			out.Copies = append(out.Copies, c.SourceName)
		}
	}
	verdicts := r.verdicts(s)
	for _, feed := range r.Feeds {
		f, err := r.feed(s, feed, verdicts[feed.Name])
		if err != nil {
			return Story{}, err
		}
		out.Feeds = append(out.Feeds, f)
	}
	return out, nil
}

// verdicts is what membership says of a story; nothing of a story whose source
// is configured no more.
func (r *run) verdicts(s *news.TracedStory) map[string]news.Verdict {
	i := slices.IndexFunc(r.Sources, func(source news.Source) bool { return source.Name == s.SourceName })
	if i < 0 {
		return nil
	}
	verdicts := make(map[string]news.Verdict, len(r.Feeds))
	for _, v := range r.Member(&s.Story, &r.Sources[i]) {
		verdicts[v.Feed] = v
	}
	return verdicts
}

// claimed is the date that the upstream gave a story.
func claimed(s *news.Story) time.Time {
	if s.Published.IsZero() {
		return s.Updated
	}
	return s.Published
}

// datedWhy tells in words how a story got its date.
func datedWhy(s *news.Story) string {
	switch s.Dated {
	case news.DatedPublished:
		return "the date on which its source says it was published"
	case news.DatedUpdated:
		return "the date of its last update, as its source gives no other"
	case news.DatedFuture:
		return fmt.Sprintf("its source dated it %s, in the future then; when it was first seen counts instead", stamp(claimed(s)))
	case news.DatedMissing:
		return "its source gives no date that can be used; when it was first seen counts instead"
	case news.DatedUntrusted:
		return "the dates of its source are not to be trusted; when it was first seen counts instead"
	}
	return "unknown"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
