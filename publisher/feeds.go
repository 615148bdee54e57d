package publisher

import (
	"bytes"
	"context"
	"fmt"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// format is how an edition becomes a document at one address, and how a
// document is looked over before readers get it.
type format struct {
	extension, contentType string

	render func(edition *news.Edition, options render.Options) (render.Rendered, error)
	verify func(body []byte, items int) error
}

// feedFormats is the format table of render, in our terms.
func feedFormats() []format {
	list := make([]format, len(render.Formats))
	for i, f := range render.Formats {
		list[i] = format{
			extension: f.Extension, contentType: f.ContentType,
			render: f.Render,
			verify: f.Verify,
		}
	}
	return list
}

// outcome is what became of an owner in a round.
type outcome struct {
	made     []made
	troubles []Trouble
}

// fail keeps what is at an address and says why.
func (o *outcome) fail(path string, err error) {
	o.made = append(o.made, keep(path))
	o.troubles = append(o.troubles, Trouble{Where: path, Detail: err.Error()})
}

// issue is a feed on its way through a round.
type issue struct {
	owner     *owner
	edition   *news.Edition
	published *news.LastEdition // what readers are given from now on
	held      bool              // the edition isn't published; published is an earlier one
	outcome   outcome
	err       error // the store's; nothing else is set then
}

// stamp is what a feed is made as of: both were read before its stories.
type stamp struct {
	revision    int64
	fingerprint string
}

// issue makes a feed as of now, unless it has to be held.
func (p *Publisher) issue(ctx context.Context, o *owner, feed news.Feed, as stamp) issue {
	read := make(news.Remembered, feed.Limit)
	edition, err := selectEdition(p.config.Site, feed, now(), storeReader(ctx, p.store, feed.Name, o.stories, read))
	if err != nil {
		return issue{err: fmt.Errorf("select feed %s: %w", feed.Name, err)}
	}
	o.stories = read
	entered, err := p.place(ctx, &edition)
	if err != nil {
		return issue{err: fmt.Errorf("place feed %s in its history: %w", feed.Name, err)}
	}
	last, loss, err := p.hold(ctx, o, &edition)
	if err != nil {
		return issue{err: fmt.Errorf("compare feed %s with its last edition: %w", feed.Name, err)}
	}
	if loss != nil {
		return issue{owner: o, edition: &edition, published: last, held: true, outcome: p.heldBack(&edition, loss)}
	}
	published := unchanged(o.published, lastEdition(&edition, entered, as))
	return issue{owner: o, edition: &edition, published: published, outcome: p.feed(o, &edition)}
}

// feed makes all addresses of an edition. What fails, fails alone: a format
// that can't be written or read back keeps its last rendition.
func (p *Publisher) feed(o *owner, edition *news.Edition) outcome {
	var out outcome
	if o.rendered == nil {
		o.rendered = make(map[string]*render.Rendered, len(p.formats))
	}
	items := render.Prepare(edition)
	for _, f := range p.formats {
		p.document(&out, o, items, edition, f)
	}
	p.feedPages(&out, edition)
	p.feedEmbeds(&out, edition)
	return out
}

// feedPaths gives the addresses that feed makes for a feed of that name.
func (p *Publisher) feedPaths(name string) []string {
	paths := append(p.feedPagePaths(name), p.feedEmbedPaths(name)...)
	for _, f := range p.formats {
		paths = append(paths, "/"+name+f.extension)
	}
	return paths
}

// document renders an edition in one format and lets it through the gate.
func (p *Publisher) document(out *outcome, o *owner, items *render.Items, edition *news.Edition, f format) {
	path := "/" + edition.Feed.Name + f.extension
	last := o.rendered[f.extension]
	options := p.config.rendering(KindFeed)
	options.Items, options.Last = items, last
	rendered, err := f.render(edition, options)
	if err == nil {
		err = f.verify(rendered.Proof, rendered.ProofItems)
	}
	if err != nil {
		out.fail(path, err)
		return
	}
	for _, left := range rendered.Left {
		out.troubles = append(out.troubles, Trouble{
			Where: fmt.Sprintf("%s story %d", path, left.Story), Detail: "left out: " + left.Err.Error(),
		})
	}
	if last == nil || !bytes.Equal(last.Body, rendered.Body) { // else the last one shares its bytes with the rendition
		o.rendered[f.extension] = &rendered
	}
	out.made = append(out.made, p.make(Draft{
		Path: path, Kind: KindFeed, ContentType: f.contentType, Links: p.config.links(path),
		Body: rendered.Body, Updated: edition.Updated, LastModified: now(),
	}))
}

// rendering gives the options of a document. Within its TTL a reader who asks
// again gets what a cache on the way has kept.
func (c *Config) rendering(kind Kind) render.Options {
	return render.Options{TTL: headersOf(kind).maxAge, Hub: c.Hub}
}

// links are the Link headers of a feed: its hub, if any, and exactly one self
// (WebSub §4).
func (c *Config) links(path string) []string {
	self := fmt.Sprintf("<%s%s>; rel=\"self\"", c.Site.URL, path)
	if c.Hub == "" {
		return []string{self}
	}
	return []string{fmt.Sprintf("<%s>; rel=\"hub\"", c.Hub), self}
}
