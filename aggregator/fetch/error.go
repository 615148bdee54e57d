package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tributary/internal/codec"
	"tributary/internal/news"
	"tributary/internal/safehttp"
)

// Error is a visit that brought nothing, with what bears on the next one.
type Error struct {
	Cause      news.Cause
	Status     int           // 0 when there was no answer
	RetryAfter time.Duration // asked for by a 429 or 503; 0 to 7 days
	HostWide   bool          // RetryAfter is meant for every source of the source's host
	FreshFor   time.Duration // asked for by cache headers; 0 to 24 h
	Detail     string        // in words, for the operator; one line
	Err        error         // underneath; may be nil
}

// Error says what happened.
func (e *Error) Error() string { return e.Detail }

// Unwrap gives the error underneath. It is [context.Canceled] when the caller
// gave up, which says nothing about the source.
func (e *Error) Unwrap() error { return e.Err }

// clientError is a visit without an answer.
func clientError(err error) *Error {
	e := &Error{Cause: news.CauseInternal, Detail: oneLine(err.Error()), Err: err}
	if failure, ok := errors.AsType[*safehttp.Error](err); ok {
		e.Cause = failure.Cause
	}
	return e
}

// bodyError is a good answer whose body can't be read.
func (f *Fetcher) bodyError(answer *safehttp.Response, source *news.Source, err error) *Error {
	e := clientError(err)
	switch {
	case errors.Is(err, codec.ErrLimit):
		e.Cause = news.CauseLimit
	case errors.Is(err, codec.ErrBroken), errors.Is(err, codec.ErrUnknown):
		e.Cause = news.CauseTruncated
	}
	e.Status = answer.Status
	e.FreshFor = f.freshFor(answer, source)
	return e
}

// statusError is an answer that is no success.
func (f *Fetcher) statusError(answer *safehttp.Response, source *news.Source) *Error {
	e := &Error{
		Cause:      news.CauseStatus,
		Status:     answer.Status,
		RetryAfter: retryAfter(answer.Status, answer.Header, f.options.Now()),
		FreshFor:   f.freshFor(answer, source),
		Detail:     strings.TrimSpace(fmt.Sprintf("status %d %s", answer.Status, http.StatusText(answer.Status))),
	}
	e.HostWide = answer.Status == http.StatusTooManyRequests && e.RetryAfter > 0 &&
		!answer.Private() && sameHost(answer.URL, source.URL)
	switch {
	case answer.Status == http.StatusNotFound:
		e.Cause = news.CauseNotFound
	case answer.Status == http.StatusGone:
		e.Cause = news.CauseGone
	case answer.Status == http.StatusTooManyRequests:
		e.Cause = news.CauseRateLimited
	case isBotWall(answer):
		e.Cause = news.CauseForbidden
		e.Detail += ": a bot wall"
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		e.Cause = news.CauseForbidden
	case answer.Status == http.StatusServiceUnavailable && e.RetryAfter > 0:
		e.Cause = news.CauseRateLimited
	case answer.Status == http.StatusNotModified:
		e.Detail += " to a request without validators"
	case answer.Status >= 300 && answer.Status < 400:
		e.Cause = news.CauseRedirect
		e.Detail += " without an address to go to"
	}
	return e
}

// sameHost reports whether a redirect has not left the host.
func sameHost(a, b string) bool {
	if a == b {
		return true
	}
	one, err := url.Parse(a)
	if err != nil {
		return false
	}
	other, err := url.Parse(b)
	return err == nil && strings.EqualFold(one.Hostname(), other.Hostname())
}

// isBotWall goes by what Cloudflare says of its own challenges. What only a
// body tells is the parser's to find.
func isBotWall(answer *safehttp.Response) bool {
	if answer.Status != http.StatusForbidden && answer.Status != http.StatusServiceUnavailable {
		return false
	}
	return answer.Header.Get("Cf-Mitigated") != "" || answer.Header.Get("Cf-Chl-Bypass") != ""
}

// oneLine keeps what an upstream wrote from forging lines of a log.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}
