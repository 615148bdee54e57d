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

// TestTimeouts runs in virtual time, against a peer that takes what it is sent
// and never answers.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]time.Duration{
		"http://upstream.example/":  headerTimeout,
		"https://upstream.example/": connectTimeout, // the handshake's
	} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Options{})
			c.dial = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					_, _ = io.Copy(io.Discard, theirs)
					theirs.Close()
				}()
				return ours, nil
			}
			c.base = c.newTransport(nil, 0)
			start := time.Now()
			_, err := c.Do(t.Context(), &Request{URL: url})
			failure, ok := errors.AsType[*Error](err)
			if !ok || failure.Cause != news.CauseTimeout || time.Since(start) != want {
				t.Errorf("%s: %v after %v, want a timeout after %v", url, err, time.Since(start), want)
			}
			c.CloseIdle()
		})
	}
}
