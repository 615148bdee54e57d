package rule_test

import (
	"errors"
	"strings"
	"testing"

	"tributary/internal/news"
	"tributary/internal/rule"
)

func TestMembership(t *testing.T) {
	t.Parallel()
	plain := news.Source{Name: "zoo", Tags: []string{"Go", "science"}}
	strict := news.Source{Name: "zoo", Where: `not (title contains "Sponsored")`}
	failing := news.Source{Name: "zoo", Where: `authors[9] == ""`}
	articles := news.Source{Name: news.ArticlesName}
	article := &news.Story{Local: true, Title: "Ours", Categories: []string{"Essay"}}
	for _, test := range []struct {
		reason string
		feed   news.Feed
		from   news.Source
		story  *news.Story
		in     bool
		want   string // in the verdict's reason; "" wants none
	}{
		{"a feed without keys takes all", news.Feed{}, plain, story(), true, ""},
		{"named source", news.Feed{Sources: []string{"park", "zoo"}}, plain, story(), true, ""},
		{"another source", news.Feed{Sources: []string{"park"}}, plain, story(), false, "zoo is not among"},
		{"tag of the source, case aside", news.Feed{Tags: []string{"go"}}, plain, story(), true, ""},
		{"no tag of the source", news.Feed{Tags: []string{"animals"}}, plain, story(), false, "none of the feed's tags: animals"},
		{"named source without the tag", news.Feed{Sources: []string{"zoo"}, Tags: []string{"x"}}, plain, story(), false, "none of the feed's tags"},
		{"articles need local", news.Feed{}, articles, article, false, "no local articles"},
		{"local feed", news.Feed{Local: true}, articles, article, true, ""},
		{"sources are about sources, not articles", news.Feed{Local: true, Sources: []string{"zoo"}}, articles, article, true, ""},
		{"an article's own tags", news.Feed{Local: true, Tags: []string{"essay"}}, articles, article, true, ""},
		{"an article without the tag", news.Feed{Local: true, Tags: []string{"go"}}, articles, article, false, "article has none"},
		{"rule of the feed keeps", news.Feed{Where: `words == 5`}, plain, story(), true, ""},
		{"rule of the feed refuses", news.Feed{Where: `words > 5`}, plain, story(), false, "the where of the feed: words > 5"},
		{"rule of the feed fails", news.Feed{Where: `authors[9] == ""`}, plain, story(), true, "the where of the feed failed"},
		{"rule of the source refuses", news.Feed{}, strict, story(), false, "the where of source zoo: not ("},
		{"rule of the source fails", news.Feed{}, failing, story(), true, "the where of source zoo failed"},
		{"a failed rule keeps no story that something else refuses", news.Feed{Sources: []string{"park"}}, failing, story(), false, "zoo is not among"},
	} {
		test.feed.Name = "latest"
		member, err := rule.NewMembership([]news.Feed{{Name: "other"}, test.feed}, []news.Source{test.from})
		if err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		verdicts := member(test.story, &test.from)
		if len(verdicts) != 2 || verdicts[0].Feed != "other" {
			t.Fatalf("%s: want one verdict a feed in order, got %+v", test.reason, verdicts)
		}
		got := verdicts[1]
		if got.Feed != "latest" || got.In != test.in || !strings.Contains(got.Reason, test.want) || (test.want == "") != (got.Reason == "") {
			t.Errorf("%s: got %+v, want in %v with %q", test.reason, got, test.in, test.want)
		}
	}
}

func TestMembershipOfUnknownSourceHasNoRule(t *testing.T) {
	t.Parallel()
	member, err := rule.NewMembership([]news.Feed{{Name: "latest"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := member(story(), source()); !got[0].In {
		t.Errorf("got %+v", got)
	}
}

func TestMembershipNamesTheBrokenRule(t *testing.T) {
	t.Parallel()
	_, inFeed := rule.NewMembership([]news.Feed{{Name: "latest", Where: "titel"}}, nil)
	_, inSource := rule.NewMembership(nil, []news.Source{{Name: "zoo", Where: "titel"}})
	for err, want := range map[error]string{inFeed: "feed latest", inSource: "source zoo"} {
		var bad *rule.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error about %s", err, want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	feed := news.Feed{Name: "latest", Sources: []string{"b", "a"}, Tags: []string{"go"}, Local: true, Where: "words > 1"}
	sources := []news.Source{{Name: "a", Tags: []string{"x", "y"}}, {Name: "b", Where: "local"}, {Name: "c"}}
	fingerprint := func(feed news.Feed, sources []news.Source) string {
		pointers := make([]*news.Source, len(sources))
		for i := range sources {
			pointers[i] = &sources[i]
		}
		return rule.Fingerprint(&feed, pointers)
	}
	base := fingerprint(feed, sources)
	if len(base) != 32 {
		t.Fatalf("got %q, want 32 hex digits", base)
	}
	for _, test := range []struct {
		reason string
		same   bool
		change func(*news.Feed, []news.Source)
	}{
		{"nothing", true, func(*news.Feed, []news.Source) {}},
		{"order of names", true, func(f *news.Feed, _ []news.Source) { f.Sources = []string{"a", "b"} }},
		{"order of sources", true, func(_ *news.Feed, s []news.Source) { s[0], s[2] = s[2], s[0] }},
		{"order of tags", true, func(_ *news.Feed, s []news.Source) { s[0].Tags = []string{"y", "x"} }},
		{"title and limit", true, func(f *news.Feed, _ []news.Source) { f.Title, f.Limit = "Other", 7 }},
		{"case of the feed's tags", true, func(f *news.Feed, _ []news.Source) { f.Tags = []string{"GO"} }},
		{"a source that the feed does not name", true, func(_ *news.Feed, s []news.Source) { s[2].Where = "true" }},
		{"a named source's schedule", true, func(_ *news.Feed, s []news.Source) { s[0].Schedule = "@daily" }},
		{"names", false, func(f *news.Feed, _ []news.Source) { f.Sources = []string{"a"} }},
		{"all sources", false, func(f *news.Feed, _ []news.Source) { f.Sources = nil }},
		{"tags", false, func(f *news.Feed, _ []news.Source) { f.Tags = nil }},
		{"local", false, func(f *news.Feed, _ []news.Source) { f.Local = false }},
		{"where", false, func(f *news.Feed, _ []news.Source) { f.Where = "words > 2" }},
		{"a source's tags", false, func(_ *news.Feed, s []news.Source) { s[0].Tags = []string{"x"} }},
		{"a source's where", false, func(_ *news.Feed, s []news.Source) { s[1].Where = "not local" }},
		{"a tag that moves to the next source", false, func(_ *news.Feed, s []news.Source) {
			s[0].Tags, s[1].Tags = []string{"x"}, []string{"y"}
		}},
	} {
		f, s := feed, append([]news.Source(nil), sources...)
		test.change(&f, s)
		if got := fingerprint(f, s); (got == base) != test.same {
			t.Errorf("%s: fingerprint the same: %v, want %v", test.reason, got == base, test.same)
		}
	}
}
