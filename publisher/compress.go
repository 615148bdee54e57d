package publisher

import (
	"bytes"
	"strings"

	"tributary/internal/codec"
)

// gzip 6 costs a third of a millisecond for a feed and is made at once; brotli
// 9 is made in the background, and 11 would take seconds.
const (
	gzipLevel     = 6
	brotliQuality = 9
)

// minCompress is the size from which a body is worth compressing: below it the
// headers weigh more than what is saved.
const minCompress = 512

// compressible reports whether a body is text that may become smaller. Images,
// sound and archives are compressed already.
func compressible(draft *Draft) bool {
	if len(draft.Body) < minCompress {
		return false
	}
	mediaType, _, _ := strings.Cut(draft.ContentType, ";")
	switch mediaType {
	case "application/json", "application/xml", "application/javascript", "image/svg+xml", "image/bmp", "image/x-icon":
		return true
	}
	return strings.HasPrefix(mediaType, "text/") ||
		strings.HasSuffix(mediaType, "+xml") || strings.HasSuffix(mediaType, "+json")
}

func gzipped(body []byte) []byte {
	return smaller(codec.Gzip(nil, body, gzipLevel), body)
}

func brotlied(body []byte) []byte {
	return smaller(codec.Brotli(body, brotliQuality), body)
}

// smaller gives coded if sending it instead of body saves anything, else nil.
func smaller(coded, body []byte) []byte {
	if len(coded) >= len(body) {
		return nil
	}
	return bytes.Clone(coded) // without the spare room of its buffer: it is kept for long
}
