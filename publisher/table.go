package publisher

import (
	"maps"
	"slices"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// owner is what made some renditions, is made again as a whole, and has its
// own reason to be: a feed, the articles, the files, the fixed addresses.
type owner struct {
	made     bool      // at least once under the current configuration
	revision int64     // of the store, when it was made
	expires  time.Time // when it is stale by time alone; zero: never
	paths    []string
	// published is what readers are given of a feed; nil when that isn't known
	// yet.
	published *news.LastEdition
	// stories are those that were read the last time.
	stories news.Remembered
	// rendered is what each format of a feed gave last, by extension.
	rendered map[string]*render.Rendered
}

// made is an address as an owner made it.
type made struct {
	path   string
	before *Rendition // what was there when it was made
	after  *Rendition // nil: it could not be made, what is there stays
}

// change is what a round does to the table.
type change struct {
	gone []string // addresses of owners that were made again, or are no more
	made []made   // their addresses now
}

// replace notes that an owner's addresses are others now.
func (c *change) replace(o *owner, list []made) {
	c.gone = append(c.gone, o.paths...)
	c.made = append(c.made, list...)
	o.paths = o.paths[:0]
	for i := range list {
		o.paths = append(o.paths, list[i].path)
	}
	slices.Sort(o.paths)
	o.paths = slices.Compact(o.paths)
}

// install replaces the table at once with one that has the change in it.
func (p *Publisher) install(c *change) {
	if len(c.gone) == 0 && len(c.made) == 0 {
		return
	}
	p.swap.Lock()
	defer p.swap.Unlock()
	now := *p.table.Load()
	next := maps.Clone(now)
	for _, path := range c.gone {
		delete(next, path)
	}
	for _, m := range c.made {
		switch {
		case m.after != nil && m.after != m.before:
			next[m.path] = m.after
		case now[m.path] != nil: // as it is now: perhaps with brotli since
			next[m.path] = now[m.path]
		}
	}
	p.table.Store(&next)
	signal(p.untried)
	signal(p.keeper.unkept)
}

// make gives a draft its place, in the hands of what is there now.
func (p *Publisher) make(draft Draft) made {
	before := p.Lookup(draft.Path)
	return made{draft.Path, before, NewRendition(draft, before)}
}

// keep leaves what is at an address, if anything.
func keep(path string) made { return made{path: path} }
