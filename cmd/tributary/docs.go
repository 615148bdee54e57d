package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newDocs writes what packagers ship beside the program. Operators have --help.
func newDocs(a *app) *cobra.Command {
	var man, completions string
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "Write man pages and shell completions",
		Long:   `Writes a man page for each command, and completions for the usual shells, into folders.`,
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if man == "" && completions == "" {
				return fmt.Errorf("nothing to write: name a folder with --man or --completions")
			}
			if man != "" {
				if err := writeMan(cmd.Root(), man); err != nil {
					return failed(fmt.Errorf("write man pages: %w", err))
				}
				fmt.Fprintln(a.stdout, "man pages in", man)
			}
			if completions != "" {
				if err := writeCompletions(cmd.Root(), completions); err != nil {
					return failed(fmt.Errorf("write completions: %w", err))
				}
				fmt.Fprintln(a.stdout, "completions in", completions)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&man, "man", "", "`folder` for man pages")
	cmd.Flags().StringVar(&completions, "completions", "", "`folder` for completions")
	return cmd
}

// writeMan writes section 1. The same program gives the same pages: they carry
// no date.
func writeMan(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true
	return doc.GenManTree(root, &doc.GenManHeader{
		Title: "TRIBUTARY", Section: "1", Source: "Tributary " + version, Manual: "Tributary", Date: new(time.Time),
	}, dir)
}

func writeCompletions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	shells := []struct {
		name  string
		write func(path string) error
	}{
		{"tributary.bash", func(path string) error { return root.GenBashCompletionFileV2(path, true) }},
		{"_tributary", root.GenZshCompletionFile},
		{"tributary.fish", func(path string) error { return root.GenFishCompletionFile(path, true) }},
		{"tributary.ps1", root.GenPowerShellCompletionFileWithDesc},
	}
	for _, shell := range shells {
		if err := shell.write(filepath.Join(dir, shell.name)); err != nil {
			return err
		}
	}
	return nil
}
