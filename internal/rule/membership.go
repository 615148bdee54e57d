package rule

import (
	"fmt"
	"slices"
	"strings"

	"tributary/internal/news"
)

// NewMembership compiles what the config says about which stories belong to
// which feeds. The result gives a verdict a feed, in the order of feeds, each
// refusal with its reason. A story belongs to a feed when
//
//  1. the `where` of its source keeps it; one that it refuses is in no feed,
//  2. a local article: the feed is `local`;
//     any other: the feed names its source, or names none,
//  3. the feed has one of its `tags`, or has none; the tags are those of the
//     source, of a local article its own; case does not count,
//  4. the `where` of the feed keeps it.
//
// A rule that fails on a story keeps it, and the reason says so. The keys
// max_age, limit and max_per_source are not membership: they depend on the
// clock or on other stories. Sources are found by name; one that is not among
// sources has no rule. The error names the source or feed whose rule is wrong
// and wraps an [*Error].
func NewMembership(feeds []news.Feed, sources []news.Source) (news.Membership, error) {
	m := &membership{feeds: make([]feed, len(feeds)), sources: map[string]*Rule{}}
	for _, s := range sources {
		if s.Where == "" {
			continue
		}
		compiled, err := Compile(s.Where)
		if err != nil {
			return nil, fmt.Errorf("the where of source %s: %w", s.Name, err)
		}
		m.sources[s.Name] = compiled
	}
	for i, f := range feeds {
		m.feeds[i] = feed{Feed: f}
		if f.Where == "" {
			continue
		}
		compiled, err := Compile(f.Where)
		if err != nil {
			return nil, fmt.Errorf("the where of feed %s: %w", f.Name, err)
		}
		m.feeds[i].where = compiled
	}
	return m.verdicts, nil
}

type membership struct {
	feeds   []feed
	sources map[string]*Rule // by source; those with a rule
}

type feed struct {
	news.Feed
	where *Rule // nil keeps all
}

// verdicts is the [news.Membership].
func (m *membership) verdicts(story *news.Story, from *news.Source) []news.Verdict {
	kept, note := apply(m.sources[from.Name], story, from, "the where of source "+from.Name)
	out := make([]news.Verdict, len(m.feeds))
	for i := range m.feeds {
		f := &m.feeds[i]
		if !kept {
			out[i] = news.Verdict{Feed: f.Name, Reason: note}
			continue
		}
		out[i] = f.verdict(story, from)
		if out[i].In {
			out[i].Reason = strings.TrimSpace(note + " " + out[i].Reason)
		}
	}
	return out
}

func (f *feed) verdict(story *news.Story, from *news.Source) news.Verdict {
	refuse := func(reason string) news.Verdict { return news.Verdict{Feed: f.Name, Reason: reason} }
	switch {
	case story.Local && !f.Local:
		return refuse("The feed takes no local articles.")
	case !story.Local && len(f.Sources) > 0 && !slices.Contains(f.Sources, from.Name):
		return refuse(fmt.Sprintf("Source %s is not among the feed's sources.", from.Name))
	case len(f.Tags) > 0 && !overlap(f.Tags, tags(story, from)):
		if story.Local {
			return refuse("The article has none of the feed's tags: " + strings.Join(f.Tags, ", ") + ".")
		}
		return refuse(fmt.Sprintf("Source %s has none of the feed's tags: %s.", from.Name, strings.Join(f.Tags, ", ")))
	}
	kept, note := apply(f.where, story, from, "the where of the feed")
	return news.Verdict{Feed: f.Name, In: kept, Reason: note}
}

// apply asks a rule, which may be nil. The sentence is empty when the story is
// kept and nothing is odd.
func apply(r *Rule, story *news.Story, from *news.Source, what string) (kept bool, note string) {
	if r == nil {
		return true, ""
	}
	kept, err := r.Match(story, from)
	switch {
	case err != nil:
		return true, fmt.Sprintf("Kept, although %s failed on it: %v.", what, err)
	case !kept:
		return false, fmt.Sprintf("Refused by %s: %s", what, r.source)
	}
	return true, ""
}

// overlap reports whether two lists share a tag.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(tag string) bool {
		return slices.ContainsFunc(b, func(other string) bool { return strings.EqualFold(tag, other) })
	})
}
