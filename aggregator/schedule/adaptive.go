package schedule

import (
	"slices"
	"time"
)

// The bounds of an adaptive schedule, and its pace while the gap is unknown.
const (
	AdaptiveMin     = 15 * time.Minute
	AdaptiveMax     = 24 * time.Hour
	AdaptiveUnknown = time.Hour
)

// adaptiveInterval asks twice as often as stories come, within the bounds.
func adaptiveInterval(gap time.Duration) time.Duration {
	if gap <= 0 {
		return AdaptiveUnknown
	}
	return min(max(gap/2, AdaptiveMin), AdaptiveMax)
}

// MedianGap gives the median time between neighboring dates, in any order;
// zero dates count as missing. It is zero, unknown, with fewer than three
// dates: one gap says nothing about a pace. An even number of gaps gives the
// mean of the middle two.
func MedianGap(dates []time.Time) time.Duration {
	known := slices.DeleteFunc(slices.Clone(dates), time.Time.IsZero)
	if len(known) < 3 {
		return 0
	}
	slices.SortFunc(known, time.Time.Compare)
	gaps := make([]time.Duration, len(known)-1)
	for i := range gaps {
		gaps[i] = known[i+1].Sub(known[i])
	}
	slices.Sort(gaps)
	middle := len(gaps) / 2
	if len(gaps)%2 == 1 {
		return gaps[middle]
	}
	return gaps[middle-1] + (gaps[middle]-gaps[middle-1])/2
}
