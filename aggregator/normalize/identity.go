package normalize

import (
	"fmt"
	"strconv"
	"strings"

	"tributary/internal/news"
)

// maxID is the length in bytes beyond which an id is shortened: stores index it.
const maxID = 1 << 10

// named is an entry with what tells it apart within its source.
type named struct {
	entry *news.Entry
	id    string
}

// identify names the entries of a document by these rules:
//
//  1. The id is the upstream's, verbatim after trimming, else the link, else a
//     hash of title and content. A source's identity mode puts the link or the
//     title first. It is never the date.
//  2. An entry that comes twice is taken once, one that says nothing not at
//     all.
//  3. Of several with one id the first keeps it, the others are called
//     id|link, and if that is taken or they have no link, id|link|hash of
//     title and content.
//  4. The first 500 are taken.
//
// The warnings say what was left out.
func identify(doc *news.Document, p place, mode news.IdentityMode) ([]named, []string) {
	var warnings []string
	list := make([]named, 0, min(len(doc.Entries), maxStories))
	taken := make(map[string]bool, cap(list))
	same := make(map[copyKey]bool, cap(list))
	twice := 0
	for i := range doc.Entries {
		e := &doc.Entries[i]
		if saysNothing(e) {
			continue
		}
		id := baseID(e, p, mode)
		key := copyKey{id, fingerprint(e)}
		if same[key] {
			twice++
			continue
		}
		if len(list) == maxStories {
			warnings = append(warnings, fmt.Sprintf("only the first %d of %d entries were read", maxStories, len(doc.Entries)))
			break
		}
		same[key] = true
		if id = free(id, e, p, taken); id == "" {
			twice++
			continue
		}
		taken[id] = true
		list = append(list, named{e, id})
	}
	if twice > 0 {
		warnings = append(warnings, stories(twice)+" came twice in the document")
	}
	return list, warnings
}

// saysNothing reports whether an entry has none of the fields that we keep.
func saysNothing(e *news.Entry) bool {
	return e.ID == "" && e.Link == "" && e.Title.IsZero() && e.Summary.IsZero() && e.Content.IsZero() &&
		e.Image == "" && e.Comments == "" && e.Published.IsZero() && e.Updated.IsZero() && e.Origin == nil &&
		len(e.Authors) == 0 && len(e.Categories) == 0 && len(e.Enclosures) == 0
}

// copyKey is what two copies of one entry share.
type copyKey struct {
	id   string
	hash uint64
}

// fingerprint is equal for equal entries.
func fingerprint(e *news.Entry) uint64 {
	if e.RawHash != 0 {
		return e.RawHash
	}
	h := sum(entryHash(e))
	h.add(e.Link, e.Summary.Value)
	return uint64(h)
}

func baseID(e *news.Entry, p place, mode news.IdentityMode) string {
	var id string
	switch mode {
	case news.IdentityLink:
		id = spell(p.spot(e).link)
	case news.IdentityTitle:
		id = plain(e.Title)
	}
	if id == "" {
		id = verbatim(e.ID)
	}
	if id == "" {
		id = spell(p.spot(e).link)
	}
	if id == "" {
		id = hex(entryHash(e))
	}
	return shortID(id)
}

// free gives the entry a name that no other has; empty when all that the entry
// could be called is taken.
func free(id string, e *news.Entry, p place, taken map[string]bool) string {
	if !taken[id] {
		return id
	}
	if link := spell(p.spot(e).link); link != "" {
		if id = shortID(id + "|" + link); !taken[id] {
			return id
		}
	}
	if id = shortID(id + "|" + hex(entryHash(e))); !taken[id] {
		return id
	}
	return ""
}

// verbatim is an upstream's id as it stands, but for characters that no store
// can keep.
func verbatim(id string) string {
	id = strings.ToValidUTF8(strings.TrimSpace(id), "\uFFFD")
	return strings.Map(func(r rune) rune {
		if prints(r) {
			return r
		}
		return -1
	}, id)
}

// shortID keeps the beginning of an id that is too long and lets a hash stand
// for the rest.
func shortID(id string) string {
	if len(id) <= maxID {
		return id
	}
	h := fnvOffset
	h.add(id)
	end := maxID - len("|") - 16
	return strings.ToValidUTF8(id[:end], "") + "|" + hex(uint64(h))
}

func hex(hash uint64) string {
	digits := strconv.FormatUint(hash, 16)
	return strings.Repeat("0", 16-len(digits)) + digits
}
