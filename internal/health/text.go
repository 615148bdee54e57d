package health

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

var (
	userInfo = regexp.MustCompile(`//[^/@\s"'<>]*@`)
	query    = regexp.MustCompile(`(://[^\s"'<>?]*)\?[^\s"'<>]*`)
)

// Line makes one line of text that may hold what an upstream wrote: without
// control and formatting characters, and without the credentials and queries
// of the URLs in it, which may be secrets.
func Line(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}), " ")
	return query.ReplaceAllString(userInfo.ReplaceAllString(s, "//…@"), "$1?…")
}

// Address is a URL to show: without credentials, and with "?…" for its query.
// A file: source shows its path.
func Address(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return Line(address)
	}
	u.User = nil
	hadQuery := u.RawQuery != ""
	u.RawQuery, u.Fragment = "", ""
	text := Line(u.String())
	if hadQuery {
		text += "?…"
	}
	return text
}
