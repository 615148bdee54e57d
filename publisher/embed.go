package publisher

import (
	"strings"

	"tributary/internal/news"
	"tributary/publisher/render"
	"tributary/publisher/site"
)

// EmbedPages makes what other sites show of a feed, under the terms of
// [Pages]. See publisher/site.
type EmbedPages interface {
	Embed(page site.EmbedPage) ([]byte, error)
	Fragment(page site.EmbedPage) ([]byte, error)
	Chooser(page site.ChooserPage) ([]byte, error)
	EmbedScript() site.Asset
}

const (
	embedJSONType = "application/json"
	embedPath     = "/embed"
	scriptPath    = "/embed.js"
	scriptPrefix  = "/static/embed." // of the script under the name that holds a hash
	scriptType    = "text/javascript; charset=utf-8"

	// What follows a feed's path in the addresses of its embeds.
	embedJSONSuffix = "/embed.json"
	embedSuffix     = "/embed"
	fragmentSuffix  = "/fragment.html"
)

// feedEmbeds makes what other sites show of a feed: as JSON for the element,
// as a page for frames, and as a list for their own pages.
func (p *Publisher) feedEmbeds(out *outcome, edition *news.Edition) {
	add := func(path string, kind Kind, contentType string, body []byte, err error) {
		if err != nil {
			out.fail(path, err)
			return
		}
		out.made = append(out.made, p.make(Draft{
			Path: path, Kind: kind, ContentType: contentType, Body: body, Updated: edition.Updated, LastModified: now(),
		}))
	}
	path := "/" + edition.Feed.Name
	body, err := render.EmbedJSON(edition, site.EmbedMost)
	add(path+embedJSONSuffix, KindFeed, embedJSONType, body, err)
	if p.config.Pages == nil {
		return
	}
	page := site.EmbedPage{Edition: *edition}
	body, err = p.config.Pages.Embed(page)
	add(path+embedSuffix, KindFrame, htmlType, body, err)
	body, err = p.config.Pages.Fragment(page)
	add(path+fragmentSuffix, KindFragment, htmlType, body, err)
}

// feedEmbedPaths are the addresses that feedEmbeds makes.
func (p *Publisher) feedEmbedPaths(feed string) []string {
	path := "/" + feed
	if p.config.Pages == nil {
		return []string{path + embedJSONSuffix}
	}
	return []string{path + embedJSONSuffix, path + embedSuffix, path + fragmentSuffix}
}

// fixedEmbeds makes what depends on the configuration alone: the script under
// its short name, and the page on which an embed is chosen.
func (p *Publisher) fixedEmbeds(out *outcome) {
	out.made = append(out.made, p.make(Draft{
		Path: scriptPath, Kind: KindText, ContentType: scriptType, Body: p.config.Pages.EmbedScript().Body, LastModified: now(),
	}))
	body, err := p.config.Pages.Chooser(site.ChooserPage{Site: p.config.Site, Feeds: p.config.Feeds})
	if err != nil {
		out.fail(embedPath, err)
		return
	}
	out.made = append(out.made, p.make(Draft{
		Path: embedPath, Kind: KindChooser, ContentType: htmlType, Body: body, LastModified: now(),
	}))
}

// keepPinned keeps the scripts that an earlier version of the program published.
func (p *Publisher) keepPinned(out *outcome) {
	restored := p.owners[ownerRestored]
	if restored == nil {
		return
	}
	for _, path := range restored.paths {
		if pinned(path) {
			out.made = append(out.made, keep(path))
		}
	}
}

// pinned reports whether other sites may have written the address of an asset
// into their pages, with the hash of its bytes: it must outlive this version of
// the program.
func pinned(path string) bool {
	return strings.HasPrefix(path, scriptPrefix) && strings.HasSuffix(path, ".js")
}
