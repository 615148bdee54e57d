package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tributary/aggregator"
	"tributary/internal/config"
)

func newPlan(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [FILE]",
		Short: "Tell what a config would change",
		Long: `Compares a config, --config unless another FILE is named, with the one that was
applied last to the database of --config, and tells which sources and feeds come,
go and change, and how many stored stories would enter or leave each feed.
Nothing is changed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.plan(cmd.Context(), strings.Join(args, ""), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// planned is what a config would change.
type planned struct {
	Applied *time.Time `json:"applied,omitempty"` // when the last config was; absent: none was
	config.Difference
	Stories []plannedFeed `json:"stories,omitempty"`
}

// plannedFeed is what would become of the stories of a feed.
type plannedFeed struct {
	Feed  string `json:"feed"`
	Enter int    `json:"enter"`
	Leave int    `json:"leave"`
}

func (a *app) plan(ctx context.Context, file string, asJSON bool) error {
	next, database, err := a.planConfig(file)
	if err != nil {
		return err
	}
	snapshot := next.Snapshot()
	p := planned{Difference: (&config.Snapshot{}).Diff(snapshot)}
	if isStored(database) == nil {
		if err := next.Override(config.Node{Database: database}); err != nil {
			return err
		}
		if p, err = a.planStored(ctx, next, snapshot); err != nil {
			return failed(err)
		}
	}
	if asJSON {
		return failed(json.NewEncoder(a.stdout).Encode(p))
	}
	return failed(printPlan(a.stdout, &p))
}

// planConfig reads the config to plan for, and finds the database to compare
// with: that of --config, else the file's own.
func (a *app) planConfig(file string) (next *config.Config, database string, err error) {
	if file == "" {
		if next, err = a.config(); err != nil {
			return nil, "", err
		}
		return next, next.Node().Database, nil
	}
	named := &app{configPath: file}
	if next, err = named.config(); err != nil {
		return nil, "", err
	}
	if current, err := a.config(); err == nil {
		return next, current.Node().Database, nil
	}
	return next, next.Node().Database, nil
}

// planStored compares a config with what a database has.
func (a *app) planStored(ctx context.Context, next *config.Config, snapshot *config.Snapshot) (p planned, err error) {
	log, err := a.quietLogger()
	if err != nil {
		return p, err
	}
	e, err := a.wire(ctx, next, log, observers{})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	applied, err := e.store.Applied(ctx)
	if err != nil {
		return p, err
	}
	before := &config.Snapshot{}
	if applied.Hash != "" {
		if before, err = config.ReadSnapshot(applied.Text); err != nil {
			return p, err
		}
	}
	p = planned{Applied: known(applied.At), Difference: before.Diff(snapshot)}
	feeds := otherFeeds(before.Prints, snapshot.Prints)
	if len(feeds) == 0 {
		return p, nil
	}
	effects, err := e.aggregator.Preview(ctx, *e.settings.Load(), p.Former, feeds)
	if err != nil {
		return p, err
	}
	p.Stories = plannedFeeds(effects)
	return p, nil
}

// otherFeeds names the feeds whose membership differs, added and removed ones
// too.
func otherFeeds(before, after map[string]string) []string {
	all := maps.Clone(after)
	maps.Copy(all, before)
	var names []string
	for name := range all {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func plannedFeeds(effects map[string]aggregator.Effect) []plannedFeed {
	var list []plannedFeed
	for feed, effect := range effects {
		list = append(list, plannedFeed{Feed: feed, Enter: effect.Enter, Leave: effect.Leave})
	}
	slices.SortFunc(list, func(a, b plannedFeed) int { return cmp.Compare(a.Feed, b.Feed) })
	return list
}

func printPlan(w io.Writer, p *planned) error {
	if p.Applied == nil {
		fmt.Fprintln(w, "no config has been applied yet: all of it is new")
	}
	if p.Empty() {
		_, err := fmt.Fprintln(w, "nothing would change")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if p.Applied != nil {
		printKeys(table, "", p.Site)
	}
	printChanges(table, "source", p.Sources)
	printChanges(table, "reading list", p.Lists)
	printChanges(table, "feed", p.Feeds)
	for _, s := range p.Stories {
		fmt.Fprintf(table, "stories of %s\t%s would enter, %s leave\n", s.Feed, countStories(s.Enter), countStories(s.Leave))
	}
	return table.Flush()
}

func printChanges(w io.Writer, kind string, changes []config.Change) {
	for _, c := range changes {
		what := string(c.Action)
		if c.Former != "" {
			what += ", was " + c.Former
		}
		fmt.Fprintf(w, "%s %s\t%s\n", kind, oneLine(c.Name), what)
		printKeys(w, "  ", c.Keys)
	}
}

func printKeys(w io.Writer, indent string, keys []config.ChangedKey) {
	for _, k := range keys {
		fmt.Fprintf(w, "%s%s\t%s → %s\n", indent, k.Key, orNone(k.Before), orNone(k.After))
	}
}

func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return oneLine(value)
}
