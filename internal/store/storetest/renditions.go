package storetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

// rendition is one of each column.
func rendition(path, tag string) news.KeptRendition {
	return news.KeptRendition{
		Path: path, Kind: "feed", ContentType: "application/rss+xml; charset=utf-8",
		Links: []string{"<https://example.org" + path + `>; rel="self"`}, Updated: start.Add(-time.Hour),
		Tag: tag, LastModified: start.Truncate(time.Second),
		Body: []byte("<rss>\x00\xff" + tag), Gzip: []byte{0x1f, 0x8b, 0}, Brotli: []byte{0x0b, 0},
		DateShared: true, BrotliTried: true,
	}
}

// keep keeps renditions and gives the dates that differ from theirs.
func (f *fixture) keep(put []news.KeptRendition, gone ...string) map[string]time.Time {
	f.Helper()
	modified, err := f.Keep(f.Context(), news.Kept{Renditions: put}, gone)
	f.must(err)
	return modified
}

func (f *fixture) renditions() []news.KeptRendition {
	f.Helper()
	kept, err := f.Kept(f.Context())
	f.must(err)
	return kept.Renditions
}

var renditionChecks = []check{
	{"renditions are kept as they are", func(f *fixture) {
		if kept := f.renditions(); len(kept) != 0 {
			f.Errorf("a fresh store keeps %d", len(kept))
		}
		full := rendition("/b.rss", "one")
		bare := news.KeptRendition{Path: "/a.txt", Kind: "text", ContentType: "text/plain", Tag: "two", Body: []byte("text")}
		if modified := f.keep([]news.KeptRendition{full, bare}); len(modified) != 0 {
			f.Errorf("other dates than given: %v", modified)
		}
		if diff := cmp.Diff([]news.KeptRendition{bare, full}, f.renditions()); diff != "" {
			f.Error(diff)
		}
	}},
	{"a newer rendition takes the place of the last one", func(f *fixture) {
		f.keep([]news.KeptRendition{rendition("/a", "one")})
		next := rendition("/a", "two")
		next.LastModified = next.LastModified.Add(time.Minute)
		next.Links, next.Gzip, next.Brotli, next.BrotliTried, next.DateShared = nil, nil, nil, false, false
		f.keep([]news.KeptRendition{next})
		if diff := cmp.Diff([]news.KeptRendition{next}, f.renditions()); diff != "" {
			f.Error(diff)
		}
	}},
	{"the same bytes keep their date", func(f *fixture) {
		first := rendition("/a", "one")
		f.keep([]news.KeptRendition{first})
		again := first
		again.LastModified = again.LastModified.Add(time.Minute)
		again.Links = []string{"<https://hub.example/>; rel=\"hub\""}
		modified := f.keep([]news.KeptRendition{again})
		if at := modified["/a"]; !at.Equal(first.LastModified) {
			f.Errorf("date %v, want that of the first", at)
		}
		again.LastModified = first.LastModified
		if diff := cmp.Diff([]news.KeptRendition{again}, f.renditions()); diff != "" {
			f.Error(diff)
		}
	}},
	{"the revisions that are shown are kept", func(f *fixture) {
		f.feeds("x", "y")
		_, err := f.Keep(f.Context(), news.Kept{Revisions: map[string]int64{"x": 3, "gone": 1}}, nil)
		f.must(err)
		kept, err := f.Kept(f.Context())
		f.must(err)
		if diff := cmp.Diff(map[string]int64{"x": 3}, kept.Revisions); diff != "" {
			f.Error(diff)
		}
	}},
	{"what is gone is forgotten", func(f *fixture) {
		f.keep([]news.KeptRendition{rendition("/a", "one"), rendition("/b", "two"), rendition("/c", "three")})
		f.keep(nil, "/a", "/c", "/never")
		paths := func() (list []string) {
			for _, r := range f.renditions() {
				list = append(list, r.Path)
			}
			return list
		}
		if got := paths(); !slices.Equal(got, []string{"/b"}) {
			f.Errorf("kept %q", got)
		}
	}},
}
