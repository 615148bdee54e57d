package site

import (
	"strings"
	"testing"

	"tributary/internal/news"
)

func TestFeedURL(t *testing.T) {
	t.Parallel()
	const inside = "http://localhost:8080"
	for address, told := range map[string]struct{ outside, inside bool }{
		"https://blog.example.org/feed.xml": {true, true},
		"http://10.0.0.1/feed":              {false, true},
		"file:/srv/feed.xml":                {false, false},
		"javascript:alert(1)":               {false, false},
		"":                                  {false, false},
	} {
		for site, told := range map[string]bool{"https://example.org/news": told.outside, inside: told.inside} {
			f := newFrame(&news.Site{URL: site}, nil, "")
			if got := f.feedURL(&news.SourceInfo{URL: address}); (got == address) != told && address != "" {
				t.Errorf("%s on %s: %q", address, site, got)
			}
		}
	}
	f := newFrame(&news.Site{URL: inside}, nil, "")
	if got := f.feedURL(&news.SourceInfo{URL: "https://blog.example.org/feed", Keyed: true}); got != "" {
		t.Errorf("%q leads nowhere without a key", got)
	}
}

func TestTagSlug(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"Go": "go", "C++": "c++", "C#": "c#", "Sea & Shore": "sea-&-shore", "été": "été", "قوارب": "قوارب",
		"a/b\\c": "a-b-c", "..": "", "../etc": "etc", " - ": "", "a\u202eb": "ab", ".hidden": "hidden",
		strings.Repeat("x", 201): "", // longer than a file's name may be
	} {
		if got := TagSlug(tag); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
}
