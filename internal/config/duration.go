package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": week,
}

// ParseDuration reads a duration as configs write it: whole numbers with the
// units ms, s, m, h, d (24 hours) and w (7 days), added up, as in "30s",
// "365d", "1h30m". There is no sign and no number without a unit.
func ParseDuration(text string) (time.Duration, error) {
	malformed := errors.New(strconv.Quote(text) + ` is no duration: write a number and a unit (ms, s, m, h, d, w), as in "30s" or "90d"`)
	rest := strings.TrimSpace(text)
	if rest == "" {
		return 0, malformed
	}
	var sum time.Duration
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "abcdefghijklmnopqrstuvwxyz"))
		unit, known := units[rest[digits:digits+letters]]
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || !known {
			return 0, malformed
		}
		if n > int64((math.MaxInt64-sum)/unit) {
			return 0, errors.New(strconv.Quote(text) + " is longer than 292 years")
		}
		sum += time.Duration(n) * unit
		rest = rest[digits+letters:]
	}
	return sum, nil
}

// formatDuration writes a duration the way ParseDuration reads it, in days
// where it is whole days.
func formatDuration(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String() // "1h0m0s"
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}
