// Package publisher chooses stories and keeps the renditions.
//
// A [Publisher] reads the store, makes an edition of each feed, has it
// rendered in every format, and keeps the outcome as one table of
// [Rendition]s by path, which servers and exporters read. The table is
// replaced as a whole; a rendition in it never changes. What could not be
// made leaves the last rendition in its place and shows in
// [Publisher.Troubles]: readers never see a broken document, and never an
// error because the disk has one.
package publisher

import (
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/news"
)

// Config is what is published. It is taken as a whole, and nothing it points
// to may change afterwards.
type Config struct {
	Site  news.Site
	Feeds []news.Feed // at least one; the first one is the home page
	Pages Pages       // nil: no HTML at all
	// Files is what lies beside the articles, served under /articles/; nil
	// means nothing does.
	Files fs.FS
	// Redirects maps paths that are no more to where they are now: a path of the
	// site, or an absolute URL.
	Redirects map[string]string
	// Hub is the address of the WebSub hub that feeds announce; may be empty.
	Hub string
}

// Options are what New needs.
type Options struct {
	Config
	Store Store // required
	// Renditions is where renditions are kept over a restart; nil: nowhere.
	Renditions Renditions
	Log        *slog.Logger // nil: slog.Default()
	// Rounded is told of each round: how long it took, and the store's error.
	// Optional; it must not block.
	Rounded func(took time.Duration, err error)
	// Troubled is told of each trouble when it begins, turns into another one at
	// the same place, and when it is over. Optional; it must not block, nor call
	// the publisher.
	Troubled func(trouble Trouble, over bool)
}

// Publisher keeps the renditions up to date. Its methods are safe for
// concurrent use.
type Publisher struct {
	store    Store
	log      *slog.Logger
	rounded  func(took time.Duration, err error)
	formats  []format
	troubles troubles
	streams  streams
	archives *archives

	table   atomic.Pointer[table]
	below   atomic.Pointer[below]
	moved   atomic.Pointer[moved]
	site    atomic.Pointer[news.Site]
	swap    sync.Mutex             // held by whoever replaces table
	next    atomic.Pointer[Config] // given by Reconfigure, not taken yet
	wake    chan struct{}          // holds a token when next was set
	untried chan struct{}          // holds a token when brotli may have work
	keeper  keeper
	shown   atomic.Pointer[shownFeeds]
	ready   chan struct{} // closed once everything was published
	isReady sync.Once

	publishing sync.Mutex // one round at a time; it guards what follows
	config     Config
	configs    int64 // how many there were, this one included
	owners     map[string]*owner
	restored   bool // what was kept is known
	files      fileCache
	sources    [sha256.Size]byte // of what the subscription lists were made of
	// latest is the head of the first feed as it stands below articles;
	// latestChanged is set until it does, which may take until articlesNext.
	latest        news.Edition
	latestChanged bool
	articlesNext  time.Time
	aliases       moved // of articles
	// sourcesMade is when the pages of sources were made, sourcesNext when they
	// will be again.
	sourcesMade, sourcesNext time.Time
}

// shownFeeds is what the feeds in the table, or in an older one, show.
type shownFeeds struct {
	revisions map[string]int64
	editions  map[string]*news.LastEdition
}

// table is all renditions by path. It is never changed once published.
type table map[string]*Rendition

// New makes a publisher without renditions: Restore brings back those that were
// kept, Publish and Run make them.
func New(options Options) *Publisher {
	p := &Publisher{
		store:    options.Store,
		log:      options.Log,
		rounded:  options.Rounded,
		formats:  feedFormats(),
		archives: newArchives(),
		wake:     make(chan struct{}, 1),
		untried:  make(chan struct{}, 1),
		keeper: keeper{
			store: options.Renditions, unkept: make(chan struct{}, 1),
			kept: map[string]*Rendition{}, editions: map[string]*news.LastEdition{},
		},
		ready:  make(chan struct{}),
		owners: map[string]*owner{},
	}
	p.next.Store(&options.Config)
	if p.log == nil {
		p.log = slog.Default()
	}
	if p.rounded == nil {
		p.rounded = func(time.Duration, error) {}
	}
	p.troubles.log, p.troubles.tell = p.log, options.Troubled
	if p.troubles.tell == nil {
		p.troubles.tell = func(Trouble, bool) {}
	}
	p.table.Store(&table{})
	p.moved.Store(&moved{})
	p.site.Store(&news.Site{})
	p.shown.Store(&shownFeeds{})
	return p
}

// Lookup gives the rendition of a path, nil when there is none. It takes no
// lock.
func (p *Publisher) Lookup(path string) *Rendition { return (*p.table.Load())[path] }

// Renditions gives all renditions by path, as they are now.
func (p *Publisher) Renditions() map[string]*Rendition { return maps.Clone(*p.table.Load()) }

// Ready gives a channel that is closed once everything was published: from
// then on, an address without a rendition is none.
func (p *Publisher) Ready() <-chan struct{} { return p.ready }

// Reconfigure takes another configuration, from the next round on, which Run
// starts at once. It doesn't wait. Feeds and their pages change together, the
// pages of articles shortly after; until then they are as they were.
func (p *Publisher) Reconfigure(config Config) {
	p.next.Store(&config)
	signal(p.wake)
}

// signal puts a token into a channel that holds one at most.
func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
