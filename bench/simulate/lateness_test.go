package simulate

import (
	"slices"
	"time"
)

// lateness is how late many sources were, in microseconds.
type lateness struct {
	values []int64
	sorted bool
}

func (l *lateness) add(late time.Duration) {
	l.values, l.sorted = append(l.values, max(late, 0).Microseconds()), false
}

func (l *lateness) count() int { return len(l.values) }

// at is the value that this share of all doesn't pass.
func (l *lateness) at(share float64) time.Duration {
	if len(l.values) == 0 {
		return 0
	}
	if !l.sorted {
		slices.Sort(l.values)
		l.sorted = true
	}
	return time.Duration(l.values[int(share*float64(len(l.values)-1))]) * time.Microsecond
}

func (l *lateness) most() time.Duration { return l.at(1) }
