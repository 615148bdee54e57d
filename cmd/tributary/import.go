package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/opml"
)

func newImport(a *app) *cobra.Command {
	var tags []string
	cmd := &cobra.Command{
		Use:   "import FILE.opml",
		Short: "Add the feeds of an OPML file to the config",
		Long: `Adds each feed of a subscription list, as other readers export it, to the end of
the config, which keeps its comments and its order. Folders and categories become
tags. What is there already, and what is no http(s) address, is left out and
told. "-" reads the list from standard input.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.importList(args[0], tags) },
	}
	cmd.Flags().StringSliceVar(&tags, "tag", nil, "one more `tag` for each source; may be given several times")
	return cmd
}

func (a *app) importList(name string, tags []string) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	list, err := a.readList(name)
	if err != nil {
		return failed(fmt.Errorf("%s: %w", name, err))
	}
	sources, skipped := newSourcesOf(c, list, tags)
	for _, line := range skipped {
		fmt.Fprintln(a.stderr, "left out:", line)
	}
	if len(sources) > 0 {
		if err := a.appendSources(sources...); err != nil {
			return err
		}
	}
	for i := range sources {
		fmt.Fprintf(a.stdout, "%s  %s\n", sources[i].Name, sources[i].URL)
	}
	_, err = fmt.Fprintf(a.stdout, "%s added to %s, %d left out\n", count(len(sources), "source"), a.configPath, len(skipped))
	return failed(err)
}

func (a *app) readList(name string) ([]opml.Subscription, error) {
	var in io.Reader = a.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	return opml.Read(in)
}

// newSourcesOf gives the sources that a list adds to a config, and a line for
// each feed that it doesn't: a list can't open files or networks of the
// operator's, whoever wrote it.
func newSourcesOf(c *config.Config, list []opml.Subscription, tags []string) (sources []config.NewSource, skipped []string) {
	names, addresses := make(map[string]bool), make(map[string]bool)
	taken := func(name string) bool {
		_, configured := c.Source(name)
		return configured || names[name]
	}
	for _, s := range list {
		address, reason := opml.Importable(s.URL)
		switch known := sourceAt(c, address); {
		case reason != "":
		case known != "":
			reason = "it is there already as " + known
		case addresses[address]:
			reason = "it comes twice"
		}
		if reason != "" {
			skipped = append(skipped, fmt.Sprintf("%s: %s", oneLine(s.URL), reason))
			continue
		}
		name := opml.Name(s.Title, address, taken)
		names[name], addresses[address] = true, true
		sources = append(sources, config.NewSource{Name: name, URL: address, Tags: opml.CleanTags(s.Tags, tags)})
	}
	return sources, skipped
}
