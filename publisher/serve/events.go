package serve

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tributary/publisher"
)

const (
	eventsSuffix = "/events"
	// heartbeat is how often a silent stream sends an event that means nothing,
	// so that proxies keep it, a client that is gone is noticed, and a client
	// notices that the stream is.
	heartbeat = 25 * time.Second
	// eventWrite bounds the sending of one event: who doesn't read for so long
	// is gone.
	eventWrite = 10 * time.Second
	// maxFollowers is how many streams are open at once; each holds a
	// connection and some 20 KB.
	maxFollowers = 2000
	// reconnect is what clients wait before they come back, in milliseconds.
	reconnect = 5000
)

// Events are the streams of new stories. [publisher.Publisher] has them.
type Events interface {
	// Follow gives what is new in a feed after a revision.
	Follow(feed string, after int64) (f publisher.Following, ok bool)
}

// follow answers /NAME/events with a stream of server-sent events (HTML
// §9.2), as long as the client stays. It reports false when there is no such
// feed.
//
//  1. An event named "stories" carries a JSON array of new stories, newest
//     first; its id is the revision of the feed.
//  2. With Last-Event-ID, what was missed comes first. When that isn't known
//     any more, an event named "reset" asks the client to load the list anew; so
//     it does when a story was taken out.
//  3. An event named "beat" every 25 s keeps the connection, and lets clients
//     tell silence from a broken one. Nothing is buffered, and no cache may
//     keep it.
func (h *Handler) follow(w http.ResponseWriter, r *http.Request, path string) bool {
	feed, ok := strings.CutSuffix(strings.TrimPrefix(path, "/"), eventsSuffix)
	if !ok || h.events == nil {
		return false
	}
	after, _ := strconv.ParseInt(field(r.Header, "Last-Event-Id"), 10, 64)
	following, ok := h.events.Follow(feed, after)
	if !ok {
		return false
	}
	defer following.Stop()
	if h.followers.Add(1) > maxFollowers {
		h.followers.Add(-1)
		w.Header().Set("Retry-After", "60")
		plain(w, r, http.StatusServiceUnavailable, "too many live streams; ask for the feed instead")
		return true
	}
	defer h.followers.Add(-1)
	s := stream{w: w, control: http.NewResponseController(w)}
	s.open()
	if r.Method != http.MethodHead {
		s.run(r, &following)
	}
	return true
}

// stream writes one response of server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *stream) open() {
	header := s.w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	header.Set("X-Content-Type-Options", "nosniff")
	s.w.WriteHeader(http.StatusOK)
}

// run sends what there is and what comes, until either side is gone.
func (s *stream) run(r *http.Request, f *publisher.Following) {
	if !s.begin(f) {
		return
	}
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		sent := true
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
			sent = s.send("event: beat\ndata: {}\n\n")
		case event, open := <-f.Events:
			if !open {
				return // the client comes back and says where it was
			}
			sent = s.send(text(&event))
		}
		if !sent {
			return
		}
	}
}

// begin sends how long to wait before coming back, what was missed, and where
// the client is then.
func (s *stream) begin(f *publisher.Following) bool {
	start := fmt.Sprintf("retry: %d\n", reconnect)
	switch {
	case !f.Complete:
		start += "event: reset\ndata: {}\n"
	default:
		for i := range f.Missed {
			start += text(&f.Missed[i])
		}
	}
	return s.send(start + fmt.Sprintf("id: %d\n\n", f.Revision))
}

func text(e *publisher.Event) string {
	if e.Stories == nil {
		return fmt.Sprintf("event: reset\nid: %d\ndata: {}\n\n", e.Revision)
	}
	return fmt.Sprintf("event: stories\nid: %d\ndata: %s\n\n", e.Revision, e.Stories)
}

// send writes at once, past the limit that the server sets for answers.
func (s *stream) send(text string) bool {
	if err := s.control.SetWriteDeadline(time.Now().Add(eventWrite)); err != nil {
		return false
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
