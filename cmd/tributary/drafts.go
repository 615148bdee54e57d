package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tributary/aggregator/article"
	"tributary/internal/config"
	"tributary/internal/news"
	"tributary/publisher/preview"
)

// previews shows operators the drafts in the articles folder of the config in
// force.
func (e *engine) previews(now func() time.Time) *preview.Handler {
	return preview.New(preview.Options{
		Site:   func() news.Site { return e.taken.Load().Site() },
		Drafts: func() (preview.Folder, error) { return drafts(e.taken.Load(), now()) },
		Files: func(name string) (io.ReadSeekCloser, time.Time, error) {
			return openBeside(e.taken.Load().ArticlesDir(), name)
		},
		Page:   e.publisher.Preview,
		Assets: e.publisher.Assets,
	})
}

// drafts reads what waits in the articles folder. One that isn't there holds
// nothing.
func drafts(c *config.Config, now time.Time) (preview.Folder, error) {
	local := &articles{dir: c.ArticlesDir(), site: c.Site()}
	read, err := article.LoadDrafts(local.dir, article.Options{Site: local.site, Now: now})
	if errors.Is(err, fs.ErrNotExist) {
		return preview.Folder{}, nil
	}
	if err != nil {
		return preview.Folder{}, err
	}
	var folder preview.Folder
	for _, d := range read.Waiting {
		folder.Waiting = append(folder.Waiting, preview.Draft{File: d.File, Story: d.Story, Due: d.Due})
	}
	for i := range read.Problems {
		p := &read.Problems[i]
		folder.Problems = append(folder.Problems, preview.Problem{File: p.File, Text: filepath.Join(filepath.Base(local.dir), p.String())})
	}
	return folder, nil
}

// openBeside opens a regular file in the articles folder; no link leads out of
// it.
func openBeside(dir, name string) (io.ReadSeekCloser, time.Time, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() { // a pipe would block
		return nil, time.Time{}, fs.ErrNotExist
	}
	file, err := root.Open(filepath.FromSlash(name))
	return file, info.ModTime(), err
}
