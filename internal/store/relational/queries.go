package relational

import "cmp"

// Queries gives those whose time must not grow with the number of stories or
// sources, as a dialect has them: the tests of the engines pin how they are run.
func Queries(d *Dialect) map[string]string {
	newest := cmp.Or(d.Newest, newestRows)
	return map[string]string{
		"due":            cmp.Or(d.LockDue, dueQuery),
		"rest":           cmp.Or(d.LockRest, d.Rest),
		"slots":          slotsQuery,
		"lease":          leaseQuery,
		"next":           nextQuery,
		"newest":         itemColumns + newest,
		"newest stamps":  stampColumns + newest,
		"again":          againQuery,
		"spread sources": spreadSourcesQuery,
		"spread stories": spreadStoriesQuery,
		"spread items":   itemColumns + d.SpreadItems,
		"run":            itemColumns + runRows,
		"pages":          pagesQuery,
		"copies":         copiesColumns + cmp.Or(d.Copies, copiesRows),
		"candidates":     candidatesQuery,
		"any copy":       anyCopyQuery,
	}
}
