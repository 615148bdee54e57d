package render

import "tributary/internal/news"

// ranks gives, for each item of an edition, how many older ones changed in the
// same second. Readers order Atom entries by their dates, and validators warn
// of two that are the same (DuplicateUpdated): a rank of 1 or more is written
// as that many microseconds. Whoever reads whole seconds sees no difference.
func (f Format) ranks(edition *news.Edition) func(i int) int {
	if !f.ranked {
		return func(int) int { return 0 }
	}
	ranks := make([]int, len(edition.Items))
	taken := make(map[int64]int, len(edition.Items))
	for i := len(edition.Items) - 1; i >= 0; i-- {
		item := &edition.Items[i]
		second := changedAt(item).Unix()
		ranks[i] = taken[second]
		taken[second]++
	}
	return func(i int) int { return ranks[i] }
}
