package fetch

import (
	"hash/crc32"
	"io"
	"sync"

	"tributary/internal/codec"
	"tributary/internal/safehttp"
)

const (
	firstSize = 32 << 10 // an ordinary feed fits
	// keepSize is the largest buffer that is kept for the next visit: one huge
	// feed must not pin its size in every pooled buffer.
	keepSize = 1 << 20
)

var buffers = sync.Pool{New: func() any { return &buffer{data: make([]byte, 0, firstSize)} }}

// buffer is a pooled body.
type buffer struct{ data []byte }

// release returns a buffer to its pool; nil has none.
func (b *buffer) release() {
	if b == nil || cap(b.data) > keepSize {
		return
	}
	b.data = b.data[:0]
	buffers.Put(b)
}

// readBody reads and decodes the body of an answer. The caller closes it.
func readBody(answer *safehttp.Response, limit int64) (*buffer, error) {
	encoding := ""
	if values := answer.Header["Content-Encoding"]; len(values) > 0 {
		encoding = join(values)
	}
	reader, err := codec.Decode(encoding, answer.Body, limit)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return readAll(reader, answer.ContentLength, limit)
}

// join puts a header that was sent in several lines together (RFC 9110 §5.3).
func join(values []string) string {
	joined := values[0]
	for _, value := range values[1:] {
		joined += "," + value
	}
	return joined
}

// readAll reads to the end into a pooled buffer. Size is a guess, -1 for none,
// that is believed up to keepSize only.
func readAll(r io.Reader, size, limit int64) (*buffer, error) {
	b := buffers.Get().(*buffer)
	if want := int(min(size, limit, keepSize-1)) + 1; want > cap(b.data) {
		b.data = make([]byte, 0, want)
	}
	for {
		if len(b.data) == cap(b.data) {
			b.grow(limit)
		}
		n, err := r.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			b.release()
			return nil, err
		}
	}
}

// grow doubles the room, up to one byte more than the limit, which no reader
// passes. Append would grow by a quarter: five times the size of a large body
// would have been allocated by its end, and much of that be resident.
func (b *buffer) grow(limit int64) {
	room := int64(2 * cap(b.data))
	if room > limit && int64(cap(b.data)) <= limit {
		room = limit + 1
	}
	b.data = append(make([]byte, 0, room), b.data...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// hash is 64 bits over a body, equal on every machine and never 0: two CRCs of
// different polynomials, because CPUs compute both at gigabytes a second. It
// tells an upstream's own documents apart; who forges a collision only hides
// his own news.
func hash(data []byte) uint64 {
	sum := uint64(crc32.Checksum(data, castagnoli))<<32 | uint64(crc32.ChecksumIEEE(data))
	return max(sum, 1)
}
