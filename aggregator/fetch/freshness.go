package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// One bad header must not silence a source for a month.
const (
	maxFresh = 24 * time.Hour
	maxRetry = 7 * 24 * time.Hour
)

// freshFor is how long an answer says it stays fresh (RFC 9111 §4.2.1), as seen
// by a private cache: s-maxage is not for us.
//
//  1. no-cache and no-store give 0. no-cache="field" is about that field alone.
//  2. max-age − Age; of several max-age the first that can be read.
//  3. Without max-age, Expires − Date; Date is now when it is missing or can't
//     be read. An Expires that can't be read means the past.
//  4. Never negative, at most 24 h.
func freshFor(header http.Header, now time.Time) time.Duration {
	fresh, known := time.Duration(0), false
	for _, line := range header["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, hasValue := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-store":
				return 0
			case "no-cache":
				if !hasValue {
					return 0
				}
			case "max-age":
				if age, ok := seconds(strings.Trim(value, `" `)); ok && !known {
					fresh, known = age, true
				}
			}
		}
	}
	if known {
		age, _ := seconds(strings.TrimSpace(header.Get("Age")))
		return clamp(fresh-age, maxFresh)
	}
	expires, ok := date(header.Get("Expires"))
	if !ok {
		return 0
	}
	if sent, ok := date(header.Get("Date")); ok {
		now = sent
	}
	return clamp(expires.Sub(now), maxFresh)
}

// retryAfter reads Retry-After where it counts (RFC 9110 §10.2.3): seconds or a
// date, at most 7 days.
func retryAfter(status int, header http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	value := strings.TrimSpace(header.Get("Retry-After"))
	if wait, ok := seconds(value); ok {
		return clamp(wait, maxRetry)
	}
	if at, ok := date(value); ok {
		return clamp(at.Sub(now), maxRetry)
	}
	return 0
}

// date reads an HTTP-date (RFC 9110 §5.6.7). Most answers have none, and
// parsing nothing costs three errors.
func date(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	at, err := http.ParseTime(s)
	return at, err == nil
}

// seconds reads delta-seconds (RFC 9111 §1.2.2). What is too large to count
// means for ever; the caller's limit cuts it.
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	const forever = 1 << 31
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > forever {
		n = forever
	}
	return time.Duration(n) * time.Second, true
}

func clamp(d, limit time.Duration) time.Duration { return min(max(d, 0), limit) }
