package safehttp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tributary/internal/news"
)

// deaf makes a client whose peers take what they are sent, answer with head,
// and say nothing more.
func deaf(head string) *Client {
	return New(Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			if head != "" {
				_, _ = theirs.Read(make([]byte, 4096))
				_, _ = io.WriteString(theirs, head)
			}
			_, _ = io.Copy(io.Discard, theirs)
		}()
		return ours, nil
	}})
}

// TestTimeouts runs in virtual time.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
	for _, row := range []struct {
		url, head string
		timeout   time.Duration
		want      time.Duration
		reason    string
	}{
		{"http://upstream.example/", "", 0, headerTimeout, "no header"},
		{"http://upstream.example/", "", time.Minute, headerTimeout, "no header, plenty of time"},
		{"http://upstream.example/", "", 3 * time.Second, 3 * time.Second, "no header, little time"},
		{"https://upstream.example/", "", 0, connectTimeout, "no TLS handshake"},
		{"http://upstream.example/", head, 30 * time.Second, 30 * time.Second, "no body"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := deaf(row.head)
			start := time.Now()
			response, err := c.Do(t.Context(), &Request{URL: row.url, Timeout: row.timeout})
			if err == nil {
				_, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			failure, ok := errors.AsType[*Error](err)
			if !ok || failure.Cause != news.CauseTimeout || time.Since(start) != row.want {
				t.Errorf("%s: %v after %v, want a timeout after %v", row.reason, err, time.Since(start), row.want)
			}
			c.CloseIdle()
		})
	}
}
