package parse

import (
	"strings"

	"tributary/internal/news"
)

// deletions gives the entries that a feed says are deleted (RFC 6721 §3).
func deletions(x extensions) []news.Deletion {
	var list []news.Deletion
	for _, e := range x.all("at", "deleted-entry") {
		if ref := strings.TrimSpace(e.Attrs["ref"]); ref != "" {
			list = append(list, news.Deletion{ID: ref, When: firstDate(e.Attrs["when"])})
		}
	}
	return list
}
