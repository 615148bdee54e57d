package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tributary/aggregator/article"
	"tributary/internal/news"
)

// articles gives the aggregator the local articles. A folder that isn't there
// holds none.
type articles struct {
	dir  string
	site news.Site
}

func (a *articles) Load(now time.Time) (*news.Batch, time.Time, []string, error) {
	result, err := a.read(now)
	if err != nil {
		return nil, time.Time{}, nil, err
	}
	problems := make([]string, len(result.Problems))
	for i := range result.Problems {
		problems[i] = a.describe(&result.Problems[i])
	}
	return &result.Batch, result.NextDue, problems, nil
}

func (a *articles) read(now time.Time) (*article.Result, error) {
	result, err := article.Load(a.dir, article.Options{Site: a.site, Now: now})
	if errors.Is(err, fs.ErrNotExist) {
		return &article.Result{Batch: news.Batch{Title: a.site.Title, Link: a.site.URL}}, nil
	}
	return result, err
}

// describe says what is wrong with an article, and whether it is published.
func (a *articles) describe(p *article.Problem) string {
	text := filepath.Join(filepath.Base(a.dir), p.String())
	if p.LeftOut {
		text += " (left out)"
	}
	return text
}

// tellProblems prints what is wrong with articles, a line each, and reports
// whether one of them is left out.
func (a *articles) tellProblems(w io.Writer) (leftOut bool, err error) {
	result, err := a.read(time.Now())
	if err != nil {
		return false, fmt.Errorf("read the articles in %s: %w", a.dir, err)
	}
	for i := range result.Problems {
		fmt.Fprintln(w, a.describe(&result.Problems[i]))
		leftOut = leftOut || result.Problems[i].LeftOut
	}
	return leftOut, nil
}

// articleFiles gives the files beside the articles.
func articleFiles(dir string) fs.FS { return os.DirFS(dir) }
