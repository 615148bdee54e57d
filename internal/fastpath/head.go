package fastpath

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// appendStatus adds a status line (RFC 9112 §4).
func appendStatus(b []byte, status int) []byte {
	switch status {
	case http.StatusOK:
		return append(b, "HTTP/1.1 200 OK\r\n"...)
	case http.StatusNotModified:
		return append(b, "HTTP/1.1 304 Not Modified\r\n"...)
	}
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	return append(append(append(b, ' '), http.StatusText(status)...), "\r\n"...)
}

// dates gives Date fields (RFC 9110 §6.6.1), written once a second for all
// connections.
type dates struct{ last atomic.Pointer[dateLine] }

type dateLine struct {
	second int64 // Unix
	line   []byte
}

// line gives the field of a time, with its CRLF; not to be changed.
func (d *dates) line(at time.Time) []byte {
	second := at.Unix()
	last := d.last.Load()
	if last == nil || last.second != second {
		last = &dateLine{second, at.UTC().AppendFormat([]byte("Date: "), http.TimeFormat+"\r\n")}
		d.last.Store(last)
	}
	return last.line
}
