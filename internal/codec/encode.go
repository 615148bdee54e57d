package codec

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// gzipWriters holds idle writers by level. A writer owns a megabyte, which costs
// as much to make as a feed does to compress: one of each level that was used
// outlives the garbage collections that empty the pools.
var gzipWriters [gzip.BestCompression + 1]struct {
	kept atomic.Pointer[gzip.Writer]
	pool sync.Pool
}

// Gzip appends src, compressed at level 1 (fast) to 9 (small), to dst and
// returns the longer slice. The stream carries neither name nor time: equal
// arguments give equal bytes. It panics on any other level.
func Gzip(dst, src []byte, level int) []byte {
	out := bytes.NewBuffer(dst)
	w := gzipWriter(level)
	w.Reset(out)
	w.ModTime = time.Unix(0, 0) // "no time stamp is available" (RFC 1952 §2.3.1)
	// Writing to memory can't fail.
	_, _ = w.Write(src)
	_ = w.Close()
	w.Reset(nil)
	if idle := &gzipWriters[level]; !idle.kept.CompareAndSwap(nil, w) {
		idle.pool.Put(w)
	}
	return out.Bytes()
}

func gzipWriter(level int) *gzip.Writer {
	if level < gzip.BestSpeed || level > gzip.BestCompression {
		panic(fmt.Sprintf("codec: gzip level %d", level))
	}
	idle := &gzipWriters[level]
	if w := idle.kept.Swap(nil); w != nil {
		return w
	}
	if w, ok := idle.pool.Get().(*gzip.Writer); ok {
		return w
	}
	w, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic("codec: " + err.Error())
	}
	return w
}

// Brotli returns src compressed at quality 0 (fast) to 11 (small). Equal
// arguments give equal bytes. It panics on any other quality.
//
// Quality 9 takes about ten times as long as gzip at level 6, so it belongs in
// the background; 11 takes seconds for what a feed holds.
func Brotli(src []byte, quality int) []byte {
	if quality < brotli.BestSpeed || quality > brotli.BestCompression {
		panic(fmt.Sprintf("codec: brotli quality %d", quality))
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: window})
	// Writing to memory can't fail.
	_, _ = w.Write(src)
	_ = w.Close()
	return out.Bytes()
}

// window is the base 2 logarithm of the brotli window in bytes. Beyond it the
// encoder takes another way at quality 9, with tables of 32 MB for a document:
// that is twice as slow and makes feeds of 70 to 100 KB at most 0.5 % smaller.
const window = 16
