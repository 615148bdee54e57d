// Package codec undoes and makes HTTP content codings (RFC 9110 §8.4).
//
// Inbound, [Decode] reads gzip, deflate (both flavors seen in the wild), br
// and zstd from upstreams that may be hostile: it never yields more than the
// limit it was given, never lets a layer in between grow past it, and never
// swallows input without end that decodes to nothing.
//
// Outbound, [Gzip] and [Brotli] are pure functions of their arguments: the
// same bytes in give the same bytes out on every machine, so validators made
// from them agree between nodes. [Negotiate] chooses between what is ready.
//
// Everything here is safe for concurrent use; a single [Reader] is not.
package codec

import (
	"errors"
	"fmt"
)

// The errors of decoding. Errors of the reader underneath come through as
// they are, so that a timeout stays a timeout.
var (
	// ErrLimit means more or deeper than the caller reads.
	ErrLimit = errors.New("too large")
	// ErrBroken means that the data ended early or isn't what its coding says.
	ErrBroken = errors.New("broken content encoding")
	// ErrUnknown means a coding that Decode doesn't know.
	ErrUnknown = errors.New("unknown content encoding")
)

// LimitError is an [ErrLimit] that says which limit was passed.
type LimitError struct {
	Limit int64  // bytes that may be read
	What  string // what passed it: "body", "gzip data", …
}

// Error says what was larger than what.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s larger than %d bytes", e.What, e.Limit)
}

// Unwrap makes every LimitError an ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }
