package parse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/aggregator/parse"
	"tributary/internal/news"
)

// RFC 6721 §3, and what feeds make of it.
func TestDeletedEntries(t *testing.T) {
	t.Parallel()
	const feed = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://purl.org/atompub/tombstones/1.0">
<title>T</title><id>tag:a,1:feed</id>
<x:deleted-entry ref="tag:a,1:one" when="2026-11-10T08:00:00Z"><x:by><x:name>N</x:name></x:by><x:comment>gone</x:comment></x:deleted-entry>
<x:deleted-entry ref=" http://a.example/?p=2&amp;x=1 "/>
<x:deleted-entry when="2026-11-10T08:00:00Z"/>
<entry><id>tag:a,1:three</id><title>Three</title></entry>
<x:deleted-entry ref="four" when="2026-11-10T08:00:00+01:00"/>
</feed>`
	doc, err := parse.Parse([]byte(feed), parse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []news.Deletion{
		{ID: "tag:a,1:one", When: time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)},
		{ID: "http://a.example/?p=2&x=1"},
		{ID: "four", When: time.Date(2026, 11, 10, 7, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, doc.Deleted); diff != "" {
		t.Error(diff)
	}
	if len(doc.Entries) != 1 || doc.Entries[0].ID != "tag:a,1:three" {
		t.Errorf("entries %+v", doc.Entries)
	}
}
