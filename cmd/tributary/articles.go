package main

import (
	"errors"
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
	result, err := article.Load(a.dir, article.Options{Site: a.site, Now: now})
	if errors.Is(err, fs.ErrNotExist) {
		return &news.Batch{Title: a.site.Title, Link: a.site.URL}, time.Time{}, nil, nil
	}
	if err != nil {
		return nil, time.Time{}, nil, err
	}
	problems := make([]string, len(result.Problems))
	for i, problem := range result.Problems {
		problems[i] = filepath.Join(filepath.Base(a.dir), problem.String())
	}
	return &result.Batch, result.NextDue, problems, nil
}

// articleFiles gives the files beside the articles.
func articleFiles(dir string) fs.FS { return os.DirFS(dir) }
