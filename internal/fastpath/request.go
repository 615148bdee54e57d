package fastpath

import "strings"

// maxName is the length from which on the name of a field is nobody's we know.
const maxName = 40

// parse reads the plain request that text is as a whole; see the package's
// rules. It reports false for any other text.
func parse(text string) (r Request, ok bool) {
	line, rest, ok := cutLine(text)
	if !ok {
		return r, false
	}
	if r.Path, ok = target(line); !ok {
		return r, false
	}
	var seen role // of the fields that come once
	for {
		if line, rest, ok = cutLine(rest); !ok {
			return r, false
		}
		if line == "" {
			return r, rest == "" && seen&roleHost != 0
		}
		what, value := field(line)
		if what == roleNone || seen&what != 0 {
			return r, false
		}
		switch what {
		case roleHost:
			if !validHost(value) {
				return r, false
			}
		case roleConnection:
			if !strings.EqualFold(value, "keep-alive") {
				return r, false
			}
		case roleEncoding:
			r.AcceptEncoding = value
		case roleTags:
			r.IfNoneMatch = value
		case roleSince:
			r.IfModifiedSince = value
		default:
			continue // may come again
		}
		seen |= what
	}
}

// cutLine takes a line off that ends with CRLF. A lone CR or LF is left inside
// it, where nothing allows them.
func cutLine(text string) (line, rest string, ok bool) {
	end := strings.IndexByte(text, '\n')
	if end < 1 || text[end-1] != '\r' {
		return "", "", false
	}
	return text[:end-1], text[end+1:], true
}

// target gives the path of a request line (RFC 9112 §3), if it is a plain one
// in origin form.
func target(line string) (path string, ok bool) {
	path, ok = strings.CutPrefix(line, "GET ")
	if !ok {
		return "", false
	}
	path, ok = strings.CutSuffix(path, " HTTP/1.1")
	if !ok || path == "" || path[0] != '/' {
		return "", false
	}
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case isAlphanumeric(c), c == '-', c == '_', c == '~':
		case c == '/', c == '.':
			if path[i-1] == '/' { // an empty segment, or one that may be dots
				return "", false
			}
		default:
			return "", false
		}
	}
	return path, true
}

// role is what a field means to us; those but roleHarmless come once.
type role uint8

const (
	roleHarmless role = 1 << iota
	roleHost
	roleConnection
	roleEncoding
	roleTags
	roleSince

	roleNone role = 0 // not for us
)

// field reads a line of a header (RFC 9112 §5).
func field(line string) (what role, value string) {
	var lower [maxName]byte
	length := 0
	for ; length < len(line) && line[length] != ':'; length++ {
		c := line[length]
		switch {
		case length == maxName:
			return roleNone, ""
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case !isAlphanumeric(c) && c != '-': // of all token characters, known names have no other
			return roleNone, ""
		}
		lower[length] = c
	}
	if length == len(line) {
		return roleNone, ""
	}
	value = line[length+1:]
	for i := range len(value) {
		if c := value[i]; (c < ' ' || c > '~') && c != '\t' {
			return roleNone, ""
		}
	}
	return roleOf(string(lower[:length])), strings.Trim(value, " \t")
}

// roleOf knows the fields that readers, browsers and proxies send and that no
// handler of ours and nothing in net/http heeds, beside those that decide. Left
// out on purpose are fields about bodies, connections and other methods.
func roleOf(lower string) role {
	switch lower {
	case "host":
		return roleHost
	case "connection":
		return roleConnection
	case "accept-encoding":
		return roleEncoding
	case "if-none-match":
		return roleTags
	case "if-modified-since":
		return roleSince
	case "a-im", "accept", "accept-charset", "accept-language", "cache-control", "cdn-loop", "cookie", "dnt", "forwarded",
		"from", "origin", "pragma", "priority", "referer", "save-data", "traceparent", "tracestate", "true-client-ip",
		"upgrade-insecure-requests", "user-agent", "via":
		return roleHarmless
	}
	switch {
	case strings.HasPrefix(lower, "x-http-"), strings.HasPrefix(lower, "x-method-"): // another method is meant
		return roleNone
	case strings.HasPrefix(lower, "x-"), strings.HasPrefix(lower, "sec-"), strings.HasPrefix(lower, "cf-"):
		return roleHarmless
	}
	return roleNone
}

// validHost allows what names, addresses and ports consist of (RFC 9110 §7.2).
func validHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; !isAlphanumeric(c) && strings.IndexByte("-._:[]", c) < 0 {
			return false
		}
	}
	return host != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
