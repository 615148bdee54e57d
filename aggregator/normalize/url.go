package normalize

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL is the length in bytes beyond which a URL is taken for an attack.
const maxURL = 4 << 10

// resolve reads a URL as an upstream wrote it and gives it as an absolute
// http(s) one in a form that reads back as itself, or nil:
//
//  1. Space around it and line breaks inside go, as in browsers (URL Standard,
//     basic URL parser); other spaces and stray percent signs are escaped.
//  2. It is resolved against base (RFC 3986 §5.2), which may be nil; without
//     one, "//host/path" means https.
//  3. The host is lower case and ASCII (UTS 46). User and password go: they
//     would be published, and they serve to look like another host.
//  4. Everything beyond ASCII is percent-encoded.
func resolve(base *url.URL, raw string) *url.URL {
	raw = tidy(raw)
	if raw == "" {
		return nil
	}
	if base == nil && strings.HasPrefix(raw, "//") {
		raw = "https:" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		if u, err = url.Parse(escapePercent(raw)); err != nil {
			return nil
		}
	}
	if !u.IsAbs() && base != nil {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || !cleanHost(u) {
		return nil
	}
	u.User = nil
	u.RawQuery = escapeRaw(u.RawQuery)
	return u
}

// absolute is resolve as a string, empty when refused.
func absolute(base *url.URL, raw string) string {
	return spell(resolve(base, raw))
}

// spell writes a URL, and nothing for one that has become too long to be read
// again.
func spell(u *url.URL) string {
	if u == nil {
		return ""
	}
	s := u.String()
	if len(s) > maxURL {
		return ""
	}
	return s
}

// linkTarget is absolute, and lets mailto through.
func linkTarget(base *url.URL, raw string) string {
	const scheme = "mailto:"
	raw = tidy(raw)
	if len(raw) < len(scheme) || !strings.EqualFold(raw[:len(scheme)], scheme) {
		return absolute(base, raw)
	}
	u, err := url.Parse(scheme + escapeRaw(escapePercent(raw[len(scheme):])))
	if err != nil || !strings.Contains(u.Opaque, "@") {
		return ""
	}
	return spell(u)
}

// tidy does what browsers do to a URL before they read it, and refuses one
// that is longer than any real one.
func tidy(raw string) string {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' || r == '\u00a0' || r == '\ufeff' })
	if len(raw) > maxURL {
		return ""
	}
	if !strings.ContainsAny(raw, " \t\r\n") {
		return raw
	}
	return strings.NewReplacer("\t", "", "\r", "", "\n", "", " ", "%20").Replace(raw)
}

// cleanHost brings the host into its one form and reports whether there is one.
func cleanHost(u *url.URL) bool {
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return false
	}
	if strings.Contains(host, ":") {
		u.Host = strings.ToLower(strings.TrimSuffix(u.Host, ":"))
		return !strings.Contains(u.Host, "%") // no zones: they mean nothing elsewhere
	}
	host, ok := asciiHost(host)
	if port != "" {
		host += ":" + port
	}
	u.Host = host
	return ok
}

// asciiHost is the host in lower case and, where it has letters beyond ASCII,
// in Punycode. Names that no resolver knows are refused: net/url lets some
// through that other readers of URLs take apart in another way.
func asciiHost(host string) (string, bool) {
	for i := range len(host) {
		if host[i] >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			return ascii, err == nil && isHostname(ascii)
		}
	}
	host = strings.ToLower(host)
	return host, isHostname(host)
}

func isHostname(s string) bool {
	return s != "" && s[0] != '.' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// escapePercent escapes the percent signs that begin no escape.
func escapePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '%' && !(i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// escapeRaw escapes what a query must not hold and net/url leaves in it.
func escapeRaw(s string) string {
	const digits = "0123456789ABCDEF"
	safe := func(c byte) bool { return c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>`\\", rune(c)) }
	for i := range len(s) {
		if safe(s[i]) {
			continue
		}
		b := []byte(s[:i])
		for ; i < len(s); i++ {
			if safe(s[i]) {
				b = append(b, s[i])
			} else {
				b = append(b, '%', digits[s[i]>>4], digits[s[i]&15])
			}
		}
		return string(b)
	}
	return s
}
