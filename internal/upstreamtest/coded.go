package upstreamtest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"tributary/internal/codec"
)

// Coded answers 200 with body under a content coding, whatever the request
// accepts: gzip, deflate (zlib), br or zstd.
func Coded(coding, body string) Action {
	return coded(coding, encode(coding, []byte(body)))
}

// Bomb answers 200 with a body that decodes to size spaces.
func Bomb(coding string, size int) Action {
	if coding == "zstd" {
		return coded(coding, zstdRun(' ', size))
	}
	return coded(coding, encode(coding, bytes.Repeat([]byte{' '}, size)))
}

func coded(coding string, data []byte) Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("Content-Encoding", coding)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data)
	}
}

func encode(coding string, body []byte) []byte {
	switch coding {
	case "gzip":
		return deflated(body, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	case "deflate":
		return deflated(body, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	case "br":
		return codec.Brotli(body, 1)
	case "zstd":
		return zstdRaw(body)
	}
	panic(fmt.Sprintf("upstreamtest: no coding %q", coding))
}

func deflated(body []byte, open func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := open(&out)
	_, _ = w.Write(body) // into memory
	_ = w.Close()
	return out.Bytes()
}

// Parts of a zstd frame (RFC 8878 §3.1.1): magic number, a descriptor without
// content size or checksum, and a window of 128 KiB, which is also the largest
// block.
var zstdHead = []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3}

const (
	zstdBlock = 128 << 10
	blockRaw  = 0
	blockRLE  = 1
)

// zstdRaw stores body in raw blocks: valid zstd, without compression.
func zstdRaw(body []byte) []byte {
	out := bytes.Clone(zstdHead)
	for {
		n := min(len(body), zstdBlock)
		out = appendBlockHead(out, blockRaw, n, n == len(body))
		out = append(out, body[:n]...)
		if body = body[n:]; len(body) == 0 {
			return out
		}
	}
}

// zstdRun stores size times the same byte, four bytes for each 128 KiB.
func zstdRun(b byte, size int) []byte {
	out := bytes.Clone(zstdHead)
	for {
		n := min(size, zstdBlock)
		out = append(appendBlockHead(out, blockRLE, n, n == size), b)
		if size -= n; size == 0 {
			return out
		}
	}
}

// appendBlockHead writes a block header (RFC 8878 §3.1.1.2): three bytes,
// little-endian, last flag, type, size.
func appendBlockHead(out []byte, kind, size int, last bool) []byte {
	head := uint32(size)<<3 | uint32(kind)<<1
	if last {
		head |= 1
	}
	var four [4]byte
	binary.LittleEndian.PutUint32(four[:], head)
	return append(out, four[:3]...)
}
