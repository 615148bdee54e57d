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

	configPath string
	logLevel   string
	logFormat  string
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
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.logger() // wrong flags are told before anything is read
			return err
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", defaultConfig(), "config `file`; TRIBUTARY_CONFIG sets the default")
	flags.StringVar(&a.logLevel, "log-level", "info", "least `level` of what is logged: debug, info, warn or error")
	flags.StringVar(&a.logFormat, "log-format", "auto", "`format` of the log: text, json, or auto (text on a terminal)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %q tells the flags", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(
		newServe(a), newRefresh(a), newBuild(a), newPublish(a), newCheck(a), newParse(a),
		newSources(a), newAdd(a), newImport(a), newExport(a), newRetract(a), newBackup(a), newInit(a), newVersion(a),
	)
	return root
}

func defaultConfig() string {
	if path := os.Getenv("TRIBUTARY_CONFIG"); path != "" {
		return path
	}
	return "config.toml"
}
