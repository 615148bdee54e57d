package article

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/news"
)

// Drafts is what the folder holds for later.
type Drafts struct {
	// Waiting are the articles that are not published yet, by file.
	Waiting []Draft
	// Problems are those of all files, drafts with theirs: what they lack is
	// told here alone, since a draft may be unfinished.
	Problems []Problem
}

// Draft is an article that is not published yet, as it will be.
type Draft struct {
	File  string // path inside the folder
	Story news.Story
	// Due is when it will be published by itself; zero for a draft, which waits
	// for its author.
	Due time.Time
}

// LoadDrafts reads what [Load] leaves out for later: drafts, and articles whose
// date lies in the future. Each is made as if it were published now; links to
// others that are not are told, as they would be then.
func LoadDrafts(dir string, options Options) (*Drafts, error) {
	l, _, err := open(dir, options)
	if err != nil {
		return nil, err
	}
	defer l.root.Close()
	var drafts Drafts
	for _, d := range l.waiting {
		if d.meta.missing != nil {
			l.report(d.source.path, d.meta.missing)
		}
		l.targets[d.source.path] = d.meta.slug // it may link to itself
		story, err := l.story(d)
		delete(l.targets, d.source.path)
		if err != nil {
			l.report(d.source.path, err)
			continue
		}
		draft := Draft{File: d.source.path, Story: story}
		if !d.meta.draft {
			draft.Due = d.meta.date.UTC()
		}
		drafts.Waiting = append(drafts.Waiting, draft)
	}
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	drafts.Problems = l.problems
	return &drafts, nil
}
