package admin

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
	"tributary/publisher"
)

// eventsKept is how many events of this process are kept.
const eventsKept = 200

// Events are what happened since the start: troubles of the publisher, configs
// that were refused, and moves that ended. What happens to sources is read from
// their visits; see [health.History]. Its methods are safe for concurrent use.
type Events struct {
	now  func() time.Time
	mu   sync.Mutex
	list []health.Event // oldest first
	last string         // mistakes of the config that was refused last; empty when none is

	differsSince time.Time // since when another process's config is the applied one; zero: it isn't
}

// NewEvents makes an empty list. now may be nil.
func NewEvents(now func() time.Time) *Events {
	if now == nil {
		now = time.Now
	}
	return &Events{now: now}
}

// Trouble notes a trouble of the publisher; see [publisher.Options].
func (e *Events) Trouble(trouble publisher.Trouble, over bool) {
	where := fnv.New32a()
	_, _ = where.Write([]byte(trouble.Where))
	event := health.Event{
		ID: fmt.Sprintf("publish-%x-failing-%d", where.Sum32(), trouble.Since.UnixMilli()), At: trouble.Since,
		Title: health.Line(trouble.Where) + " can't be published as it should be", Text: health.Line(trouble.Detail),
	}
	if over {
		event.ID = strings.Replace(event.ID, "failing", "recovered", 1)
		event.At, event.Over = e.now(), true
		event.Title, event.Text = health.Line(trouble.Where)+" is published again", "it had been so since "+stamp(trouble.Since)+"."
	}
	e.add(event)
}

// ConfigRead notes that a config was read: with mistakes it was refused. The
// same mistakes are told once.
func (e *Events) ConfigRead(mistakes string) {
	e.mu.Lock()
	before := e.last
	e.last = mistakes
	e.mu.Unlock()
	at := e.now()
	switch {
	case mistakes == before:
	case mistakes != "":
		e.add(health.Event{
			ID: fmt.Sprintf("config-refused-%d", at.UnixMilli()), At: at,
			Title: "the config was not taken", Text: "The former one stays in force.\n" + mistakes,
		})
	default:
		e.add(health.Event{
			ID: fmt.Sprintf("config-taken-%d", at.UnixMilli()), At: at, Over: true,
			Title: "the config is taken again", Text: "Its mistakes are gone.",
		})
	}
}

// Disagreed notes whether the applied config is another process's, which keeps
// this one from pulling. The same said again changes nothing.
func (e *Events) Disagreed(differs bool) {
	at := e.now()
	e.mu.Lock()
	since := e.differsSince
	switch {
	case differs == !since.IsZero():
		e.mu.Unlock()
		return
	case differs:
		e.differsSince = at
	default:
		e.differsSince = time.Time{}
	}
	e.mu.Unlock()
	if differs {
		e.add(health.Event{
			ID: fmt.Sprintf("config-differs-%d", at.UnixMilli()), At: at,
			Title: "another process has applied a different config", Text: differsAdvice,
		})
		return
	}
	e.add(health.Event{
		ID: fmt.Sprintf("config-agrees-%d", since.UnixMilli()), At: at, Over: true,
		Title: "the applied config is this process's own again", Text: "It had been another one since " + stamp(since) + ".",
	})
}

// differsAdvice says what the operator can do about a config that is not the
// applied one.
const differsAdvice = "Nothing is pulled here until both are the same. \"tributary plan\" tells the difference; " +
	"a reload applies the config of this process."

// disagreedSince is when another process's config was found to be the applied
// one; zero while it isn't.
func (e *Events) disagreedSince() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.differsSince
}

func (e *Events) add(event health.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
	if over := len(e.list) - eventsKept; over > 0 {
		e.list = slices.Delete(e.list, 0, over)
	}
}

func (e *Events) all() []health.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// moves remembers which sources were redirected for good when somebody looked
// last: that it ended is stored nowhere.
type moves struct {
	mu   sync.Mutex
	seen map[news.SourceKey]time.Time // since when
}

// ended gives an event for each source that is redirected no more.
func (m *moves) ended(states []news.SourceState) (events []health.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := make(map[news.SourceKey]time.Time)
	for i := range states {
		s := &states[i]
		since, was := m.seen[s.Key]
		if s.MovedTo != "" {
			seen[s.Key] = s.MovedSince
		} else if was {
			events = append(events, health.Event{
				ID: fmt.Sprintf("source-%d-settled-%d", s.Key, since.UnixMilli()), At: s.Last.At, Source: s.Name, Over: true,
				Title: s.Name + " answers at its own address", Text: "it is redirected no more.",
			})
		}
	}
	m.seen = seen
	return events
}

// recent gives what happened, newest first, at most limit.
func (h *Handler) recent(ctx context.Context, states []news.SourceState, limit int) ([]health.Event, error) {
	for _, event := range h.moves.ended(states) {
		h.o.Events.add(event)
	}
	failures, err := h.o.Store.Failures(ctx)
	if err != nil {
		return nil, fmt.Errorf("read failed visits: %w", err)
	}
	list := h.o.Events.all()
	for i := range states {
		state := &states[i]
		if visits := failures[state.Key]; len(visits) > 0 || state.MovedTo != "" {
			list = append(list, health.History(state, visits)...)
		}
	}
	slices.SortStableFunc(list, func(a, b health.Event) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list[:min(limit, len(list))], nil
}

// stamp is a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
