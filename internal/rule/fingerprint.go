package rule

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
func Fingerprint(feed *news.Feed, sources []*news.Source) string {
	hash := sha256.New()
	sum := bufio.NewWriter(hash)
	write(sum, meaning)
	writeSet(sum, feed.Sources)
	writeSet(sum, fold(feed.Tags))
	if feed.Local {
		write(sum, "local")
	} else {
		write(sum, "")
	}
	write(sum, feed.Where)
	for _, s := range drawn(feed, sources) {
		write(sum, s.Name)
		writeSet(sum, s.Tags) // as written: rules see their case
		write(sum, s.Where)
	}
	_ = sum.Flush() // a hash never fails
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// drawn gives the sources that a feed may draw from, by name.
func drawn(feed *news.Feed, sources []*news.Source) []*news.Source {
	byName := func(a, b *news.Source) int { return strings.Compare(a.Name, b.Name) }
	if len(feed.Sources) == 0 && slices.IsSortedFunc(sources, byName) {
		return sources
	}
	drawn := make([]*news.Source, 0, len(sources))
	for _, s := range sources {
		if len(feed.Sources) == 0 || slices.Contains(feed.Sources, s.Name) {
			drawn = append(drawn, s)
		}
	}
	slices.SortFunc(drawn, byName)
	return drawn
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
func write(sum *bufio.Writer, s string) {
	writeLength(sum, len(s))
	_, _ = sum.WriteString(s)
}

func writeLength(sum *bufio.Writer, n int) {
	_, _ = sum.Write(binary.AppendUvarint(sum.AvailableBuffer(), uint64(n)))
}

// writeSet adds strings without their order, with their number.
func writeSet(sum *bufio.Writer, set []string) {
	writeLength(sum, len(set))
	for _, s := range slices.Sorted(slices.Values(set)) {
		write(sum, s)
	}
}
