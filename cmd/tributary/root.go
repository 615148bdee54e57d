package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// app is what the commands share: the streams, the clock and the global flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time // of the aggregator; nil for the machine's
	check          time.Duration    // of the database at a start; startCheck when zero
	leaseSlack     time.Duration    // of the aggregator; its default when zero

	configPath string
	logLevel   string
	logFormat  string
}

// time is what the clock says.
func (a *app) time() time.Time {
	if a.now != nil {
		return a.now()
	}
	return time.Now()
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "tributary",
		Short: "A feed publisher and aggregator",
		Long: `Tributary pulls stories from the feeds in config.toml, merges them with local
Markdown articles, and republishes them as RSS, Atom and JSON feeds and pages.

Start with "tributary init", then "tributary serve".`,
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,

		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.logger() // wrong flags are told before anything is read
			return err
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", defaultConfig(), "config `file`; TRIBUTARY_CONFIG sets the default")
	flags.StringVar(&a.logLevel, "log-level", "info", "least `level` of what is logged: debug, info, warn or error")
	flags.StringVar(&a.logFormat, "log-format", "auto", "`format` of the log: text, json, or auto (text on a terminal)")
	a.completeFlags(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %q tells the flags", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(
		newServe(a), newRefresh(a), newBuild(a), newPublish(a), newCheck(a), newParse(a),
		newReload(a), newSources(a), newExplain(a), newPlan(a), newAdd(a), newImport(a), newExport(a),
		newRetract(a), newBackup(a), newMigrate(a), newInit(a), newVersion(a), newDocs(a),
	)
	return root
}

func defaultConfig() string {
	if path := os.Getenv("TRIBUTARY_CONFIG"); path != "" {
		return path
	}
	return "config.toml"
}

// noCommand refuses arguments that name no command, and says which one may have
// been meant.
func noCommand(cmd *cobra.Command, args []string) error {
	err := cobra.NoArgs(cmd, args)
	if err == nil {
		return nil
	}
	if close := cmd.SuggestionsFor(args[0]); len(close) > 0 {
		return fmt.Errorf("%w; did you mean %q?", err, cmd.Name()+" "+close[0])
	}
	return fmt.Errorf("%w; %q lists the commands", err, cmd.Name()+" --help")
}

// oneArgument is for commands that take just one.
func oneArgument(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("%s takes one argument, not %d: %q", cmd.Name(), len(args), cmd.UseLine())
}

// completeFlags tells a shell what the global flags may be.
func (a *app) completeFlags(root *cobra.Command) {
	for name, values := range map[string][]string{
		"log-level":  {"debug", "info", "warn", "error"},
		"log-format": {"text", "json", "auto"},
	} {
		if err := root.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // no such flag, or a second time
		}
	}
	if err := root.MarkPersistentFlagFilename("config", "toml"); err != nil {
		panic(err)
	}
}

// completeSources tells a shell the names of sources. A config with mistakes
// has none.
func (a *app) completeSources(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, source := range c.Sources() {
		names = append(names, source.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
