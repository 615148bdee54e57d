package rule

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"

	"tributary/internal/news"
)

// meaning is the version of what rules and verdicts mean. Raise it when the
// same config would put stories elsewhere, and every feed is sorted anew.
const meaning = "membership 1"

// Fingerprint gives a hash of all that decides which stories belong to a feed:
// its own sources, tags, local and where, and of each source that it may draw
// from the name, tags and where. Two equal fingerprints mean equal verdicts on
// every story. Neither the order of names, tags and sources nor anything that
// only shows (titles, limits) changes it. It is stable over restarts, machines
// and versions with the same meaning.
func Fingerprint(feed news.Feed, sources []news.Source) string {
	sum := sha256.New()
	write(sum, meaning)
	writeSet(sum, feed.Sources)
	writeSet(sum, fold(feed.Tags))
	if feed.Local {
		write(sum, "local")
	} else {
		write(sum, "")
	}
	write(sum, feed.Where)
	drawn := slices.DeleteFunc(slices.Clone(sources), func(s news.Source) bool {
		return len(feed.Sources) > 0 && !slices.Contains(feed.Sources, s.Name)
	})
	slices.SortFunc(drawn, func(a, b news.Source) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range drawn {
		write(sum, s.Name)
		writeSet(sum, s.Tags) // as written: rules see their case
		write(sum, s.Where)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// fold lowers the case of tags, which the feed's own key does not look at.
func fold(tags []string) []string {
	out := make([]string, len(tags))
	for i, tag := range tags {
		out[i] = strings.ToLower(tag)
	}
	return out
}

// write adds a string with its length, so that no two sequences of strings
// look alike.
func write(sum hash.Hash, s string) {
	_, _ = sum.Write(binary.AppendUvarint(nil, uint64(len(s)))) // a hash never fails
	_, _ = sum.Write([]byte(s))
}

// writeSet adds strings without their order, with their number.
func writeSet(sum hash.Hash, set []string) {
	sorted := slices.Sorted(slices.Values(set))
	_, _ = sum.Write(binary.AppendUvarint(nil, uint64(len(sorted))))
	for _, s := range sorted {
		write(sum, s)
	}
}
