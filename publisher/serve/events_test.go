package serve_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/publisher"
	"tributary/publisher/serve"
)

// feeds is a set of streams whose events a test sends.
type feeds map[string]publisher.Following

func (f feeds) Follow(feed string, after int64) (publisher.Following, bool) {
	following, ok := f[feed]
	if after < 1 {
		following.Missed = nil
	}
	following.Complete = after != 7
	following.Stop = func() {}
	return following, ok
}

// live is one feed with two events in its past.
func live() (feeds, chan publisher.Event) {
	events := make(chan publisher.Event, 1)
	return feeds{"latest": {Revision: 12, Events: events, Missed: []publisher.Event{
		{Revision: 11, Stories: []byte(`[{"id":"x"}]`)}, {Revision: 12, Stories: []byte(`[{"id":"y"}]`)},
	}}}, events
}

// lines reads n lines of a stream.
func lines(t *testing.T, r *bufio.Reader, n int) string {
	t.Helper()
	var out strings.Builder
	for range n {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", out.String(), err)
		}
		out.WriteString(line)
	}
	return out.String()
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const one = "event: stories\nid: 13\ndata: [{\"id\":\"z\"}]\n\n"
	for _, tc := range []struct {
		why, lastID string
		want        string
	}{
		{"the first time", "", "retry: 5000\nid: 12\n\n" + one},
		{"back after two", "10", "retry: 5000\nevent: stories\nid: 11\ndata: [{\"id\":\"x\"}]\n\n" +
			"event: stories\nid: 12\ndata: [{\"id\":\"y\"}]\n\nid: 12\n\n" + one},
		{"away too long", "7", "retry: 5000\nevent: reset\ndata: {}\nid: 12\n\n" + one},
		{"an id that is none of ours", "x\"", "retry: 5000\nid: 12\n\n" + one},
	} {
		streams, events := live()
		address, client := startHandler(t, serve.New(site(), streams, serve.Options{}, nil))
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/latest/events", nil)
		if tc.lastID != "" {
			request.Header.Set("Last-Event-ID", tc.lastID)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		events <- publisher.Event{Revision: 13, Stories: []byte(`[{"id":"z"}]`)}
		body := bufio.NewReader(response.Body)
		got := lines(t, body, strings.Count(tc.want, "\n"))
		if got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.why, got, tc.want)
		}
		events <- publisher.Event{Revision: 14}
		if got, want := lines(t, body, 4), "event: reset\nid: 14\ndata: {}\n\n"; got != want {
			t.Errorf("%s: a story was taken out: %q, want %q", tc.why, got, want)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*",
			"Content-Encoding": "", "Content-Length": "", "Etag": "",
		} {
			if value := response.Header.Get(name); value != want {
				t.Errorf("%s is %q, want %q", name, value, want)
			}
		}
		close(events)
		if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
			t.Errorf("%s: after the end: %q, %v", tc.why, rest, err)
		}
		response.Body.Close()
	}
}

func TestEventsRefuse(t *testing.T) {
	t.Parallel()
	streams, _ := live()
	address, client := startHandler(t, serve.New(site(), streams, serve.Options{}, nil))
	for _, tc := range []struct {
		why, method, path string
		status            int
	}{
		{"no such feed", "GET", "/nowhere/events", 404},
		{"not a method for it", "POST", "/latest/events", 405},
		{"the headers alone", "HEAD", "/latest/events", 200},
		{"a preflight", "OPTIONS", "/latest/events", 204},
	} {
		request, _ := http.NewRequestWithContext(t.Context(), tc.method, address+tc.path, nil)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != tc.status {
			t.Errorf("%s: status %d, want %d", tc.why, response.StatusCode, tc.status)
		}
	}
}

// writer is a response whose stream a test reads.
type writer struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *writer) SetWriteDeadline(at time.Time) error { w.deadline = at; return nil }

func TestEventsHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		streams, _ := live()
		handler := serve.New(site(), streams, serve.Options{}, nil)
		ctx, leave := context.WithTimeout(t.Context(), time.Minute)
		defer leave()
		w := &writer{ResponseRecorder: httptest.NewRecorder()}
		handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/latest/events", nil))
		if got, want := w.Body.String(), "retry: 5000\nid: 12\n\nevent: beat\ndata: {}\n\nevent: beat\ndata: {}\n\n"; got != want {
			t.Errorf("after a minute: %q, want %q", got, want)
		}
		if left := time.Until(w.deadline); left > 0 || !w.Flushed {
			t.Errorf("the last write may take %v more; flushed %t", left, w.Flushed)
		}
	})
}

// A stream ends when the server stops, and doesn't hold it up.
func TestEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	streams, _ := live()
	before := time.Now()
	t.Run("stream", func(t *testing.T) {
		address, client := startHandler(t, serve.New(site(), streams, serve.Options{}, nil))
		response, err := client.Get(address + "/latest/events")
		if err != nil {
			t.Fatal(err)
		}
		lines(t, bufio.NewReader(response.Body), 3)
	})
	if took := time.Since(before); took > 2500*time.Millisecond {
		t.Errorf("stopping took %v", took)
	}
}
