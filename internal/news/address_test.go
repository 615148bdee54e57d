package news_test

import (
	"testing"

	"tributary/internal/news"
)

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, address, want string }{
		{"nothing in it", "https://blog.example.org/feed.xml", "https://blog.example.org/feed.xml"},
		{"a query for people", "https://blog.example.org/?feed=rss2&cat=7", "https://blog.example.org/?feed=rss2&cat=7"},
		{"a long id that tells feeds apart", "https://tube.example/videos.xml?channel_id=UC12345678901234567890ab", "https://tube.example/videos.xml?channel_id=UC12345678901234567890ab"},
		{"a person whose feed it is", "https://tube.example/videos.xml?user=ann", "https://tube.example/videos.xml?user=ann"},
		{"an author, though it begins with auth", "https://blog.example.org/?author=3&feed=atom", "https://blog.example.org/?author=3&feed=atom"},
		{"a keyword, though it begins with key", "https://news.example/?keyword=sea&hashtag=shore", "https://news.example/?keyword=sea&hashtag=shore"},
		{"a long value of words", "https://news.example/?q=the-sea-in-2026-and-after", "https://news.example/?q=the-sea-in-2026-and-after"},
		{"a date", "https://news.example/?from=2026-11-26-00-00-00-00", "https://news.example/?from=2026-11-26-00-00-00-00"},
		{"a word without a value", "https://news.example/?token", "https://news.example/?token"},
		{"what can't be unescaped stays", "https://news.example/?q=%zz", "https://news.example/?q=%zz"},
	} {
		if got, whole := news.PublicAddress(tc.address); got != tc.want || !whole {
			t.Errorf("%s: %s gives %s, whole: %t", tc.why, tc.address, got, whole)
		}
	}
	for _, tc := range []struct{ why, address, want string }{
		{"user and password", "https://ann:pass@blog.example.org/feed?cat=7", "https://blog.example.org/feed?cat=7"},
		{"a user alone", "https://1234567890abcdef@blog.example.org/feed", "https://blog.example.org/feed"},
		{"a token", "https://blog.example.org/feed?token=1", "https://blog.example.org/feed"},
		{"the rest stays as it was", "https://blog.example.org/feed?b=%2f&token=1&a=x+y", "https://blog.example.org/feed?b=%2f&a=x+y"},
		{"upper case", "https://blog.example.org/feed?API_KEY=1", "https://blog.example.org/feed"},
		{"words run together", "https://blog.example.org/feed?feedToken=1&rsskey=2&X-Amz-Signature=3", "https://blog.example.org/feed"},
		{"an escaped name", "https://blog.example.org/feed?%74oken=1", "https://blog.example.org/feed"},
		{"a number behind it", "https://blog.example.org/feed?auth2=1", "https://blog.example.org/feed"},
		{"a person with a password", "https://blog.example.org/feed?os_username=ann&os_password=1&board=3", "https://blog.example.org/feed?board=3"},
		{"a value that nobody can read", "https://blog.example.org/f?u=A1b2C3d4E5f6G7h8I9j0", "https://blog.example.org/f"},
		{"a UUID", "https://blog.example.org/f?x=6f112910-046d-513c-b72e-e10cd164bcdc", "https://blog.example.org/f"},
		{"a session, though it ends with id", "https://blog.example.org/f?PHPSESSID=1&sid=2", "https://blog.example.org/f"},
		{"no web address", "file:/srv/feed.xml", ""},
		{"no address", "https://[", ""},
		{"nothing", "", ""},
	} {
		if got, whole := news.PublicAddress(tc.address); got != tc.want || whole {
			t.Errorf("%s: %s gives %s, whole: %t", tc.why, tc.address, got, whole)
		}
	}
	if got, whole := news.PublicAddress("https://blog.example.org/feed#top"); got != "https://blog.example.org/feed" || !whole {
		t.Errorf("a fragment: %s, whole: %t", got, whole)
	}
}

// What comes out has nothing left to take out, and is never longer.
func FuzzPublicAddress(f *testing.F) {
	f.Add("https://ann:pass@blog.example.org/feed?token=1&a=b&user=c#d")
	f.Add("http://h?%74oken=1;key=2&&=x")
	f.Fuzz(func(t *testing.T, address string) {
		public, _ := news.PublicAddress(address)
		if public == "" {
			return
		}
		if again, whole := news.PublicAddress(public); again != public || !whole {
			t.Errorf("%q gives %q, which gives %q, whole: %t", address, public, again, whole)
		}
	})
}

func TestToldOn(t *testing.T) {
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
	} {
		if got := news.ToldOn("https://example.org", address); got != (why == "") {
			t.Errorf("%s (%s) on a public site: %t", address, why, got)
		}
		if !news.ToldOn("http://news.corp/feeds", address) {
			t.Errorf("%s is not told inside", address)
		}
	}
}
