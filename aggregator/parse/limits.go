package parse

import (
	"fmt"

	"tributary/internal/news"
)

// What one document may ask of us. Each limit is far above what real feeds do
// and far below what hurts: gofeed recurses once a level and copies every
// namespace in scope for each element.
const (
	maxDepth      = 256     // nested elements
	maxAttributes = 256     // of one element
	maxNamespaces = 256     // declared and in scope
	maxElements   = 400_000 // in XML
	maxValues     = 200_000 // in JSON
	maxEntries    = 10_000
	maxFragments  = 2_000 // comments, CDATA sections and instructions inside one element
	maxAlike      = 10    // elements of a text named like it but for a letter; each costs a look back
	maxTears      = 100   // sections cut in salvage; each costs a look at all that follows
	maxPeople     = 100   // authors of one entry; more are left out
	maxEntities   = 100   // declared in a DOCTYPE; more are ignored
	maxEntity     = 1_000 // bytes of one such entity; longer ones are ignored
	maxExpansion  = 1 << 20
	maxDate       = 1_000 // bytes of a date; longer ones are none
	maxBase       = 2_000 // bytes of an xml:base or xml:lang; longer ones are ignored
)

// limitError refuses a document that is over a limit.
func limitError(max int, what string) *Error {
	return &Error{Cause: news.CauseLimit, Detail: fmt.Sprintf("more than %d %s", max, what)}
}
