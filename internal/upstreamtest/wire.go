package upstreamtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Raw answers with these bytes on the bare connection, then closes it. Over
// HTTP/2, where there are no bytes of one's own, the stream is reset.
func Raw(bytes string) Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		conn, buffer := hijack(w)
		defer conn.Close()
		_, _ = buffer.WriteString(bytes)
		_ = buffer.Flush()
	}
}

// DripHeader begins an answer at once and sends a byte of a header that never
// ends after each pause.
func DripHeader(d time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		conn, buffer := hijack(w)
		defer conn.Close()
		_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nX-Drip: ")
		for buffer.Flush() == nil && pause(r, d) {
			_ = buffer.WriteByte('x')
		}
	}
}

// WrongLength promises extra bytes more than body has, then closes.
func WrongLength(body string, extra int) Action {
	return Raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s",
		len(body)+extra, body))
}

// BrokenChunks sends body as a good chunk and goes on with what is none.
func BrokenChunks(body string) Action {
	return Raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nxyzzy\r\n",
		len(body), body))
}

// CutBody sends body as a good chunk, then closes without the last chunk.
func CutBody(body string) Action {
	return Raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n",
		len(body), body))
}

// EarlyReset resets the connection before any answer.
func EarlyReset() Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		conn, _ := hijack(w)
		reset(conn)
	}
}

// ResetBody sends a header that promises a body, then resets the connection.
func ResetBody() Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		conn, buffer := hijack(w)
		_, _ = io.WriteString(buffer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
		_ = buffer.Flush()
		reset(conn)
	}
}

// ManyHeaders answers 200 with n header lines of about size bytes each.
func ManyHeaders(n, size int) Action {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\n")
	for i := range n {
		fmt.Fprintf(&b, "X-Line-%d: %s\r\n", i, strings.Repeat("x", size))
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return Raw(b.String())
}

func hijack(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn, buffer
}

// reset closes with RST instead of FIN where the connection is TCP.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
