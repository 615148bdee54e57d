package config

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/text/language"
)

// isName reports whether a text matches [a-z0-9-]{1,64}.
func isName(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= 64
}

func checkName(name string) (string, error) {
	if !isName(name) {
		err := fmt.Errorf("%q is no name: a name has 1 to 64 of a–z, 0–9 and -", name)
		return "", &cured{err, nameCure(name)}
	}
	return name, nil
}

// nameCure gives the name that is nearest to a text.
func nameCure(text string) string {
	near := strings.Trim(notName.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if len(near) > 64 {
		near = near[:64]
	}
	if near == "" {
		near = "my-blog"
	}
	return fmt.Sprintf("did you mean %q?", near)
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// anyText takes all text that is not blank.
func anyText(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", errors.New("an entry must not be empty")
	}
	return s, nil
}

// checkWeb wants an absolute http(s) URL without credentials.
func checkWeb(address string) (string, error) {
	if _, err := parseWeb(address); err != nil {
		return "", err
	}
	return address, nil
}

// parseWeb parses what checkWeb wants.
func parseWeb(address string) (*url.URL, error) {
	if strings.Contains(address, "${") {
		return nil, errors.New("${NAME} stands for a variable only in admin_token, headers, password, bearer and proxy")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("it must be an absolute URL that starts with http:// or https://")
	case u.User != nil:
		return nil, errors.New(`a URL must not hold a password: use username = "…" and password = "${NAME}"`)
	}
	return u, nil
}

// checkSiteURL wants what ids and links can hang on; it takes slashes at the
// end off.
func checkSiteURL(address string) (string, error) {
	if _, err := checkWeb(address); err != nil {
		return "", err
	}
	if strings.ContainsAny(address, "?#") {
		return "", &cured{errors.New("the site's URL has neither a query (?) nor a fragment (#)"), "cut it off before that"}
	}
	return strings.TrimRight(address, "/"), nil
}

// checkIcon takes a URL, or the path of what the site itself serves.
func checkIcon(address string) (string, error) {
	const hint = `or write a path below the site's URL, as in "/articles/icon.png"`
	u, err := url.Parse(address)
	if err == nil && u.Host == "" && strings.HasPrefix(address, "/") {
		return u.String(), nil
	}
	if _, err := checkWeb(address); err != nil {
		return "", fmt.Errorf("%w; %s", err, hint)
	}
	return address, nil
}

func checkLanguage(tag string) (string, error) {
	if _, err := language.Parse(tag); err != nil {
		return "", fmt.Errorf(`%q is no language: write a BCP 47 tag, as in "en" or "de-AT"`, tag)
	}
	return tag, nil
}

func checkContact(contact string) (string, error) {
	u, err := url.Parse(contact)
	switch {
	case err != nil || strings.ContainsAny(contact, "();"):
	case u.Scheme == "mailto" && u.Opaque != "", (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return contact, nil
	case u.Scheme == "" && strings.Count(contact, "@") == 1 && !strings.ContainsAny(contact, " /"):
		return "mailto:" + contact, nil
	}
	return "", errors.New("write mailto:ADDRESS or the URL of a page")
}

// parsePrefix reads a network or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		ip = ip.Unmap()
		return ip.WithZone("").Prefix(ip.BitLen())
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf(`%q is no network: write a prefix, as in "10.2.0.0/16" or "fd00::/8"`, s)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits beyond its length, did you mean %q?", s, prefix.Masked())
	}
	return prefix, nil
}

func checkPrefix(s string) (string, error) {
	prefix, err := parsePrefix(s)
	if err != nil {
		return "", err
	}
	return prefix.String(), nil
}

var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// checkHost wants a host name, without scheme, port and path.
func checkHost(host string) (string, error) {
	host = strings.ToLower(host)
	if !hostForm.MatchString(host) {
		return "", fmt.Errorf(`%q is no host name: write it without scheme and path, as in "youtube.com"`, host)
	}
	return host, nil
}

// ownHeaders are set by the fetcher or belong to the connection.
var ownHeaders = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Length": true, "Host": true,
	"If-Modified-Since": true, "If-None-Match": true, "Keep-Alive": true, "Range": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// checkUserAgent wants what can stand in a header.
func checkUserAgent(agent string) (string, error) {
	if strings.ContainsFunc(agent, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", &cured{errors.New("it has characters that are not printable ASCII"), "leave them out"}
	}
	return agent, nil
}

// checkUsername wants what a colon can end (RFC 7617 §2).
func checkUsername(user string) (string, error) {
	if strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r == 0x7f || r == ':' }) {
		return "", &cured{errors.New("it has a colon or control characters"), "leave them out: what follows a colon is the password"}
	}
	return user, nil
}

var tokenForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // RFC 9110 §5.6.2

func checkHeader(name, value string) error {
	switch {
	case !tokenForm.MatchString(name):
		return &cured{fmt.Errorf("%q is no header name", name), "a name has letters, digits and dashes"}
	case ownHeaders[http.CanonicalHeaderKey(name)]:
		return fmt.Errorf("the header %s cannot be set: Tributary sets it itself", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return &cured{fmt.Errorf("the value of header %s has control characters", name), "a value is one line"}
	}
	return nil
}
