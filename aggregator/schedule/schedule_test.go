package schedule_test

import (
	"strings"
	"testing"
	"time"

	"tributary/aggregator/schedule"
)

// at reads a UTC time for tables.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParseAndNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		spec, after, want, reason string
	}{
		{"*/30 * * * *", "2026-03-01 10:05:00", "2026-03-01 10:30:00", "five fields"},
		{"0 6 * * 1-5", "2026-03-06 07:00:00", "2026-03-09 06:00:00", "over the weekend"},
		{"@hourly", "2026-03-01 10:05:00", "2026-03-01 11:00:00", "descriptor"},
		{"@midnight", "2026-03-01 10:05:00", "2026-03-02 00:00:00", "evaluated in UTC"},
		{"  @daily ", "2026-03-01 10:05:00", "2026-03-02 00:00:00", "space around it"},
		{"@every 90m", "2026-03-01 10:05:00", "2026-03-01 11:35:00", "interval"},
		{"@every 1s", "2026-03-01 10:05:00", "2026-03-01 10:05:01", "the least interval"},
		{"CRON_TZ=Europe/Berlin 0 6 * * *", "2026-07-01 10:00:00", "2026-07-02 04:00:00", "a zone, in summer"},
		{"TZ=Europe/Berlin 0 6 * * *", "2026-01-01 10:00:00", "2026-01-02 05:00:00", "a zone, in winter"},
		{"CRON_TZ=Europe/Berlin   @daily", "2026-01-01 10:00:00", "2026-01-01 23:00:00", "a zone before a descriptor"},
		{"0 0 29 2 *", "2025-01-01 00:00:00", "2028-02-29 00:00:00", "leap day"},
		{"0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00", "leap day across 2100, beyond cron's five years"},
		{"0 0 30 2 1", "2026-02-01 00:00:00", "2026-02-02 00:00:00", "no such day of month, but Mondays exist"},
	} {
		s, err := schedule.Parse(test.spec)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", test.reason, test.spec, err)
			continue
		}
		if got := s.Next(at(t, test.after), 0); !got.Equal(at(t, test.want)) || got.Location() != time.UTC {
			t.Errorf("%s: %q after %s: got %s, want %s UTC", test.reason, test.spec, test.after, got, test.want)
		}
		if got, want := s.String(), strings.TrimSpace(test.spec); got != want {
			t.Errorf("%s: String() = %q, want %q", test.reason, got, want)
		}
	}
}

func TestNextDoesNotDependOnTheZoneOfItsInput(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("@daily")
	if err != nil {
		t.Fatal(err)
	}
	after := at(t, "2026-03-01 10:05:00")
	there := after.In(time.FixedZone("there", 9*3600))
	if got, want := s.Next(there, 0), s.Next(after, 0); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		spec, want, reason string
	}{
		{"", "must not be empty", "nothing"},
		{"   ", "must not be empty", "only space"},
		{"TZ=", "IANA name", "panics in cron"},
		{"CRON_TZ=", "IANA name", "panics in cron"},
		{"CRON_TZ=Europe/Berlin", "IANA name", "no fields, panics in cron"},
		{"TZ= 0 0 * * *", "IANA name", "empty zone"},
		{"TZ=Local 0 0 * * *", "IANA name", "depends on the machine"},
		{"TZ=Mars/Olympus 0 0 * * *", `unknown time zone "Mars/Olympus"`, "no such zone"},
		{"TZ=../../etc/passwd 0 0 * * *", "unknown time zone", "a path"},
		{"0 0 30 2 *", "never fires", "no such day"},
		{"0 0 31 4,6,9,11 *", "never fires", "no such day in four months"},
		{", * * * *", "never fires", "empty list"},
		{"@every -5m", "too short", "would be one second in cron"},
		{"@every 0s", "too short", "no pause"},
		{"@every 999ms", "too short", "below a second"},
		{"@every", "after @every comes a duration", "no duration"},
		{"@every soon", "after @every comes a duration", "no duration"},
		{"@fortnightly", "@fortnightly", "unknown descriptor"},
		{"* * * *", "has 4 fields", "too few"},
		{"* * * * * *", "has 6 fields", "seconds are not offered"},
		{"60 * * * *", "above maximum", "minute out of range"},
		{"*/0 * * * *", "positive number", "no step"},
		{"hourly", "has 1 fields", "the @ is missing"},
		{strings.Repeat("1,", 200) + "2 * * * *", "at most 256", "too long"},
	} {
		_, err := schedule.Parse(test.spec)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Parse(%q): got %v, want an error with %q", test.reason, test.spec, err, test.want)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		spec string
		gap  time.Duration
		want time.Duration
	}{
		{"@every 30m", 0, 30 * time.Minute},
		{"@daily", 0, 24 * time.Hour},
		{"*/20 9-17 * * *", 0, 20 * time.Minute},
		{"adaptive", 8 * time.Hour, 4 * time.Hour},
	} {
		s, err := schedule.Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Interval(at(t, "2026-03-01 22:59:59"), test.gap); got != test.want {
			t.Errorf("%q: got %s, want %s", test.spec, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"@every 1s", "adaptive", "0 0 29 2 *", "TZ=", "CRON_TZ=UTC * * * * *", "*/5,7-9 ? 1 jan sun", "0 0 30 2 *", "1-2-3/4/5 * * * *"} {
		f.Add(seed)
	}
	now := time.Date(2026, time.March, 1, 10, 5, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := schedule.Parse(spec)
		if err != nil {
			return
		}
		for _, after := range []time.Time{now, now.AddDate(72, 0, 0)} {
			if next := s.Next(after, 0); !next.After(after) {
				t.Errorf("%q accepted, but after %s comes %s", spec, after, next)
			}
		}
	})
}
