package schedule_test

import (
	"testing"
	"time"

	"tributary/aggregator/schedule"
)

func TestAdaptive(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("adaptive")
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-03-01 10:00:00")
	for _, test := range []struct {
		gap, want time.Duration
		reason    string
	}{
		{0, time.Hour, "unknown"},
		{-time.Hour, time.Hour, "nonsense counts as unknown"},
		{time.Minute, 15 * time.Minute, "never more often than every 15 minutes"},
		{4 * time.Hour, 2 * time.Hour, "half the gap"},
		{30 * 24 * time.Hour, 24 * time.Hour, "at least daily"},
	} {
		if got := s.Next(now, test.gap).Sub(now); got != test.want {
			t.Errorf("%s: gap %s: got %s, want %s", test.reason, test.gap, got, test.want)
		}
	}
}

func TestMedianGap(t *testing.T) {
	t.Parallel()
	day := at(t, "2026-03-01 00:00:00")
	hours := func(offsets ...int) []time.Time {
		dates := make([]time.Time, len(offsets))
		for i, h := range offsets {
			dates[i] = day.Add(time.Duration(h) * time.Hour)
		}
		return dates
	}
	for _, test := range []struct {
		dates  []time.Time
		want   time.Duration
		reason string
	}{
		{nil, 0, "no stories"},
		{hours(1, 9), 0, "one gap is no pace"},
		{hours(0, 2, 10), 5 * time.Hour, "two gaps: their mean"},
		{hours(10, 0, 2, 13), 3 * time.Hour, "any order, the middle of three gaps"},
		{hours(0, 0, 0, 0), 0, "all at once is no pace"},
		{append(hours(0, 2, 4), time.Time{}), 2 * time.Hour, "missing dates don't count"},
		{hours(0, 1, 2, 3, 500), time.Hour, "one holiday does not change the pace"},
	} {
		if got := schedule.MedianGap(test.dates); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
	dates := hours(10, 0, 2)
	schedule.MedianGap(dates)
	if !dates[0].Equal(day.Add(10 * time.Hour)) {
		t.Error("MedianGap reordered its argument")
	}
}
