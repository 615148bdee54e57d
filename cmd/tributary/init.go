package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/config"
)

func newInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented config and a first article",
		Long: `Writes config.toml and articles/welcome.md into a folder, the current one unless
another is named. Files that are there already are never changed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return failed(a.initialize(dir))
		},
	}
}

func (a *app) initialize(dir string) error {
	welcome := fmt.Sprintf(starterArticle, time.Now().UTC().Format(time.DateOnly))
	files := []struct{ name, text string }{
		{"config.toml", config.Starter()},
		{filepath.Join("articles", "welcome.md"), welcome},
	}
	if err := os.MkdirAll(filepath.Join(dir, "articles"), 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := writeNew(filepath.Join(dir, file.name), file.text); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, "wrote", filepath.Join(dir, file.name))
	}
	_, err := fmt.Fprintln(a.stdout, `next: edit config.toml, then run "tributary serve"`)
	return err
}

// writeNew writes a file that must not be there yet.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and was left alone; name an empty folder", path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

const starterArticle = `---
title: Welcome
date: %s
summary: The first article of a new site.
tags: [welcome]
---

This is a local article: a Markdown file in the *articles* folder, with a title
and a date above its text. Save a change and it is published within a second.

Delete this file when you have written your own.
`
