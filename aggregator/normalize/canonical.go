package normalize

import (
	"net/url"
	"strings"
)

// maxCanonical is the length in bytes beyond which a link has no canonical
// form: stores index it.
const maxCanonical = 2 << 10

// Canonical gives the form of a link that is the same for every copy of a
// story, or "" for what is no absolute http(s) URL or longer than 2 KB:
//
//  1. Scheme and host are lower case, the host in Punycode, without user and
//     default port; an empty path is "/" (RFC 3986 §6.2.2, §6.2.3).
//  2. The fragment goes, and so do the query parameters that only say how the
//     reader came there, see trackingParams. The others keep order and spelling.
//
// Neither path nor "www." nor the scheme is touched: a false merge is worse
// than a duplicate. Canonical of a canonical link is that link.
func Canonical(link string) string { return canonical(link, nil) }

// canonical is Canonical for a story of a feed at hosts: the parameters ref
// and source go too if they name one of them.
func canonical(link string, hosts []string) string {
	u := resolve(nil, link)
	if u == nil {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	port := u.Port()
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	u.RawQuery = withoutTracking(u.RawQuery, hosts)
	u.ForceQuery = false
	if s := u.String(); len(s) <= maxCanonical {
		return s
	}
	return ""
}

func withoutTracking(query string, hosts []string) string {
	if query == "" {
		return ""
	}
	kept := make([]string, 0, 8)
	for part := range strings.SplitSeq(query, "&") {
		if part != "" && !isTracking(part, hosts) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

func isTracking(part string, hosts []string) bool {
	key, value, _ := strings.Cut(part, "=")
	if name, err := url.QueryUnescape(key); err == nil {
		key = name
	}
	key = strings.ToLower(key)
	if trackingParams[key] {
		return true
	}
	for _, prefix := range trackingPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return refererParams[key] && namesHost(value, hosts)
}

// namesHost reports whether a parameter's value is one of hosts, or a URL there.
func namesHost(value string, hosts []string) bool {
	if text, err := url.QueryUnescape(value); err == nil {
		value = text
	}
	if _, rest, ok := strings.Cut(value, "://"); ok {
		value = rest
	}
	value, _, _ = strings.Cut(value, "/")
	for _, host := range hosts {
		if host != "" && sameHost(value, host) {
			return true
		}
	}
	return false
}

// sameHost compares hosts without case and "www.".
func sameHost(a, b string) bool {
	return bareHost(a) == bareHost(b)
}

func bareHost(host string) string {
	return strings.TrimPrefix(strings.ToLower(host), "www.")
}
