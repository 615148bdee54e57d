package codec

import (
	"bufio"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest zstd window that is accepted: what RFC 9659 §3 lets
// a sender use.
const maxWindow = 8 << 20

// Decoders are expensive to make (tens of kilobytes of tables and windows) and
// cheap to reset, hence the pools.
var (
	buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 8<<10) }}
	gzips   = sync.Pool{New: func() any { return new(gzipDecoder) }}
	zlibs   sync.Pool // of *zlibDecoder, which can't be made without input
	flates  = sync.Pool{New: func() any { return &flateDecoder{flate.NewReader(nil)} }}
	brotlis = sync.Pool{New: func() any { return &brotliDecoder{brotli.NewReader(nil)} }}
	zstds   = sync.Pool{New: func() any { return newZstd() }}
)

// open takes a decoder for a coding that codings let through.
func open(name string, src *bufio.Reader) (decoder, error) {
	switch name {
	case "gzip":
		return openGzip(src)
	case "deflate":
		if head, _ := src.Peek(2); isZlib(head) {
			return openZlib(src)
		}
		d := flates.Get().(*flateDecoder)
		return d, d.ReadCloser.(flate.Resetter).Reset(src, nil)
	case "br":
		d := brotlis.Get().(*brotliDecoder)
		return d, d.Reset(src)
	default:
		d := zstds.Get().(*zstdDecoder)
		return d, d.Reset(src)
	}
}

// gzipDecoder reads gzip members one by one, so that what follows the last one
// can be told from damage.
type gzipDecoder struct {
	gzip.Reader
	src *bufio.Reader
}

func openGzip(src *bufio.Reader) (decoder, error) {
	d := gzips.Get().(*gzipDecoder)
	d.src = src
	return d, d.next()
}

// next starts the next member. A source that ends within its header does so
// too early.
func (d *gzipDecoder) next() error {
	err := d.Reset(d.src)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	d.Multistream(false)
	return err
}

func (d *gzipDecoder) Read(p []byte) (int, error) {
	for {
		n, err := d.Reader.Read(p)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil // comes again with the next read
			}
			return n, err
		}
		if head, _ := d.src.Peek(2); len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
			return 0, io.EOF
		}
		if err := d.next(); err != nil {
			return 0, err
		}
	}
}

func (d *gzipDecoder) release() {
	d.src = nil
	gzips.Put(d)
}

// isZlib reports whether data starts with a zlib header (RFC 1950 §2.2).
// A raw deflate stream never does: its first block would be a stored one with
// padding bits set.
func isZlib(head []byte) bool {
	return len(head) == 2 && head[0]&0x8f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
}

type zlibDecoder struct{ io.ReadCloser }

func openZlib(src *bufio.Reader) (decoder, error) {
	if d, ok := zlibs.Get().(*zlibDecoder); ok {
		return d, d.ReadCloser.(zlib.Resetter).Reset(src, nil)
	}
	r, err := zlib.NewReader(src)
	return &zlibDecoder{r}, err
}

func (d *zlibDecoder) release() { zlibs.Put(d) }

type flateDecoder struct{ io.ReadCloser }

func (d *flateDecoder) release() { flates.Put(d) }

type brotliDecoder struct{ *brotli.Reader }

func (d *brotliDecoder) release() { brotlis.Put(d) }

type zstdDecoder struct{ *zstd.Decoder }

// newZstd makes a decoder that works in the goroutine of its reader. Its
// options are constant, hence the panic.
func newZstd() *zstdDecoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("codec: zstd options: " + err.Error())
	}
	return &zstdDecoder{d}
}

func (d *zstdDecoder) release() {
	if d.Reset(nil) == nil {
		zstds.Put(d)
	}
}
