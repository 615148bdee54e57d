package schedule_test

import (
	"testing"
	"time"

	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

// now is a Sunday.
const now = "2026-03-01 10:05:00"

func TestNext(t *testing.T) {
	t.Parallel()
	everyHour := make([]int, 24)
	for i := range everyHour {
		everyHour[i] = i
	}
	for _, test := range []struct {
		reason string
		spec   string
		in     schedule.Input
		want   string
	}{
		{"the schedule alone", "@every 30m", schedule.Input{}, "2026-03-01 10:35:00"},
		{"Retry-After is later", "@every 30m", schedule.Input{RetryAfter: 2 * time.Hour}, "2026-03-01 12:05:00"},
		{"Retry-After never makes it earlier", "@every 30m", schedule.Input{RetryAfter: time.Minute}, "2026-03-01 10:35:00"},
		{"Retry-After counts for 7 days", "@every 30m", schedule.Input{RetryAfter: 90 * 24 * time.Hour}, "2026-03-08 10:05:00"},
		{"fresh for longer", "@every 30m", schedule.Input{Fresh: 3 * time.Hour}, "2026-03-01 13:05:00"},
		{"freshness counts for a day", "@every 30m", schedule.Input{Fresh: 365 * 24 * time.Hour}, "2026-03-02 10:05:00"},
		{"the document's interval", "@every 30m", schedule.Input{Refresh: news.Refresh{Interval: time.Hour}}, "2026-03-01 11:05:00"},
		{"the interval counts for a day", "@every 30m", schedule.Input{Refresh: news.Refresh{Interval: 48 * time.Hour}}, "2026-03-02 10:05:00"},
		{"the latest of all", "@hourly", schedule.Input{RetryAfter: time.Hour, Fresh: 2 * time.Hour, Backoff: 3 * time.Hour}, "2026-03-01 13:05:00"},
		{"back-off is not cut", "@every 30m", schedule.Input{Backoff: schedule.DeadPause}, "2026-03-08 10:05:00"},
		{"negative asks for nothing", "@every 30m", schedule.Input{RetryAfter: -time.Hour, Fresh: -time.Hour}, "2026-03-01 10:35:00"},
		{"a schedule later than all", "@weekly", schedule.Input{RetryAfter: time.Hour}, "2026-03-08 00:00:00"},
		{"adaptive", "adaptive", schedule.Input{Gap: 6 * time.Hour}, "2026-03-01 13:05:00"},
		{"skipped hours", "@every 30m", schedule.Input{Refresh: news.Refresh{SkipHours: []int{10, 11, 12}}}, "2026-03-01 13:00:00"},
		{"a skipped hour over midnight", "@every 13h", schedule.Input{Refresh: news.Refresh{SkipHours: []int{23, 0}}}, "2026-03-02 01:00:00"},
		{"skipped days", "@every 30m", schedule.Input{Refresh: news.Refresh{SkipDays: []time.Weekday{time.Sunday}}}, "2026-03-02 00:00:00"},
		{"skipped days and hours", "@every 30m", schedule.Input{Refresh: news.Refresh{
			SkipDays: []time.Weekday{time.Sunday, time.Monday}, SkipHours: []int{0, 1},
		}}, "2026-03-03 02:00:00"},
		{"outside what is skipped nothing moves", "@every 30m", schedule.Input{Refresh: news.Refresh{SkipHours: []int{3, 4}}}, "2026-03-01 10:35:00"},
		{"a document that skips everything is not believed", "@every 30m", schedule.Input{Refresh: news.Refresh{SkipHours: everyHour}}, "2026-03-01 10:35:00"},
	} {
		s, err := schedule.Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		test.in.Now, test.in.Schedule = at(t, now), s
		if got := schedule.Next(test.in); !got.Equal(at(t, test.want)) {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}
