package publisher

import (
	"context"
	"maps"
	"slices"
	"sync"

	"tributary/internal/news"
)

// memory is a store that keeps its promises without a disk, can fail, and
// counts what it was asked.
type memory struct {
	mu        sync.Mutex
	revisions map[string]int64
	items     map[string][]news.Item // by feed, newest first
	articles  []news.Item
	sources   []news.SourceInfo
	states    []news.SourceState
	err       error
	entered   map[string][]string // by feed: public ids in the order in which they entered
	asked     map[string]int      // Newest by feed, "revisions", "sources"
	watchers  []chan struct{}

	fingerprints map[string]string
	fates        map[string]news.Fate // by public id, of stories that left; the zero one is gone for good
}

func newMemory() *memory {
	return &memory{
		revisions: map[string]int64{}, items: map[string][]news.Item{}, asked: map[string]int{}, entered: map[string][]string{},
		fingerprints: map[string]string{}, fates: map[string]news.Fate{},
	}
}

var _ Store = (*memory)(nil)

func (m *memory) Revisions(context.Context) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked["revisions"]++
	out := make(map[string]int64, len(m.revisions))
	for feed, revision := range m.revisions {
		out[feed] = revision
	}
	return out, m.err
}

func (m *memory) Watch(ctx context.Context) <-chan struct{} {
	in, out := make(chan struct{}, 1), make(chan struct{}, 1)
	m.mu.Lock()
	m.watchers = append(m.watchers, in)
	m.mu.Unlock()
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case <-in:
				signal(out)
			}
		}
	}()
	return out
}

func (m *memory) Newest(_ context.Context, feed string, after news.Cursor, limit int, _ news.Remembered) ([]news.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[feed]++
	list := m.items[feed]
	from := 0
	if after != (news.Cursor{}) {
		from = 1 + slices.IndexFunc(list, func(it news.Item) bool { return it.Key == after.Key })
	}
	return slices.Clone(list[from:min(from+limit, len(list))]), m.err
}

func (m *memory) Spread(_ context.Context, feed string, perSource, limit int, _ news.Remembered) ([]news.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	read := 0
	items, _ := readerOf(m.items[feed], &read).spread(perSource, limit)
	return items, m.err
}

// numbered gives the shown items with numbers from first to last.
func (m *memory) numbered(feed string, first, last int64) (list []news.Item) {
	ids := m.entered[feed]
	for n := min(last, int64(len(ids))); n >= first; n-- {
		i := slices.IndexFunc(m.items[feed], func(it news.Item) bool { return it.PublicID == ids[n-1] })
		if i >= 0 {
			list = append(list, m.items[feed][i])
		}
	}
	return list
}

func (m *memory) Entered(_ context.Context, feed string, run int64) (last int64, open []news.StoryKey, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last = int64(len(m.entered[feed]))
	for _, item := range m.numbered(feed, last-last%run+1, last) {
		open = append(open, item.Key)
	}
	return last, open, m.err
}

func (m *memory) Run(_ context.Context, feed string, first, last int64) ([]news.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked["archive"]++
	return m.numbered(feed, first, last), m.err
}

func (m *memory) Fingerprints(context.Context) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.fingerprints), m.err
}

func (m *memory) Fates(_ context.Context, feed string, stories []news.LastStory) ([]news.Fate, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked["fates"]++
	fates := make([]news.Fate, len(stories))
	for i, story := range stories {
		fates[i] = m.fates[story.PublicID]
		fates[i].SourceName = "a"
		fates[i].Shown = fates[i].Shown || slices.ContainsFunc(m.items[feed], func(it news.Item) bool { return it.PublicID == story.PublicID })
	}
	return fates, m.fingerprints[feed], m.err
}

func (m *memory) SourceInfos(context.Context) ([]news.SourceInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked["sources"]++
	return slices.Clone(m.sources), m.err
}

func (m *memory) Sources(context.Context) ([]news.SourceState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.states), m.err
}

func (m *memory) Articles(context.Context) ([]news.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[news.ArticlesName]++
	return slices.Clone(m.articles), m.err
}

// put makes items those of a feed and tells the watchers.
func (m *memory) put(feed string, items []news.Item) {
	m.mu.Lock()
	m.items[feed] = items
	for _, item := range slices.Backward(items) {
		if !slices.Contains(m.entered[feed], item.PublicID) {
			m.entered[feed] = append(m.entered[feed], item.PublicID)
		}
	}
	m.mu.Unlock()
	m.touch(feed)
}

func (m *memory) putArticles(items []news.Item) {
	m.mu.Lock()
	m.articles = items
	m.mu.Unlock()
	m.touch(news.ArticlesName)
}

func (m *memory) touch(feed string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revisions[feed]++
	for _, w := range m.watchers {
		signal(w)
	}
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) count(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[what]
}
