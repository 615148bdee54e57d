package serve

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tributary/publisher"
)

// slowest is the rate, in bytes a second, at which a large file must be taken:
// it gets so much time beyond what the server allows every answer.
const slowest = 32 << 10

// patient gives a file the time that a slow line needs for it. A feed or a page
// is small enough for what the server allows.
func patient(w http.ResponseWriter, rendition *publisher.Rendition) {
	if seconds := len(rendition.Body) / slowest; rendition.Kind == publisher.KindFile && seconds > 0 {
		deadline := time.Now().Add(writeTimeout + time.Duration(seconds)*time.Second)
		_ = http.NewResponseController(w).SetWriteDeadline(deadline) // without it, the server's holds
	}
}

// partial answers a request for a part of a file beside an article (RFC 9110
// §14): players of sound and video seek in them, and some play nothing without
// parts. It reports false where the whole is to be sent:
//
//  1. Only a GET, only files, and of these only what is sent as it is: parts of
//     a compressed variant help nobody.
//  2. One range of bytes. Several at once, another unit or nonsense are
//     ignored, as §14.2 allows.
//  3. If-Range names another state of the file: by a tag that is not exactly
//     ours, or by a date that is not ours or that proves nothing (§13.1.5).
//
// A range behind the end gets 416.
func partial(w http.ResponseWriter, r *http.Request, rendition *publisher.Rendition, v *publisher.Variant) bool {
	if rendition.Kind != publisher.KindFile || v != rendition.Plain || r.Method != http.MethodGet {
		return false
	}
	value := field(r.Header, "Range")
	if value == "" || !unchanged(field(r.Header, "If-Range"), rendition) {
		return false
	}
	first, last, ok := parseRange(value, int64(len(v.Body)))
	if !ok {
		return false
	}
	if first > last {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(v.Body)))
		plain(w, r, http.StatusRequestedRangeNotSatisfiable, "the file ends before that range")
		return true
	}
	header := w.Header()
	setFields(header, v.Header)
	header["Content-Length"] = []string{strconv.FormatInt(last-first+1, 10)}
	header["Content-Range"] = []string{fmt.Sprintf("bytes %d-%d/%d", first, last, len(v.Body))}
	w.WriteHeader(http.StatusPartialContent)
	_, _ = w.Write(v.Body[first : last+1]) // the client is gone: nobody to tell
	return true
}

// unchanged reports whether If-Range lets a part be sent.
func unchanged(ifRange string, rendition *publisher.Rendition) bool {
	switch {
	case ifRange == "":
		return true
	case strings.HasSuffix(ifRange, `"`):
		return ifRange == rendition.Plain.ETag
	default:
		return ifRange == rendition.Modified && !rendition.DateShared
	}
}

// parseRange reads a Range field for a body of some size. It reports false for
// what is to be ignored, and gives a first behind last for what can't be had.
func parseRange(value string, size int64) (first, last int64, ok bool) {
	unit, spec, _ := strings.Cut(value, "=")
	from, to, found := strings.Cut(strings.TrimSpace(spec), "-")
	if !strings.EqualFold(unit, "bytes") || !found || from == "" && to == "" {
		return 0, 0, false
	}
	first, fromOK := position(from, 0)
	last, toOK := position(to, size-1)
	switch {
	case !fromOK || !toOK || from != "" && to != "" && last < first:
		return 0, 0, false
	case from == "": // the last so many bytes
		return max(0, size-last), size - 1, true
	default:
		return first, min(last, size-1), true
	}
}

// position reads a number of digits only; one too large for a file is as good
// as any other such.
func position(s string, absent int64) (int64, bool) {
	if s == "" {
		return absent, true
	}
	if strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, true
	}
	return n, true
}
