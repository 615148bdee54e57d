package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/news"
	"tributary/publisher/render"
)

func newExport(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Print the sources as OPML",
		Long: `Prints the sources of the config as a subscription list, for other feed readers
and for "tributary import". Titles are those that the feeds gave, once they were
read. Sources on disk have no address for others and are left out.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.export(cmd.Context()) },
	}
}

func (a *app) export(ctx context.Context) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	stored, err := a.storedInfos(ctx, c)
	if err != nil {
		return failed(err)
	}
	site := c.Site()
	list, err := render.OPML(&site, "", infosOf(c, stored))
	if err != nil {
		return failed(err)
	}
	_, err = a.stdout.Write(list)
	return failed(err)
}

// storedInfos gives what is known of the sources, by name; nothing before the
// first refresh. It makes no database.
func (a *app) storedInfos(ctx context.Context, c *config.Config) (map[string]news.SourceInfo, error) {
	infos := make(map[string]news.SourceInfo)
	if err := isStored(c.Node().Database); err != nil {
		return infos, nil
	}
	log, err := a.quietLogger()
	if err != nil {
		return nil, err
	}
	e, err := a.wire(ctx, c, log, observers{})
	if err != nil {
		return nil, err
	}
	list, err := e.store.SourceInfos(ctx)
	if err := errors.Join(err, e.close()); err != nil {
		return nil, err
	}
	for _, info := range list {
		infos[info.Name] = info
	}
	return infos, nil
}

// infosOf describes the sources of a config; what the config says goes first.
func infosOf(c *config.Config, stored map[string]news.SourceInfo) []news.SourceInfo {
	infos := make([]news.SourceInfo, 0, len(c.Sources()))
	for _, source := range c.Sources() {
		if source.IsFile() {
			continue
		}
		info := stored[source.Name]
		info.Name, info.URL, info.Tags = source.Name, source.URL, source.Tags
		if source.Title != "" {
			info.Title = source.Title
		}
		if source.Site != "" {
			info.Site = source.Site
		}
		infos = append(infos, info)
	}
	return infos
}
