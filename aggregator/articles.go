package aggregator

import (
	"fmt"
	"slices"
	"strings"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

// pullArticles reads the local articles. What is wrong with single files is
// logged when it changes; the files themselves are left out.
func (a *Aggregator) pullArticles(plan *plan) (f found, err error) {
	batch, next, problems, err := plan.Articles.Load(a.now())
	if err != nil {
		return f, &fetch.Error{Cause: news.CauseFile, Detail: fmt.Sprintf("read the articles: %v", err)}
	}
	a.tellProblems(problems)
	f.batch = batch
	f.due.at = next
	return f, nil
}

// tellProblems logs each problem that was not there at the last reading.
func (a *Aggregator) tellProblems(problems []string) {
	a.problems.Lock()
	defer a.problems.Unlock()
	for _, problem := range problems {
		if !slices.Contains(a.problems.told, problem) {
			a.log.Warn("article has a problem", "problem", strings.ToValidUTF8(problem, "?"))
		}
	}
	a.problems.told = problems
}
