package render

import "tributary/internal/news"

// Items is the items of one edition as all formats tell them, worked out once
// and only as far as somebody asks. It is for one goroutine at a time.
type Items struct {
	edition *news.Edition
	scope   scope
	sums    []uint64
	entries []*entry
	errs    []error
	size    int    // about that of a document of them
	room    []byte // for the fresh items of one document after the other
}

// itemSize is room for an item around its texts, in bytes.
const itemSize = 1200

// Prepare gives the items of an edition, which must not change afterwards.
func Prepare(edition *news.Edition) *Items {
	n := len(edition.Items)
	items := &Items{
		edition: edition, scope: newScope(edition),
		sums: make([]uint64, n), entries: make([]*entry, n), errs: make([]error, n),
	}
	for i := range edition.Items {
		item := &edition.Items[i]
		items.sums[i] = sumOf(item, items.scope)
		items.size += itemSize + len(item.Content) + len(item.Summary)
	}
	items.size += items.size / 8 // what grows by escapes
	return items
}

// entry gives one item, or why it can't be told.
func (items *Items) entry(i int) (*entry, error) {
	if items.entries[i] == nil && items.errs[i] == nil {
		items.entries[i], items.errs[i] = newEntry(&items.edition.Items[i], items.scope)
	}
	return items.entries[i], items.errs[i]
}
