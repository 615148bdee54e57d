package site

import (
	"strings"
	"testing"

	"tributary/internal/news"
)

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"https://blog.example.org/feed.xml":         "",
		"https://blog.example.org/?feed=rss2&cat=7": "",
		"http://192.0.2.7:8080/feed":                "",
		"http://10.0.0.1/feed":                      "a private network",
		"http://127.0.0.1/feed":                     "this machine",
		"http://[fe80::1]/feed":                     "a link-local address",
		"http://localhost/feed":                     "this machine by name",
		"https://wiki/feed":                         "a name without a domain",
		"https://wiki.corp/feed":                    "a domain that is not public",
		"http://nas.home.arpa./feed":                "the same, with a dot at the end",
		"file:/srv/feed.xml":                        "a file",
		"javascript:alert(1)":                       "a script",
		"":                                          "nothing",
	} {
		want := address
		if why != "" {
			want = ""
		}
		if got := publicURL(&news.SourceInfo{URL: address}); got != want {
			t.Errorf("%s (%s): %q, want %q", address, why, got, want)
		}
	}
	if got := publicURL(&news.SourceInfo{URL: "https://blog.example.org/feed", Keyed: true}); got != "" {
		t.Errorf("%q leads nowhere without a key", got)
	}
}

// Every cause has words of its own or those of what it looks like to visitors.
func TestReason(t *testing.T) {
	t.Parallel()
	other := reason("")
	for _, cause := range []news.Cause{
		news.CauseDNS, news.CauseConnect, news.CauseTLS, news.CauseTimeout, news.CauseBlocked, news.CauseStatus, news.CauseRateLimited,
		news.CauseNotFound, news.CauseGone, news.CauseForbidden, news.CauseRedirect, news.CauseLimit, news.CauseTruncated,
		news.CauseNotFeed, news.CauseMalformed, news.CauseFile,
	} {
		if reason(cause) == other {
			t.Errorf("no words for %s", cause)
		}
	}
	if reason(news.CauseInternal) != other {
		t.Error("our own faults are no visitor's business")
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
