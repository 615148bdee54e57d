package schedule_test

import (
	"math"
	"testing"
	"time"

	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	const half = 30 * time.Minute
	for _, test := range []struct {
		reason  string
		failure schedule.Failure
		every   time.Duration
		want    time.Duration
	}{
		{"gone", schedule.Failure{Cause: news.CauseGone, Count: 1, Health: news.HealthGone}, half, schedule.Never},
		{"gone, then a timeout", schedule.Failure{Cause: news.CauseTimeout, Health: news.HealthGone}, half, schedule.Never},
		{"dead is weekly", schedule.Failure{Cause: news.CauseDNS, Count: 40, Health: news.HealthDead}, half, 7 * 24 * time.Hour},
		{"404 is daily", schedule.Failure{Cause: news.CauseNotFound, Count: 1}, half, 24 * time.Hour},
		{"three strikes are daily", schedule.Failure{Cause: news.CauseInternal, Count: 1, Strikes: 3}, half, 24 * time.Hour},
		{"two strikes are not", schedule.Failure{Cause: news.CauseInternal, Count: 1, Strikes: 2}, half, half},
		{"403 at first", schedule.Failure{Cause: news.CauseForbidden, Count: 1}, half, time.Hour},
		{"429 without Retry-After, third time", schedule.Failure{Cause: news.CauseRateLimited, Count: 3}, half, 4 * time.Hour},
		{"429 for ever", schedule.Failure{Cause: news.CauseRateLimited, Count: 1000}, half, 24 * time.Hour},
		{"429 with Retry-After", schedule.Failure{Cause: news.CauseRateLimited, Count: 3, RetryAfter: time.Minute}, half, 0},
		{"a timeout starts at the schedule's pace", schedule.Failure{Cause: news.CauseTimeout, Count: 1}, half, half},
		{"and doubles", schedule.Failure{Cause: news.CauseTimeout, Count: 4}, half, 4 * time.Hour},
		{"up to a day", schedule.Failure{Cause: news.CauseTimeout, Count: 9}, half, 24 * time.Hour},
		{"Retry-After of another cause does not shorten it", schedule.Failure{Cause: news.CauseStatus, Count: 1, RetryAfter: time.Second}, half, half},
		{"a hasty schedule pauses a minute", schedule.Failure{Cause: news.CauseConnect, Count: 1}, time.Second, time.Minute},
		{"a weekly schedule is left to Next", schedule.Failure{Cause: news.CauseConnect, Count: 1}, 7 * 24 * time.Hour, 24 * time.Hour},
		{"no count is the first", schedule.Failure{Cause: news.CauseConnect}, half, half},
		{"a huge count does not overflow", schedule.Failure{Cause: news.CauseConnect, Count: math.MaxInt}, half, 24 * time.Hour},
	} {
		middle := func() float64 { return 0.5 }
		if got := schedule.Backoff(test.failure, test.every, middle).Round(time.Millisecond); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestBackoffJitter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		jitter float64
		count  int
		want   time.Duration
		reason string
	}{
		{0, 1, 48 * time.Minute, "20 % less"},
		{0.999999, 1, 72 * time.Minute, "20 % more"},
		{0.999999, 50, 24 * time.Hour, "never past a day"},
		{0, 50, 24 * time.Hour * 8 / 10, "spread at the end too"},
	} {
		f := schedule.Failure{Cause: news.CauseForbidden, Count: test.count}
		got := schedule.Backoff(f, time.Minute, func() float64 { return test.jitter })
		if got.Round(time.Second) != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}
