// Package schedule says when a source is due next. It knows neither the clock
// nor the network nor chance: times and jitter are given to it, so every answer
// can be tested.
//
// Start with [Parse], which turns the schedule an operator wrote into a
// [Schedule] and refuses what would never fire, fire without a pause or crash
// the process. [Next] adds what the upstream asked for, and [Backoff] says how
// long a failing source is left alone.
//
// A schedule is evaluated in UTC unless it names a zone of its own
// ("CRON_TZ=Europe/Berlin 0 6 * * *").
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Adaptive is the schedule that follows the pace of the source's stories.
const Adaptive = "adaptive"

// MinEvery is the shortest interval that "@every" may name.
const MinEvery = time.Second

// maxSpec bounds the length of a schedule in bytes; a sensible one has 20.
const maxSpec = 256

// reference is the fixed day from which Parse tries whether a schedule fires,
// so the same spec is valid or not on every day. The next leap day is near.
var reference = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// Schedule is a checked schedule. The zero Schedule is not usable. It is
// immutable and safe for concurrent use.
type Schedule struct {
	spec     string
	cron     cron.Schedule // nil when adaptive
	location *time.Location
}

// Parse reads a schedule:
//
//  1. five cron fields (minute, hour, day of month, month, day of week),
//  2. @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually,
//  3. "@every D", D a Go duration of at least [MinEvery],
//  4. "adaptive".
//
// The first two may follow "CRON_TZ=ZONE " or "TZ=ZONE " with an IANA zone.
// The error says what to write instead; nothing that Parse accepts panics,
// stands still or runs without a pause later on.
func Parse(spec string) (Schedule, error) {
	trimmed := strings.TrimSpace(spec)
	switch {
	case trimmed == "":
		return Schedule{}, errors.New(`a schedule must not be empty: write "@every 30m", "@hourly", five cron fields or "adaptive"`)
	case len(trimmed) > maxSpec:
		return Schedule{}, fmt.Errorf("a schedule is at most %d characters long", maxSpec)
	case trimmed == Adaptive:
		return Schedule{spec: trimmed, location: time.UTC}, nil
	}
	location, fields, err := splitZone(trimmed)
	if err != nil {
		return Schedule{}, err
	}
	parsed, err := parseCron(fields)
	if err != nil {
		return Schedule{}, err
	}
	if err := checkEvery(parsed); err != nil {
		return Schedule{}, err
	}
	s := Schedule{spec: trimmed, cron: parsed, location: location}
	if s.fire(reference).IsZero() {
		return Schedule{}, fmt.Errorf("schedule %q never fires: no such day exists", trimmed)
	}
	return s, nil
}

// splitZone takes a leading zone off. The cron package does it too, but slices
// out of range when no fields follow.
func splitZone(spec string) (*time.Location, string, error) {
	rest, ok := strings.CutPrefix(spec, "CRON_TZ=")
	if !ok {
		if rest, ok = strings.CutPrefix(spec, "TZ="); !ok {
			return time.UTC, spec, nil
		}
	}
	name, fields, _ := strings.Cut(rest, " ")
	fields = strings.TrimSpace(fields)
	if name == "" || name == "Local" || fields == "" {
		return nil, "", fmt.Errorf(`schedule %q: a zone is an IANA name and five fields follow it, as in "CRON_TZ=Europe/Berlin 0 6 * * *"`, spec)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, "", fmt.Errorf("schedule %q: unknown time zone %q", spec, name)
	}
	return location, fields, nil
}

// parseCron reads fields or a descriptor. The cron package is dormant and has
// panicked on malformed specs, so a panic is one more way of saying no.
func parseCron(fields string) (parsed cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("schedule %q is malformed", fields)
		}
	}()
	if d, ok := strings.CutPrefix(fields, "@every"); ok {
		every, err := time.ParseDuration(strings.TrimSpace(d))
		if err != nil {
			return nil, fmt.Errorf(`schedule %q: after @every comes a duration such as "30m" or "1h30m"`, fields)
		}
		// A literal, because cron.Every lifts what is below a second to one.
		return cron.ConstantDelaySchedule{Delay: every}, nil
	}
	if !strings.HasPrefix(fields, "@") {
		if n := len(strings.Fields(fields)); n != 5 {
			return nil, fmt.Errorf("schedule %q has %d fields: it needs 5 (minute hour day-of-month month day-of-week), "+
				`or write "@every 30m", "@hourly", "adaptive"`, fields, n)
		}
	}
	if parsed, err = cron.ParseStandard(fields); err != nil {
		return nil, fmt.Errorf("schedule %q: %w", fields, err)
	}
	return parsed, nil
}

// checkEvery refuses intervals that would turn a schedule into a busy loop.
func checkEvery(parsed cron.Schedule) error {
	every, ok := parsed.(cron.ConstantDelaySchedule)
	if ok && every.Delay < MinEvery {
		return fmt.Errorf("@every %s is too short: the least is %s", every.Delay, MinEvery)
	}
	return nil
}

// String gives the schedule as it was written, without space around it.
func (s Schedule) String() string { return s.spec }

// IsAdaptive reports whether the schedule follows the pace of the stories.
func (s Schedule) IsAdaptive() bool { return s.cron == nil }

// Next gives the first time after a moment at which the schedule fires, in
// UTC. An adaptive schedule needs the median gap between the source's stories
// (see [MedianGap]; zero while unknown), others ignore it.
func (s Schedule) Next(after time.Time, gap time.Duration) time.Time {
	if s.IsAdaptive() {
		return after.UTC().Add(adaptiveInterval(gap))
	}
	return s.fire(after)
}

// Interval gives the pause between the next two firings after a moment: the
// pace that a failing source slows down from.
func (s Schedule) Interval(after time.Time, gap time.Duration) time.Duration {
	first := s.Next(after, gap)
	return s.Next(first, gap).Sub(first)
}

// fire looks twice: cron gives up after five years, and between 2096 and 2104
// there is no leap day for eight.
func (s Schedule) fire(after time.Time) time.Time {
	local := after.In(s.location)
	next := s.cron.Next(local)
	if next.IsZero() {
		next = s.cron.Next(local.AddDate(5, 0, 0))
	}
	if next.IsZero() {
		return time.Time{}
	}
	return next.UTC()
}
