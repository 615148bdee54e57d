package aggregator

import (
	"sync"
	"time"
)

// soonest is the earliest of some times.
type soonest struct {
	mu sync.Mutex
	at time.Time // zero: none
}

func (s *soonest) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}

func (s *soonest) note(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = earliest(s.at, at)
}

// before reports whether there is a time before t.
func (s *soonest) before(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.at.IsZero() && s.at.Before(t)
}
