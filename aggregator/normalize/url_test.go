package normalize

import (
	"net/url"
	"strings"
	"testing"
)

func TestAbsolute(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, base, in, want string }{
		{"already absolute", "", "https://a.example/x?y#z", "https://a.example/x?y#z"},
		{"relative", "https://a.example/b/c", "../d?e", "https://a.example/d?e"},
		{"without base", "", "/x", ""},
		{"other scheme of the base", "http://a.example/", "//b.example/x", "http://b.example/x"},
		{"no scheme and no base", "", "//b.example/x", "https://b.example/x"},
		{"nothing", "https://a.example/", "  ", ""},
		{"space around and breaks inside", "", " ht\ntps://a.example/\tx ", "https://a.example/x"},
		{"space inside", "", "https://a.example/a b?c d", "https://a.example/a%20b?c%20d"},
		{"stray percent", "", "https://a.example/100%", "https://a.example/100%25"},
		{"letters", "", "https://a.example/ü?ü=“#ü", "https://a.example/%C3%BC?%C3%BC=%E2%80%9C#%C3%BC"},
		{"markup in the query", "", `https://a.example/?"<>`, "https://a.example/?%22%3C%3E"},
		{"host in upper case", "", "HTTPS://A.Example/X", "https://a.example/X"},
		{"host beyond ASCII", "", "https://Bücher.example/", "https://xn--bcher-kva.example/"},
		{"user goes", "", "https://u:p@a.example/", "https://a.example/"},
		{"port stays", "", "https://a.example:8443/", "https://a.example:8443/"},
		{"empty port goes", "", "https://a.example:/", "https://a.example/"},
		{"IPv6", "", "http://[2001:DB8::1]:80/", "http://[2001:db8::1]:80/"},
		{"IPv6 with zone", "", "http://[fe80::1%25eth0]/", ""},
		{"javascript", "https://a.example/", "javascript:alert(1)", ""},
		{"mailto is no address of a page", "https://a.example/", "mailto:a@b.example", ""},
		{"data", "https://a.example/", "data:text/html,x", ""},
		{"file", "", "file:///etc/passwd", ""},
		{"no host", "", "https:///x", ""},
		{"opaque", "", "http:x", ""},
		{"backslash in the host", "", `https://a.example\@b.example/`, ""},
		{"backslash in the path", "https://a.example/", `/\b.example`, "https://a.example/%5Cb.example"},
		{"percent sign for a host", "", "https://%/", ""},
		{"marks in the host", "", "https://a.example;b/", ""},
		{"dot before the host", "", "https://.a.example/", ""},
		{"too long", "", "https://a.example/" + strings.Repeat("x", maxURL), ""},
		{"too long once escaped", "", "https://a.example/" + strings.Repeat("ü", maxURL/3), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var base *url.URL
			if tt.base != "" {
				base = resolve(nil, tt.base)
			}
			got := absolute(base, tt.in)
			if got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
			}
			if again := absolute(base, got); again != got {
				t.Errorf("%q reads back as %q", got, again)
			}
		})
	}
}

func TestTracks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"https://pixel.wp.com/x":                   true,
		"https://www.google-analytics.com/collect": true,
		"https://ad.doubleclick.net/x":             true,
		"https://www.facebook.com/tr?id=1":         true,
		"https://www.facebook.com/photo.jpg":       false,
		"http://feeds.feedburner.com/~r/x/~4/y":    true,
		"https://blog.example/matomo.php?x":        true,
		"https://notdoubleclick.net/x.png":         false,
		"https://i0.wp.com/a.jpg":                  false,
		"https://reddit.co/x.png":                  false,
	} {
		if got := tracks(resolve(nil, in)); got != want {
			t.Errorf("%s: got %v", in, got)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "https://a.example/x", "https://a.example/x"},
		{"scheme and host are lower case, the path is not", "HTTPS://A.Example/X", "https://a.example/X"},
		{"default port", "https://a.example:443/x", "https://a.example/x"},
		{"default port of the other scheme stays", "http://a.example:443/x", "http://a.example:443/x"},
		{"empty path", "https://a.example", "https://a.example/"},
		{"fragment", "https://a.example/x#y", "https://a.example/x"},
		{"utm", "https://a.example/x?utm_source=rss&UTM_medium=feed", "https://a.example/x"},
		{"others keep their order and spelling", "https://a.example/?b=%7e&utm_id=1&a=2&fbclid=3", "https://a.example/?b=%7e&a=2"},
		{"mtm and click ids", "https://a.example/?mtm_campaign=1&gclid=2&id=3", "https://a.example/?id=3"},
		{"encoded name", "https://a.example/?utm%5Fsource=x", "https://a.example/"},
		{"name that only looks alike", "https://a.example/?outm_source=x&gclids=1", "https://a.example/?outm_source=x&gclids=1"},
		{"ref stays", "https://a.example/?ref=main&source=wire", "https://a.example/?ref=main&source=wire"},
		{"www is not touched", "https://www.a.example/", "https://www.a.example/"},
		{"end slash is not touched", "https://a.example/x/", "https://a.example/x/"},
		{"empty query", "https://a.example/x?", "https://a.example/x"},
		{"host beyond ASCII", "https://bücher.example/", "https://xn--bcher-kva.example/"},
		{"relative", "/x", ""},
		{"no http", "ftp://a.example/", ""},
		{"none", "", ""},
		{"too long for an index", "https://a.example/" + strings.Repeat("x", maxCanonical), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Canonical(tt.in); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCanonicalOfFeed(t *testing.T) {
	t.Parallel()
	hosts := []string{"www.planet.example", "feeds.example"}
	for _, tt := range []struct{ name, in, want string }{
		{"ref that names the feed's host", "https://a.example/?ref=planet.example&x=1", "https://a.example/?x=1"},
		{"as a URL", "https://a.example/?source=https%3A%2F%2FFeeds.example%2Frss", "https://a.example/"},
		{"ref of somebody else", "https://a.example/?ref=other.example", "https://a.example/?ref=other.example"},
		{"another parameter with the host", "https://a.example/?site=planet.example", "https://a.example/?site=planet.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := canonical(tt.in, hosts); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"https://a.example/x?utm_source=y&b=c#d", "HTTP://A.example:80", "//x", "https://bücher.example/%", "http://[::1]:80/?"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Canonical(in)
		if got == "" {
			return
		}
		if again := Canonical(got); again != got {
			t.Errorf("%q: %q, then %q", in, got, again)
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" || u.User != nil {
			t.Errorf("%q: %q is no canonical URL (%v)", in, got, err)
		}
		if strings.Contains(got, "utm_source=") && strings.Contains(u.RawQuery, "&utm_source=") {
			t.Errorf("%q: tracking is left in %q", in, got)
		}
	})
}
