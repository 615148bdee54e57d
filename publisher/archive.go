package publisher

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"tributary/internal/news"
	"tributary/publisher/render"
)

const (
	// archiveRun is how many stories an archive page holds. It can never
	// change: pages are not renumbered.
	archiveRun = 50
	// archiveCache is how many bytes of archive pages are kept.
	archiveCache = 16 << 20
)

// history is what archive pages of a feed are made from, as of a revision. It
// is never changed.
type history struct {
	feed    news.Feed
	config  *Config
	version version
	last    int64 // number of the newest story that entered the feed
	// html makes an HTML page of an archive page; nil: there are none.
	html func(edition *news.Edition, options render.Options) (render.Rendered, error)
}

// version tells whether a page is what would be made of a history now.
type version struct {
	revision int64 // of the feed
	config   int64 // number of the configuration
}

// pages is how many pages there are, the open one included.
func (h *history) pages() int { return int((h.last + archiveRun - 1) / archiveRun) }

// archives makes archive pages when they are asked for: there may be thousands
// and few are read.
type archives struct {
	histories atomic.Pointer[map[string]*history] // by feed
	making    singleflight.Group
	places    chan struct{} // bounds how many are made at once
	cache     pageCache
}

func newArchives() *archives {
	a := &archives{places: make(chan struct{}, runtime.GOMAXPROCS(0))}
	a.histories.Store(&map[string]*history{})
	return a
}

// place says where the newest stories of a feed stand in its history:
//
//  1. When they are all there are, there is no further page to read.
//  2. Pages hold runs of 50 stories in the order in which these entered the
//     feed. The last page is open as long as its run isn't full.
//  3. Prev is the last full page where the edition holds all of the open one,
//     so that what a reader finds there never changes; else the open one, so
//     that a reader who follows prev finds every story.
func (p *Publisher) place(ctx context.Context, edition *news.Edition) (last int64, err error) {
	last, open, err := p.store.Entered(ctx, edition.Feed.Name, archiveRun)
	if err != nil {
		return 0, err
	}
	if edition.History.Complete {
		return last, nil
	}
	shown := make(map[news.StoryKey]bool, len(edition.Items))
	for i := range edition.Items {
		shown[edition.Items[i].Key] = true
	}
	edition.History.Prev = int(last / archiveRun)
	if slices.ContainsFunc(open, func(key news.StoryKey) bool { return !shown[key] }) {
		edition.History.Prev++
	}
	return last, nil
}

// Archive gives the rendition of an archive page, as a feed or, without an
// extension, as an HTML page; nil where there is none.
// Nothing but what is asked for is made; an error is the store's.
func (p *Publisher) Archive(ctx context.Context, path string) (*Rendition, error) {
	name, n, extension, ok := cutArchive(path)
	if !ok {
		return nil, nil
	}
	h := (*p.archives.histories.Load())[name]
	i := slices.IndexFunc(p.formats, func(f format) bool { return f.extension == extension })
	html := extension == "" && h != nil && h.html != nil
	if h == nil || i < 0 && !html || n > h.pages() {
		return nil, nil
	}
	if r := p.archives.cache.get(path, h.version); r != nil {
		return r, nil
	}
	key := fmt.Sprintf("%s %v", path, h.version)
	made := p.archives.making.DoChan(key, func() (any, error) {
		p.archives.places <- struct{}{}
		defer func() { <-p.archives.places }()
		f := format{contentType: htmlType, render: h.html}
		if !html {
			f = p.formats[i]
		}
		r, err := p.archivePage(context.WithoutCancel(ctx), h, f, n, path)
		if err == nil {
			p.archives.cache.put(path, h.version, r)
		}
		return r, err
	})
	select {
	case result := <-made:
		r, _ := result.Val.(*Rendition)
		return r, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ArchivePaths gives the addresses of all archive pages. Those of a feed that
// still holds all of its stories are among them: they are there already for
// whoever asks, though nothing leads to them yet.
func (p *Publisher) ArchivePaths() (paths []string) {
	for name, h := range *p.archives.histories.Load() {
		for n := range h.pages() {
			page := fmt.Sprintf("/%s/archive/%d", name, n+1)
			for _, f := range p.formats {
				paths = append(paths, page+f.extension)
			}
			if h.html != nil {
				paths = append(paths, page)
			}
		}
	}
	return paths
}

// cutArchive reads "/NAME/archive/N.EXT" and "/NAME/archive/N".
func cutArchive(path string) (name string, n int, extension string, ok bool) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/archive/")
	dot := strings.IndexByte(rest, '.')
	if dot < 0 {
		dot = len(rest)
	}
	if !ok || dot < 1 || rest[0] == '0' { // no second address for a page
		return "", 0, "", false
	}
	n, err := strconv.Atoi(rest[:dot])
	return name, n, rest[dot:], err == nil && n > 0 && rest[0] != '+'
}

// archivePage makes one page.
func (p *Publisher) archivePage(ctx context.Context, h *history, f format, n int, path string) (*Rendition, error) {
	first := int64(n-1)*archiveRun + 1
	items, err := p.store.Run(ctx, h.feed.Name, first, first+archiveRun-1)
	if err != nil {
		return nil, fmt.Errorf("read page %d of the archive of feed %s: %w", n, h.feed.Name, err)
	}
	edition := &news.Edition{Site: h.config.Site, Feed: h.feed, Items: items, History: news.History{Page: n, Prev: n - 1}}
	edition.History.Open = n == h.pages() && h.last%archiveRun != 0
	if n < h.pages() {
		edition.History.Next = n + 1
	}
	for i := range items {
		edition.Updated = later(edition.Updated, changedAt(&items[i].Story))
	}
	kind, links := KindArchive, h.config.links(path)
	switch {
	case f.extension == "":
		kind, links = KindPage, nil
	case edition.History.Open:
		kind = KindFeed
	}
	rendered, err := f.render(edition, h.config.rendering(kind))
	if err == nil && f.verify != nil {
		err = f.verify(rendered.Proof, rendered.ProofItems)
	}
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	return NewRendition(Draft{
		Path: path, Kind: kind, ContentType: f.contentType, Links: links, Body: rendered.Body, Updated: edition.Updated,
	}, nil), nil
}

// pageCache keeps pages as long as their feed has the version that they were
// made from. Once the newer half is full, the older one is forgotten.
type pageCache struct {
	mu           sync.Mutex
	newer, older map[string]cachedPage
	size         int // of newer
}

type cachedPage struct {
	*Rendition
	version version
}

func (c *pageCache) get(path string, is version) *Rendition {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, ok := c.newer[path]
	if !ok {
		page = c.older[path]
	}
	if page.version != is {
		return nil
	}
	return page.Rendition
}

func (c *pageCache) put(path string, is version, r *Rendition) {
	size := len(r.Body) + len(r.Gzip.body())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newer == nil || c.size+size > archiveCache/2 {
		c.older, c.newer, c.size = c.newer, map[string]cachedPage{}, 0
	}
	c.newer[path] = cachedPage{r, is}
	c.size += size
}
