package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/aggregator/discover"
	"tributary/internal/config"
	"tributary/internal/opml"
)

// addDelay is the pause between two requests to one host while a feed is
// looked for: a person waits.
const addDelay = time.Second

// adding are the flags of add.
type adding struct {
	name string
	tags []string
	yes  bool
}

func newAdd(a *app) *cobra.Command {
	var flags adding
	cmd := &cobra.Command{
		Use:   "add URL",
		Short: "Find the feed behind an address and add it to the config",
		Long: `Looks for feeds behind an address, that of a feed or of any page of a site, shows
what they hold, and asks which one to add. The config keeps its comments and its
order; the new source stands at its end. Where the file can't be changed, the
block to add is printed instead.`,
		Args:              oneArgument,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.add(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().StringVar(&flags.name, "name", "", "`name` of the source; made of the feed's title otherwise")
	cmd.Flags().StringSliceVar(&flags.tags, "tag", nil, "a `tag` of the source; may be given several times")
	cmd.Flags().BoolVar(&flags.yes, "yes", false, "add the first feed that was found without asking")
	return cmd
}

func (a *app) add(ctx context.Context, address string, flags adding) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if _, taken := c.Source(flags.name); taken {
		return fmt.Errorf("--name %s: a source has this name already", flags.name)
	}
	found, err := a.findFeeds(ctx, c, address)
	if err != nil {
		return failed(err)
	}
	known := make([]string, len(found))
	for i := range found {
		known[i] = sourceAt(c, found[i].URL)
		a.showCandidate(i, &found[i], known[i])
	}
	chosen, err := a.choose(known, flags.yes)
	if err != nil || chosen < 0 {
		return failed(err)
	}
	return a.appendSource(c, config.NewSource{
		Name: nameFor(c, flags.name, &found[chosen]), URL: found[chosen].URL, Tags: flags.tags,
		AllowNetworks: neededNetworks(c, found[chosen].URL),
	})
}

// findFeeds looks for feeds with the settings that sources have.
func (a *app) findFeeds(ctx context.Context, c *config.Config, address string) ([]discover.Candidate, error) {
	client := newClient(c)
	defer client.CloseIdle()
	own := typed(address)
	options := discover.Options{
		Fetcher:       newFetcher(c, client),
		AllowNetworks: slices.Concat(c.Fetch().Settings.AllowNetworks, own),
		Delay:         addDelay,
		Step: func(address string) {
			if isTerminal(a.stderr) {
				fmt.Fprintln(a.stderr, "looking at", oneLine(address))
			}
		},
	}
	if len(own) > 0 {
		options.Delay = 0 // the operator's own machine
	}
	return discover.New(options).Find(ctx, address)
}

// typed allows the address that the operator typed, with a scheme or without.
func typed(address string) []netip.Prefix {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	return literal(strings.TrimSpace(address))
}

// neededNetworks are those without which the feed could not be pulled: its own
// address, when that is not a public one and not allowed to all sources.
func neededNetworks(c *config.Config, feed string) []netip.Prefix {
	return slices.DeleteFunc(literal(feed), func(p netip.Prefix) bool {
		ip := p.Addr()
		private := ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
		return !private || slices.ContainsFunc(c.Fetch().Settings.AllowNetworks, func(all netip.Prefix) bool {
			return all.Bits() <= p.Bits() && all.Contains(ip)
		})
	})
}

// sourceAt names the source that has an address already.
func sourceAt(c *config.Config, address string) string {
	for _, source := range c.Sources() {
		if strings.EqualFold(strings.TrimSuffix(source.URL, "/"), strings.TrimSuffix(address, "/")) {
			return source.Name
		}
	}
	return ""
}

func (a *app) showCandidate(i int, c *discover.Candidate, known string) {
	title := c.Title
	if title == "" {
		title = "(without a title)"
	}
	if known != "" {
		title += "  — already there as " + known
	}
	fmt.Fprintf(a.stdout, "%d  %s\n   %s (%s, %s)\n", i+1, oneLine(title), oneLine(c.URL), c.Type, countStories(c.Stories))
	for _, story := range c.Newest {
		date := "no date   "
		if !story.Date.IsZero() {
			date = story.Date.UTC().Format(time.DateOnly)
		}
		name := story.Title
		if name == "" {
			name = story.Link
		}
		fmt.Fprintf(a.stdout, "   %s  %s\n", date, oneLine(name))
	}
	for _, trouble := range c.Trouble {
		fmt.Fprintf(a.stdout, "   ! %s\n", oneLine(trouble))
	}
}

func countStories(n int) string {
	if n == 0 {
		return "no stories"
	}
	return count(n, "story")
}

// choose gives the index of the feed to add, -1 for none. known names the
// sources that are there already.
func (a *app) choose(known []string, yes bool) (int, error) {
	first := slices.Index(known, "")
	if first < 0 {
		return -1, errors.New("nothing to add: what was found is in the config already")
	}
	if yes {
		return first, nil
	}
	if len(known) == 1 {
		fmt.Fprint(a.stderr, "add it? [Y/n] ")
	} else {
		fmt.Fprintf(a.stderr, "add which one? [%d, n for none] ", first+1)
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, 1<<10)).ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(a.stderr)
		return -1, errors.New("nothing was added: nobody answered; --yes adds the first one without asking")
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	if number, err := strconv.Atoi(answer); err == nil && number >= 1 && number <= len(known) {
		if name := known[number-1]; name != "" {
			return -1, fmt.Errorf("nothing was added: that one is already there as %s", name)
		}
		return number - 1, nil
	}
	switch answer {
	case "", "y", "yes":
		return first, nil
	case "n", "no", "0":
		fmt.Fprintln(a.stderr, "nothing was added")
		return -1, nil
	}
	return -1, fmt.Errorf("nothing was added: %q is no answer", oneLine(answer))
}

// appendSource adds a source to the config file and says so.
func (a *app) appendSource(c *config.Config, source config.NewSource) error {
	if err := a.appendSources(source); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "added %s to %s; a running serve pulls it by itself, else `tributary refresh %s` does\n",
		source.Name, a.configPath, source.Name)
	return failed(err)
}

// appendSources adds sources to the config file, or prints their blocks where
// that can't be.
func (a *app) appendSources(sources ...config.NewSource) error {
	err := config.Append(a.configPath, sources...)
	var unwritable *config.UnwritableError
	var mistakes config.Errors
	switch {
	case errors.As(err, &unwritable):
		for _, source := range sources {
			fmt.Fprintf(a.stdout, "\n%s", source.Block())
		}
		return failed(fmt.Errorf("%w; add what is printed to your config yourself", err))
	case errors.As(err, &mistakes):
		return fmt.Errorf("the config would have %s then, so it was left alone:\n%w", count(len(mistakes), "mistake"), err)
	}
	return failed(err)
}

// nameFor gives the name of a new source: what the operator said, else one
// that nobody has, made of the feed's title or its host.
func nameFor(c *config.Config, said string, feed *discover.Candidate) string {
	if said != "" {
		return said
	}
	return opml.Name(feed.Title, feed.URL, func(name string) bool {
		_, taken := c.Source(name)
		return taken
	})
}
