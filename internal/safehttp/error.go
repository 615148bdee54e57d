package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"tributary/internal/news"
)

// Error is why a request brought no answer, or why its body broke off.
type Error struct {
	Cause  news.Cause
	Host   string // that was asked, with its port where one was named
	Reason string // in words, for the operator
	Err    error  // underneath; may be nil
}

// Error says what happened with which host.
func (e *Error) Error() string {
	if e.Host == "" {
		return e.Reason
	}
	return e.Host + ": " + e.Reason
}

// Unwrap gives the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// classify finds the cause of a failure. What it can't tell has the cause of
// its stage: connect before the header, truncated after it.
func classify(ctx context.Context, host string, err error, stage news.Cause) *Error {
	e := &Error{Cause: stage, Host: host, Err: err}
	var blocked *blockedError
	switch {
	case errors.As(err, &blocked):
		e.Cause, e.Reason = news.CauseBlocked, blocked.reason
	case context.Cause(ctx) == errTooSlow:
		e.Cause, e.Reason = news.CauseTimeout, "no complete answer in time"
		e.Err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	case errors.Is(ctx.Err(), context.Canceled):
		e.Cause, e.Reason, e.Err = news.CauseInternal, "the request was canceled", fmt.Errorf("%w: %w", context.Canceled, err)
	case isTimeout(err):
		e.Cause, e.Reason = news.CauseTimeout, "no answer in time: "+cutTimeout(err)
	case isProxy(err):
		e.Reason = "no connection to the proxy: " + lastWords(err)
	case isDNS(err):
		e.Cause, e.Reason = news.CauseDNS, "the host has no address: "+lastWords(err)
	case isTLS(err):
		e.Cause, e.Reason = news.CauseTLS, "no trusted TLS connection: "+lastWords(err)
	case isHeaderLimit(err):
		e.Cause, e.Reason = news.CauseLimit, fmt.Sprintf("the header is larger than %d KiB", maxHeader>>10)
	case stage == news.CauseTruncated:
		e.Reason = "the body broke off: " + lastWords(err)
	default:
		e.Reason = "no connection: " + lastWords(err)
	}
	return e
}

// isProxy reports whether it was the configured proxy that wasn't reached.
func isProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// isTLS goes by type where there is one. Alerts of the other side have none
// that is exported, only a text that crypto/tls starts with its name.
func isTLS(err error) bool {
	var (
		record      tls.RecordHeaderError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
	)
	return errors.As(err, &record) || errors.As(err, &certificate) ||
		errors.As(err, &authority) || errors.As(err, &hostname) ||
		strings.Contains(err.Error(), "tls: ")
}

// isHeaderLimit goes by text: net/http has no type for either version's limit.
func isHeaderLimit(err error) bool {
	text := err.Error()
	return strings.Contains(text, "response headers exceeded") ||
		strings.Contains(text, "header list larger than advertised limit")
}

// cutTimeout says which stage was too slow, as far as net/http tells.
func cutTimeout(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the time for the whole request is over"
	case errors.As(err, &op) && op.Op == "dial":
		return "connecting took too long"
	}
	return lastWords(err)
}

// lastWords gives the innermost error that still says something: the ones
// around it repeat the addresses.
func lastWords(err error) string {
	var (
		errno syscall.Errno
		dns   *net.DNSError
		op    *net.OpError
	)
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), "net/http: ")
}
