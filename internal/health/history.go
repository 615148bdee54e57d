package health

import (
	"fmt"
	"slices"
	"time"

	"tributary/internal/news"
)

// Event is something that happened to a source: it began to fail, got worse,
// moved or recovered.
type Event struct {
	// ID tells the event from all others, and is the same whenever and by
	// whichever process it is made: it hangs on the source's key and the time of
	// the visit. It fits into the fragment of a URL.
	ID     string
	At     time.Time
	Source string
	Over   bool   // it is a recovery
	Title  string // one line
	Text   string // one line more, with the advice where it still holds
}

// History gives what happened to a source, newest first, as far as its last
// visits (newest first, as the store gives them) and its state tell:
//
//  1. Failed visits in a row are one failure. It begins with the first of them,
//     and ends with the first success.
//  2. An upstream that says "gone" in the middle of a failure is an event of its
//     own, and so is a source that is dead.
//  3. Permanent redirects are an event from the first of them on, and another
//     one once they count as a move.
//
// The beginning of a failure that is older than the visits is taken from the
// state, while it lasts.
func History(state *news.SourceState, visits []news.Visit) []Event {
	h := historian{state: state, cut: len(visits) >= news.VisitsKept}
	for _, v := range slices.Backward(visits) {
		h.visit(&v)
	}
	h.now()
	slices.Reverse(h.events)
	slices.SortStableFunc(h.events, func(a, b Event) int { return b.At.Compare(a.At) })
	return h.events
}

// historian goes through visits from the oldest on.
type historian struct {
	state   *news.SourceState
	events  []Event
	cut     bool        // what failed first may have failed before
	failing *news.Visit // first of the visits that failed in a row, as far as is known
	gone    bool        // one of them said so
	unknown bool        // they may have begun before the visits that are known
}

func (h *historian) visit(v *news.Visit) {
	first := h.cut
	h.cut = false
	switch {
	case !v.Failed() && h.failing == nil:
		return
	case !v.Failed():
		text := "it can be read as before."
		if !h.unknown {
			text = "it had failed since " + stamp(h.failing.At) + "."
		}
		h.note(v.At, "recovered", true, "works again", text)
		h.failing, h.gone = nil, false
		return
	case h.failing == nil:
		h.failing, h.unknown = v, first
		if !h.unknown && v.Cause != news.CauseGone {
			h.note(v.At, "failing", false, "can't be read", describe(v))
		}
	}
	if v.Cause == news.CauseGone && !h.gone {
		h.gone = true
		h.note(v.At, "gone", false, "is gone", describe(v))
	}
}

// now notes what the state alone knows.
func (h *historian) now() {
	s := h.state
	if h.failing != nil && h.unknown && s.Health == news.HealthFailing {
		h.note(s.Since, "failing", false, "can't be read", describe(&s.Last))
	}
	if s.Health == news.HealthDead {
		h.note(s.Since, "dead", false, "is dead", "it has failed for 30 days. "+describe(&s.Last))
	}
	if s.MovedTo != "" {
		text := "to " + Address(s.MovedTo) + "."
		if s.Health == news.HealthOK {
			text += " " + capital(advice(s, news.HealthOK))
		}
		h.note(s.MovedSince, "redirected", false, "is permanently redirected", text)
	}
	if s.Health == news.HealthMoved {
		h.note(s.Since, "moved", false, "has moved", "to "+Address(s.MovedTo)+". "+capital(advice(s, news.HealthMoved)))
	}
}

func (h *historian) note(at time.Time, kind string, over bool, title, text string) {
	h.events = append(h.events, Event{
		ID: fmt.Sprintf("source-%d-%s-%d", h.state.Key, kind, at.UnixMilli()), At: at, Source: h.state.Name, Over: over,
		Title: h.state.Name + " " + title, Text: text,
	})
}

// describe tells a failed visit and what to do.
func describe(v *news.Visit) string {
	state := news.SourceState{Health: news.HealthFailing, Last: *v}
	text := reason(&state, news.HealthFailing) + "."
	if next := adviceFor(v); next != "" {
		text += " " + capital(next)
	}
	return text
}

// capital makes advice a sentence of its own; one that begins with a command
// stays as it is.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
