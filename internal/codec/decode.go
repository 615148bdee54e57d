package codec

import (
	"fmt"
	"io"
	"strings"
)

// AcceptEncoding is what a request that is read with [Decode] asks for.
const AcceptEncoding = "zstd, br, gzip"

// maxLayers is how many codings may lie on top of each other. One is usual,
// two come from a proxy that compresses what was compressed already.
const maxLayers = 2

// Reader yields what is left once all codings are undone, at most its limit.
// It must be closed, which gives its buffers back to a pool.
type Reader struct {
	src     io.Reader
	layers  []*layer // innermost last, closed with the reader
	limit   int64
	left    int64
	failure error
}

// Decode gives a reader of what r holds under encoding, the value of a
// Content-Encoding header. It reads nothing yet. Rules:
//
//  1. Codings are undone from the last to the first (RFC 9110 §8.4). Names
//     ignore case; x-gzip is gzip; identity and empty members count for nothing.
//  2. More than two layers are a [LimitError], an unknown one is an [ErrUnknown].
//  3. deflate is read as zlib (RFC 1950) when it starts like it, else raw (RFC 1951).
//  4. zstd frames with a window over 8 MiB are refused (RFC 9659 §3).
//  5. A body without a single byte is an empty one under every coding: servers
//     label empty answers so.
//  6. Bytes after a complete gzip stream that don't start another are ignored.
//  7. Once more than limit bytes came out of any layer, or noticeably more
//     than limit went in, reading fails with a [LimitError].
func Decode(encoding string, r io.Reader, limit int64) (*Reader, error) {
	d := &Reader{src: r, limit: limit, left: limit}
	if encoding == "" {
		return d, nil
	}
	names, err := codings(encoding)
	if err != nil || len(names) == 0 {
		return d, err
	}
	for i := len(names) - 1; i >= 0; i-- {
		what := "compressed body"
		if len(d.layers) > 0 {
			what = "body inside " + names[i+1]
		}
		l := newLayer(names[i], d.src, inputLimit(limit), what)
		d.layers = append(d.layers, l)
		d.src = l
	}
	return d, nil
}

// inputLimit is how many coded bytes limit decoded ones may take: none of the
// codings adds more than a few per cent to what can't be compressed.
func inputLimit(limit int64) int64 { return limit + limit/16 + 64<<10 }

// codings lists the codings of a Content-Encoding value in the order in which
// they were applied.
func codings(encoding string) ([]string, error) {
	var names []string
	for member := range strings.SplitSeq(encoding, ",") {
		name := strings.ToLower(strings.TrimSpace(member))
		switch name {
		case "", "identity":
			continue
		case "x-gzip":
			name = "gzip"
		case "gzip", "deflate", "br", "zstd":
		default:
			return nil, fmt.Errorf("%w: %.40q", ErrUnknown, name)
		}
		names = append(names, name)
	}
	if len(names) > maxLayers {
		return nil, fmt.Errorf("%w: %d layers of content encoding, at most %d are read", ErrLimit, len(names), maxLayers)
	}
	return names, nil
}

// Read reads decoded bytes. After an error it gives that error again.
func (d *Reader) Read(p []byte) (int, error) {
	if d.failure != nil {
		return 0, d.failure
	}
	if len(p) == 0 {
		return 0, nil
	}
	// One byte more than allowed tells "exactly the limit" from "more".
	if int64(len(p)) > d.left+1 {
		p = p[:d.left+1]
	}
	n, err := d.src.Read(p)
	if int64(n) > d.left {
		n = int(d.left)
		err = &LimitError{Limit: d.limit, What: "body"}
	}
	d.left -= int64(n)
	d.failure = err
	return n, err
}

// Close gives the decoders back. It doesn't close the reader underneath.
func (d *Reader) Close() error {
	for _, l := range d.layers {
		l.release()
	}
	d.layers = nil
	d.failure = io.ErrClosedPipe
	return nil
}
